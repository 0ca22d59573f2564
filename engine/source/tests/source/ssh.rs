//! Over SSH, with Debian's server on loopback.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use sluice_source::{Checkout, FetchCause, RepoLocation, Request, SourceError};

use crate::http::cause;
use crate::repo::{Repo, answer, program, script, text};
use crate::{absent, left_out};

const SSHD: &str = "/usr/sbin/sshd";

struct Sshd {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    /// Starts a server that lets in who holds the key `user`. Nothing where it is not installed or does not start.
    fn start() -> Option<Self> {
        if !Path::new(SSHD).is_file() {
            absent("sshd");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["host", "user", "stranger"] {
            let mut keygen = program("ssh-keygen", folder.path());
            answer(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(name)), b"");
        }
        std::fs::copy(at("user.pub"), at("authorized")).unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let host = std::fs::read_to_string(at("host.pub")).unwrap();
        std::fs::write(at("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        std::fs::write(at("nobody"), "").unwrap();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nAcceptEnv GIT_PROTOCOL\n",
            at("host").display(),
            at("authorized").display()
        );
        std::fs::write(at("config"), config).unwrap();
        // As root, it demands its folder for the separation of privileges.
        drop(std::fs::create_dir_all("/run/sshd"));
        let mut server = program(SSHD, folder.path());
        let log = std::fs::File::create(at("log")).unwrap();
        server.args(["-D", "-e", "-f"]).arg(at("config")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut sshd = Sshd { child: server.spawn().unwrap(), port, folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(sshd);
            }
            if sshd.child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        left_out(&format!("`sshd` does not start: {}", std::fs::read_to_string(sshd.at("log")).unwrap()));
        None
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, path: &Path) -> String {
        let user = String::from_utf8(program("id", Path::new("/")).arg("-un").output().unwrap().stdout).unwrap();
        format!("ssh://{}@127.0.0.1:{}{}", user.trim(), self.port, path.display())
    }

    fn request(&self, path: &Path, key: &str, known: &str) -> Request {
        let mut request = Request::new(RepoLocation::parse(&self.url(path)).unwrap(), "main");
        request.auth.ssh_command = Some(format!(
            "ssh -F none -o IdentitiesOnly=yes -o 'UserKnownHostsFile={}' -i '{}'",
            self.at(known).display(),
            self.at(key).display()
        ));
        request.timeout = Duration::from_secs(30);
        request
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_revision_comes_over_ssh_from_known_servers_with_a_key() {
    let Some(sshd) = Sshd::start() else { return };
    let repo = Repo::filled();
    let cache = tempfile::tempdir().unwrap();
    for (revision, expected) in [("main", "two\n"), ("old", "one\n"), ("v1.0", "two\n"), (&repo.id("old"), "one\n")] {
        let mut request = sshd.request(&repo.path().join(".git"), "user", "known");
        request.revision = revision.into();
        request.cache = Some(cache.path().to_owned());
        let checkout = Checkout::revision(&request).unwrap_or_else(|error| panic!("{revision}: {error}"));
        assert_eq!(text(&checkout, "deploy/app.yaml"), expected);
    }
    let mut request = sshd.request(&repo.path().join(".git"), "user", "known");
    request.revision = "mian".into();
    let error = Checkout::revision(&request).unwrap_err();
    assert_eq!(error.help().as_deref(), Some("did you mean `main`?"));
    request.revision = "1234567890123456789012345678901234567890".into();
    assert!(matches!(cause(Checkout::revision(&request)), FetchCause::NotServed(_) | FetchCause::Ssh(_)));

    // A path that a shell would take apart.
    let odd = repo.path().join("it's; touch $HOME odd");
    let mut clone = program("git", repo.path());
    answer(clone.args(["clone", "-q", "--bare"]).arg(repo.path()).arg(&odd), b"");
    let url = sshd.url(&odd).replace(' ', "%20");
    let mut request = sshd.request(repo.path(), "user", "known");
    request.repo = RepoLocation::parse(&url).unwrap();
    assert_eq!(text(&Checkout::revision(&request).unwrap(), "deploy/app.yaml"), "two\n");
}

#[test]
fn unknown_servers_strange_keys_and_missing_repositories_are_told() {
    let Some(sshd) = Sshd::start() else { return };
    let repo = Repo::filled();
    let git = repo.path().join(".git");
    let error = Checkout::revision(&sshd.request(&git, "user", "nobody")).unwrap_err();
    assert!(error.to_string().contains("ost key verification failed"), "{error}");
    assert!(error.help().unwrap().starts_with("add the server's key"));
    assert_eq!(std::fs::read_to_string(sshd.at("nobody")).unwrap(), "", "it is not added");
    let error = Checkout::revision(&sshd.request(&git, "stranger", "known")).unwrap_err();
    assert!(error.to_string().contains("Permission denied"), "{error}");
    assert!(error.help().unwrap().starts_with("offer a key"));
    let error = Checkout::revision(&sshd.request(Path::new("/no/such.git"), "user", "known")).unwrap_err();
    assert!(error.to_string().contains("does not appear to be a git repository"), "{error}");
    let SourceError::Fetch { url, .. } = error else { panic!("{error}") };
    assert_eq!(url, sshd.url(Path::new("/no/such.git")));
}

#[test]
fn a_client_that_hangs_is_ended_and_sees_little_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let client = |body: &str| {
        let path = folder.path().join("client");
        script(&path, &format!("#!/bin/sh\n{body}\n"));
        let mut request = Request::new(RepoLocation::parse("ssh://host/x").unwrap(), "main");
        request.auth.ssh_command = Some(path.to_str().unwrap().to_owned());
        request
    };
    let soon = Duration::from_secs(1);
    // The first leaves a program behind that keeps the stream open.
    for body in ["sleep 600 & exec sleep 600", "while :; do printf 0; sleep 1; done", "cat > /dev/null"] {
        let mut request = client(body);
        request.timeout = soon;
        assert_eq!(cause(Checkout::revision(&request)), FetchCause::TimedOut(soon), "{body}");
    }
    let seen = folder.path().join("seen");
    let request =
        client(&format!("env > '{0}'; printf '%s\\n' \"$@\" >> '{0}'; echo 'no way in' >&2; exit 255", seen.display()));
    assert_eq!(cause(Checkout::revision(&request)), FetchCause::Ssh("no way in".into()));
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(!seen.contains("CARGO"), "{seen}");
    for option in ["BatchMode=yes", "StrictHostKeyChecking=yes", "--\nhost\ngit-upload-pack '/x'"] {
        assert!(seen.contains(option), "{seen}");
    }

    let mut request = client("");
    request.auth.ssh_command = Some("no-such-program -v".into());
    assert_eq!(cause(Checkout::revision(&request)), FetchCause::NoSsh("no-such-program".into()));
    request.auth.ssh_command = Some("ssh -i 'open".into());
    assert_eq!(cause(Checkout::revision(&request)), FetchCause::SshCommand);
}
