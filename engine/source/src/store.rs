//! What a checkout reads from: a tree of nodes, addressed by paths without links.

use std::collections::BTreeSet;

use crate::error::PathError;

/// Something in a folder, as it stands there; a link is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    File,
    Folder,
    /// The text of the link.
    Link(String),
    /// The id of the commit that it stands for.
    Submodule(String),
}

/// A tree of files. Every path is free of links, `.` and `..`, and `""` is the root.
pub(crate) trait Store: Send + Sync {
    /// What `folder` holds under `name`.
    fn node(&self, folder: &str, name: &str) -> Result<Option<Node>, PathError>;
    /// Everything in `folder`, sorted by name.
    fn nodes(&self, folder: &str) -> Result<Vec<(String, Node)>, PathError>;
    /// The size of a file.
    fn size(&self, file: &str) -> Result<u64, PathError>;
    /// The content of a file of at most `limit` bytes.
    fn read(&self, file: &str, limit: u64) -> Result<Vec<u8>, PathError>;
    /// What lies below a folder, in any order.
    fn below(&self, folder: &str, most: usize) -> Result<Below, PathError>;
    /// What of it is not on disk where the rest is, by the ways that would lead there from `way`.
    fn not_on_disk(&self, _folder: &str, _way: &str, _most: usize) -> Result<Below, PathError> {
        Ok(Below::default())
    }
    /// Whether a path, which may lead by links, is not on disk where the rest is.
    fn is_absent(&self, _path: &str) -> bool {
        false
    }
}

/// What lies below a folder.
#[derive(Debug, Default)]
pub struct Below {
    /// The regular files, as paths from the root.
    pub files: Vec<String>,
    /// The folders to which links lead, without links. In a folder of this machine they are not told.
    pub folders: BTreeSet<String>,
    /// Links that leave the checkout or lead back to themselves, and submodules. In a folder of this machine they are the error.
    pub astray: Vec<PathError>,
}

impl Below {
    /// The same, where nothing leads astray.
    ///
    /// # Errors
    /// The first that does.
    pub fn whole(mut self) -> Result<Self, PathError> {
        if self.astray.is_empty() { Ok(self) } else { Err(self.astray.swap_remove(0)) }
    }
}

/// `name` in `folder`.
pub(crate) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_owned();
    }
    let mut path = String::with_capacity(folder.len() + 1 + name.len());
    path.push_str(folder);
    path.push('/');
    path.push_str(name);
    path
}

/// The folder and the name that a path consists of.
pub(crate) fn parted(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
