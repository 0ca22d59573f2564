//! Folders that are put together from entries of an index. They are known by numbers that no object has, so that they are read
//! as those of a commit are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::EntryMode;

use super::{Item, ItemRole, bad_name, role};
use crate::error::PathError;
use crate::name::{Role, checked};
use crate::store::joined;
use crate::words::{shown, shown_bytes};

/// What folders hold by their numbers, or why one cannot be read: as in a commit, that is the matter of who reads it.
pub(super) type Folders = HashMap<ObjectId, Result<Arc<[Item]>, PathError>>;

/// The folders by their numbers, and that of the root. Each entry comes with its path, which ends with `/` where a whole folder
/// is one, as in an index that leaves out what is below it.
pub(super) fn folders(entries: impl Iterator<Item = (Vec<u8>, EntryMode, ObjectId)>) -> (Folders, ObjectId) {
    let mut root = Folder::default();
    for (path, mode, id) in entries {
        root.add(&path, mode, id);
    }
    let mut made = Made::default();
    let root = made.folder(root);
    (made.folders, root)
}

#[derive(Default)]
struct Folder {
    folders: BTreeMap<Box<str>, Folder>,
    items: BTreeMap<Box<str>, (ItemRole, ObjectId)>,
    /// Why it cannot be read.
    fault: Option<PathError>,
}

impl Folder {
    fn add(&mut self, path: &[u8], mode: EntryMode, id: ObjectId) {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let (mut folder, mut way) = (self, String::new());
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            let role = role(mode);
            let kind = if is_last && role == Some(ItemRole::Link) { Role::Link } else { Role::Other };
            let text = match checked(name, kind) {
                Ok(text) => text,
                Err(fault) => {
                    folder.fault.get_or_insert_with(|| bad_name(&way, name, fault));
                    return;
                }
            };
            if is_last {
                match role {
                    Some(role) => drop(folder.items.insert(text.into(), (role, id))),
                    None => {
                        let path = shown(&shown_bytes(path));
                        folder.fault.get_or_insert(PathError::OtherKind { path });
                    }
                }
                return;
            }
            way = joined(&way, text);
            folder = folder.folders.entry(text.into()).or_default();
        }
    }
}

#[derive(Default)]
struct Made {
    folders: Folders,
}

impl Made {
    fn folder(&mut self, folder: Folder) -> ObjectId {
        let Folder { folders, items, fault } = folder;
        let mut all: Vec<Item> = items.into_iter().map(|(name, (role, id))| Item { name, role, id }).collect();
        for (name, folder) in folders {
            let id = self.folder(folder);
            all.push(Item { name, role: ItemRole::Folder, id });
        }
        all.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        let id = number(self.folders.len());
        self.folders.insert(id, fault.map_or_else(|| Ok(all.into()), Err));
        id
    }
}

/// The id of the folder of this number. An object whose id begins with as many ones is not to be met.
fn number(number: usize) -> ObjectId {
    let mut bytes = [0xff_u8; 20];
    for (to, from) in bytes.iter_mut().rev().zip((number as u64).to_le_bytes()) {
        *to = from;
    }
    ObjectId::from(bytes)
}
