//! The contract is frozen with its version: plugins that were built against a released one have to run forever. A version
//! is released by its entry in `wit/released.json`, which names the digest of each of its files.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Digests of the files of a version, by name.
type Files = BTreeMap<String, String>;

fn wit() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().join("wit")
}

fn released() -> BTreeMap<String, Files> {
    serde_json::from_str(&fs::read_to_string(wit().join("released.json")).unwrap()).unwrap()
}

fn files_of(folder: &Path) -> Files {
    let digest = |path: &Path| Sha256::digest(fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), digest(&path))).collect()
}

/// What is different, in words for the person who changed it.
fn difference(version: &str, frozen: &Files, found: &Files) -> Option<String> {
    if frozen == found {
        return None;
    }
    let names: Vec<&str> = frozen.keys().chain(found.keys()).map(String::as_str).collect();
    let mut changed: Vec<&str> = names.into_iter().filter(|name| frozen.get(*name) != found.get(*name)).collect();
    changed.sort_unstable();
    changed.dedup();
    Some(format!(
        "wit/{version} is released, and {} changed. Plugins in the field were built against it: undo the change, copy \
         the folder to the next version (`package sluice:policy@…` inside as well), change that one, and add it to \
         wit/released.json when it is released. The digests are now {}",
        changed.join(", "),
        serde_json::to_string(found).unwrap()
    ))
}

#[test]
fn a_released_contract_does_not_change() {
    let released = released();
    assert!(released.contains_key("0.1.0"), "the first version cannot be taken back");
    for (version, frozen) in &released {
        let folder = wit().join(version);
        assert!(folder.is_dir(), "wit/{version} is released, and its folder is gone: put it back");
        if let Some(words) = difference(version, frozen, &files_of(&folder)) {
            panic!("{words}");
        }
    }
}

#[test]
fn a_folder_holds_the_version_of_its_name() {
    for entry in fs::read_dir(wit()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let version = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path.join("policy.wit")).unwrap();
            let package = format!("package sluice:policy@{version};");
            assert!(text.lines().any(|line| line == package), "wit/{version}/policy.wit lacks the line `{package}`");
        }
    }
}

#[test]
fn a_change_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.wit"), "package sluice:policy@0.1.0;\n").unwrap();
    let frozen = files_of(folder.path());
    assert_eq!(difference("0.1.0", &frozen, &files_of(folder.path())), None);

    fs::write(folder.path().join("policy.wit"), "package sluice:policy@0.1.0;\ninterface more {}\n").unwrap();
    let words = difference("0.1.0", &frozen, &files_of(folder.path())).unwrap();
    assert!(words.contains("policy.wit changed") && words.contains("next version"), "{words}");

    fs::write(folder.path().join("policy.wit"), "package sluice:policy@0.1.0;\n").unwrap();
    fs::write(folder.path().join("more.wit"), "").unwrap();
    assert!(difference("0.1.0", &frozen, &files_of(folder.path())).unwrap().contains("more.wit changed"));
}
