//! What leads to a file: folders and revisions, links, paths in one another. Whatever the way, it is judged if anyone would take
//! it for a manifest on that way, and no list of what to ignore hides what Git does not ignore.
#![cfg(unix)]

#[path = "../shared/git.rs"]
mod git;
#[path = "../shared/sluice.rs"]
mod sluice;

mod hosts;
mod ignored;
mod sparse;
mod unread;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use git::git;
use sluice::sluice;

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";
const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
const POLICY: &str =
    "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: image-tags, source: 'builtin:image-tags'}]\n";
/// One that lets everything pass.
const LAX: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: labels, source: 'builtin:standard-labels', action: warn}]\n";
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// A pod that is denied.
fn bad(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: 'r.example.com/a:latest'}}]}}\n"
    )
}

/// A clone with nothing in it.
fn clone() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    git(folder.path(), &["init", "-q", "-b", "main"])?;
    Ok(folder)
}

/// Files below a folder; `-> TARGET` makes a link.
fn write(folder: &Path, files: &[(&str, &str)]) -> Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        match content.strip_prefix("-> ") {
            Some(target) => symlink(target, path)?,
            None => fs::write(path, content)?,
        }
    }
    Ok(())
}

fn commit(folder: &Path) -> Result<()> {
    git(folder, &["add", "-A"])?;
    git(folder, &["commit", "-qm", "all"]).map(drop)
}

/// Runs a command on disk and on the last commit, which must come to the same.
fn alike(folder: &Path, command: &str, paths: &[&str]) -> Result<(Option<i32>, String)> {
    let (code, out, err) = sluice(folder, &[&[command], paths].concat())?;
    let on_disk = (code, format!("{out}{err}"));
    let (code, out, err) = sluice(folder, &[&[command, "--rev", "HEAD"], paths].concat())?;
    let of_commit = (code, format!("{out}{err}"));
    ensure!(on_disk == of_commit, "{command} {paths:?}: {on_disk:?}, but {of_commit:?} of the commit");
    Ok(on_disk)
}

#[test]
fn a_part_of_something_else_takes_no_manifest_from_another_way() -> Result<()> {
    for link in ["deploy/web.yaml", "apps/web.yaml"] {
        let folder = clone()?;
        let files = [
            ("charts/shop/Chart.yaml", CHART),
            ("charts/shop/templates/ok.yaml", GOOD),
            ("charts/shop/extra.yaml", &bad("web")),
            (link, "-> ../charts/shop/extra.yaml"),
        ];
        write(folder.path(), &files)?;
        commit(folder.path())?;
        let (code, told) = alike(folder.path(), "check", &["."])?;
        assert!(code == Some(1) && told.contains(link) && told.contains("2 objects"), "{told}");
    }
    // A base whose image an overlay replaces, and that somebody else applies as it is.
    let folder = clone()?;
    let overlay = "resources: [../base]\nimages: [{name: r.example.com/a, newTag: '1.0'}]\n";
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &bad("web")),
        ("prod/kustomization.yaml", overlay),
    ];
    write(folder.path(), &files)?;
    commit(folder.path())?;
    assert_eq!(alike(folder.path(), "check", &["."])?.0, Some(0));
    write(folder.path(), &[("plain/web.yaml", "-> ../base/web.yaml")])?;
    commit(folder.path())?;
    let (code, told) = alike(folder.path(), "check", &["."])?;
    assert!(code == Some(1) && told.contains("plain/web.yaml"), "{told}");
    // What the command line names is read, whoever else passes it over.
    write(folder.path(), &[("base/extra.yaml", &bad("extra"))])?;
    commit(folder.path())?;
    for paths in [["base", "base/extra.yaml"], ["base/extra.yaml", "base"]] {
        let (code, told) = alike(folder.path(), "check", &paths)?;
        assert!(code == Some(1) && told.contains("base/extra.yaml:4") && told.contains("2 objects"), "{told}");
    }
    Ok(())
}

#[test]
fn a_second_way_to_a_file_is_no_manifest() -> Result<()> {
    let folder = clone()?;
    let files = [
        ("config/values.yaml", "level: prod\n"),
        ("config/prod.yaml", "-> values.yaml"),
        ("deploy/good.yaml", GOOD),
        ("live", "-> deploy"),
    ];
    write(folder.path(), &files)?;
    commit(folder.path())?;
    for paths in [&["config"][..], &["deploy", "config"]] {
        let (code, told) = alike(folder.path(), "check", paths)?;
        assert!(code == Some(2) && told.contains("`config` holds no manifest"), "{paths:?}: {told}");
    }
    // What a path before led to is there.
    assert_eq!(alike(folder.path(), "check", &["deploy", "live"])?.0, Some(0));
    Ok(())
}

#[test]
fn only_a_link_to_nothing_leads_nowhere() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write(
        folder.path(),
        &[("deploy/good.yaml", GOOD), ("deploy/nothing", "-> ../none"), ("deploy/no", "-> good.yaml/x")],
    )?;
    let (code, out, err) = sluice(folder.path(), &["check", "deploy"])?;
    assert_eq!(code, Some(0), "{out}{err}");
    write(folder.path(), &[("deploy/apps", "-> apps")])?;
    let (code, out, err) = sluice(folder.path(), &["check", "deploy"])?;
    assert!(code == Some(3) && out.contains("cannot read `deploy/apps`"), "{out}{err}");
    Ok(())
}

#[test]
fn a_folder_behind_a_link_is_rendered_as_what_it_is() -> Result<()> {
    let render = format!("{POLICY}render: [{{path: charts/shop, helm: {{values: [prod.yaml]}}}}]\n");
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {level: {{ .Values.level }}}\n";
    let overlay = "resources: [../../base]\nnamePrefix: prod-\n";
    let folder = clone()?;
    let files = [
        ("sluice.yaml", render.as_str()),
        ("prod.yaml", "level: prod\n"),
        ("charts/shop/Chart.yaml", CHART),
        ("charts/shop/values.yaml", "level: dev\n"),
        ("charts/shop/templates/shop.yaml", template),
        ("live", "-> charts/shop"),
        ("apps/web/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("apps/web/base/web.yaml", GOOD),
        ("apps/web/overlays/prod/kustomization.yaml", overlay),
        ("base/kustomization.yaml", "resources: [other.yaml]\n"),
        ("base/other.yaml", &GOOD.replace("good", "other")),
        ("web", "-> apps/web/overlays/prod"),
    ];
    write(folder.path(), &files)?;
    commit(folder.path())?;
    let (code, told) = alike(folder.path(), "render", &["live"])?;
    assert!(code == Some(0) && told.contains("level: prod"), "{told}");
    let (code, told) = alike(folder.path(), "render", &["web"])?;
    assert!(code == Some(0) && told.contains("name: prod-good"), "{told}");
    // Once, whatever the links are called.
    write(folder.path(), &[("apps/shop", "-> ../charts/shop")])?;
    fs::remove_file(folder.path().join("prod.yaml"))?;
    write(
        folder.path(),
        &[("values/prod.yaml", "level: prod\n"), ("sluice.yaml", &render.replace("prod.yaml", "values/prod.yaml"))],
    )?;
    commit(folder.path())?;
    let (code, told) = alike(folder.path(), "render", &["apps", "base", "charts", "live", "web"])?;
    assert!(code == Some(0) && told.matches("name: shop").count() == 1, "{told}");
    assert!(told.contains("level: prod") && told.matches("name: prod-good").count() == 1, "{told}");
    // Where only a link leads there, and where the policy file names the link.
    let linked = render.replace("prod.yaml", "values/prod.yaml").replace("charts/shop,", "live,");
    for paths in [&["apps"][..], &["live"], &["charts"], &["."]] {
        let (code, told) = alike(folder.path(), "render", paths)?;
        assert!(code == Some(0) && told.matches("level: prod").count() == 1, "{paths:?}: {told}");
    }
    fs::remove_file(folder.path().join("sluice.yaml"))?;
    write(folder.path(), &[("sluice.yaml", &linked)])?;
    commit(folder.path())?;
    for paths in [&["apps"][..], &["live"], &["charts"], &["."]] {
        let (code, told) = alike(folder.path(), "render", paths)?;
        assert!(code == Some(0) && told.matches("level: prod").count() == 1, "{paths:?}: {told}");
    }
    // One pattern fits both.
    fs::remove_file(folder.path().join("sluice.yaml"))?;
    let pattern = render.replace("prod.yaml", "values/prod.yaml").replace("charts/shop,", "charts/*,");
    write(folder.path(), &[("sluice.yaml", &pattern), ("charts/live", "-> shop"), ("charts/next", "-> shop")])?;
    commit(folder.path())?;
    for paths in [&["apps"][..], &["charts"], &["charts/live"], &["charts/shop"], &["."]] {
        let (code, told) = alike(folder.path(), "render", paths)?;
        assert!(code == Some(0) && told.matches("level: prod").count() == 1, "{paths:?}: {told}");
    }
    // Both sides of a change go by the same way.
    let (code, out, err) = sluice(folder.path(), &["diff", "HEAD", "--", "apps", "live"])?;
    assert!(code == Some(0) && out.contains("no object changes"), "{out}{err}");
    Ok(())
}

#[test]
fn a_folder_behind_a_link_that_only_a_command_renders_is_rendered() -> Result<()> {
    let folder = clone()?;
    let made = bad("made").replace('\n', "\\n");
    let render = format!("{POLICY}render: [{{path: gen, command: [printf, \"{made}\"]}}]\n");
    let files = [
        ("sluice.yaml", render.as_str()),
        ("gen/main.jsonnet", "{}"),
        ("gen/lib/schema.json", "{}"),
        ("deploy/good.yaml", GOOD),
        ("deploy/live", "-> ../gen"),
    ];
    write(folder.path(), &files)?;
    for without in ["", "gen/lib/schema.json"] {
        if !without.is_empty() {
            fs::remove_file(folder.path().join(without))?;
        }
        commit(folder.path())?;
        for path in ["deploy", "deploy/live", "gen", "."] {
            let (code, told) = alike(folder.path(), "check", &["--allow-commands", path])?;
            assert!(code == Some(1) && told.contains("image-tags/mutable-tag"), "{path}: {told}");
        }
        let (code, out, err) = sluice(folder.path(), &["diff", "--allow-commands", "HEAD", "--", "deploy"])?;
        assert!(code == Some(0) && out.contains("no object changes"), "{out}{err}");
    }
    Ok(())
}

#[test]
fn an_unchanged_folder_behind_a_link_has_not_moved() -> Result<()> {
    let folder = clone()?;
    write(folder.path(), &[("deploy/good.yaml", GOOD), ("a", "-> deploy")])?;
    commit(folder.path())?;
    let (code, out, err) = sluice(folder.path(), &["diff", "HEAD"])?;
    assert!(code == Some(0) && out.contains("no object changes") && !out.contains("moved"), "{out}{err}");
    // Names are compared, and not the letters of whole paths: `-` comes before `/`.
    let folder = clone()?;
    write(
        folder.path(),
        &[("deploy/good.yaml", GOOD), ("deploy/bad.yaml", &bad("web")), ("deploy-live", "-> deploy")],
    )?;
    commit(folder.path())?;
    let (code, out, err) = sluice(folder.path(), &["diff", "HEAD"])?;
    assert!(code == Some(0) && out.contains("no object changes") && !out.contains("moved"), "{out}{err}");
    let (code, told) = alike(folder.path(), "check", &["."])?;
    assert!(code == Some(1) && told.contains("deploy/bad.yaml:4"), "{told}");
    Ok(())
}

#[test]
fn the_policy_is_that_of_the_path_and_not_of_where_one_stands() -> Result<()> {
    let folder = clone()?;
    let files = [
        ("sluice.yaml", POLICY),
        ("services/a/sluice.yaml", LAX),
        ("services/a/good.yaml", GOOD),
        ("services/b/web.yaml", &bad("web")),
    ];
    write(folder.path(), &files)?;
    commit(folder.path())?;
    let here = folder.path().join("services/a");
    for path in ["../b", "../b/web.yaml", "../../services/b", "./../b/."] {
        let (code, out, err) = sluice(&here, &["check", path])?;
        assert!(code == Some(1) && out.contains("image-tags/mutable-tag"), "{path}: {out}{err}");
    }
    let (code, out, err) = sluice(&here, &["check", "--rev", "HEAD", "../b"])?;
    assert_eq!(code, Some(1), "{out}{err}");
    let (code, _, err) = sluice(&here, &["check", ".", "../b"])?;
    assert!(code == Some(2) && err.contains("falls under the policy file"), "{err}");
    Ok(())
}

#[test]
fn what_is_kept_elsewhere_is_told() -> Result<()> {
    let folder = clone()?;
    write(folder.path(), &[("deploy/good.yaml", GOOD), ("deploy/pod.yaml", POINTER)])?;
    commit(folder.path())?;
    for paths in [&["deploy"][..], &["deploy/good.yaml", "deploy/pod.yaml"]] {
        let (code, told) = alike(folder.path(), "check", paths)?;
        assert!(code == Some(3) && told.contains("`deploy/pod.yaml`: it is kept in Git LFS"), "{told}");
    }
    // Helm takes it for what it is not.
    let chart = [("chart/Chart.yaml", CHART), ("chart/templates/a.yaml", GOOD), ("chart/templates/b.yaml", POINTER)];
    write(folder.path(), &chart)?;
    commit(folder.path())?;
    let (code, told) = alike(folder.path(), "check", &["chart"])?;
    assert!(code == Some(3) && told.contains("chart/templates/b.yaml"), "{told}");
    Ok(())
}

#[test]
fn a_component_that_never_ends_is_not_read() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let policy = POLICY.replace("builtin:image-tags", "file:policies/x.wasm");
    write(folder.path(), &[("good.yaml", GOOD), ("sluice.yaml", &policy), ("policies/x.wasm", "-> /dev/zero")])?;
    let (code, out, err) = sluice(folder.path(), &["check", "."])?;
    assert!(code == Some(2) && format!("{out}{err}").contains("it is no file, but a device or a pipe"), "{out}{err}");
    Ok(())
}
