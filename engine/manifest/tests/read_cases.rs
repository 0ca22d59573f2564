//! Manifests read as kubectl reads them: every trap as a case of its own, and all of the third-party manifests.
//!
//! A case is a folder with `input.yaml` and `expected.json`: the objects that
//! `kubectl label --local -f input.yaml sluice-oracle=y -o json` gives, without that label, or that it refuses the file.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sluice_manifest::{Document, Documents, Limits, NotManifest};

const LABEL: &str = "sluice-oracle";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/cases");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn read(path: &Path) -> Vec<Document> {
    let bytes = std::fs::read(path).unwrap();
    Documents::from_bytes(path.display().to_string(), bytes, Limits::default()).collect()
}

fn objects(documents: &[Document]) -> Vec<Value> {
    let resources = documents.iter().flat_map(|document| &document.resources);
    resources.map(|resource| parse(&resource.root().to_json())).map(unlabelled).collect()
}

/// JSON whose numbers are compared digit by digit.
fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// An object without the label that the oracle puts on, and without labels where no other is left.
fn unlabelled(mut object: Value) -> Value {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.remove(LABEL);
    }
    if metadata.get("labels").is_some_and(|labels| labels.is_null() || labels == &json!({})) {
        metadata.remove("labels");
    }
    object
}

/// What kubectl reads: the objects, and whether it took the whole file.
fn kubectl(path: &Path) -> (Vec<Value>, bool) {
    let mut command = Command::new("kubectl");
    command.args(["label", "--local", "-o", "json", &format!("{LABEL}=y"), "-f"]).arg(path);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let objects = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    (objects.map(|object| unlabelled(object.unwrap())).collect(), output.status.success())
}

fn has_kubectl() -> bool {
    if Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "kubectl is missing");
    eprintln!("left out: there is no kubectl to compare with");
    false
}

#[test]
fn every_case_reads_as_kubectl_reads_it() {
    let cases = cases();
    assert!(cases.len() >= 56, "cases are missing: {}", cases.len());
    for case in cases {
        let documents = read(&case.join("input.yaml"));
        let expected = parse(&std::fs::read_to_string(case.join("expected.json")).unwrap());
        let ours = objects(&documents);
        if expected["refused"] == true {
            let told = documents.iter().any(|document| {
                document.problems.iter().any(|problem| problem.fatal) || document.skipped == Some(NotManifest::Template)
            });
            assert!(told, "kubectl refuses {}, and nothing is said", case.display());
        } else {
            assert_eq!(json!(ours), expected["objects"], "{}", case.display());
            let fatal = documents.iter().flat_map(|document| &document.problems).find(|problem| problem.fatal);
            assert!(fatal.is_none(), "{}: {fatal:?}", case.display());
        }
    }
}

#[test]
fn the_cases_say_what_kubectl_says() {
    if !has_kubectl() {
        return;
    }
    for case in cases() {
        let expected = parse(&std::fs::read_to_string(case.join("expected.json")).unwrap());
        let (objects, taken) = kubectl(&case.join("input.yaml"));
        assert_eq!(taken, expected["refused"] != true, "{}", case.display());
        if taken {
            assert_eq!(json!(objects), expected["objects"], "{}", case.display());
        }
    }
}

fn manifests() -> Option<Vec<PathBuf>> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/corpus/manifests");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "the third-party data is missing: {}", folder.display());
        eprintln!("left out: there is no third-party data at {}", folder.display());
        return None;
    }
    let mut files = Vec::new();
    let mut waiting = vec![folder];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Some(files)
}

#[test]
fn every_document_of_the_corpus_is_accounted_for() {
    let Some(files) = manifests() else { return };
    let (mut resources, mut skipped, mut problems) = (0, 0, 0);
    for path in files {
        for document in read(&path) {
            let told = document.resources.len() + document.problems.len() + usize::from(document.skipped.is_some());
            assert!(told > 0, "{}: document {} is lost", path.display(), document.index);
            resources += document.resources.len();
            skipped += usize::from(document.skipped.is_some());
            for problem in &document.problems {
                problems += 1;
                eprintln!("{}: {} {}", path.display(), problem.rule, problem.message);
            }
        }
    }
    eprintln!("{resources} objects, {skipped} documents skipped, {problems} problems");
    assert_eq!((resources, skipped, problems), (391, 22, 5));
}

#[test]
fn the_corpus_reads_as_kubectl_reads_it_object_by_object() {
    let Some(files) = manifests() else { return };
    if !has_kubectl() {
        return;
    }
    let half = files.len() / 2;
    let (left, right) = files.split_at(half);
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| compare(right));
        (compare(left), second.join().unwrap())
    });
    let (agreed, refused) = (first.0 + second.0, first.1 + second.1);
    eprintln!("{agreed} objects agree in {} files, of which kubectl refuses {refused}", files.len());
    assert_eq!((agreed, refused), (391, 7));
}

/// How many objects agree, and how many files kubectl refuses in whole or in part.
fn compare(files: &[PathBuf]) -> (usize, usize) {
    let (mut agreed, mut refused) = (0, 0);
    for path in files {
        let documents = read(path);
        let (expected, taken) = kubectl(path);
        if taken {
            let client_side = documents.iter().any(|document| document.skipped == Some(NotManifest::ClientSide));
            let ours = objects(&documents);
            if client_side {
                // kubectl would send these to a server, which knows no such kind.
                assert!(ours.iter().all(|object| expected.contains(object)), "{}", path.display());
            } else {
                assert_eq!(json!(ours), json!(expected), "{}", path.display());
            }
            agreed += ours.len();
        } else {
            let told = |document: &Document| document.skipped.is_some() || !document.problems.is_empty();
            assert!(documents.iter().any(told), "kubectl refuses {}, and nothing is said", path.display());
            refused += 1;
        }
    }
    (agreed, refused)
}
