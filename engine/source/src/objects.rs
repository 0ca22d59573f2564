//! The tree of a commit, read from Git's objects. Every object is held against its id, so that what is read is what the
//! commit's id stands for, and damage on disk is told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gix::ObjectId;
use gix::objs::{FindExt, Kind};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

use crate::error::PathError;
use crate::name::{NameFault, Role, checked};
use crate::store::{Below, Node, Store, joined, parted};
use crate::words::{chain, shown, shown_bytes};

mod made;
mod walk;

/// The longest text of a link.
const LONGEST_LINK: u64 = 4096;
/// What a handle keeps of unpacked objects, in bytes: most objects of a pack are differences to others.
const CACHE: usize = 32 << 20;
/// The largest folder, in bytes of its object.
pub(crate) const LARGEST_FOLDER: u64 = 64 << 20;

/// The objects of a repository, and the folder from which the tree starts.
pub(crate) struct Objects {
    shared: gix::ThreadSafeRepository,
    /// Handles with their caches, one for each thread that reads at the same time.
    idle: Mutex<Vec<gix::Repository>>,
    root: ObjectId,
    /// The folders read so far. Many paths may lead to one.
    folders: RwLock<made::Folders>,
    /// Keeps a repository that exists for this checkout only.
    _kept: Option<tempfile::TempDir>,
    /// For a repository that we keep: the file that says that it has to be made anew.
    mark: Option<PathBuf>,
}

/// An entry of a folder.
#[derive(Debug, Clone)]
struct Item {
    name: Box<str>,
    role: ItemRole,
    id: ObjectId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemRole {
    File,
    Folder,
    Link,
    Submodule,
}

/// Why an object cannot be had.
pub(crate) enum Fault {
    /// It is larger than allowed: its size.
    TooLarge(u64),
    /// It is missing or damaged, in words.
    Corrupt(String),
}

impl Objects {
    pub(crate) fn new(
        shared: gix::ThreadSafeRepository,
        root: ObjectId,
        kept: Option<tempfile::TempDir>,
        mark: Option<PathBuf>,
    ) -> Self {
        Objects { shared, idle: Mutex::default(), root, folders: RwLock::default(), _kept: kept, mark }
    }

    /// A tree that no object of the repository is: what the entries of an index that are given here make up.
    pub(crate) fn of_entries(
        shared: gix::ThreadSafeRepository,
        entries: impl Iterator<Item = (Vec<u8>, gix::objs::tree::EntryMode, ObjectId)>,
    ) -> Self {
        let (folders, root) = made::folders(entries);
        let objects = Objects::new(shared, root, None, None);
        *objects.folders.write().unwrap_or_else(PoisonError::into_inner) = folders;
        objects
    }

    /// Runs `work` with a handle that no other thread has.
    fn with<T>(&self, work: impl FnOnce(&gix::Repository) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.unwrap_or_else(|| {
            let mut handle = self.shared.to_thread_local();
            handle.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(CACHE)));
            handle
        });
        let result = work(&handle);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        result
    }

    /// The content of an object of the given kind.
    fn object(&self, path: &str, id: ObjectId, kind: Kind, limit: u64) -> Result<Vec<u8>, PathError> {
        self.with(|repo| object(repo, id, kind, limit)).map_err(|fault| self.fails(path, id, fault, limit))
    }

    /// That an object cannot be had.
    fn fails(&self, path: &str, id: ObjectId, fault: Fault, limit: u64) -> PathError {
        let cache = condemned(self.mark.as_deref(), &fault);
        match fault {
            Fault::TooLarge(size) => PathError::TooLarge { path: shown(path), size, limit },
            Fault::Corrupt(cause) => PathError::Corrupt { path: shown(path), id: id.to_string(), cause, cache },
        }
    }

    /// What the folder at `path` holds.
    fn folder(&self, path: &str) -> Result<Arc<[Item]>, PathError> {
        let mut items = self.items(".", self.root)?;
        if path.is_empty() {
            return Ok(items);
        }
        let mut end = 0;
        for part in path.split('/') {
            end += part.len();
            let way = path.get(..end).unwrap_or(path);
            let Some(item) = found(&items, part) else { return Err(PathError::NotFound { path: shown(way) }) };
            if item.role != ItemRole::Folder {
                return Err(PathError::NotAFolder { path: shown(way) });
            }
            items = self.items(way, item.id)?;
            end += 1;
        }
        Ok(items)
    }

    /// What the folder with the given object holds; `path` is one that leads to it.
    fn items(&self, path: &str, id: ObjectId) -> Result<Arc<[Item]>, PathError> {
        if let Some(items) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return items.clone();
        }
        // Git knows the object of an empty folder without keeping it.
        let bytes = match id.is_empty_tree() {
            true => Vec::new(),
            false => self.object(path, id, Kind::Tree, LARGEST_FOLDER)?,
        };
        let items: Arc<[Item]> = items(path, id, &bytes)?.into();
        let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
        folders.entry(id).or_insert(Ok(items)).clone()
    }

    fn find(&self, folder: &str, name: &str) -> Result<Option<Item>, PathError> {
        Ok(found(&self.folder(folder)?, name).cloned())
    }

    /// The file at `path`.
    fn file(&self, path: &str) -> Result<Item, PathError> {
        let (folder, name) = parted(path);
        let item = self.find(folder, name)?.ok_or_else(|| PathError::NotFound { path: shown(path) })?;
        if item.role == ItemRole::File { Ok(item) } else { Err(PathError::NotAFile { path: shown(path) }) }
    }

    fn described(&self, folder: &str, item: &Item) -> Result<Node, PathError> {
        Ok(match item.role {
            ItemRole::File => Node::File,
            ItemRole::Folder => Node::Folder,
            ItemRole::Submodule => Node::Submodule(item.id.to_string()),
            ItemRole::Link => {
                let path = joined(folder, &item.name);
                let bad = |path: &str| PathError::BadLink { path: shown(path) };
                let text = match self.object(&path, item.id, Kind::Blob, LONGEST_LINK) {
                    Err(PathError::TooLarge { .. }) => return Err(bad(&path)),
                    other => other?,
                };
                Node::Link(String::from_utf8(text).map_err(|_| bad(&path))?)
            }
        })
    }
}

impl Store for Objects {
    fn node(&self, folder: &str, name: &str) -> Result<Option<Node>, PathError> {
        let item = self.find(folder, name)?;
        item.map(|item| self.described(folder, &item)).transpose()
    }

    fn nodes(&self, folder: &str) -> Result<Vec<(String, Node)>, PathError> {
        let items = self.folder(folder)?;
        items.iter().map(|item| Ok((String::from(&*item.name), self.described(folder, item)?))).collect()
    }

    fn size(&self, file: &str) -> Result<u64, PathError> {
        let id = self.file(file)?.id;
        self.with(|repo| size(repo, id)).map_err(|cause| self.fails(file, id, Fault::Corrupt(cause), 0))
    }

    fn read(&self, file: &str, limit: u64) -> Result<Vec<u8>, PathError> {
        let id = self.file(file)?.id;
        self.object(file, id, Kind::Blob, limit)
    }

    fn below(&self, folder: &str, most: usize) -> Result<Below, PathError> {
        walk::below(self, folder, most)
    }
}

/// The content of an object that has the given kind, at most `limit` bytes, and the id that its content demands.
pub(crate) fn object(repo: &gix::Repository, id: ObjectId, kind: Kind, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let found = match repo.objects.find(&id, &mut bytes) {
        Ok(found) => found.kind,
        Err(error) => {
            // An object that is refused for its size is told from one that is missing or damaged.
            return Err(match size(repo, id) {
                Ok(size) if size > limit => Fault::TooLarge(size),
                Ok(_) => Fault::Corrupt(format!("damaged: {}", chain(&error))),
                Err(cause) => Fault::Corrupt(cause),
            });
        }
    };
    if found != kind {
        return Err(Fault::Corrupt(format!("a {found} where a {kind} should be")));
    }
    if bytes.len() as u64 > limit {
        return Err(Fault::TooLarge(bytes.len() as u64));
    }
    match gix::objs::compute_hash(id.kind(), kind, &bytes) {
        Ok(real) if real == id => Ok(bytes),
        Ok(real) => Err(Fault::Corrupt(format!("damaged: its content is that of {real}"))),
        Err(error) => Err(Fault::Corrupt(format!("not to be trusted: {}", chain(&error)))),
    }
}

/// Notes in a repository that we keep that an object of it is damaged, so that it is made anew when it is opened next: it
/// would stay as it is. Says which repository that is.
pub(crate) fn condemned(mark: Option<&Path>, fault: &Fault) -> Option<String> {
    let mark = mark.filter(|_| matches!(fault, Fault::Corrupt(_)))?;
    std::fs::write(mark, b"").ok()?;
    mark.parent().map(|repository| shown(&repository.to_string_lossy()))
}

fn size(repo: &gix::Repository, id: ObjectId) -> Result<u64, String> {
    match repo.try_find_header(id) {
        Ok(Some(header)) => Ok(header.size()),
        Ok(None) => Err("missing".to_owned()),
        Err(error) => Err(format!("damaged: {}", chain(&error))),
    }
}

/// The entry with a name, among entries sorted by name.
fn found<'i>(items: &'i [Item], name: &str) -> Option<&'i Item> {
    items.binary_search_by(|item| (*item.name).cmp(name)).ok().and_then(|index| items.get(index))
}

/// The entries of a folder's object, sorted by name.
fn items(path: &str, id: ObjectId, bytes: &[u8]) -> Result<Vec<Item>, PathError> {
    let bad = |name: &[u8], fault| bad_name(path, name, fault);
    let mut items = Vec::new();
    for entry in gix::objs::TreeRefIter::from_bytes(bytes, id.kind()) {
        // The object is what its id says: nobody has another one.
        let entry = entry.map_err(|error| PathError::Corrupt {
            path: shown(path),
            id: id.to_string(),
            cause: format!("damaged: {}", chain(&error)),
            cache: None,
        })?;
        let name: &[u8] = entry.filename.as_ref();
        let role = role(entry.mode);
        let link = if role == Some(ItemRole::Link) { Role::Link } else { Role::Other };
        let text = checked(name, link).map_err(|fault| bad(name, fault))?;
        let role =
            role.ok_or_else(|| PathError::OtherKind { path: shown(&joined(path.trim_start_matches('.'), text)) })?;
        items.push(Item { name: text.into(), role, id: entry.oid.to_owned() });
    }
    items.sort_unstable_by(|one, two| one.name.cmp(&two.name));
    let twice = items.windows(2).find_map(|pair| match pair {
        [one, two] if one.name == two.name => Some(one),
        _ => None,
    });
    match twice {
        Some(item) => Err(bad(item.name.as_bytes(), NameFault::Twice)),
        None => Ok(items),
    }
}

/// That a folder, by its path, has a name that is none.
fn bad_name(folder: &str, name: &[u8], fault: NameFault) -> PathError {
    let folder = if folder.is_empty() { ".".to_owned() } else { shown(folder) };
    PathError::BadName { folder, name: shown_bytes(name), fault }
}

/// What a mode stands for. Git writes five of them; the sixth, of files that a group may write, is in old repositories.
fn role(mode: gix::objs::tree::EntryMode) -> Option<ItemRole> {
    match mode.value() {
        0o100_644 | 0o100_755 | 0o100_664 => Some(ItemRole::File),
        0o040_000 => Some(ItemRole::Folder),
        0o120_000 => Some(ItemRole::Link),
        0o160_000 => Some(ItemRole::Submodule),
        _ => None,
    }
}
