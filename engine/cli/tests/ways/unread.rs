//! What cannot be read is told as what it is, and where it is.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use anyhow::Result;

use super::git::git;
use super::sluice::sluice;
use super::{GOOD, POLICY, bad, clone, commit, write};

#[test]
fn a_link_to_nothing_is_told_with_its_place() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    write(at, &[("deploy/good.yaml", GOOD), ("deploy/web.yaml", "-> ../gone.yaml")])?;
    commit(at)?;
    for arguments in [&["deploy"][..], &["--rev", "HEAD", "deploy"]] {
        let (code, out, err) = sluice(at, &[&["check"], arguments].concat())?;
        assert!(code == Some(3) && out.contains("leads to `../gone.yaml`, which does not exist"), "{out}{err}");
        assert!(out.contains("--> deploy/web.yaml:1:1") && !out.contains("permission"), "{out}{err}");
    }
    let (code, out, err) = sluice(at, &["check", "deploy/web.yaml"])?;
    let told = "cannot read `deploy/web.yaml`: the link leads to `../gone.yaml`, which does not exist";
    assert!(code == Some(2) && err.contains(told), "{out}{err}");
    let (_, out, err) = sluice(at, &["check", "--format", "github", "deploy"])?;
    assert!(out.contains("::error file=deploy/web.yaml,line=1,"), "{out}{err}");
    Ok(())
}

#[test]
fn a_name_that_is_no_text_is_told_as_such() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    write(at, &[("sluice.yaml", POLICY), ("deploy/good.yaml", GOOD)])?;
    commit(at)?;
    fs::write(at.join(OsStr::from_bytes(b"caf\xe9.yaml")), GOOD)?;
    commit(at)?;
    for arguments in [&["check", "--rev", "HEAD", "."][..], &["diff", "HEAD~1", "HEAD"]] {
        let (code, out, err) = sluice(at, arguments)?;
        let told = "error: the name `caf\\xe9.yaml` in the folder `.` is not UTF-8";
        assert!(code == Some(2) && err.contains(told) && !err.contains("policy"), "{out}{err}");
    }
    Ok(())
}

#[test]
fn a_clone_that_cannot_be_opened_is_told() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    write(at, &[(".gitignore", "bad.yaml\n"), ("good.yaml", GOOD), ("bad.yaml", &bad("web"))])?;
    git(at, &["add", "-f", "."])?;
    commit(at)?;
    assert_eq!(sluice(at, &["check", "."])?.0, Some(1));
    git(at, &["config", "core.repositoryFormatVersion", "99"])?;
    let (code, out, err) = sluice(at, &["check", "."])?;
    assert!(code == Some(0) && err.contains("warning: there is no Git repository that can be opened at"), "{out}{err}");
    assert!(err.contains("help: what `.gitignore` excludes there is not read"), "{out}{err}");
    Ok(())
}
