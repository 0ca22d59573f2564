//! Reading files of this machine. Most are small, and there are thousands of them.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that hold nearly every file.
const ROOM: usize = 64 << 10;
/// Most bytes of a file: places in it have 32 bits.
const MOST: u64 = u32::MAX as u64;

thread_local! {
    /// Where a file is read to before it is known how large it is.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a file holds that the command line names, which may be a pipe.
pub(crate) fn named(path: &Path) -> io::Result<Vec<u8>> {
    read(&mut File::open(path)?, |_| Ok(()))
}

/// What a file holds that was found in a folder. One that is none, such as a link to a device, is read neither without end
/// nor for ever.
pub(crate) fn found(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    read(&mut options.open(path)?, |file| {
        if file.metadata()?.is_file() { Ok(()) } else { Err(io::Error::other("it is no file, but a device or a pipe")) }
    })
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
    use super::{ROOM, found, named};

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
    }
}
