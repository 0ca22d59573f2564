//! The same input, the same bytes: a set that fills many batches, with a mutator, plugins that fail and one that breaks the
//! contract, is reported alike on any number of threads and whatever the order in which its files are named.

#[path = "shared/sluice.rs"]
mod sluice;

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use sluice::sluice;

/// Files, and documents of each.
const FILES: usize = 170;
const DOCUMENTS: usize = 8;

/// `fails` fails on five objects and is stopped at the third; it might change objects too, which must hold up nobody.
/// `crowd` says what depends on the batch.
fn policy() -> String {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/hostile.wasm");
    let hostile = format!("source: \"file:{}\"", guest.display());
    format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n\
         - {{name: labels, source: 'builtin:standard-labels', settings: {{labels: {{team: shop}}}}}}\n\
         - {{name: images, source: 'builtin:image-tags'}}\n\
         - {{name: schema, source: 'builtin:kubernetes-schema', action: warn}}\n\
         - {{name: fails, {hostile}, settings: {{mode: trap}}, match: {{kinds: [ConfigMap]}}}}\n\
         - {{name: hoards, {hostile}, settings: {{mode: memory}}, match: {{kinds: [Secret]}}, limits: {{memory: 8Mi, time: 60s}}}}\n\
         - {{name: crowd, {hostile}, settings: {{mode: crowd}}, action: warn, limits: {{time: 60s}}}}\n"
    )
}

/// One of the objects: a workload with something to find, and here and there one that a plugin fails on.
fn document(file: usize, index: usize) -> String {
    let name = format!("n{file}-{index}");
    match (file % 34, index) {
        (7, 3) => format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: b}}\n"),
        (9, 1) if file < 40 => format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata: {{a: Yg==}}\n"),
        _ => format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 'two'\n  \
             selector: {{matchLabels: {{app: a}}}}\n  template:\n    metadata: {{labels: {{app: a}}}}\n    spec:\n      \
             containers:\n      - {{name: a, image: 'r.example.com/a:latest'}}\n      - {{name: b, image: b}}\n"
        ),
    }
}

/// The names of the files, which lie in `folder`.
fn write(folder: &Path) -> Result<Vec<String>> {
    fs::write(folder.join("sluice.yaml"), policy())?;
    let mut names = Vec::new();
    for file in 0..FILES {
        let documents: Vec<String> = (0..DOCUMENTS).map(|index| document(file, index)).collect();
        let name = format!("f{file}.yaml");
        fs::write(folder.join(&name), documents.join("---\n"))?;
        names.push(name);
    }
    Ok(names)
}

/// In another order, the same each time: by the digits of a product.
fn shuffled(names: &[String], by: usize) -> Vec<String> {
    let mut names: Vec<(usize, &String)> =
        names.iter().enumerate().map(|(index, name)| ((index + 1) * by % 1_009, name)).collect();
    names.sort();
    names.into_iter().map(|(_, name)| name.clone()).collect()
}

#[test]
fn reports_are_the_same_bytes_on_any_threads_and_in_any_order() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let names = write(folder.path())?;
    for format in ["human", "json", "sarif", "github"] {
        let report = |names: &[String], jobs: &str| {
            // Also what is told of notes and of what plugins wrote.
            let mut arguments = vec!["check", "-v", "--format", format, "--jobs", jobs, "--now", "2027-01-01"];
            arguments.extend(names.iter().map(String::as_str));
            sluice(folder.path(), &arguments)
        };
        let first = report(&names, "1")?;
        ensure!(first.0 == Some(3), "{format}: {first:?}");
        for word in ["crowd/rule", "images/mutable-tag", "plugin-trapped", "plugin-stopped", "plugin-out-of-memory"] {
            ensure!(first.1.contains(word), "{format} tells nothing of {word}");
        }
        for (jobs, by) in [("1", 7), ("2", 1), ("2", 7), ("2", 601), ("7", 1), ("7", 601)] {
            let again = report(&shuffled(&names, by), jobs)?;
            ensure!(again == first, "{format} differs with --jobs {jobs} and files shuffled by {by}");
        }
    }
    Ok(())
}
