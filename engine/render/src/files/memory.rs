//! Files that lie in memory: for what is made rather than checked out, and for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Files, FilesError, Kind, Stat, join};

/// A tree of files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Arc<[u8]>>,
    folders: BTreeMap<String, BTreeSet<String>>,
}

impl MemoryFiles {
    /// Adds a file and the folders that it lies in.
    pub fn insert(&mut self, path: &str, content: impl Into<Arc<[u8]>>) {
        let mut below = path;
        while let Some((folder, name)) = below.rsplit_once('/').or((!below.is_empty()).then_some(("", below))) {
            self.folders.entry(folder.to_owned()).or_default().insert(name.to_owned());
            below = folder;
        }
        self.files.insert(path.to_owned(), content.into());
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains_key(path)
    }
}

impl<P: AsRef<str>, C: Into<Arc<[u8]>>> FromIterator<(P, C)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, C)>>(files: I) -> Self {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.insert(path.as_ref(), content);
        }
        tree
    }
}

impl Files for MemoryFiles {
    fn stat(&self, path: &str) -> Result<Stat, FilesError> {
        match self.files.get(path) {
            Some(content) => Ok(Stat::File { size: content.len() as u64 }),
            None if self.is_folder(path) => Ok(Stat::Folder),
            None => Err(FilesError::Missing { path: path.to_owned() }),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError> {
        if let Stat::File { .. } = self.stat(folder)? {
            return Err(FilesError::Other { path: folder.to_owned(), is: "a file" });
        }
        let kind = |name: &str| if self.is_folder(&join(folder, name)) { Kind::Folder } else { Kind::File };
        let names = self.folders.get(folder).into_iter().flatten();
        Ok(names.map(|name| (name.clone(), kind(name))).collect())
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError> {
        match self.files.get(path) {
            Some(content) => Ok(Arc::clone(content)),
            None if self.is_folder(path) => Err(FilesError::Other { path: path.to_owned(), is: "a folder" }),
            None => Err(FilesError::Missing { path: path.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, FilesError, Kind, MemoryFiles, Stat};

    #[test]
    fn folders_are_made_of_paths() {
        let files: MemoryFiles = [("a/b/c", &b"1"[..]), ("a/d", b"22")].into_iter().collect();
        assert_eq!(files.list(""), Ok(vec![("a".to_owned(), Kind::Folder)]));
        assert_eq!(files.list("a"), Ok(vec![("b".to_owned(), Kind::Folder), ("d".to_owned(), Kind::File)]));
        assert_eq!(files.stat("a/d"), Ok(Stat::File { size: 2 }));
        assert_eq!(files.stat("a/b"), Ok(Stat::Folder));
        assert_eq!(files.stat("a/x"), Err(FilesError::Missing { path: "a/x".to_owned() }));
        assert!(files.read("a").is_err() && files.list("a/d").is_err());
    }
}
