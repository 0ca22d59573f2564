//! Where fetched objects are kept: bare repositories of each remote, below the cache folder or in a folder that exists for
//! one checkout only.
//!
//! One of them is written to. Once it holds enough commits it is left as it is, further ones go into a new one, and the one
//! before both is removed: so what is kept does not grow without end, and what was fetched lately needs no server.
//!
//! One fetch at a time writes to a repository, under a lock. While it writes, a mark lies in the repository; where the mark
//! is found without a fetch, the fetch came to a sudden end, and a new repository takes its place. An object that is found
//! damaged leaves the same mark, as nothing else would ever mend it. A fetch that fails leaves none: a pack is there whole or
//! not at all. A commit counts as held only once its reference was written, after all of it was found.
//!
//! Checkouts read from a repository after the lock was let go. So one that holds commits is never replaced where it lies: a
//! new one gets the next number.

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
use crate::local::{Kept, open_options};
use crate::request::Request;
use crate::words::{chain, shown};

/// What lies in a repository while a fetch writes to it, and once an object of it was found damaged.
const MARK: &str = "sluice-fetching";

/// Where the references are that say which commits are here.
const REFERENCES: &str = "refs/sluice/";
/// Commits after which further ones go into a new repository.
const MOST_COMMITS: usize = 64;

pub(super) struct Cache {
    folder: PathBuf,
    /// What the repositories of this remote are called.
    name: String,
    /// The number of the one that is written to. The one before it may be there still.
    number: u64,
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
            let (folder, name) = (temporary.path().to_owned(), "repository".to_owned());
            let cache = Cache { folder, name, number: 0, largest_file, _lock: None, temporary: Some(temporary) };
            cache.make()?;
            return Ok(cache);
        };
        std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        let folder = folder.canonicalize().map_err(|error| refused(folder, &error))?;
        let name = name(&request.repo.to_string());
        let lock = lock(&folder.join(format!("{name}.lock")), deadline, request)?;
        let mut cache = Cache { folder, name, number: 0, largest_file, _lock: Some(lock), temporary: None };
        cache.number = cache.numbers()?.into_iter().max().unwrap_or_default();
        if is_marked(&cache.path()) || cache.repository().is_err() {
            cache.start_anew()?;
        }
        Ok(cache)
    }

    pub(super) fn repository(&self) -> Result<gix::ThreadSafeRepository, SourceError> {
        self.numbered(self.number)
    }

    /// The repository that has all of a commit.
    pub(super) fn holding(&self, id: ObjectId) -> Result<Option<gix::ThreadSafeRepository>, SourceError> {
        let newest = self.repository()?;
        // One that cannot be opened any more holds nothing.
        let before = self.number.checked_sub(1).and_then(|number| self.numbered(number).ok());
        for shared in [Some(newest), before].into_iter().flatten() {
            let repo = shared.to_thread_local();
            // A reference that cannot be read says nothing, and a fetch writes it anew.
            let is_kept = matches!(repo.try_find_reference(reference(id).as_str()), Ok(Some(_)));
            if is_kept && !is_marked(repo.path()) && repo.has_object(id) {
                return Ok(Some(shared));
            }
        }
        Ok(None)
    }

    /// Turns to a new repository where the present one holds enough. To be called before a fetch begins.
    pub(super) fn turn(&mut self) -> Result<(), SourceError> {
        if self.held()? < MOST_COMMITS { Ok(()) } else { self.go_on() }
    }

    /// The number of commits that the present repository holds.
    fn held(&self) -> Result<usize, SourceError> {
        let path = self.path();
        let repo = self.repository()?.to_thread_local();
        let references = repo.references().map_err(|error| broken(&path, &error))?;
        Ok(references.prefixed(REFERENCES).map_err(|error| broken(&path, &error))?.count())
    }

    /// Goes on in a new repository, and keeps the present one as the one before.
    fn go_on(&mut self) -> Result<(), SourceError> {
        self.number += 1;
        self.make()?;
        let old = self.numbers()?.into_iter().filter(|number| number + 1 < self.number);
        old.into_iter().try_for_each(|number| self.remove(number))
    }

    /// Notes that a fetch writes from now on.
    pub(super) fn begin(&mut self) -> Result<(), SourceError> {
        let mark = self.path().join(MARK);
        std::fs::write(&mark, b"").map_err(|error| refused(&mark, &error))
    }

    /// Notes that all of a commit is here, and that the fetch ended.
    pub(super) fn keep(&mut self, id: ObjectId) -> Result<(), SourceError> {
        let repo = self.repository()?.to_thread_local();
        repo.reference(reference(id).as_str(), id, PreviousValue::Any, "")
            .map_err(|error| broken(&self.path(), &error))?;
        self.end()
    }

    /// Notes that no fetch writes any more.
    pub(super) fn end(&mut self) -> Result<(), SourceError> {
        let mark = self.path().join(MARK);
        match std::fs::remove_file(&mark) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&mark, &error)),
            _ => Ok(()),
        }
    }

    /// Leaves the present repository for a new one. Where it holds no commit nobody reads it, and the new one replaces it.
    pub(super) fn start_anew(&mut self) -> Result<(), SourceError> {
        if !matches!(self.held(), Ok(0)) {
            return self.go_on();
        }
        self.remove(self.number)?;
        self.make()
    }

    /// What an error comes to that says that there is no room; none for another.
    pub(super) fn full(&self, error: &gix::Error) -> Option<SourceError> {
        no_room(error).map(|cause| refused(&self.path(), cause))
    }

    /// What goes with the objects of a repository of this cache.
    pub(super) fn into_kept(self, repository: &gix::ThreadSafeRepository) -> Kept {
        let mark = self.temporary.is_none().then(|| repository.path().join(MARK));
        Kept { prefix: String::new(), folder: self.temporary, mark }
    }

    fn path(&self) -> PathBuf {
        self.path_of(self.number)
    }

    fn path_of(&self, number: u64) -> PathBuf {
        let number = if number == 0 { String::new() } else { format!(".{number}") };
        self.folder.join(format!("{}{number}.git", self.name))
    }

    fn numbered(&self, number: u64) -> Result<gix::ThreadSafeRepository, SourceError> {
        let path = self.path_of(number);
        let opened = open_options(self.largest_file).open_path_as_is(true).open(&path);
        opened.map_err(|error| broken(&path, &error))
    }

    /// The numbers of the repositories that are there.
    fn numbers(&self) -> Result<Vec<u64>, SourceError> {
        let fails = |error: std::io::Error| refused(&self.folder, &error);
        let number = |name: &str| match name.strip_prefix(&self.name)?.strip_suffix(".git")? {
            "" => Some(0),
            more => more.strip_prefix('.')?.parse().ok(),
        };
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(fails)? {
            numbers.extend(entry.map_err(fails)?.file_name().to_str().and_then(number));
        }
        Ok(numbers)
    }

    /// Makes the repository: beside its place, then moved there whole.
    fn make(&self) -> Result<(), SourceError> {
        let new = tempfile::Builder::new().prefix("new-").tempdir_in(&self.folder);
        let new = new.map_err(|error| refused(&self.folder, &error))?;
        let inside = new.path().join("repository.git");
        let kind = gix::create::Kind::Bare;
        gix::ThreadSafeRepository::init_opts(
            &inside,
            kind,
            gix::create::Options::default(),
            open_options(self.largest_file),
        )
        .map_err(|error| broken(&inside, &error))?;
        std::fs::rename(&inside, self.path()).map_err(|error| refused(&self.path(), &error))
    }

    /// Removes a repository: moved away whole, so that nothing half is ever in its place.
    fn remove(&self, number: u64) -> Result<(), SourceError> {
        let old = tempfile::Builder::new().prefix("old-").tempdir_in(&self.folder);
        let old = old.map_err(|error| refused(&self.folder, &error))?;
        let path = self.path_of(number);
        match std::fs::rename(&path, old.path().join("repository.git")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(&path, &error)),
            _ => Ok(()),
        }
    }
}

/// Whether a repository has to be made anew.
fn is_marked(repository: &Path) -> bool {
    repository.join(MARK).symlink_metadata().is_ok()
}

/// The reference that says that a commit is here.
fn reference(id: ObjectId) -> String {
    format!("{REFERENCES}{id}")
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
