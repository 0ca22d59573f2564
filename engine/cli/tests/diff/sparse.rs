//! Work trees in which Git has not put everything.

use std::fs;

use anyhow::Result;
use serde_json::json;

use crate::{Repository, WEB, names, objects};

const POLICY: &str =
    "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: image-tags, source: 'builtin:image-tags'}]\n";

fn map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n")
}

/// One of whose folders only `apps/one` is checked out.
fn sparse(files: &[(&str, &str)], index: &str) -> Result<Repository> {
    let repository = Repository::new(files)?;
    repository.git(&["sparse-checkout", "init", "--cone", index])?;
    repository.git(&["sparse-checkout", "set", "apps/one"])?;
    Ok(repository)
}

#[test]
fn what_is_not_checked_out_is_unchanged() -> Result<()> {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let one = map("one");
        let files = [("apps/one/a.yaml", one.as_str()), ("apps/two/web.yaml", WEB), ("base/b.yaml", &map("b"))];
        let repository = sparse(&files, index)?;
        assert!(!repository.path().join("apps/two").exists());
        let (code, report) = repository.json(&["base"])?;
        assert_eq!((code, objects(&report), &report["gaps"]), (Some(0), vec![], &json!([])), "{index}");
        // A commit that was made elsewhere denies, whatever of it is checked out.
        repository.git(&["checkout", "-q", "--detach"])?;
        let other = tempfile::tempdir()?;
        let folder = other.path().join("clone");
        let to = folder.to_string_lossy().into_owned();
        repository.git(&["clone", "-q", ".", &to])?;
        fs::write(folder.join("apps/two/web.yaml"), WEB.replace(":1.4.1", ":latest"))?;
        crate::git::git(&folder, &["commit", "-qam", "bad"])?;
        repository.git(&["fetch", "-q", &to, "HEAD"])?;
        repository.git(&["checkout", "-q", "FETCH_HEAD"])?;
        for paths in [&["base"][..], &["base", "--", "apps/two"], &["base", "--", "apps/two/web.yaml"]] {
            let (code, report) = repository.json(paths)?;
            assert_eq!((code, objects(&report)), (Some(1), vec!["changed Deployment web".to_owned()]), "{paths:?}");
            assert_eq!(names(&report["findings"]["new"]), ["image-tags/mutable-tag web"]);
        }
        // What is on disk counts all the same.
        repository.remove("apps/one/a.yaml")?;
        repository.write(&[("apps/two/web.yaml", WEB)])?;
        let (code, report) = repository.json(&["base"])?;
        assert_eq!((code, objects(&report)), (Some(0), vec!["removed ConfigMap one".to_owned()]), "{report}");
    }
    Ok(())
}

#[test]
fn a_folder_of_which_only_another_file_is_there_is_unchanged() -> Result<()> {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let [one, two, three] = ["one", "two", "three"].map(map);
        let files = [("apps/one/a.yaml", one.as_str()), ("apps/two/b.yaml", &two), ("apps/two/deep/c.yaml", &three)];
        let repository = sparse(&files, index)?;
        repository.write(&[("apps/two/notes", "")])?;
        for paths in [&["base"][..], &["base", "--", "apps/two"]] {
            let (code, report) = repository.json(paths)?;
            assert_eq!((code, objects(&report)), (Some(0), vec![]), "{index} {paths:?}: {report}");
        }
    }
    Ok(())
}

#[test]
fn what_is_not_checked_out_is_rendered_and_linked_to() -> Result<()> {
    let web = WEB.replace(":1.4.1", ":latest");
    let files = [
        ("apps/one/kustomization.yaml", "resources: [../../base]\n"),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("apps/two/a.yaml", &map("two")),
    ];
    let repository = Repository::new(&files)?;
    std::os::unix::fs::symlink("../two", repository.path().join("apps/one/way"))?;
    std::os::unix::fs::symlink("one", repository.path().join("apps/three"))?;
    repository.write(&[("base/web.yaml", &web), ("apps/two/b.yaml", &map("b"))])?;
    repository.commit()?;
    let whole = repository.json(&["base"])?;
    repository.git(&["sparse-checkout", "set", "apps/one"])?;
    assert!(!repository.path().join("base").exists() && !repository.path().join("apps/two").exists());
    assert_eq!(repository.json(&["base"])?, whole);
    assert_eq!(whole.0, Some(1), "{}", whole.1);
    // By a link that is there, to what is not.
    let (code, report) = repository.json(&["base", "--", "apps/one/way"])?;
    assert_eq!((code, objects(&report).len()), (Some(0), 2), "{report}");
    Ok(())
}

#[test]
fn a_policy_that_is_not_checked_out_holds() -> Result<()> {
    let web = WEB.replace(":1.4.1", ":latest");
    let lax = POLICY.replace("'builtin:image-tags'", "'builtin:image-tags', action: warn");
    let files = [("team/sluice.yaml", lax.as_str()), ("team/web.yaml", &web), ("apps/one/a.yaml", &map("a"))];
    let repository = sparse(&files, "--no-sparse-index")?;
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let nothing = crate::git::git(repository.path(), &["commit-tree", "-m", "nothing", empty])?;
    let (code, report) = repository.json(&[&nothing, "--", "team"])?;
    assert_eq!((code, names(&report["findings"]["new"]).len()), (Some(0), 1), "{report}");
    Ok(())
}

#[test]
fn an_object_that_is_not_there_either_is_told() -> Result<()> {
    let repository = sparse(&[("apps/one/a.yaml", &map("a")), ("apps/two/b.yaml", &map("b"))], "--no-sparse-index")?;
    repository.write(&[("apps/one/new.yaml", &map("new"))])?;
    let object = crate::git::git(repository.path(), &["rev-parse", "HEAD:apps/two/b.yaml"])?;
    let (folder, name) = object.split_at(2);
    fs::remove_file(repository.path().join(".git/objects").join(folder).join(name))?;
    let ran = repository.diff(&["base"])?;
    assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains(&format!("the object {object} is missing, and the file is not checked out")),
        "{}",
        ran.out
    );
    Ok(())
}

#[test]
fn what_is_assumed_unchanged_is_not_removed() -> Result<()> {
    let repository = Repository::new(&[("a.yaml", &map("a")), ("b.yaml", &map("b"))])?;
    repository.git(&["update-index", "--assume-unchanged", "a.yaml"])?;
    repository.remove("a.yaml")?;
    repository.remove("b.yaml")?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report)), (Some(0), vec!["removed ConfigMap b".to_owned()]), "{report}");
    Ok(())
}

#[test]
fn a_name_that_is_refused_is_told_where_its_folder_is_read() -> Result<()> {
    let files = [("apps/one/a.yaml", map("a")), ("apps/two/b.yaml", map("b")), ("apps/two/c\\d.conf", String::new())];
    let repository = sparse(&files.each_ref().map(|(path, text)| (*path, text.as_str())), "--no-sparse-index")?;
    repository.remove("apps/one/a.yaml")?;
    let (code, report) = repository.json(&["base", "--", "apps/one"])?;
    assert_eq!((code, objects(&report)), (Some(0), vec!["removed ConfigMap a".to_owned()]), "{report}");
    let ran = repository.diff(&["base", "--", "apps/two"])?;
    assert!(ran.code != Some(0) && format!("{}{}", ran.out, ran.err).contains("apps/two"), "{}{}", ran.out, ran.err);
    Ok(())
}
