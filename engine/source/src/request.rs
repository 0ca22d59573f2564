//! What is asked for: which repository, which revision, and within which bounds.

use std::path::PathBuf;
use std::time::Duration;

use crate::credentials::Credentials;
use crate::location::RepoLocation;

/// A revision of a repository, and what may be spent on getting it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where the repository is.
    pub repo: RepoLocation,
    /// A branch, a tag, a commit id or `HEAD`; for a repository of this machine any revision that Git understands, such
    /// as `HEAD~1`.
    pub revision: String,
    /// The folder in which bare repositories are kept between fetches. Without it each fetch starts from nothing.
    pub cache: Option<PathBuf>,
    /// What may be read.
    pub limits: Limits,
    /// What may be shown to the server.
    pub auth: Credentials,
    /// The time for everything that waits for others: connecting, fetching, verifying a signature.
    pub timeout: Duration,
    /// Whether, and by whom, the commit has to be signed.
    pub signatures: SignaturePolicy,
}

impl Request {
    /// A request with no cache, no credentials, the default limits and time-out, and any commit accepted.
    pub fn new(repo: RepoLocation, revision: impl Into<String>) -> Self {
        Request {
            repo,
            revision: revision.into(),
            cache: None,
            limits: Limits::default(),
            auth: Credentials::default(),
            timeout: Duration::from_secs(60),
            signatures: SignaturePolicy::Any,
        }
    }
}

/// How much a checkout gives out. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file: 16 MiB.
    pub file: u64,
    /// The most files and folders that one listing of files meets: 100,000.
    pub files: usize,
    /// The most that is read, each file counted once: 1 GiB.
    pub total: u64,
    /// The most that a server may send: 1 GiB.
    pub transfer: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { file: 16 << 20, files: 100_000, total: 1 << 30, transfer: 1 << 30 }
    }
}

/// Whether a commit has to be signed, and whose signature counts. Never taken from a repository's own configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SignaturePolicy {
    /// Any commit is accepted; a signature is told but not verified.
    #[default]
    Any,
    /// A signature made with SSH, verified by `ssh-keygen` for the namespace `git`, at the time of the commit.
    Ssh {
        /// The file of those who may sign, in the format that ssh-keygen(1) describes under ALLOWED SIGNERS.
        allowed_signers: PathBuf,
    },
    /// A signature made with OpenPGP, verified by `gpgv`.
    Gpg {
        /// The keyring of those who may sign, as `gpg --export` writes it (not armored).
        keyring: PathBuf,
    },
}
