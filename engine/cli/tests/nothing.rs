//! Renders and paths that come to nothing: it is said, and never taken for an empty set that was meant.

#[path = "shared/sluice.rs"]
mod sluice;

use std::fs;

use anyhow::{Context, Result};

use sluice::sluice;

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";
const LIST: &str = "apiVersion: v1\nkind: List\nitems: []\n";

/// A folder `good` with one object, and one `made` that is rendered so.
fn folder(render: &str) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let policy = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nrender: [{{path: made, {render}}}]\n\
         plugins: [{{name: image-tags, source: 'builtin:image-tags'}}]\n"
    );
    let chart = "apiVersion: v2\nname: made\nversion: 1.0.0\n";
    for (path, content) in [
        ("sluice.yaml", policy.as_str()),
        ("good/good.yaml", GOOD),
        ("made/Chart.yaml", chart),
        ("made/templates/list.yaml", LIST),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, content)?;
    }
    Ok(folder)
}

#[test]
fn a_render_without_an_object_is_told() -> Result<()> {
    let command = |words: &str| format!("command: [sh, -c, {words:?}]");
    // What it renders by, what `check` says of it, and its exit code where it may come to nothing.
    for (render, words, allowed) in [
        (command("echo null"), "`made` renders to nothing", 0),
        (command("echo '[]'"), "`made` renders to nothing", 0),
        (command("echo {}"), "`made` renders to nothing", 0),
        (command("echo oops"), "sluice/missing-kind", 1),
        (command("echo 'level: info'; echo ---; cat ../good.txt 2>/dev/null; true"), "sluice/missing-kind", 1),
        ("helm: {}".to_owned(), "`made` renders to nothing", 0),
    ] {
        let strict = folder(&render)?;
        let expected = if allowed == 0 { 3 } else { allowed };
        let (code, out, err) = sluice(strict.path(), &["check", "--allow-commands", "."])?;
        assert!(code == Some(expected) && out.contains(words), "{render}: {out}{err}");
        let (code, out, err) = sluice(strict.path(), &["render", "--allow-commands", "."])?;
        assert_eq!(code, Some(3), "{render}: {out}{err}");
        let lenient = folder(&format!("{render}, allowEmpty: true"))?;
        let (code, out, err) = sluice(lenient.path(), &["check", "--allow-commands", "."])?;
        assert_eq!(code, Some(allowed), "{render}: {out}{err}");
    }
    Ok(())
}

#[test]
fn each_path_that_is_rendered_holds_something() -> Result<()> {
    let folder = folder("plain: {}")?;
    fs::create_dir(folder.path().join("none"))?;
    fs::write(folder.path().join("none/values.yaml"), "a: 1\n")?;
    for command in ["check", "render"] {
        let (code, out, err) = sluice(folder.path(), &[command, "good", "none"])?;
        assert!(code == Some(2) && err.contains("`none` holds no manifest"), "{command}: {out}{err}");
        let (code, out, err) = sluice(folder.path(), &[command, "good", "good/good.yaml"])?;
        assert_eq!(code, Some(0), "{command}: {out}{err}");
    }
    Ok(())
}
