//! The checkout: what others see of a tree of files.

use std::path::Path;
use std::sync::Arc;

use crate::budget::Budget;
use crate::commit::Commit;
use crate::error::{PathError, PathFault, SourceError};
use crate::folder::Folder;
use crate::request::{Limits, Request};
use crate::resolve::{Resolved, Target, resolve, tidied};
use crate::store::{Below, Node, Store, joined, parted};
use crate::words::shown;

/// An immutable, read-only tree of files. Cheap to clone, and used by any number of threads at once.
///
/// Paths are relative, with `/`; `""` is the root. Links are followed inside the checkout; one that leaves it is an error
/// when it is followed.
#[derive(Clone)]
pub struct Checkout(Arc<Inner>);

struct Inner {
    store: Box<dyn Store>,
    commit: Option<Commit>,
    prefix: String,
    limits: Limits,
    budget: Budget,
}

/// What stands at a path, all links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stat {
    /// A regular file.
    File {
        /// Its size in bytes.
        size: u64,
    },
    /// A folder.
    Folder,
}

/// One thing in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What a thing in a folder is. A link that leads to a file or folder of the checkout counts as that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link that leads nowhere, out of the checkout, or back to itself. Following it is an error.
    Link {
        /// The text of the link.
        target: String,
    },
    /// A submodule, which is not part of the checkout. Looking into it is an error.
    Submodule {
        /// The id of the commit that it stands for.
        commit: String,
    },
}

impl Checkout {
    /// The folder `root` of this machine, with the default limits. Git's own folder is not part of it, wherever it is.
    pub fn folder(root: &Path) -> Result<Self, SourceError> {
        Self::folder_within(root, Limits::default())
    }

    /// The folder `root` of this machine.
    pub fn folder_within(root: &Path, limits: Limits) -> Result<Self, SourceError> {
        Ok(Self::new(Box::new(Folder::open(root)?), None, String::new(), limits))
    }

    /// The work tree of a clone, by its root: the folder, and beside it what Git tracks and does not check out.
    pub fn work_tree(root: &Path) -> Result<Self, SourceError> {
        let limits = Limits::default();
        match crate::work_tree::open(root, limits)? {
            Some(tree) => Ok(Self::new(Box::new(tree), None, String::new(), limits)),
            None => Self::folder_within(root, limits),
        }
    }

    /// The tree of a commit, read from Git's objects. No work tree is looked at or written.
    pub fn revision(request: &Request) -> Result<Self, SourceError> {
        match request.repo.folder() {
            Some(folder) => crate::local::checkout(folder, request),
            #[cfg(feature = "fetch")]
            None => crate::fetch::checkout(request),
            #[cfg(not(feature = "fetch"))]
            None => Err(SourceError::NoFetch { url: request.repo.to_string() }),
        }
    }

    pub(crate) fn new(store: Box<dyn Store>, commit: Option<Commit>, prefix: String, limits: Limits) -> Self {
        Checkout(Arc::new(Inner { store, commit, prefix, limits, budget: Budget::new(limits.total) }))
    }

    /// The commit whose tree this is; nothing for a folder.
    pub fn commit(&self) -> Option<&Commit> {
        self.0.commit.as_ref()
    }

    /// Where in the checkout the folder lies by which the repository was named: `""` unless that is below the root of a
    /// work tree.
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What stands at `path`, all links followed.
    pub fn stat(&self, path: &str) -> Result<Stat, PathError> {
        let resolved = resolve(self.store(), path)?;
        match resolved.target {
            Target::Folder => Ok(Stat::Folder),
            Target::File => Ok(Stat::File { size: self.store().size(&resolved.path)? }),
            Target::Submodule => Err(self.submodule(&resolved.path)),
        }
    }

    /// The path of what stands at `path`, all links followed.
    pub fn real(&self, path: &str) -> Result<String, PathError> {
        Ok(resolve(self.store(), path)?.path)
    }

    /// What the folder at `folder` holds, sorted by name.
    pub fn list(&self, folder: &str) -> Result<Vec<Entry>, PathError> {
        let folder = self.real_folder(folder)?;
        let nodes = self.store().nodes(&folder)?;
        nodes.into_iter().map(|(name, node)| Ok(Entry { kind: self.kind(&folder, &name, node)?, name })).collect()
    }

    /// The content of the file at `path`.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, PathError> {
        let resolved = resolve(self.store(), path)?;
        match resolved.target {
            Target::File => {}
            Target::Folder => return Err(PathError::NotAFile { path: shown(path) }),
            Target::Submodule => return Err(self.submodule(&resolved.path)),
        }
        let bytes = self.store().read(&resolved.path, self.0.limits.file)?;
        let spent = self.0.budget.spend(&resolved.path, bytes.len() as u64);
        spent.map_err(|limit| PathError::TooMuch { path: shown(path), limit })?;
        Ok(bytes)
    }

    /// The text of the link at `path`, if there is a link; links on the way there are followed.
    pub fn read_link(&self, path: &str) -> Result<Option<String>, PathError> {
        let path = tidied(path)?;
        let (folder, name) = parted(&path);
        if name.is_empty() || name == ".." {
            resolve(self.store(), &path)?;
            return Ok(None);
        }
        let folder = self.real_folder(folder)?;
        match self.store().node(&folder, name)? {
            Some(Node::Link(text)) => Ok(Some(text)),
            Some(Node::File | Node::Folder | Node::Submodule(_)) => Ok(None),
            None => Err(PathError::NotFound { path: shown(&path) }),
        }
    }

    /// Every regular file below a folder, sorted name by name, as paths from the root; a file is below itself. In a folder of this
    /// machine, what `.gitignore` excludes is left out.
    ///
    /// Links to files and folders count as what they lead to, except that a folder within which the link itself stands is
    /// not walked again. A link to nothing is listed, so that reading it says so. A link that leaves the checkout or leads
    /// back to itself, a submodule, and every name that cannot be shown are errors.
    pub fn files(&self, below: &str) -> Result<Vec<String>, PathError> {
        Ok(self.below(below)?.whole()?.files)
    }

    /// As [`Self::files`], with what leads astray beside them instead of as the error, and where links to folders lead.
    pub fn below(&self, folder: &str) -> Result<Below, PathError> {
        let asked = tidied(folder)?;
        let astray = |error| Ok(Below { astray: vec![error], ..Below::default() });
        let resolved = match resolve(self.store(), &asked) {
            Ok(resolved) => resolved,
            Err(error) if error.fault() == PathFault::Astray => return astray(error),
            Err(error) => return Err(error),
        };
        match resolved.target {
            Target::File => return Ok(Below { files: vec![asked], ..Below::default() }),
            Target::Submodule => return astray(self.submodule(&resolved.path)),
            Target::Folder => {}
        }
        let mut below = self.store().below(&resolved.path, self.0.limits.files)?;
        if asked != resolved.path {
            rebase(&mut below.files, &resolved.path, &asked);
        }
        by_name(&mut below.files);
        Ok(below)
    }

    /// What lies below a path of a work tree and is not on disk, by the way that would lead there; a file is below itself. Nothing
    /// where all is on disk, and in a commit.
    pub fn not_on_disk(&self, path: &str) -> Result<Below, PathError> {
        let asked = tidied(path)?;
        let Resolved { path, target } = match resolve(self.store(), &asked) {
            Ok(resolved) => resolved,
            // What leads nowhere is told where it is looked for.
            Err(error) if error.fault() == PathFault::Missing || leads_nowhere(&error) => return Ok(Below::default()),
            Err(error) => return Err(error),
        };
        let mut below = match target {
            Target::Folder => self.store().not_on_disk(&path, &asked, self.0.limits.files)?,
            Target::File if self.store().is_absent(&asked) => Below { files: vec![asked], ..Below::default() },
            Target::File | Target::Submodule => Below::default(),
        };
        by_name(&mut below.files);
        Ok(below)
    }

    fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    fn real_folder(&self, path: &str) -> Result<String, PathError> {
        let resolved = resolve(self.store(), path)?;
        match resolved.target {
            Target::Folder => Ok(resolved.path),
            Target::File => Err(PathError::NotAFolder { path: shown(path) }),
            Target::Submodule => Err(self.submodule(&resolved.path)),
        }
    }

    fn kind(&self, folder: &str, name: &str, node: Node) -> Result<Kind, PathError> {
        let target = match node {
            Node::File => return Ok(Kind::File),
            Node::Folder => return Ok(Kind::Folder),
            Node::Submodule(commit) => return Ok(Kind::Submodule { commit }),
            Node::Link(target) => target,
        };
        match resolve(self.store(), &joined(folder, name)) {
            Ok(resolved) => Ok(match resolved.target {
                Target::File => Kind::File,
                Target::Folder => Kind::Folder,
                Target::Submodule => Kind::Link { target },
            }),
            Err(error) if leads_nowhere(&error) => Ok(Kind::Link { target }),
            Err(error) => Err(error),
        }
    }

    fn submodule(&self, path: &str) -> PathError {
        let (folder, name) = parted(path);
        let commit = match self.store().node(folder, name) {
            Ok(Some(Node::Submodule(commit))) => commit,
            Ok(_) | Err(_) => String::new(),
        };
        PathError::Submodule { path: shown(path), commit }
    }
}

impl std::fmt::Debug for Checkout {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Checkout").field("commit", &self.0.commit).finish_non_exhaustive()
    }
}

/// Whether following a link failed because of where it leads, rather than because something could not be read.
fn leads_nowhere(error: &PathError) -> bool {
    matches!(error.fault(), PathFault::Missing | PathFault::NotAFolder | PathFault::Astray)
}

/// Sorts paths folder by folder and by name in each, as a walk meets them: of two ways to a file the first is the same on disk
/// and in a commit.
fn by_name(files: &mut [String]) {
    files.sort_unstable_by(|one, other| one.split('/').cmp(other.split('/')));
}

/// Turns paths below the folder `real` into paths below `asked`, the way that led there.
fn rebase(files: &mut [String], real: &str, asked: &str) {
    for file in files {
        let below = file.strip_prefix(real).unwrap_or(file).trim_start_matches('/');
        *file = joined(asked, below);
    }
}
