//! Whether all of a commit is there. A pack can be whole and still lack an object that the commit needs.

use std::collections::HashSet;

use gix::ObjectId;
use gix::objs::{CommitRef, Kind, TagRef, TreeRefIter};

use crate::objects::{Fault, object};
use crate::words::chain;

/// The largest commit, tag or folder.
const LARGEST: u64 = 64 << 20;
/// As many tags as lead to tags, before a commit must come.
const MOST_TAGS: usize = 10;

/// The commit that `id` is or, if it is a tag, leads to, after every folder of its tree has been read and every file
/// found. The error is in words.
pub(super) fn commit(repo: &gix::Repository, id: ObjectId) -> Result<ObjectId, String> {
    let mut current = id;
    for _ in 0..MOST_TAGS {
        let header = repo.try_find_header(current).map_err(|error| chain(&error))?;
        let kind = header.ok_or_else(|| format!("{current} is missing"))?.kind();
        match kind {
            Kind::Commit => {
                let bytes = read(repo, current, Kind::Commit)?;
                let parsed = CommitRef::from_bytes(&bytes, current.kind()).map_err(|error| chain(&error))?;
                return tree(repo, parsed.tree()).map(|()| current);
            }
            Kind::Tag => {
                let bytes = read(repo, current, Kind::Tag)?;
                current = TagRef::from_bytes(&bytes, current.kind()).map_err(|error| chain(&error))?.target();
            }
            Kind::Tree | Kind::Blob => return Err(format!("{current} is a {kind}, not a commit")),
        }
    }
    Err(format!("{id} is a tag of tags without end"))
}

fn tree(repo: &gix::Repository, root: ObjectId) -> Result<(), String> {
    let mut seen = HashSet::from([root]);
    let mut ahead = vec![root];
    while let Some(id) = ahead.pop() {
        let bytes = read(repo, id, Kind::Tree)?;
        for entry in TreeRefIter::from_bytes(&bytes, id.kind()) {
            let entry = entry.map_err(|error| format!("{id} is damaged: {}", chain(&error)))?;
            let child = entry.oid.to_owned();
            if entry.mode.is_commit() || !seen.insert(child) {
                continue;
            }
            if entry.mode.is_tree() {
                ahead.push(child);
            } else if !repo.has_object(child) {
                return Err(format!("{child} is missing"));
            }
        }
    }
    Ok(())
}

fn read(repo: &gix::Repository, id: ObjectId, kind: Kind) -> Result<Vec<u8>, String> {
    object(repo, id, kind, LARGEST).map_err(|fault| match fault {
        Fault::TooLarge(size) => format!("{id} has {size} bytes"),
        Fault::Corrupt(cause) => format!("{id} is {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::open_options;
    use gix::objs::tree::{Entry, EntryKind};

    #[test]
    fn a_commit_without_all_of_its_tree_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let options = gix::create::Options::default();
        let repo =
            gix::ThreadSafeRepository::init_opts(folder.path(), gix::create::Kind::Bare, options, open_options(0));
        let repo = repo.unwrap().to_thread_local();
        let file = repo.write_blob(b"here").unwrap().detach();
        let missing = ObjectId::from_hex(b"1234567890123456789012345678901234567890").unwrap();
        let entry = |kind: EntryKind, name: &str, oid| Entry { mode: kind.into(), filename: name.into(), oid };
        let commit_of = |entries: Vec<Entry>| {
            let tree = repo.write_object(gix::objs::Tree { entries }).unwrap().detach();
            let text = format!("tree {tree}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nm\n");
            repo.write_object(gix::objs::CommitRef::from_bytes(text.as_bytes(), tree.kind()).unwrap()).unwrap().detach()
        };
        let whole = commit_of(vec![entry(EntryKind::Blob, "a", file), entry(EntryKind::Commit, "module", missing)]);
        assert_eq!(commit(&repo, whole), Ok(whole), "a submodule is not part of it");
        let without_file = commit_of(vec![entry(EntryKind::Blob, "a", file), entry(EntryKind::Blob, "b", missing)]);
        assert_eq!(commit(&repo, without_file), Err(format!("{missing} is missing")));
        let without_folder = commit_of(vec![entry(EntryKind::Tree, "a", missing)]);
        assert_eq!(commit(&repo, without_folder), Err(format!("{missing} is missing")));
        assert!(commit(&repo, file).unwrap_err().ends_with("is a blob, not a commit"));
    }
}
