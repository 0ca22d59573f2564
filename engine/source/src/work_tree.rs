//! The work tree of a clone as Git takes it: what lies on disk, and beside it what Git tracks and does not check out, as in a
//! sparse checkout. To Git that is unchanged and no change removes it, so it is read from the objects that the index names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::index::entry::{Flags, Mode};

use crate::error::{PathError, SourceError};
use crate::folder::Folder;
use crate::local;
use crate::objects::Objects;
use crate::request::Limits;
use crate::store::{Below, Node, Store, joined, parted};
use crate::words::{chain, shown};

pub(crate) mod sparse;
mod walk;

/// What the index says need not be on disk: what is not checked out, and what is not to be looked at (`git update-index
/// --assume-unchanged`).
pub(crate) fn may_be_absent(entry: &gix::index::Entry) -> bool {
    entry.flags.intersects(Flags::SKIP_WORKTREE | Flags::ASSUME_VALID)
}

/// A folder on disk, and what is not checked out of it.
pub(crate) struct WorkTree {
    folder: Folder,
    absent: Objects,
    /// The links on disk that lead to nothing there.
    loose: Vec<String>,
}

/// The work tree whose root is `root`; none where all of it is checked out.
pub(crate) fn open(root: &Path, limits: Limits) -> Result<Option<WorkTree>, SourceError> {
    let fails = |cause| SourceError::Repository { path: shown(&root.to_string_lossy()), cause };
    let shared = local::around(root, limits.file)?;
    let repo = shared.to_thread_local();
    let index = repo.index_or_empty();
    let index = index.map_err(|error| fails(format!("its index cannot be read: {}", chain(&error))))?;
    if !index.entries().iter().any(may_be_absent) {
        return Ok(None);
    }
    let mut disk = Disk { root, gone: None };
    let (mut absent, mut loose) = (Vec::new(), Vec::new());
    for entry in index.entries() {
        let path: &[u8] = entry.path(&index);
        if sparse::is_divided(root, path, entry) {
            let mut parts = Vec::new();
            sparse::parts(&repo, root, path, entry.id, &mut parts)
                .map_err(|cause| fails(format!("its index cannot be read: {cause}")))?;
            for part in parts {
                if !disk.has(&part.0) {
                    absent.push(part);
                } else if part.1.is_link() && !root.join(OsStr::from_bytes(&part.0)).exists() {
                    loose.extend(String::from_utf8(part.0).ok());
                }
            }
        } else if may_be_absent(entry) && !disk.has(path) {
            let mode = entry.mode.to_tree_entry_mode();
            absent.extend(mode.map(|mode| (path.to_vec(), mode, entry.id)));
        } else if entry.mode == Mode::SYMLINK && !root.join(OsStr::from_bytes(path)).exists() {
            loose.extend(std::str::from_utf8(path).ok().map(String::from));
        }
    }
    let absent = Objects::of_entries(shared, absent.into_iter());
    Ok(Some(WorkTree { folder: Folder::open(root)?, absent, loose }))
}

/// What is there. Entries come folder by folder, and most of what is not there lies in folders that are not there.
struct Disk<'d> {
    root: &'d Path,
    /// The outermost folder above the last entry that is not there.
    gone: Option<PathBuf>,
}

impl Disk<'_> {
    fn has(&mut self, path: &[u8]) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        if self.gone.as_ref().is_some_and(|gone| path.starts_with(gone)) {
            return false;
        }
        let is_there = |path: &Path| self.root.join(path).symlink_metadata().is_ok();
        if is_there(path) {
            return true;
        }
        let above = path.ancestors().skip(1).take_while(|above| !above.as_os_str().is_empty() && !is_there(above));
        self.gone = above.last().map(Path::to_path_buf);
        false
    }
}

impl WorkTree {
    fn is_on_disk(&self, path: &str) -> bool {
        let (folder, name) = parted(path);
        path.is_empty() || matches!(self.folder.node(folder, name), Ok(Some(_)) | Err(_))
    }

    /// That an object is not there, either: a clone need not have those of what it does not check out.
    fn told(error: PathError) -> PathError {
        let PathError::Corrupt { path, id, cause, cache } = error else { return error };
        let cause = format!("{cause}, and the file is not checked out");
        PathError::Corrupt { path, id, cause, cache }
    }
}

impl Store for WorkTree {
    fn node(&self, folder: &str, name: &str) -> Result<Option<Node>, PathError> {
        match self.folder.node(folder, name)? {
            Some(node) => Ok(Some(node)),
            None => none(self.absent.node(folder, name)),
        }
    }

    fn nodes(&self, folder: &str) -> Result<Vec<(String, Node)>, PathError> {
        let mut nodes = if self.is_on_disk(folder) { self.folder.nodes(folder)? } else { Vec::new() };
        let absent = none(self.absent.nodes(folder).map(Some))?.unwrap_or_default();
        nodes.extend(absent);
        // On disk first, where a folder is there in part.
        nodes.sort_by(|one, two| one.0.cmp(&two.0));
        nodes.dedup_by(|one, two| one.0 == two.0);
        Ok(nodes)
    }

    fn size(&self, file: &str) -> Result<u64, PathError> {
        if self.is_on_disk(file) { self.folder.size(file) } else { self.absent.size(file).map_err(Self::told) }
    }

    fn read(&self, file: &str, limit: u64) -> Result<Vec<u8>, PathError> {
        match self.is_on_disk(file) {
            true => self.folder.read(file, limit),
            false => self.absent.read(file, limit).map_err(Self::told),
        }
    }

    fn below(&self, folder: &str, most: usize) -> Result<Below, PathError> {
        let mut below = if self.is_on_disk(folder) { self.folder.below(folder, most)? } else { Below::default() };
        let Below { files, folders, astray } = self.not_on_disk(folder, folder, most)?;
        // A link that leads to nothing on disk is there already.
        below.files.extend(files);
        below.files.sort_unstable();
        below.files.dedup();
        below.folders.extend(folders);
        below.astray.extend(astray);
        Ok(below)
    }

    fn not_on_disk(&self, folder: &str, way: &str, most: usize) -> Result<Below, PathError> {
        walk::not_on_disk(self, folder, way, most)
    }

    fn is_absent(&self, path: &str) -> bool {
        !self.folder.on_disk(path).exists()
    }
}

/// Nothing, where there is none.
fn none<T>(found: Result<Option<T>, PathError>) -> Result<Option<T>, PathError> {
    match found {
        Err(PathError::NotFound { .. } | PathError::NotAFolder { .. }) => Ok(None),
        other => other,
    }
}

/// The links on disk below a folder that lead to nothing there.
fn loose_below<'w>(tree: &'w WorkTree, folder: &str) -> impl Iterator<Item = (&'w str, &'w str)> {
    let start = if folder.is_empty() { String::new() } else { joined(folder, "") };
    tree.loose.iter().filter_map(move |link| Some((link.as_str(), link.strip_prefix(start.as_str())?)))
}
