//! What a renderer may read: a tree of files under one root, with `/` between the names, in which links are followed. It
//! says nothing of where the tree comes from, and nobody can write to it.

use std::sync::Arc;

mod folder;
mod memory;

pub use folder::FolderFiles;
pub use memory::MemoryFiles;

/// A checkout. Paths are relative to its root, with `/` between names and without `.` and `..`; the root is the empty path.
pub trait Files: Send + Sync {
    /// What there is at a path.
    ///
    /// # Errors
    /// Where there is nothing, or nothing that may be read.
    fn stat(&self, path: &str) -> Result<Stat, FilesError>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// Where it is no folder, or may not be read.
    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError>;

    /// The content of a file.
    ///
    /// # Errors
    /// Where it is no file, or may not be read.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError>;

    /// The text of a link, for who has to know where a path leads; none for what is no link, and in trees without links.
    ///
    /// # Errors
    /// Where there is nothing, or a link that leads where nothing may be read.
    fn link(&self, _path: &str) -> Result<Option<String>, FilesError> {
        Ok(None)
    }
}

/// What there is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// A file.
    File {
        /// Its length in bytes.
        size: u64,
    },
    /// A folder.
    Folder,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// Why a path cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// There is nothing.
    #[error("there is no `{path}`")]
    Missing {
        /// The path.
        path: String,
    },
    /// A file where a folder was wanted, or the other way round.
    #[error("`{path}` is {is}")]
    Other {
        /// The path.
        path: String,
        /// `a file` or `a folder`.
        is: &'static str,
    },
    /// There is something that a checkout must not hold.
    #[error("`{path}` {why}")]
    Refused {
        /// The path.
        path: String,
        /// What is wrong with it: `leads out of the checkout`.
        why: String,
    },
    /// It could not be read.
    #[error("`{path}` cannot be read: {why}")]
    Failed {
        /// The path.
        path: String,
        /// What the system says.
        why: String,
    },
}

impl FilesError {
    /// The path that it is about.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Missing { path }
            | Self::Other { path, .. }
            | Self::Refused { path, .. }
            | Self::Failed { path, .. } => path,
        }
    }

    /// Whether a tool may ask for it in good faith: many look for files that need not be there.
    pub(crate) fn is_ordinary(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Other { .. })
    }
}

/// A name below a folder, which is empty for the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A path without `.`, `..` and doubled slashes; none where it leaves the root.
pub(crate) fn normal(path: &str) -> Option<String> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn paths_stay_below_the_root() {
        for (path, expected) in [
            ("", Some("")),
            (".", Some("")),
            ("./a//b/", Some("a/b")),
            ("/a/b", Some("a/b")),
            ("a/../b", Some("b")),
            ("a/..", Some("")),
            ("..", None),
            ("a/../../b", None),
        ] {
            assert_eq!(normal(path).as_deref(), expected, "{path}");
        }
    }
}
