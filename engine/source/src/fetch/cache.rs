//! Where fetched objects are kept: a bare repository for each remote, below the cache folder or in a folder that exists for
//! one checkout only.
//!
//! One fetch at a time writes to a repository, under a lock. While it writes, a mark lies in the repository; where the mark
//! is found without a fetch, the fetch did not end, and the repository is made anew. A commit counts as held only once its
//! reference was written, after all of it was found.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use gix::ObjectId;
use gix::refs::transaction::PreviousValue;
use sha2::{Digest, Sha256};

use crate::deadline::Deadline;
use crate::error::{FetchCause, SourceError};
use crate::local::open_options;
use crate::request::Request;
use crate::words::{chain, shown};

/// What lies in a repository while a fetch writes to it.
const MARK: &str = "sluice-fetching";

pub(super) struct Cache {
    path: PathBuf,
    largest_file: u64,
    /// Held until the checkout is made.
    _lock: Option<File>,
    temporary: Option<tempfile::TempDir>,
}

impl Cache {
    pub(super) fn open(request: &Request, deadline: Deadline) -> Result<Self, SourceError> {
        let largest_file = request.limits.file;
        let Some(folder) = &request.cache else {
            let temporary = tempfile::tempdir().map_err(|error| refused(&std::env::temp_dir(), &error))?;
            let path = temporary.path().join("repository.git");
            let cache = Cache { path, largest_file, _lock: None, temporary: Some(temporary) };
            cache.make()?;
            return Ok(cache);
        };
        std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        let folder = folder.canonicalize().map_err(|error| refused(folder, &error))?;
        let name = name(&request.repo.to_string());
        let lock = lock(&folder.join(format!("{name}.lock")), deadline, request)?;
        let path = folder.join(format!("{name}.git"));
        let cache = Cache { path, largest_file, _lock: Some(lock), temporary: None };
        if cache.is_unfinished() || cache.repository().is_err() {
            cache.remove()?;
            cache.make()?;
        }
        Ok(cache)
    }

    pub(super) fn repository(&self) -> Result<gix::ThreadSafeRepository, SourceError> {
        let opened = open_options(self.largest_file).open_path_as_is(true).open(&self.path);
        opened.map_err(|error| broken(&self.path, &error))
    }

    /// Whether all of a commit is here.
    pub(super) fn holds(&self, id: ObjectId) -> Result<bool, SourceError> {
        let repo = self.repository()?.to_thread_local();
        let found = repo.try_find_reference(reference(id).as_str()).map_err(|error| broken(&self.path, &error))?;
        Ok(found.is_some() && repo.has_object(id))
    }

    /// Notes that a fetch writes from now on.
    pub(super) fn begin(&mut self) -> Result<(), SourceError> {
        let mark = self.path.join(MARK);
        std::fs::write(&mark, b"").map_err(|error| refused(&mark, &error))
    }

    /// Notes that all of a commit is here, and that the fetch ended.
    pub(super) fn keep(&mut self, id: ObjectId) -> Result<(), SourceError> {
        let repo = self.repository()?.to_thread_local();
        repo.reference(reference(id).as_str(), id, PreviousValue::Any, "")
            .map_err(|error| broken(&self.path, &error))?;
        let mark = self.path.join(MARK);
        match std::fs::remove_file(&mark) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&mark, &error)),
            _ => Ok(()),
        }
    }

    pub(super) fn start_anew(&mut self) -> Result<(), SourceError> {
        self.remove()?;
        self.make()
    }

    /// What an error comes to that says that there is no room; none for another.
    pub(super) fn full(&self, error: &gix::Error) -> Option<SourceError> {
        no_room(error).map(|cause| refused(&self.path, cause))
    }

    /// The folder to be removed with the checkout, if the repository is not kept.
    pub(super) fn into_temporary(self) -> Option<tempfile::TempDir> {
        self.temporary
    }

    fn is_unfinished(&self) -> bool {
        self.path.join(MARK).symlink_metadata().is_ok()
    }

    /// Makes the repository: beside its place, then moved there whole.
    fn make(&self) -> Result<(), SourceError> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        let new = tempfile::Builder::new().prefix("new-").tempdir_in(parent);
        let new = new.map_err(|error| refused(parent, &error))?;
        let inside = new.path().join("repository.git");
        let kind = gix::create::Kind::Bare;
        gix::ThreadSafeRepository::init_opts(
            &inside,
            kind,
            gix::create::Options::default(),
            open_options(self.largest_file),
        )
        .map_err(|error| broken(&inside, &error))?;
        std::fs::rename(&inside, &self.path).map_err(|error| refused(&self.path, &error))
    }

    /// Removes the repository: moved away whole, so that nothing half is ever in its place.
    fn remove(&self) -> Result<(), SourceError> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        let old = tempfile::Builder::new().prefix("old-").tempdir_in(parent);
        let old = old.map_err(|error| refused(parent, &error))?;
        match std::fs::rename(&self.path, old.path().join("repository.git")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&self.path, &error)),
            _ => Ok(()),
        }
    }
}

/// The reference that says that a commit is here.
fn reference(id: ObjectId) -> String {
    format!("refs/sluice/{id}")
}

/// The name of a repository in the cache: readable, and different for each URL.
fn name(url: &str) -> String {
    let digest = Sha256::digest(url.as_bytes());
    let digits = HEXLOWER.encode(digest.get(..8).unwrap_or(&digest));
    let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches(".git");
    let readable: String =
        last.chars().filter(|each| each.is_ascii_alphanumeric() || "-_".contains(*each)).take(40).collect();
    if readable.is_empty() { digits } else { format!("{readable}-{digits}") }
}

fn lock(path: &Path, deadline: Deadline, request: &Request) -> Result<File, SourceError> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| refused(path, &error))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(refused(path, &error)),
            Err(TryLockError::WouldBlock) if deadline.is_over() => {
                let cause = FetchCause::Busy(deadline.granted);
                return Err(SourceError::Fetch { url: request.repo.to_string(), cause });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20).min(deadline.left())),
        }
    }
}

/// What the system refuses.
fn refused(path: &Path, error: &std::io::Error) -> SourceError {
    let (path, cause) = (shown(&path.to_string_lossy()), shown(&error.to_string()));
    if is_full(error) { SourceError::Full { path, cause } } else { SourceError::Cache { path, cause } }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// What gix cannot do with a repository.
fn broken(path: &Path, error: &gix::Error) -> SourceError {
    no_room(error).map_or_else(
        || SourceError::Cache { path: shown(&path.to_string_lossy()), cause: chain(error) },
        |cause| refused(path, cause),
    )
}

/// What the system said, where that was that there is no room.
fn no_room(error: &gix::Error) -> Option<&std::io::Error> {
    error.iter_errors().filter_map(|error| error.downcast_ref::<std::io::Error>()).find(|cause| is_full(cause))
}
