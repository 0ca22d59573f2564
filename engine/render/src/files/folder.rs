//! A plain folder as a checkout: links are followed inside of it and refused where they lead out.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, FilesError, Kind, Stat, join};

/// Largest file that is read.
const MOST_BYTES: u64 = 64 << 20;

/// The files of a folder on disk.
#[derive(Clone, Debug)]
pub struct FolderFiles {
    root: PathBuf,
}

impl FolderFiles {
    /// Opens a folder.
    ///
    /// # Errors
    /// Where it is none.
    pub fn open(root: &Path) -> Result<Self, FilesError> {
        let shown = root.display().to_string();
        let root = root.canonicalize().map_err(|error| failed(&shown, &error))?;
        if root.is_dir() { Ok(Self { root }) } else { Err(FilesError::Other { path: shown, is: "a file" }) }
    }

    /// Where a path lies after all links, with what is there.
    fn resolve(&self, path: &str) -> Result<(PathBuf, Metadata), FilesError> {
        let place = self.root.join(path).canonicalize().map_err(|error| failed(path, &error))?;
        if !place.starts_with(&self.root) {
            return Err(refused(path, "leads out of the checkout"));
        }
        let metadata = fs::symlink_metadata(&place).map_err(|error| failed(path, &error))?;
        if metadata.is_file() || metadata.is_dir() {
            Ok((place, metadata))
        } else {
            Err(refused(path, "is neither a file nor a folder"))
        }
    }
}

impl Files for FolderFiles {
    fn stat(&self, path: &str) -> Result<Stat, FilesError> {
        let (_, metadata) = self.resolve(path)?;
        Ok(if metadata.is_dir() { Stat::Folder } else { Stat::File { size: metadata.len() } })
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, FilesError> {
        let (place, metadata) = self.resolve(folder)?;
        if !metadata.is_dir() {
            return Err(FilesError::Other { path: folder.to_owned(), is: "a file" });
        }
        let mut entries = Vec::new();
        for entry in fs::read_dir(place).map_err(|error| failed(folder, &error))? {
            let name = entry.map_err(|error| failed(folder, &error))?.file_name();
            let Ok(name) = name.into_string() else {
                return Err(refused(folder, "holds a name that is not UTF-8"));
            };
            // What may not be read is told when it is read: a renderer may have no interest in it.
            let is_folder = self.resolve(&join(folder, &name)).is_ok_and(|(_, metadata)| metadata.is_dir());
            entries.push((name, if is_folder { Kind::Folder } else { Kind::File }));
        }
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(entries)
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, FilesError> {
        let (place, metadata) = self.resolve(path)?;
        if metadata.is_dir() {
            return Err(FilesError::Other { path: path.to_owned(), is: "a folder" });
        }
        let file = fs::File::open(place).map_err(|error| failed(path, &error))?;
        let mut content = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut content).map_err(|error| failed(path, &error))?;
        if content.len() as u64 > MOST_BYTES {
            return Err(refused(path, "is larger than 64 MiB"));
        }
        Ok(content.into())
    }

    fn link(&self, path: &str) -> Result<Option<String>, FilesError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() {
            return Ok(None);
        }
        let (folder, _) = self.resolve(folder)?;
        match fs::read_link(folder.join(name)) {
            // What it leads to is looked at first: out of here it is refused.
            Ok(text) => self.resolve(path).map(|_| text.into_os_string().into_string().ok()),
            Err(_) => Ok(None),
        }
    }
}

fn failed(path: &str, error: &io::Error) -> FilesError {
    let path = path.to_owned();
    if error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32) {
        return FilesError::Refused { path, why: "is a link to itself".to_owned() };
    }
    if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) {
        return FilesError::Missing { path };
    }
    FilesError::Failed { path, why: error.to_string() }
}

fn refused(path: &str, why: &str) -> FilesError {
    FilesError::Refused { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{Files, FilesError, FolderFiles, Kind, Stat, fs};

    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("a")).unwrap();
        fs::write(at("a/b"), "content").unwrap();
        symlink("a", at("c")).unwrap();
        symlink(outside.path(), at("out")).unwrap();
        symlink("loop", at("loop")).unwrap();
        symlink("../..", at("a/up")).unwrap();

        let files = FolderFiles::open(folder.path()).unwrap();
        assert_eq!(files.stat("c/b"), Ok(Stat::File { size: 7 }));
        assert_eq!(&*files.read("c/b").unwrap(), b"content");
        let names = files.list("").unwrap();
        let folders = names.iter().filter(|(_, kind)| *kind == Kind::Folder).map(|(name, _)| name.as_str());
        assert_eq!(folders.collect::<Vec<_>>(), ["a", "c"]);
        for path in ["out", "out/secret", "a/up", "loop"] {
            assert!(matches!(files.stat(path), Err(FilesError::Refused { .. })), "{path}");
            assert!(matches!(files.read(path), Err(FilesError::Refused { .. })), "{path}");
        }
        assert_eq!(files.read("x"), Err(FilesError::Missing { path: "x".to_owned() }));
        assert_eq!(files.read("a"), Err(FilesError::Other { path: "a".to_owned(), is: "a folder" }));
        assert_eq!(files.list("a/b"), Err(FilesError::Other { path: "a/b".to_owned(), is: "a file" }));
    }
}
