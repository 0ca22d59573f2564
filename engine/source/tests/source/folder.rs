//! A folder of this machine.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use sluice_source::{Checkout, Entry, Kind, Limits, PathError, Stat};

use crate::repo::{Repo, said, text};

fn entry(name: &str, kind: Kind) -> Entry {
    Entry { name: name.into(), kind }
}

#[test]
fn a_folder_is_read_without_gits_own_folder_and_what_is_ignored() {
    let repo = Repo::filled();
    repo.write(".gitignore", "*.log\nbuild/\n");
    repo.write("deploy/.gitignore", "secret.yaml\n");
    repo.write("deploy/secret.yaml", "x");
    repo.write("noise.log", "x");
    repo.write("build/out.yaml", "x");
    repo.write("inner/.git/config", "x");
    repo.write("inner/.GIT/config", "x");
    repo.write("inner/a.yaml", "a");
    repo.write(".ignore", "*.yaml\n");
    repo.write(".git/info/exclude", "*.yaml\n");
    let checkout = Checkout::folder(repo.path()).unwrap();
    assert_eq!(checkout.commit(), None);
    let files = [".gitignore", ".ignore", "README.md", "deploy/.gitignore", "deploy/app.yaml", "inner/a.yaml"];
    assert_eq!(checkout.files("").unwrap(), files);
    assert_eq!(checkout.files("deploy").unwrap(), ["deploy/.gitignore", "deploy/app.yaml"]);
    assert_eq!(checkout.files("deploy/secret.yaml").unwrap(), ["deploy/secret.yaml"], "what is named is there");
    assert_eq!(text(&checkout, "build/out.yaml"), "x", "a renderer may read what is ignored");
    assert_eq!(checkout.list("inner").unwrap(), [entry("a.yaml", Kind::File)]);
    assert_eq!(said(checkout.read(".git/config")), "`.git/config` does not exist in the checkout");
    assert_eq!(said(checkout.read("inner/.GIT/config")), "`inner/.GIT/config` does not exist in the checkout");
    assert_eq!(checkout.stat("deploy/app.yaml").unwrap(), Stat::File { size: 4 });
    assert_eq!(checkout.stat("deploy").unwrap(), Stat::Folder);
}

#[test]
fn links_are_followed_inside_and_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "s").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("real/deep")).unwrap();
    std::fs::write(at("real/deep/file"), "f").unwrap();
    symlink("real/deep", at("way")).unwrap();
    symlink("../..", at("real/deep/up")).unwrap();
    symlink("none", at("broken")).unwrap();
    let checkout = Checkout::folder(folder.path()).unwrap();
    assert_eq!(text(&checkout, "way/file"), "f");
    assert_eq!(text(&checkout, "way/up/real/deep/file"), "f");
    assert_eq!(checkout.read_link("way").unwrap().as_deref(), Some("real/deep"));
    assert_eq!(checkout.read_link("way/up").unwrap().as_deref(), Some("../.."));
    assert_eq!(checkout.read_link("way/file").unwrap(), None);
    let link = Kind::Link { target: "none".into() };
    assert_eq!(
        checkout.list("").unwrap(),
        [entry("broken", link), entry("real", Kind::Folder), entry("way", Kind::Folder)]
    );
    assert_eq!(checkout.files("").unwrap(), ["broken", "real/deep/file", "way/file"]);
    let by_way = ["way/file", "way/up/broken", "way/up/real/deep/file"];
    assert_eq!(checkout.files("way").unwrap(), by_way, "what is above is below, too, where a link leads there");
    assert!(said(checkout.read("broken")).starts_with("the link `broken` leads to `none`, which does not exist"));

    symlink(outside.path(), at("out")).unwrap();
    let leaves = |result| assert!(matches!(result, Err(PathError::LinkLeaves { path, .. }) if path == "out"));
    leaves(checkout.read("out/secret"));
    leaves(checkout.files("").map(|_| Vec::new()));
    leaves(checkout.stat("out").map(|_| Vec::new()));
    let kind = Kind::Link { target: outside.path().to_str().unwrap().into() };
    assert!(checkout.list("").unwrap().contains(&entry("out", kind)));
}

#[test]
fn what_cannot_be_represented_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = Checkout::folder(folder.path()).unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"a\xff"));
    if std::fs::write(&path, "x").is_ok() {
        let words = "the name `a\\xff` in the folder `.` is not UTF-8 \
                     (rename it: such names mean different things on different systems)";
        assert_eq!(said(checkout.list("")), words);
        assert_eq!(said(checkout.files("")), words);
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::write(folder.path().join("a\\b"), "x").unwrap();
    assert!(said(checkout.files("")).contains("would lead to another folder"));
    std::fs::remove_file(folder.path().join("a\\b")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    assert!(said(checkout.list("")).starts_with("`socket` is neither a file, a folder nor a link"));
    assert!(said(checkout.files("")).starts_with("`socket` is neither a file, a folder nor a link"));
    drop(socket);
}

#[test]
fn limits_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        std::fs::write(folder.path().join(name), "12345").unwrap();
    }
    let within = |limits| Checkout::folder_within(folder.path(), limits).unwrap();
    let small = within(Limits { file: 4, ..Limits::default() });
    assert!(said(small.read("b")).starts_with("`b` has 5 bytes, more than the limit of 4"));
    let few = within(Limits { files: 2, ..Limits::default() });
    assert!(said(few.files("")).starts_with("there are more than 2 files and folders below `.`"));
    let little = within(Limits { total: 10, ..Limits::default() });
    assert!(little.read("a").is_ok() && little.read("b").is_ok() && little.read("a").is_ok());
    assert!(said(little.read("c")).starts_with("with `c`, more than 10 bytes of the checkout have been read"));
}

#[test]
fn a_folder_must_be_one() {
    let error = Checkout::folder("/no/such".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "`/no/such` cannot be used as a folder: No such file or directory (os error 2)");
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(Checkout::folder(file.path()).unwrap_err().to_string().ends_with("it is not a folder"));
}
