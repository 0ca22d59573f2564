//! The index of a sparse checkout may name a whole folder where nothing of it is checked out. Where the folder is on disk all
//! the same, as it is when somebody makes one of that name, its entries count one by one, as Git has it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix::ObjectId;
use gix::index::Entry;
use gix::index::entry::Mode;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};

use crate::name::{Role, checked};
use crate::objects::{Fault, LARGEST_FOLDER, object};
use crate::words::chain;

/// The path, the mode and the object of a file, or of a whole folder that is not on disk.
pub(crate) type Part = (Vec<u8>, EntryMode, ObjectId);

/// Whether an entry is a folder that is on disk, where the root of the work tree is `root`.
pub(crate) fn is_divided(root: &Path, path: &[u8], entry: &Entry) -> bool {
    entry.mode == Mode::DIR && is_on_disk(root, path)
}

/// What stands for the folder at `path`, whose object is `id`.
pub(crate) fn parts(
    repo: &gix::Repository,
    root: &Path,
    path: &[u8],
    id: ObjectId,
    parts_so_far: &mut Vec<Part>,
) -> Result<(), String> {
    let bytes = object(repo, id, Kind::Tree, LARGEST_FOLDER).map_err(|fault| match fault {
        Fault::TooLarge(size) => format!("the folder {id} that it names is {size} bytes long"),
        Fault::Corrupt(cause) => format!("the folder {id} that it names is {cause}"),
    })?;
    let path = path.strip_suffix(b"/").unwrap_or(path);
    for entry in TreeRefIter::from_bytes(&bytes, id.kind()) {
        let entry = entry.map_err(|error| format!("the folder {id} that it names is damaged: {}", chain(&error)))?;
        let name: &[u8] = entry.filename.as_ref();
        let mut below = [path, b"/", name].concat();
        // A name like `..` is told where the folder is read.
        if entry.mode.is_tree() && checked(name, Role::Other).is_ok() && is_on_disk(root, &below) {
            parts(repo, root, &below, entry.oid.to_owned(), parts_so_far)?;
        } else {
            below.extend(entry.mode.is_tree().then_some(b'/'));
            parts_so_far.push((below, entry.mode, entry.oid.to_owned()));
        }
    }
    Ok(())
}

fn is_on_disk(root: &Path, path: &[u8]) -> bool {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    root.join(OsStr::from_bytes(path)).symlink_metadata().is_ok()
}
