//! Where manifests come from, as the command line says it: the folders of this machine, or a revision of a repository.

use std::path::PathBuf;
use std::time::Duration;

use sluice_source::{Checkout, Credentials, RepoLocation, Request, SignaturePolicy, SourceError};

use crate::exit::Exit;
use crate::output;

/// A repository, and what is demanded of a commit.
#[derive(clap::Args)]
#[command(next_help_heading = "Git")]
pub(crate) struct Repository {
    /// The Git repository to read: a folder, https://, ssh:// or file:// [default for a revision: .]
    #[arg(long, value_name = "DIR-or-URL")]
    pub(crate) repo: Option<String>,
    /// Demand that the commit is signed with SSH by someone in this file (see ssh-keygen(1), ALLOWED SIGNERS)
    #[arg(long, value_name = "FILE", conflicts_with = "keyring")]
    allowed_signers: Option<PathBuf>,
    /// Demand that the commit is signed with OpenPGP by a key of this keyring (as `gpg --export` writes it)
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Give up on a server after this long
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    fetch_timeout: u64,
}

/// Files on disk, or those of a revision.
#[derive(clap::Args)]
pub(crate) struct Origin {
    /// Read a revision: a branch, a tag, a commit, for a clone also `HEAD~1` [default with --repo: HEAD]
    #[arg(long, value_name = "REV", help_heading = "Git")]
    rev: Option<String>,
    #[command(flatten)]
    repository: Repository,
}

/// Why the manifests cannot be had.
pub(crate) enum OriginError {
    Source(SourceError),
    /// Files on disk have no signature, and one is demanded.
    Unsigned,
}

impl Origin {
    /// Whether it is a revision.
    pub(crate) fn is_revision(&self) -> bool {
        self.rev.is_some() || self.repository.repo.is_some()
    }

    /// The tree of the revision; none for files on disk.
    pub(crate) fn checkout(&self) -> Result<Option<Checkout>, OriginError> {
        if self.is_revision() {
            let revision = self.rev.as_deref().unwrap_or("HEAD");
            return self.repository.checkout(revision).map(Some).map_err(OriginError::Source);
        }
        if self.repository.demands_signature() { Err(OriginError::Unsigned) } else { Ok(None) }
    }
}

impl OriginError {
    /// Says why there is nothing to read.
    pub(crate) fn tell(&self) -> Exit {
        match self {
            Self::Source(error) => tell(error),
            Self::Unsigned => {
                output::complain("files on disk have no signature", Some("name the commit with --rev"));
                Exit::Usage
            }
        }
    }
}

impl Repository {
    /// Whether a signature is demanded, which files of a folder cannot have.
    pub(crate) fn demands_signature(&self) -> bool {
        self.allowed_signers.is_some() || self.keyring.is_some()
    }

    /// What to ask for to get a revision.
    pub(crate) fn request(&self, revision: &str) -> Result<Request, SourceError> {
        let signatures = match (&self.allowed_signers, &self.keyring) {
            (Some(file), _) => SignaturePolicy::Ssh { allowed_signers: file.clone() },
            (None, Some(file)) => SignaturePolicy::Gpg { keyring: file.clone() },
            (None, None) => SignaturePolicy::Any,
        };
        let request = request(self.repo.as_deref().unwrap_or("."), revision)?;
        Ok(Request { timeout: Duration::from_secs(self.fetch_timeout), signatures, ..request })
    }

    /// The tree of a revision.
    pub(crate) fn checkout(&self, revision: &str) -> Result<Checkout, SourceError> {
        Checkout::revision(&self.request(revision)?)
    }
}

/// What to ask for to get a revision of a repository: with the cache of this machine, and the credentials of the environment.
pub(crate) fn request(repo: &str, revision: &str) -> Result<Request, SourceError> {
    let repo = RepoLocation::parse(repo)?;
    let cache = sluice_plugin::default_cache_dir();
    Ok(Request {
        cache: cache.and_then(|compiled| compiled.parent().map(|folder| folder.join("git"))),
        auth: Credentials::from_env()?,
        ..Request::new(repo, revision)
    })
}

/// Says why there is no checkout.
pub(crate) fn tell(error: &SourceError) -> Exit {
    output::complain(&error.to_string(), error.help().as_deref());
    exit(error)
}

/// What the program ends with where there is no checkout.
pub(crate) fn exit(error: &SourceError) -> Exit {
    match error {
        SourceError::Folder { .. }
        | SourceError::Repository { .. }
        | SourceError::UnknownRevision { .. }
        | SourceError::NotAName { .. }
        | SourceError::AmbiguousRevision { .. }
        | SourceError::NotACommit { .. }
        | SourceError::NoMergeBase { .. }
        | SourceError::NotLocal { .. }
        | SourceError::Credentials(_)
        | SourceError::Location(_) => Exit::Usage,
        SourceError::Corrupt { .. }
        | SourceError::Signature { .. }
        | SourceError::Cache { .. }
        | SourceError::Full { .. }
        | SourceError::Fetch { .. } => Exit::Undecided,
    }
}
