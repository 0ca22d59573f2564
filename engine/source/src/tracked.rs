//! The files that Git's index of a clone holds. A list of what to ignore does not hold for them: Git goes on with them, and
//! so does everyone who has the clone.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::index::entry::Mode;

use crate::error::SourceError;
use crate::local;
use crate::request::Limits;
use crate::words::{chain, shown};

/// The files and links below a folder of this machine that the index of the clone around it holds and whose names fit, by
/// their paths from the folder; none where there is no clone around it.
///
/// # Errors
/// Where there is an index that cannot be read.
pub fn tracked(folder: &Path, fits: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, SourceError> {
    let fails = |cause: String| SourceError::Repository { path: shown(&folder.to_string_lossy()), cause };
    let Ok(shared) = local::around(folder, Limits::default().file) else { return Ok(Vec::new()) };
    let repo = shared.to_thread_local();
    let root = repo.workdir().and_then(|root| root.canonicalize().ok());
    let real = folder.canonicalize().map_err(|error| fails(error.to_string()))?;
    let Some(below) = root.as_ref().and_then(|root| real.strip_prefix(root).ok()) else { return Ok(Vec::new()) };
    let index = repo.index_or_empty().map_err(|error| fails(format!("its index cannot be read: {}", chain(&error))))?;
    let is_file = |mode: Mode| matches!(mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK);
    let named = |entry: &gix::index::Entry| {
        let path = Path::new(OsStr::from_bytes(entry.path(&index))).strip_prefix(below).ok()?;
        (is_file(entry.mode) && fits(path)).then(|| path.to_path_buf())
    };
    let mut files: Vec<PathBuf> = index.entries().iter().filter_map(named).collect();
    // What is in conflict is there several times.
    files.dedup();
    Ok(files)
}
