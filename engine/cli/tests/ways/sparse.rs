//! Clones in which Git has not put everything: what is not there is told, and nothing is taken for the whole.

use std::fs;

use anyhow::Result;

use super::git::git;
use super::sluice::sluice;
use super::{GOOD, POLICY, bad, clone, commit, write};

#[test]
fn what_is_not_checked_out_is_told() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    let files = [("one/a.yaml", GOOD), ("two/b.yaml", &bad("b")), ("two/c.yaml", GOOD), ("two/read.me", "")];
    write(at, &files)?;
    write(at, &[("two/link", "-> deeper"), ("two/deeper/d.yaml", &bad("d"))])?;
    commit(at)?;
    let untold = sluice(at, &["check", "one"])?.1;
    git(at, &["sparse-checkout", "set", "one"])?;
    let (code, out, err) = sluice(at, &["check", "."])?;
    let told = "note: `two/b.yaml` and 3 more were not judged: Git tracks them, and they are not checked out";
    assert!(code == Some(0) && out.contains(told) && out.contains("git sparse-checkout disable"), "{out}{err}");
    let (_, out, err) = sluice(at, &["check", "-v", "."])?;
    assert!(out.contains("skipped two/c.yaml: tracked by Git, but not checked out"), "{out}{err}");
    let (_, out, err) = sluice(at, &["render", "."])?;
    assert!(err.contains("`two/c.yaml` is tracked by Git, but not checked out"), "{out}{err}");
    // What is asked for is all there.
    assert_eq!(sluice(at, &["check", "one"])?.1, untold);
    // Whole folders, where the index has no more of them.
    git(at, &["sparse-checkout", "reapply", "--sparse-index"])?;
    let (code, out, err) = sluice(at, &["check", "."])?;
    let told = "note: `two/` was not judged: Git tracks it, and it is not checked out";
    assert!(code == Some(0) && out.contains(told), "{out}{err}");
    assert_eq!(sluice(at, &["check", "--rev", "HEAD", "."])?.0, Some(1));
    Ok(())
}

#[test]
fn no_other_policy_holds_than_that_which_is_not_checked_out() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    write(at, &[("team/sluice.yaml", POLICY), ("team/deploy/a.yaml", GOOD)])?;
    commit(at)?;
    git(at, &["sparse-checkout", "set", "--no-cone", "/team/deploy/"])?;
    let (code, out, err) = sluice(at, &["check", "team/deploy"])?;
    let told = "the policy file `team/sluice.yaml` is not checked out, though Git tracks it";
    assert!(code == Some(2) && err.contains(told), "{out}{err}");
    write(at, &[("other.yaml", POLICY)])?;
    assert_eq!(sluice(at, &["check", "--policy", "other.yaml", "team/deploy"])?.0, Some(0));
    Ok(())
}

const APPLICATION: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {name: a}\n\
    spec: {source: {path: deploy}, destination: {context: none, namespace: shop}}\n";

#[test]
fn what_is_not_checked_out_is_not_pruned() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    write(at, &[("app.yaml", APPLICATION), ("deploy/one/a.yaml", GOOD), ("deploy/two/b.yaml", GOOD)])?;
    commit(at)?;
    git(at, &["sparse-checkout", "set", "deploy/one"])?;
    let (code, out, err) = sluice(at, &["apply", "app.yaml"])?;
    assert!(code == Some(3) && err.contains("`deploy/two/b.yaml` is tracked by Git and not checked out"), "{out}{err}");
    Ok(())
}

#[test]
fn a_submodule_that_nobody_fetched_is_told_and_not_pruned() -> Result<()> {
    for link in [false, true] {
        let module = if link { "lib" } else { "deploy/lib" };
        let outer = clone()?;
        let at = outer.path();
        let inner = at.join(module);
        write(at, &[("app.yaml", APPLICATION), ("deploy/a.yaml", GOOD)])?;
        if link {
            write(at, &[("deploy/lib", "-> ../lib")])?;
        }
        git(at, &["init", "-q", "-b", "main", module])?;
        write(&inner, &[("b.yaml", &GOOD.replace("good", "other"))])?;
        commit(&inner)?;
        commit(at)?;
        let (code, out, err) = sluice(at, &["check", "deploy"])?;
        assert!(code == Some(0) && !out.contains("not checked out"), "{out}{err}");
        // As a clone has it: an empty folder, and then none.
        fs::remove_dir_all(&inner)?;
        fs::create_dir(&inner)?;
        for path in [".", "deploy"] {
            let (code, out, err) = sluice(at, &["check", path])?;
            let told = out.contains(&format!("note: `{module}` was not judged: Git tracks it"))
                || out.contains("note: `deploy/lib/` was not judged: Git tracks it")
                || link && out.contains("note: `deploy/lib/` and 1 more were not judged");
            assert!(code == Some(0) && told && out.contains("git submodule update"), "{path}: {out}{err}");
        }
        let (code, out, err) = sluice(at, &["apply", "app.yaml"])?;
        assert!(code == Some(3) && err.contains("is tracked by Git and not checked out"), "{out}{err}");
        if !link {
            fs::remove_dir(&inner)?;
            let (code, out, err) = sluice(at, &["apply", "app.yaml"])?;
            assert!(code == Some(3) && err.contains("`deploy/lib` is tracked by Git and not"), "{out}{err}");
        }
    }
    Ok(())
}
