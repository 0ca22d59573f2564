//! A folder of this machine as a tree of files.
//!
//! Each part of a path is looked at without following links, so that no link leads out. Someone who may write to the folder
//! while it is read can still exchange a folder for a link between two looks; that person could as well write the files.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{PathError, SourceError};
use crate::name::{Role, checked, is_git_folder};
use crate::store::{Below, Node, Store, joined};
use crate::words::{shown, shown_bytes};

mod walk;

/// The longest text of a link.
const LONGEST_LINK: usize = 4096;

/// A folder, by its path without links.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self, SourceError> {
        let fails = |cause: String| SourceError::Folder { path: shown(&root.to_string_lossy()), cause };
        let real = root.canonicalize().map_err(|error| fails(error.to_string()))?;
        if !real.is_dir() {
            return Err(fails("it is not a folder".to_owned()));
        }
        Ok(Folder { root: real })
    }

    pub(crate) fn on_disk(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    fn opened(&self, file: &str) -> Result<(File, Metadata), PathError> {
        let opened = regular(&self.on_disk(file)).map_err(|error| io(file, &error))?;
        opened.ok_or_else(|| PathError::NotAFile { path: shown(file) })
    }

    fn described(&self, path: &str, metadata: &Metadata) -> Result<Node, PathError> {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            let text = std::fs::read_link(self.on_disk(path)).map_err(|error| io(path, &error))?;
            let text = text.into_os_string().into_string();
            let text = text.map_err(|_| PathError::BadLink { path: shown(path) })?;
            if text.len() > LONGEST_LINK {
                return Err(PathError::BadLink { path: shown(path) });
            }
            return Ok(Node::Link(text));
        }
        match (kind.is_file(), kind.is_dir()) {
            (true, _) => Ok(Node::File),
            (_, true) => Ok(Node::Folder),
            (false, false) => Err(PathError::OtherKind { path: shown(path) }),
        }
    }
}

impl Store for Folder {
    fn node(&self, folder: &str, name: &str) -> Result<Option<Node>, PathError> {
        // What cannot be the name of anything in a checkout is not there, whatever the disk says.
        if is_git_folder(name.as_bytes()) || checked(name.as_bytes(), Role::Other).is_err() {
            return Ok(None);
        }
        let path = joined(folder, name);
        match self.on_disk(&path).symlink_metadata() {
            Ok(metadata) => self.described(&path, &metadata).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(&path, &error)),
        }
    }

    fn nodes(&self, folder: &str) -> Result<Vec<(String, Node)>, PathError> {
        let fails = |error| io(folder, &error);
        let mut nodes = Vec::new();
        for entry in std::fs::read_dir(self.on_disk(folder)).map_err(fails)? {
            let entry = entry.map_err(fails)?;
            let name = entry.file_name();
            if is_git_folder(name.as_bytes()) {
                continue;
            }
            let name = named(folder, name.as_bytes())?;
            let path = joined(folder, name);
            let metadata = entry.metadata().map_err(|error| io(&path, &error))?;
            nodes.push((name.to_owned(), self.described(&path, &metadata)?));
        }
        nodes.sort_unstable_by(|one, two| one.0.cmp(&two.0));
        Ok(nodes)
    }

    fn size(&self, file: &str) -> Result<u64, PathError> {
        self.on_disk(file).symlink_metadata().map(|metadata| metadata.len()).map_err(|error| io(file, &error))
    }

    fn read(&self, file: &str, limit: u64) -> Result<Vec<u8>, PathError> {
        let (opened, metadata) = self.opened(file)?;
        let too_large = |size| PathError::TooLarge { path: shown(file), size, limit };
        if metadata.len() > limit {
            return Err(too_large(metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        opened.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| io(file, &error))?;
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(bytes)
    }

    fn below(&self, folder: &str, most: usize) -> Result<Below, PathError> {
        Ok(Below { files: walk::files(self, folder, most)?, ..Below::default() })
    }
}

/// Opens a regular file, which has an end; none for what is there and is another thing. A link is not followed.
pub(crate) fn regular(file: &Path) -> std::io::Result<Option<(File, Metadata)>> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
    let opened = options.open(file)?;
    let metadata = opened.metadata()?;
    Ok(metadata.is_file().then_some((opened, metadata)))
}

/// The name of an entry of `folder` as text, if it is a name.
fn named<'n>(folder: &str, name: &'n [u8]) -> Result<&'n str, PathError> {
    checked(name, Role::Other).map_err(|fault| {
        let folder = if folder.is_empty() { ".".to_owned() } else { shown(folder) };
        PathError::BadName { folder, name: shown_bytes(name), fault }
    })
}

fn io(path: &str, error: &std::io::Error) -> PathError {
    let path = if path.is_empty() { ".".to_owned() } else { shown(path) };
    PathError::Io { path, cause: shown(&error.to_string()) }
}
