//! Reading files of this machine. Most are small, and there are thousands of them.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that hold nearly every file.
const ROOM: usize = 64 << 10;
/// What Git holds instead of a file that is kept in LFS begins so.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
/// Most bytes of a file: places in it have 32 bits.
const MOST: u64 = u32::MAX as u64;

thread_local! {
    /// Where a file is read to before it is known how large it is.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a file holds that the command line names, which may be a pipe.
pub(crate) fn named(path: &Path) -> io::Result<Vec<u8>> {
    read(&mut File::open(path)?, |_| Ok(())).and_then(whole)
}

/// What a file holds that was found in a folder. One that is none, such as a link to a device, is read neither without end
/// nor for ever.
pub(crate) fn found(path: &Path) -> io::Result<Vec<u8>> {
    read(&mut open(path)?, |file| size(file).map(drop)).and_then(whole)
}

/// What a file holds that somebody else may have named, if it has no more than so many bytes.
pub(crate) fn at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = open(path)?;
    let size = size(&file)?;
    // It may grow while it is read.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!(
            "it has {} bytes; at most {most} are read",
            size.max(bytes.len() as u64)
        )));
    }
    Ok(bytes)
}

/// The bytes, unless they stand for others that are kept elsewhere: they are no manifest, and would be passed over.
pub(crate) fn whole(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if !bytes.starts_with(POINTER) {
        return Ok(bytes);
    }
    Err(io::Error::other("it is kept in Git LFS, and this is only the pointer to it"))
}

/// Whether there is nothing.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Opens a file without waiting for whoever would write to a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    options.open(path).map_err(|error| dangling(path, error))
}

/// That there is nothing where a link leads, in place of that there is nothing.
pub(crate) fn dangling(path: &Path, error: io::Error) -> io::Error {
    match path.read_link() {
        Ok(target) if is_absent(&error) => {
            let target = target.to_string_lossy().into_owned();
            io::Error::new(error.kind(), format!("the link leads to `{target}`, which does not exist"))
        }
        Ok(_) | Err(_) => error,
    }
}

/// The size of what was opened, if it is a file.
fn size(file: &File) -> io::Result<u64> {
    let found = file.metadata()?;
    if found.is_file() { Ok(found.len()) } else { Err(io::Error::other("it is no file, but a device or a pipe")) }
}

/// To ask first how large a file is would cost more than to copy it once. `large` may refuse one that is not small.
fn read(file: &mut File, large: impl Fn(&File) -> io::Result<()>) -> io::Result<Vec<u8>> {
    READ.with_borrow_mut(|room| {
        room.resize(ROOM, 0);
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => return Ok(room.get(..filled).unwrap_or_default().to_vec()),
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        large(file)?;
        let mut bytes = room.clone();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::{ROOM, at_most, found, named};

    #[test]
    fn files_of_any_size_are_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        for size in [0, 1, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM + 7, 5] {
            let bytes: Vec<u8> = (0..size).map(|at| at as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert!(found(&path).unwrap() == bytes && named(&path).unwrap() == bytes, "{size}");
        }
        assert!(found(folder.path()).is_err(), "a folder is no file");
        assert!(found(&path.join("b")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.yaml");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert_eq!(found(&link).unwrap_err().to_string(), "it is no file, but a device or a pipe");
        let pipe = folder.path().join("b.yaml");
        std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        // Nobody writes to it.
        assert!(found(&pipe).is_ok_and(|bytes| bytes.is_empty()));
        for path in [&link, &pipe] {
            assert_eq!(at_most(path, 9).unwrap_err().to_string(), "it is no file, but a device or a pipe");
        }
    }

    #[test]
    fn no_more_is_read_than_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        std::fs::write(&path, "123").unwrap();
        assert_eq!(at_most(&path, 3).unwrap(), b"123");
        assert_eq!(at_most(&path, 2).unwrap_err().to_string(), "it has 3 bytes; at most 2 are read");
    }

    #[test]
    fn a_pointer_is_not_what_it_points_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n").unwrap();
        for read in [found, named] {
            let words = "it is kept in Git LFS, and this is only the pointer to it";
            assert_eq!(read(&path).unwrap_err().to_string(), words);
        }
    }
}
