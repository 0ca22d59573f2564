//! The files that Git's index of a clone holds. A list of what to ignore does not hold for them: Git goes on with them, and
//! so does everyone who has the clone.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix::index::entry::Mode;

use crate::error::SourceError;
use crate::local;
use crate::request::Limits;
use crate::walked::root_of_clone;
use crate::words::{chain, shown};
use crate::work_tree::may_be_absent;
use crate::work_tree::sparse::{self, Part};

/// The indexes of clones, each read once.
#[derive(Default)]
pub struct Indexes {
    /// By the folder that Git's own folder lies in; none for a clone that cannot be opened.
    known: Vec<(PathBuf, Option<Index>)>,
    /// Why clones cannot be opened.
    broken: Vec<SourceError>,
}

struct Index {
    /// The root of the work tree.
    root: PathBuf,
    entries: gix::worktree::Index,
    /// What stands for the whole folders among them that are on disk.
    parts: Vec<Part>,
}

/// What an index holds.
pub struct Tracked {
    /// From the folder that was asked about.
    pub path: PathBuf,
    /// Whether it is a link, to whatever it leads.
    pub is_link: bool,
    /// Whether it is a submodule.
    pub is_module: bool,
    /// Whether Git does not check it out, as in a sparse checkout. A path that ends with `/` is then a whole folder.
    pub may_be_absent: bool,
}

impl Indexes {
    /// The files whose names fit, all links and all submodules below a folder of this machine that the index of the clone
    /// around it holds; none where there is no clone around it. A folder that is a submodule of that clone itself comes as
    /// the empty path.
    ///
    /// # Errors
    /// Where there is an index that cannot be read.
    pub fn below(&mut self, folder: &Path, fits: impl Fn(&Path) -> bool) -> Result<Vec<Tracked>, SourceError> {
        let real = folder.canonicalize().map_err(|error| fails(folder, error.to_string()))?;
        let Some(root) = root_of_clone(&real) else { return Ok(Vec::new()) };
        let Some(Index { root, entries, parts }) = self.of(root)? else { return Ok(Vec::new()) };
        let Ok(below) = real.strip_prefix(root) else { return Ok(Vec::new()) };
        let mut prefix = below.as_os_str().as_bytes().to_vec();
        let itself = entries.entry_by_path(prefix.as_slice().into()).filter(|entry| entry.mode == Mode::COMMIT);
        let itself = itself.map(|entry| Tracked {
            path: PathBuf::new(),
            is_link: false,
            is_module: true,
            may_be_absent: may_be_absent(entry),
        });
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let held = match prefix.is_empty() {
            true => entries.entries(),
            false => entries.prefixed_entries(prefix.as_slice().into()).unwrap_or_default(),
        };
        let named = |entry: &gix::index::Entry| {
            let path = Path::new(OsStr::from_bytes(entry.path(entries).get(prefix.len()..)?));
            let is_link = entry.mode == Mode::SYMLINK;
            let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) && fits(path);
            let may_be_absent = may_be_absent(entry);
            (is_link || is_file || matches!(entry.mode, Mode::DIR | Mode::COMMIT)).then(|| Tracked {
                path: path.to_path_buf(),
                is_link,
                is_module: entry.mode == Mode::COMMIT,
                may_be_absent,
            })
        };
        let mut files: Vec<Tracked> = itself.into_iter().chain(held.iter().filter_map(named)).collect();
        files.extend(parts.iter().filter_map(|(path, mode, _)| {
            let path = Path::new(OsStr::from_bytes(path.strip_prefix(prefix.as_slice())?));
            let is_other = mode.is_link() || mode.is_tree() || mode.is_commit();
            (is_other || fits(path)).then(|| Tracked {
                path: path.to_path_buf(),
                is_link: mode.is_link(),
                is_module: mode.is_commit(),
                may_be_absent: true,
            })
        }));
        // What is in conflict is there several times.
        files.dedup_by(|one, other| one.path == other.path);
        Ok(files)
    }

    /// Whether a file is one that Git tracks and does not check out. The folder above it is there.
    pub fn leaves_out(&mut self, file: &Path) -> bool {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
        let tracked = self.below(folder, |path| path.as_os_str() == name).unwrap_or_default();
        tracked.iter().any(|tracked| tracked.may_be_absent && tracked.path.as_os_str() == name)
    }

    /// Why clones that were met cannot be opened: what Git tracks in them is not known.
    #[must_use]
    pub fn broken(&self) -> &[SourceError] {
        &self.broken
    }

    fn of(&mut self, clone: &Path) -> Result<Option<&Index>, SourceError> {
        let at = match self.known.iter().position(|(known, _)| known == clone) {
            Some(at) => at,
            None => {
                let index = match local::around(clone, Limits::default().file) {
                    Ok(shared) => read(clone, &shared)?,
                    Err(error) => {
                        self.broken.push(error);
                        None
                    }
                };
                self.known.push((clone.to_path_buf(), index));
                self.known.len() - 1
            }
        };
        Ok(self.known.get(at).and_then(|(_, index)| index.as_ref()))
    }
}

fn read(clone: &Path, shared: &gix::ThreadSafeRepository) -> Result<Option<Index>, SourceError> {
    let repo = shared.to_thread_local();
    let Some(root) = repo.workdir().and_then(|root| root.canonicalize().ok()) else { return Ok(None) };
    let entries = repo.index_or_empty();
    let entries = entries.map_err(|error| fails(clone, format!("its index cannot be read: {}", chain(&error))))?;
    let mut parts = Vec::new();
    for entry in entries.entries() {
        let path: &[u8] = entry.path(&entries);
        if sparse::is_divided(&root, path, entry) {
            sparse::parts(&repo, &root, path, entry.id, &mut parts)
                .map_err(|cause| fails(clone, format!("its index cannot be read: {cause}")))?;
        }
    }
    Ok(Some(Index { root, entries, parts }))
}

fn fails(folder: &Path, cause: String) -> SourceError {
    SourceError::Repository { path: shown(&folder.to_string_lossy()), cause }
}
