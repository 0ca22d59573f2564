//! Lists of what to ignore: each hides what it hides from Git, and nothing that Git has.

use std::path::Path;

use anyhow::Result;

use super::git::git;
use super::sluice::sluice;
use super::{GOOD, alike, bad, clone, commit, write};

#[test]
fn a_list_of_what_to_ignore_hides_no_link_that_git_has() -> Result<()> {
    for (pattern, force) in [("vendor/", &[][..]), ("vendor", &["-f"])] {
        let folder = clone()?;
        let at = folder.path();
        let files = [
            (".gitignore", format!("{pattern}\nhidden.yaml\n.#*\n")),
            ("deploy/good.yaml", GOOD.to_owned()),
            ("deploy/.#good.yaml", "-> me@here.1234:5678".to_owned()),
            ("deploy/vendor", "-> ../lib/manifests".to_owned()),
            ("lib/manifests/web.yaml", bad("web")),
            ("lib/manifests/back", "-> ../../deploy".to_owned()),
        ];
        write(at, &files.each_ref().map(|(path, content)| (*path, content.as_str())))?;
        let untracked = if force.is_empty() { Some(1) } else { Some(0) };
        let (code, out, err) = sluice(at, &["check", "deploy"])?;
        assert_eq!(code, untracked, "{pattern}: {out}{err}");
        git(at, &[&["add"], force, &["deploy/vendor"]].concat())?;
        commit(at)?;
        let (code, told) = alike(at, "check", &["deploy"])?;
        assert!(code == Some(1) && told.contains("deploy/vendor/web.yaml:4"), "{pattern}: {told}");
        // Behind the link as well.
        write(at, &[("lib/manifests/hidden.yaml", &bad("hidden"))])?;
        git(at, &["add", "-f", "lib/manifests/hidden.yaml"])?;
        commit(at)?;
        let (_, told) = alike(at, "check", &["deploy"])?;
        assert!(told.contains("deploy/vendor/hidden.yaml:4") && told.contains("3 objects"), "{pattern}: {told}");
        let (code, out, err) = sluice(at, &["diff", "HEAD", "--", "deploy"])?;
        assert!(code == Some(0) && out.contains("no object changes"), "{pattern}: {out}{err}");
    }
    Ok(())
}

#[test]
fn a_list_of_what_to_ignore_is_a_file_that_ends() -> Result<()> {
    // Nor does Git follow a link to one.
    for target in ["../list", "/dev/zero"] {
        let folder = clone()?;
        let at = folder.path();
        write(at, &[("list", "bad.yaml\n"), ("deploy/good.yaml", GOOD), ("deploy/bad.yaml", &bad("web"))])?;
        write(at, &[("deploy/.gitignore", &format!("-> {target}"))])?;
        for path in [".", "deploy"] {
            let (code, out, err) = sluice(at, &["check", path])?;
            assert!(code == Some(1) && out.contains("deploy/bad.yaml:4"), "{target} {path}: {out}{err}");
        }
    }
    let folder = clone()?;
    let list = "# Far more than anybody writes.\n".repeat(40_000);
    write(folder.path(), &[("deploy/good.yaml", GOOD), ("deploy/.gitignore", &list)])?;
    for path in [".", "deploy", "deploy/good.yaml"] {
        let (code, out, err) = sluice(folder.path(), &["check", path])?;
        let refused = code == Some(2) && err.contains("deploy/.gitignore` is larger than 1048576 bytes");
        assert!(if path.ends_with(".yaml") { code == Some(0) } else { refused }, "{path}: {code:?} {out}{err}");
    }
    Ok(())
}

#[test]
fn lists_above_a_clone_do_not_hold_in_it() -> Result<()> {
    let above = tempfile::tempdir()?;
    let repo = above.path().join("repo");
    write(above.path(), &[(".gitignore", "*\n"), ("repo/.gitignore", "deploy/mine.yaml\n/new.yaml\n")])?;
    git(&repo, &["init", "-q", "-b", "main"])?;
    write(&repo, &[("deploy/good.yaml", GOOD)])?;
    commit(&repo)?;
    let names = |folder: &Path, path: &str| {
        let (code, out, err) = sluice(folder, &["check", path])?;
        Ok::<_, anyhow::Error>((
            code,
            ["new.yaml:4", "mine.yaml:4"].map(|name| out.contains(name)),
            format!("{out}{err}"),
        ))
    };
    assert_eq!(names(&repo, "deploy")?.0, Some(0));
    write(&repo, &[("deploy/new.yaml", &bad("new")), ("deploy/mine.yaml", &bad("mine"))])?;
    // Those of the clone hold, from wherever the walk begins.
    for (folder, path) in
        [("repo", "."), ("repo", "deploy"), ("repo/deploy", "."), (".", "repo/deploy"), ("repo/deploy", "../deploy/")]
    {
        let (code, seen, told) = names(&above.path().join(folder), path)?;
        assert_eq!((code, seen), (Some(1), [true, false]), "{folder} {path}: {told}");
    }
    // An inner one says the last word.
    write(&repo, &[("deploy/.gitignore", "!mine.yaml\n")])?;
    let (_, seen, told) = names(&repo, "deploy")?;
    assert_eq!(seen, [true, true], "{told}");
    Ok(())
}

#[test]
fn a_clone_within_a_clone_has_lists_and_an_index_of_its_own() -> Result<()> {
    let outer = clone()?;
    let at = outer.path();
    let files = [
        (".gitignore", "*.local.yaml\n"),
        ("teams/.gitignore", "*.local.yml\n"),
        ("teams/platform/.gitignore", "generated/\n"),
        ("teams/platform/deploy/web.local.yaml", &bad("web")),
        ("teams/platform/deploy/shop.local.yml", &bad("shop")),
        ("teams/platform/generated/made.yaml", &bad("made")),
    ];
    write(at, &files)?;
    let inner = at.join("teams/platform");
    git(&inner, &["init", "-q", "-b", "main"])?;
    commit(&inner)?;
    git(&inner, &["add", "-f", "generated/made.yaml"])?;
    commit(&inner)?;
    write(&inner, &[("generated/new.yaml", &bad("new"))])?;
    for (folder, path) in [(at, "."), (at, "teams"), (at, "teams/platform"), (&inner, ".")] {
        let (code, out, err) = sluice(folder, &["check", path])?;
        let seen = ["web.local.yaml:4", "shop.local.yml:4", "made.yaml:4", "new.yaml:4"].map(|name| out.contains(name));
        assert_eq!((code, seen), (Some(1), [true, true, true, false]), "{path}: {out}{err}");
    }
    Ok(())
}

#[test]
fn a_submodule_is_no_file_that_a_list_excludes() -> Result<()> {
    let outer = clone()?;
    let at = outer.path();
    let inner = at.join("vendor/lib");
    write(at, &[(".gitignore", "vendor/\n"), ("good.yaml", GOOD), ("vendor/lib/web.yaml", &bad("web"))])?;
    git(&inner, &["init", "-q", "-b", "main"])?;
    commit(&inner)?;
    commit(at)?;
    assert_eq!(sluice(at, &["check", "."])?.0, Some(0), "nobody tracks it yet");
    git(at, &["add", "-f", "vendor/lib"])?;
    commit(at)?;
    for path in [".", "vendor"] {
        let (code, out, err) = sluice(at, &["check", path])?;
        assert!(code == Some(1) && out.contains("vendor/lib/web.yaml:4"), "{path}: {out}{err}");
        assert_eq!(out.matches("vendor/lib/web.yaml:4").count(), 1, "{path}: {out}{err}");
    }
    Ok(())
}
