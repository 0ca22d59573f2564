//! Repositories made with `git`, whose configuration is that of these tests alone.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sluice_source::{Checkout, PathError, RepoLocation, Request, SourceError};

/// `git`, or another program, with a fixed environment.
pub(crate) fn program(name: &str, home: &Path) -> Command {
    let mut command = Command::new(name);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home).env("LC_ALL", "C");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "tester").env(format!("GIT_{role}_EMAIL"), "tester@example.com");
        command.env(format!("GIT_{role}_DATE"), "1700000000 +0000");
    }
    command
}

/// Runs a program with input and takes what it answers; it must succeed.
pub(crate) fn answer(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// A script that can be run. Another process writes it: what this one has open for writing, it may not run while another
/// thread starts a program.
pub(crate) fn script(path: &Path, text: &str) {
    let write = "cat > \"$0\" && chmod 755 \"$0\"";
    answer(program("sh", Path::new("/")).args(["-c", write]).arg(path), text.as_bytes());
}

pub(crate) struct Repo {
    folder: tempfile::TempDir,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let repo = Repo { folder: tempfile::tempdir().unwrap() };
        repo.git(["init", "-q", "-b", "main"]);
        repo
    }

    /// Two commits, two branches, and tags of both kinds.
    pub(crate) fn filled() -> Self {
        let repo = Repo::new();
        repo.write("deploy/app.yaml", "one\n");
        repo.write("README.md", "read me\n");
        repo.commit("first");
        repo.git(["tag", "light"]);
        repo.git(["branch", "old"]);
        repo.write("deploy/app.yaml", "two\n");
        repo.commit("second");
        repo.git(["tag", "-a", "-m", "a tag", "v1.0"]);
        repo.git(["tag", "-a", "-m", "a tag of a tag", "outer", "v1.0"]);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.git_with(args, b"")
    }

    pub(crate) fn git_with<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, input: &[u8]) -> String {
        let mut command = program("git", self.path());
        let output = answer(command.arg("-C").arg(self.path()).args(args), input);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "-m", message]);
        self.id("HEAD")
    }

    pub(crate) fn id(&self, revision: &str) -> String {
        self.git(["rev-parse", revision])
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        self.git_with(["hash-object", "-w", "--stdin"], bytes)
    }

    /// A folder's object with these entries as they are, however little sense they make.
    pub(crate) fn tree(&self, entries: &[(&str, &[u8], &str)]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend((0..20).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap()));
        }
        self.git_with(["hash-object", "-t", "tree", "-w", "--literally", "--stdin"], &bytes)
    }

    /// A commit of a folder's object.
    pub(crate) fn commit_of(&self, tree: &str) -> String {
        self.git(["commit-tree", tree, "-m", "made by hand"])
    }

    pub(crate) fn request(&self, revision: &str) -> Request {
        Request::new(RepoLocation::local(self.path()), revision)
    }

    pub(crate) fn checkout(&self, revision: &str) -> Result<Checkout, SourceError> {
        Checkout::revision(&self.request(revision))
    }

    /// The checkout of a tree with these entries.
    pub(crate) fn made_of(&self, entries: &[(&str, &[u8], &str)]) -> Checkout {
        self.checkout(&self.commit_of(&self.tree(entries))).unwrap()
    }
}

/// The content of a file, as text.
pub(crate) fn text(checkout: &Checkout, path: &str) -> String {
    String::from_utf8(checkout.read(path).unwrap()).unwrap()
}

/// An error of a path and what to do about it, on one line.
pub(crate) fn said<T: std::fmt::Debug>(result: Result<T, PathError>) -> String {
    let error = result.unwrap_err();
    error.help().map_or(error.to_string(), |help| format!("{error} ({help})"))
}
