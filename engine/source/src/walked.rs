//! The walk over folders of this machine, as everyone goes it: behind links, to hidden names too, not into Git's own folder, and
//! past what `.gitignore` excludes.
//!
//! The lists are read here rather than by the library that walks: to Git a link is no folder, whatever it leads to, no list
//! above the root of a clone counts in it, and a list is a file that ends.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, Match, WalkBuilder};

use crate::folder::regular;
use crate::name::is_git_folder;
use crate::words::shown;

/// The largest list, in bytes. Git's own bound is far beyond what can be matched by.
const LARGEST_LIST: u64 = 1 << 20;

/// What a walk meets, folder by folder and by name in each. The folder that it starts from is not held against the lists.
pub struct Walk {
    entries: ignore::Walk,
    lists: Arc<Mutex<Lists>>,
}

/// Walks a folder, `deepest` folders down at most, and goes on only with what `admit` lets pass.
pub fn walk(folder: &Path, deepest: Option<usize>, admit: impl Fn(&DirEntry) -> bool + Send + Sync + 'static) -> Walk {
    let lists = Arc::new(Mutex::new(Lists::around(folder)));
    let known = Arc::clone(&lists);
    let entries = WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(true)
        .max_depth(deepest)
        .filter_entry(move |entry| {
            let name = entry.path().as_os_str().as_bytes();
            let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            !is_git_folder(name) && !known.lock().unwrap_or_else(PoisonError::into_inner).exclude(entry) && admit(entry)
        })
        // Of two in one folder the text before their names is the same.
        .sort_by_file_path(|one, other| one.as_os_str().cmp(other.as_os_str()))
        .build();
    Walk { entries, lists }
}

impl Iterator for Walk {
    type Item = Result<DirEntry, ignore::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let refused = self.lists.lock().unwrap_or_else(PoisonError::into_inner).refused.take();
            if let Some(error) = refused {
                return Some(Err(error));
            }
            let entry = self.entries.next()?;
            // A link that cannot be followed is an error before anyone asks whether it is excluded.
            let lost = entry.as_ref().err().and_then(|error| Some((path_of(error)?, error.depth()?)));
            let is_excluded = lost.is_some_and(|(path, depth)| {
                let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
                path.is_symlink() && lists.excludes(&path, depth, false)
            });
            if !is_excluded {
                return Some(entry);
            }
        }
    }
}

/// The lists that hold where a walk stands.
struct Lists {
    /// Of the folders above the start, innermost first.
    above: Vec<Gitignore>,
    /// The start without links, from which those above are matched.
    real: PathBuf,
    /// How long the start is as it was named.
    start: usize,
    /// Of the start and the folders on the way from it.
    way: Vec<Step>,
    /// That one is not known as a whole: the next thing that the walk tells.
    refused: Option<ignore::Error>,
}

/// A folder on the way.
struct Step {
    list: Gitignore,
    /// Whether it is the root of a clone: then no list before it counts in it.
    is_clone: bool,
}

impl Lists {
    /// Those that hold at the start: its own, and those above it as far as the clone goes that it lies in.
    fn around(folder: &Path) -> Self {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let depth = root_of_clone(&real).map_or(0, |root| real.components().count() - root.components().count());
        let start = folder.as_os_str().len();
        let mut lists = Self { above: Vec::new(), real: real.clone(), start, way: Vec::new(), refused: None };
        for folder in real.ancestors().skip(1).take(depth) {
            let list = lists.list(folder);
            lists.above.extend(Some(list).filter(|list| !list.is_empty()));
        }
        let list = lists.list(folder);
        lists.way.push(Step { list, is_clone: depth == 0 });
        lists
    }

    /// What the list of a folder says. A line that is no pattern says nothing, and neither does what is no regular file, as for
    /// Git. Of a list that is not read as a whole nobody can know what it excludes.
    fn list(&mut self, folder: &Path) -> Gitignore {
        let file = folder.join(".gitignore");
        // There is none in most folders.
        let Ok(Some((opened, _))) = regular(&file) else { return Gitignore::empty() };
        let mut bytes = Vec::new();
        let refuse = |why: String| {
            let why = format!("the list of what to ignore `{}` {why}", shown(&file.to_string_lossy()));
            Some(ignore::Error::Io(io::Error::other(why)))
        };
        match opened.take(LARGEST_LIST + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 <= LARGEST_LIST => {}
            Ok(_) => self.refused = refuse(format!("is larger than {LARGEST_LIST} bytes")),
            Err(error) => self.refused = refuse(format!("cannot be read: {error}")),
        }
        let mut lines = GitignoreBuilder::new(folder);
        for line in String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').lines() {
            let _ = lines.add_line(None, line);
        }
        lines.build().unwrap_or_else(|_| Gitignore::empty())
    }

    /// Whether they exclude an entry. They are asked in the order of the walk, and know its folders afterwards.
    fn exclude(&mut self, entry: &DirEntry) -> bool {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        self.way.truncate(entry.depth());
        if self.excludes(entry.path(), entry.depth(), is_folder && !entry.path_is_symlink()) {
            return true;
        }
        if is_folder {
            let list = self.list(entry.path());
            self.way.push(Step { list, is_clone: is_clone(entry.path()) });
        }
        false
    }

    /// Whether they exclude what lies so deep below the start; the innermost list that speaks of it decides.
    fn excludes(&self, path: &Path, depth: usize, is_folder: bool) -> bool {
        for Step { list, is_clone } in self.way.iter().take(depth).rev() {
            match list.matched(path, is_folder) {
                Match::None if *is_clone => return false,
                Match::None => {}
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
            }
        }
        if self.above.is_empty() {
            return false;
        }
        let below = path.as_os_str().as_bytes().get(self.start..).unwrap_or_default();
        let below = below.iter().position(|byte| *byte != b'/').and_then(|first| below.get(first..));
        let whole = self.real.join(OsStr::from_bytes(below.unwrap_or_default()));
        let said = self.above.iter().map(|list| list.matched(&whole, is_folder)).find(|said| !said.is_none());
        said.is_some_and(|said| said.is_ignore())
    }
}

/// The root of the innermost clone around a folder, which is named without links.
pub(crate) fn root_of_clone(real: &Path) -> Option<&Path> {
    real.ancestors().find(|folder| is_clone(folder))
}

/// Whether a folder is the root of a clone: a submodule is one too.
#[must_use]
pub fn is_clone(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// Whether it is a folder that links back to one above it: its files are found there.
#[must_use]
pub fn is_loop(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => is_loop(err),
        ignore::Error::Partial(_)
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => false,
    }
}

/// The path that it is about; none where that is not known.
#[must_use]
pub fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(_)
        | ignore::Error::Loop { .. }
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}
