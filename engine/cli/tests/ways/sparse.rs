//! Clones in which Git has not put everything: what is not there is told, and nothing is taken for the whole.

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

#[test]
fn what_is_not_checked_out_is_not_pruned() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    let application = "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {name: a}\n\
        spec: {source: {path: deploy}, destination: {context: none, namespace: shop}}\n";
    write(at, &[("app.yaml", application), ("deploy/one/a.yaml", GOOD), ("deploy/two/b.yaml", GOOD)])?;
    commit(at)?;
    git(at, &["sparse-checkout", "set", "deploy/one"])?;
    let (code, out, err) = sluice(at, &["apply", "app.yaml"])?;
    assert!(code == Some(3) && err.contains("`deploy/two/b.yaml` is tracked by Git and not checked out"), "{out}{err}");
    Ok(())
}
