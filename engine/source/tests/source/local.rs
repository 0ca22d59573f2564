//! Revisions of repositories of this machine.

use std::path::Path;

use sluice_source::{Checkout, RepoLocation, Request, SourceError, Stat, merge_base};

use crate::repo::{Repo, program, script, text};

fn of(path: &Path, revision: &str) -> Result<Checkout, SourceError> {
    Checkout::revision(&Request::new(RepoLocation::local(path), revision))
}

#[test]
fn every_way_to_name_a_commit_leads_to_its_tree() {
    let repo = Repo::filled();
    let (first, second) = (repo.id("HEAD~1"), repo.id("HEAD"));
    for (revision, id) in [
        ("HEAD", &second),
        ("main", &second),
        ("refs/heads/old", &first),
        ("old", &first),
        ("light", &first),
        ("v1.0", &second),
        ("outer", &second),
        ("HEAD~1", &first),
        ("main^", &first),
        (&second[..9], &second),
        (first.as_str(), &first),
    ] {
        let checkout = repo.checkout(revision).unwrap();
        assert_eq!(&checkout.commit().unwrap().id, id, "{revision}");
        assert_eq!(text(&checkout, "deploy/app.yaml"), if id == &first { "one\n" } else { "two\n" });
    }
    repo.git(["checkout", "-q", "--detach", &first]);
    repo.write("deploy/app.yaml", "not committed\n");
    let checkout = repo.checkout("HEAD").unwrap();
    assert_eq!(text(&checkout, "deploy/app.yaml"), "one\n", "the work tree does not matter");
    let commit = checkout.commit().unwrap();
    assert_eq!((commit.subject.as_str(), commit.time, &commit.signature), ("first", 1_700_000_000, &None));
    assert_eq!(checkout.files("").unwrap(), ["README.md", "deploy/app.yaml"]);
    assert_eq!(checkout.stat("deploy/app.yaml").unwrap(), Stat::File { size: 4 });
}

#[test]
fn repositories_are_found_wherever_they_are() {
    let repo = Repo::filled();
    repo.git(["repack", "-adfq"]);
    let below = of(&repo.path().join("deploy"), "main").unwrap();
    assert_eq!((below.prefix(), text(&below, "deploy/app.yaml").as_str()), ("deploy", "two\n"));
    assert_eq!(of(&repo.path().join(".git"), "main").unwrap().prefix(), "");

    let other = tempfile::tempdir().unwrap();
    let clone = |args: &[&str], name: &str| {
        let target = other.path().join(name);
        let url = format!("file://{}", repo.path().display());
        let mut git = program("git", other.path());
        assert!(git.args(["clone", "-q"]).args(args).arg(url).arg(&target).status().unwrap().success());
        target
    };
    let bare = clone(&["--bare"], "bare.git");
    assert_eq!(text(&of(&bare, "v1.0").unwrap(), "deploy/app.yaml"), "two\n");
    let shallow = clone(&["--depth=1"], "shallow");
    assert_eq!(text(&of(&shallow, "HEAD").unwrap(), "deploy/app.yaml"), "two\n");
    let error = of(&shallow, "HEAD~1").unwrap_err();
    assert!(error.help().unwrap().contains("shallow"), "{error:?}");
    // A branch that only the remote has.
    repo.git(["branch", "topic", "old"]);
    let other_branch = clone(&[], "clone");
    let help = of(&other_branch, "topic").unwrap_err().help();
    assert_eq!(help.as_deref(), Some("did you mean `origin/topic`?"));
    let part = clone(&["--depth=1", "--no-single-branch"], "part");
    let help = of(&part, "topic").unwrap_err().help().unwrap();
    assert!(help.starts_with("did you mean `origin/topic`? If not, the repository is shallow: "), "{help}");
    let url = RepoLocation::parse(&format!("file://{}", bare.display())).unwrap();
    let checkout = Checkout::revision(&Request::new(url, "old")).unwrap();
    assert_eq!(text(&checkout, "deploy/app.yaml"), "one\n");

    repo.git(["worktree", "add", "-q", other.path().join("tree").to_str().unwrap(), "old"]);
    assert_eq!(text(&of(&other.path().join("tree"), "HEAD").unwrap(), "deploy/app.yaml"), "one\n");
}

#[test]
fn what_is_no_revision_is_told_with_what_is() {
    let repo = Repo::filled();
    let error = repo.checkout("v1.1").unwrap_err();
    let place = repo.path().display();
    assert_eq!(error.to_string(), format!("the revision `v1.1` does not exist in `{place}`"));
    assert_eq!(error.help().as_deref(), Some("did you mean `v1.0`?"));
    let error = repo.checkout("HEAD:deploy").unwrap_err();
    assert_eq!(error.to_string(), format!("the revision `HEAD:deploy` of `{place}` is not a commit but a folder"));
    repo.git(["tag", "old", "main"]);
    let error = repo.checkout("old").unwrap_err();
    assert!(matches!(error, SourceError::AmbiguousRevision { .. }), "{error}");
    assert!(repo.checkout("refs/heads/old").is_ok());
    for wrong in ["", "^{", "a..b", "-x", "\0", "HEAD@{x"] {
        assert!(repo.checkout(wrong).is_err(), "{wrong}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    assert!(matches!(of(nowhere.path(), "HEAD"), Err(SourceError::Repository { .. })));
    assert!(matches!(Repo::new().checkout("HEAD"), Err(SourceError::UnknownRevision { .. })), "no commit yet");
}

#[test]
fn the_configuration_and_replacements_of_a_repository_change_nothing() {
    let repo = Repo::filled();
    let trap = repo.path().join("trapped");
    let trap_script = repo.path().join("trap.sh");
    script(&trap_script, &format!("#!/bin/sh\ntouch '{}'\ncat\n", trap.display()));
    let trap_script = trap_script.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", trap_script),
        ("core.sshCommand", trap_script),
        ("core.hooksPath", repo.path().to_str().unwrap()),
        ("filter.trap.smudge", trap_script),
        ("filter.trap.clean", trap_script),
        ("credential.helper", trap_script),
        ("gpg.program", trap_script),
        ("core.worktree", "/"),
        ("include.path", "/dev/zero"),
    ] {
        repo.git(["config", key, value]);
    }
    std::fs::write(repo.path().join(".git/info/attributes"), "* filter=trap text eol=crlf\n").unwrap();
    assert_eq!(text(&repo.checkout("main").unwrap(), "deploy/app.yaml"), "two\n");
    assert!(!trap.exists());

    let repo = Repo::filled();
    repo.git(["replace", &repo.id("main"), &repo.id("old")]);
    repo.git(["replace", &repo.id("main:README.md"), &repo.blob(b"forged")]);
    let checkout = repo.checkout("main").unwrap();
    assert_eq!(text(&checkout, "deploy/app.yaml"), "two\n");
    assert_eq!(text(&checkout, "README.md"), "read me\n");
}

#[test]
fn a_merge_base_is_found_here_and_only_here() {
    let repo = Repo::filled();
    let base = repo.id("main");
    repo.git(["checkout", "-q", "-b", "side"]);
    repo.write("side", "s");
    repo.commit("side");
    repo.git(["checkout", "-q", "main"]);
    repo.write("more", "m");
    repo.commit("more");
    let request = repo.request("HEAD");
    let found = merge_base(&request, "main", "side").unwrap();
    assert_eq!((found.id, found.subject.as_str()), (base, "second"));
    repo.git(["checkout", "-q", "--orphan", "alone"]);
    repo.commit("alone");
    let error = merge_base(&request, "main", "alone").unwrap_err();
    assert!(matches!(error, SourceError::NoMergeBase { shallow: false, .. }), "{error}");
    let request = Request::new(RepoLocation::parse("https://git.example/x").unwrap(), "HEAD");
    assert!(matches!(merge_base(&request, "a", "b"), Err(SourceError::NotLocal { .. })));
}

#[test]
fn damaged_and_missing_objects_are_named() {
    let repo = Repo::filled();
    let id = repo.id("main:deploy/app.yaml");
    let object = repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let checkout = repo.checkout("main").unwrap();
    std::fs::remove_file(&object).unwrap();
    let words = |error: sluice_source::PathError| error.to_string();
    assert_eq!(
        words(checkout.read("deploy/app.yaml").unwrap_err()),
        format!("`deploy/app.yaml` cannot be read from Git: the object {id} is missing")
    );
    // Another object in its place: whole, but not what the id stands for.
    let other = repo.blob(b"forged");
    std::fs::copy(repo.path().join(".git/objects").join(&other[..2]).join(&other[2..]), &object).unwrap();
    let error = words(checkout.read("deploy/app.yaml").unwrap_err());
    assert_eq!(
        error,
        format!(
            "`deploy/app.yaml` cannot be read from Git: the object {id} is damaged: its content is that of {other}"
        )
    );
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, b"garbage").unwrap();
    assert!(words(checkout.read("deploy/app.yaml").unwrap_err()).contains(&format!("the object {id} is damaged")));
}

#[test]
fn a_damaged_pack_never_gives_wrong_bytes() {
    let repo = Repo::new();
    for index in 0..40 {
        repo.write(&format!("{index}.yaml"), &format!("same\n{}{index}\n", "line\n".repeat(50)));
    }
    repo.commit("all");
    repo.git(["repack", "-adfq"]);
    let files: Vec<(String, Vec<u8>)> = {
        let checkout = repo.checkout("main").unwrap();
        checkout.files("").unwrap().into_iter().map(|file| (file.clone(), checkout.read(&file).unwrap())).collect()
    };
    let folder = repo.path().join(".git/objects/pack");
    let pack = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let whole = std::fs::read(&pack).unwrap();
    let mut refused = 0;
    for at in (12..whole.len() - 20).step_by(41) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, &damaged).unwrap();
        let Ok(checkout) = repo.checkout("main") else {
            refused += 1;
            continue;
        };
        for (file, bytes) in &files {
            match checkout.read(file) {
                Ok(read) => assert_eq!(&read, bytes, "byte {at}, {file}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 0);
}
