//! The files below a folder of this machine, without those that `.gitignore` excludes.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ignore::DirEntry;

use super::{Folder, named};
use crate::error::PathError;
use crate::name::is_git_folder;
use crate::resolve::resolve;
use crate::walked::{is_loop, path_of, walk};
use crate::words::shown;

/// The first thing that forbids the walk.
type Fault = Arc<Mutex<Option<PathError>>>;

/// As deep as folders may be nested.
const DEEPEST: usize = 256;

pub(super) fn files(folder: &Folder, below: &str, most: usize) -> Result<Vec<String>, PathError> {
    let fault = Fault::default();
    let walk = walk(&folder.on_disk(below), Some(DEEPEST), {
        let (folder, fault) = (folder.clone(), Arc::clone(&fault));
        move |entry| admit(&folder, entry, &fault)
    });
    let mut files = Vec::new();
    for (count, entry) in walk.enumerate() {
        if let Some(error) = take(&fault) {
            return Err(error);
        }
        if count > most {
            let path = if below.is_empty() { ".".to_owned() } else { shown(below) };
            return Err(PathError::TooMany { path, limit: most });
        }
        match entry {
            Ok(entry) => files.extend(file(folder, &entry)?),
            Err(error) => files.extend(excused(folder, error)?),
        }
    }
    match take(&fault) {
        Some(error) => Err(error),
        None => Ok(files),
    }
}

fn take(fault: &Fault) -> Option<PathError> {
    fault.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Whether the walk may go on with an entry: not with one whose name or link leads elsewhere.
fn admit(folder: &Folder, entry: &DirEntry, fault: &Fault) -> bool {
    let verdict = below_root(folder, entry.path()).and_then(|path| {
        // Where a link leads back to itself or nowhere is found out by the walk.
        if entry.path_is_symlink() { resolve(folder, &path).map(drop).or_else(tolerated) } else { Ok(()) }
    });
    match verdict {
        Ok(()) => true,
        Err(error) => {
            fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            false
        }
    }
}

fn tolerated(error: PathError) -> Result<(), PathError> {
    if matches!(error, PathError::LinkBroken { .. } | PathError::NotFound { .. } | PathError::NotAFolder { .. }) {
        Ok(())
    } else {
        Err(error)
    }
}

/// The path of a file, nothing for a folder.
fn file(folder: &Folder, entry: &DirEntry) -> Result<Option<String>, PathError> {
    let Some(kind) = entry.file_type() else { return Ok(None) };
    if is_git_folder(entry.file_name().as_bytes()) {
        return Ok(None);
    }
    let path = below_root(folder, entry.path())?;
    if kind.is_dir() {
        return if entry.depth() < DEEPEST { Ok(None) } else { Err(PathError::TooDeep { path: shown(&path) }) };
    }
    if kind.is_file() || kind.is_symlink() { Ok(Some(path)) } else { Err(PathError::OtherKind { path: shown(&path) }) }
}

/// What an error of the walk means: a link to a folder above is nothing, as its files are found there; a link to nothing
/// is listed, so that reading it says so.
fn excused(folder: &Folder, error: ignore::Error) -> Result<Option<String>, PathError> {
    if is_loop(&error) {
        return Ok(None);
    }
    let path = path_of(&error);
    match &path {
        Some(path) if path.is_symlink() && !path.exists() => below_root(folder, path).map(Some),
        Some(_) | None => {
            let path = path.map_or_else(|| ".".to_owned(), |path| shown(&path.to_string_lossy()));
            let cause =
                error.into_io_error().map_or_else(|| "it cannot be walked".to_owned(), |error| error.to_string());
            Err(PathError::Io { path, cause })
        }
    }
}

/// The path from the root of the checkout, each part of which must be a name.
fn below_root(folder: &Folder, path: &Path) -> Result<String, PathError> {
    let below = path.strip_prefix(&folder.root).unwrap_or(path);
    let mut text = String::new();
    for part in below.components() {
        let name = named(&text, part.as_os_str().as_bytes())?;
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(name);
    }
    Ok(text)
}
