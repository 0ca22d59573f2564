//! Commits that have to be signed, with signatures by the real programs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_source::{Checkout, SignatureError, SignatureFormat, SignaturePolicy, SourceError};

use crate::absent;
use crate::repo::{Repo, answer, program, script, text};

fn is_here(name: &str) -> bool {
    let here = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(name).is_file());
    if !here {
        absent(name);
    }
    here
}

fn demand(repo: &Repo, revision: &str, policy: &SignaturePolicy) -> Result<Checkout, SourceError> {
    let mut request = repo.request(revision);
    request.signatures = policy.clone();
    Checkout::revision(&request)
}

fn refused(result: Result<Checkout, SourceError>) -> SignatureError {
    match result {
        Err(SourceError::Signature { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

fn signer(result: Result<Checkout, SourceError>) -> String {
    let signature = result.unwrap().commit().unwrap().signature.clone().unwrap();
    signature.signer.unwrap()
}

/// The commit at `revision` with another message and its old signature.
fn forged(repo: &Repo, revision: &str) -> String {
    let commit = repo.git(["cat-file", "commit", revision]);
    let forged = commit.replace("signed", "forged");
    assert_ne!(commit, forged);
    repo.git_with(["hash-object", "-t", "commit", "-w", "--stdin"], format!("{forged}\n").as_bytes())
}

/// A key of SSH and the line that allows it.
fn ssh_key(folder: &Path, name: &str) -> (PathBuf, String) {
    let key = folder.join(name);
    answer(program("ssh-keygen", folder).args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key), b"");
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    (key, public.trim().to_owned())
}

fn sign(repo: &Repo, format: &str, key: &str, more: &[&str]) -> String {
    repo.write("signed.yaml", key);
    repo.git(["add", "-A"]);
    let config = ["-c".into(), format!("gpg.format={format}"), "-c".into(), format!("user.signingKey={key}")];
    let args: Vec<String> = config.into_iter().chain(more.iter().map(|arg| (*arg).to_owned())).collect();
    repo.git(args.iter().map(String::as_str).chain(["commit", "-q", "-S", "-m", "signed"]));
    repo.id("HEAD")
}

#[test]
fn a_commit_signed_with_ssh_is_accepted_from_those_who_may() {
    if !is_here("ssh-keygen") {
        return;
    }
    let repo = Repo::filled();
    let keys = tempfile::tempdir().unwrap();
    let (key, public) = ssh_key(keys.path(), "known");
    let (other, stranger) = ssh_key(keys.path(), "stranger");
    let list = keys.path().join("allowed");
    let policy = SignaturePolicy::Ssh { allowed_signers: list.clone() };
    let allow = |text: String| std::fs::write(&list, text).unwrap();
    let unsigned = repo.id("main");
    let good = sign(&repo, "ssh", key.to_str().unwrap(), &[]);

    allow(format!("somebody@example.com namespaces=\"git\" {public}\n"));
    assert_eq!(signer(demand(&repo, &good, &policy)), "somebody@example.com");
    assert_eq!(text(&demand(&repo, &good, &policy).unwrap(), "deploy/app.yaml"), "two\n");
    assert_eq!(refused(demand(&repo, &unsigned, &policy)), SignatureError::Unsigned);
    let told = repo.checkout(&good).unwrap().commit().unwrap().signature.clone().unwrap();
    assert_eq!((told.format, told.signer), (SignatureFormat::Ssh, None), "nothing is verified unless demanded");
    assert!(matches!(refused(demand(&repo, &forged(&repo, &good), &policy)), SignatureError::Bad { .. }));

    // The repository's own list does not count.
    let own = repo.write("own", &format!("evil@example.com {stranger}\n"));
    repo.git(["config", "gpg.ssh.allowedSignersFile", own.to_str().unwrap()]);
    let bad = sign(&repo, "ssh", other.to_str().unwrap(), &[]);
    assert!(matches!(refused(demand(&repo, &bad, &policy)), SignatureError::UnknownKey { .. }));

    allow(format!("somebody@example.com namespaces=\"file\" {public}\n"));
    assert!(matches!(
        refused(demand(&repo, &good, &policy)),
        SignatureError::Bad { .. } | SignatureError::UnknownKey { .. }
    ));
    allow(format!("somebody@example.com valid-before=\"20200101\" {public}\n"));
    assert!(matches!(
        refused(demand(&repo, &good, &policy)),
        SignatureError::Bad { .. } | SignatureError::UnknownKey { .. }
    ));
    allow(format!("somebody@example.com valid-after=\"20200101\",valid-before=\"20300101\" {public}\n"));
    assert_eq!(signer(demand(&repo, &good, &policy)), "somebody@example.com", "the time is that of the commit");
    std::fs::remove_file(&list).unwrap();
    assert!(matches!(refused(demand(&repo, &good, &policy)), SignatureError::NoKeys { .. }));
    let other = refused(demand(&repo, &good, &SignaturePolicy::Gpg { keyring: list }));
    assert_eq!(other.to_string(), "it is signed with SSH, but a signature with OpenPGP is demanded");
}

#[test]
fn a_signature_does_not_vouch_for_another_tree() {
    if !is_here("ssh-keygen") {
        return;
    }
    let repo = Repo::filled();
    let keys = tempfile::tempdir().unwrap();
    let (key, public) = ssh_key(keys.path(), "known");
    let list = keys.path().join("allowed");
    std::fs::write(&list, format!("a@example.com {public}\n")).unwrap();
    let good = sign(&repo, "ssh", key.to_str().unwrap(), &[]);
    let policy = SignaturePolicy::Ssh { allowed_signers: list };
    let commit = repo.git(["cat-file", "commit", &good]);
    let other = commit.replace(&repo.id(&format!("{good}^{{tree}}")), &repo.id("old^{tree}"));
    // Under an id of its own, and in the place of the signed commit.
    let id = repo.git_with(["hash-object", "-t", "commit", "-w", "--stdin"], format!("{other}\n").as_bytes());
    assert!(matches!(refused(demand(&repo, &id, &policy)), SignatureError::Bad { .. }));
    let object = |id: &str| repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(object(&good)).unwrap();
    std::fs::copy(object(&id), object(&good)).unwrap();
    assert!(matches!(demand(&repo, &good, &policy), Err(SourceError::Corrupt { .. })));
}

struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    fn new() -> Self {
        let gpg = Gpg { home: tempfile::tempdir().unwrap() };
        std::fs::set_permissions(gpg.home.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        gpg
    }

    fn command(&self) -> Command {
        let mut command = program("gpg", self.home.path());
        command.arg("--homedir").arg(self.home.path()).args(["--batch", "--quiet", "--yes", "--passphrase", ""]);
        command
    }

    /// Makes a key, and exports it to a keyring of its own.
    fn key(&self, name: &str, more: &[&str]) -> PathBuf {
        let lasting = if more.is_empty() { "never" } else { "1y" };
        answer(self.command().args(more).args(["--quick-gen-key", name, "ed25519", "sign", lasting]), b"");
        let keyring = self.home.path().join(format!("{name}.keyring"));
        answer(self.command().arg("--output").arg(&keyring).args(["--export", name]), b"");
        keyring
    }

    /// The program that `git` is to sign with.
    fn wrapper(&self, more: &str) -> String {
        let path = self.home.path().join("sign");
        let home = self.home.path().display();
        script(&path, &format!("#!/bin/sh\nexec gpg --homedir '{home}' --batch {more} \"$@\"\n"));
        format!("gpg.program={}", path.display())
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let mut end = program("gpgconf", self.home.path());
        drop(end.arg("--homedir").arg(self.home.path()).args(["--kill", "all"]).status());
    }
}

#[test]
fn a_commit_signed_with_open_pgp_is_accepted_from_those_who_may() {
    if !is_here("gpg") || !is_here("gpgv") {
        return;
    }
    let repo = Repo::filled();
    let gpg = Gpg::new();
    let known = gpg.key("known@example.com", &[]);
    let stranger = gpg.key("stranger@example.com", &[]);
    let past = ["--faked-system-time", "20200101T000000!"];
    let expired = gpg.key("expired@example.com", &past);
    let program = gpg.wrapper("");
    let unsigned = repo.id("main");
    let good = sign(&repo, "openpgp", "known@example.com", &["-c", &program]);
    let policy = |keyring: &Path| SignaturePolicy::Gpg { keyring: keyring.to_owned() };

    let fingerprint = signer(demand(&repo, &good, &policy(&known)));
    assert!(fingerprint.len() == 40 && fingerprint.chars().all(|digit| digit.is_ascii_hexdigit()), "{fingerprint}");
    assert_eq!(refused(demand(&repo, &unsigned, &policy(&known))), SignatureError::Unsigned);
    assert!(matches!(refused(demand(&repo, &good, &policy(&stranger))), SignatureError::UnknownKey { .. }));
    assert!(matches!(refused(demand(&repo, &forged(&repo, &good), &policy(&known))), SignatureError::Bad { .. }));
    assert!(matches!(refused(demand(&repo, &good, &policy(Path::new("/none")))), SignatureError::NoKeys { .. }));
    let ssh = SignaturePolicy::Ssh { allowed_signers: known.clone() };
    assert!(matches!(refused(demand(&repo, &good, &ssh)), SignatureError::OtherFormat { .. }));

    let program = gpg.wrapper("--faked-system-time 20200201T000000!");
    let late = sign(&repo, "openpgp", "expired@example.com", &["-c", &program]);
    let error = refused(demand(&repo, &late, &policy(&expired)));
    assert!(matches!(error, SignatureError::Bad { .. }), "{error}");
}

#[test]
fn without_the_program_that_verifies_a_commit_is_refused() {
    const VARIABLE: &str = "SLUICE_TEST_WITHOUT_PROGRAMS";
    if let Some(folder) = std::env::var_os(VARIABLE) {
        // In the process that the test starts: `PATH` holds nothing.
        let folder = PathBuf::from(folder);
        let location = sluice_source::RepoLocation::local(&folder);
        let mut request = sluice_source::Request::new(location, "HEAD");
        request.signatures = SignaturePolicy::Ssh { allowed_signers: folder.join("README.md") };
        let error = refused(Checkout::revision(&request));
        assert_eq!(error.to_string(), "its signature cannot be verified, as the program `ssh-keygen` is not found");
        return;
    }
    if !is_here("ssh-keygen") {
        return;
    }
    let repo = Repo::filled();
    let keys = tempfile::tempdir().unwrap();
    sign(&repo, "ssh", ssh_key(keys.path(), "known").0.to_str().unwrap(), &[]);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "signed::without_the_program_that_verifies_a_commit_is_refused"]);
    let empty = tempfile::tempdir().unwrap();
    let output = again.env(VARIABLE, repo.path()).env("PATH", empty.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}
