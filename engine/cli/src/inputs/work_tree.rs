//! What to read of the work tree of a clone: what is on disk, and what Git does not check out, which to Git is unchanged.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use sluice_source::{Below, Checkout};

use super::{Astray, At, File, Folders, Found, PathError, Reached, Seen, find, is_manifest_name};

/// The work tree of a clone.
#[derive(Clone, Copy)]
pub(crate) struct WorkTree<'w> {
    pub(crate) checkout: &'w Checkout,
    /// Its root, without links.
    pub(crate) root: &'w Path,
    /// The folder that paths start from.
    pub(crate) here: &'w Path,
}

/// The policy file in use, which is not read as a manifest: on disk, or as a path from the root.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeaveOut<'l> {
    pub(crate) on_disk: Option<&'l Path>,
    pub(crate) in_checkout: Option<&'l str>,
}

/// As [`find`], in the work tree of a clone: the files are named from its root, by the way that led to them, as those of a
/// revision are. Each path comes as it was written and from the root. What leads out of the repository and is not on disk is given besides.
pub(crate) fn find_in_work_tree(
    tree: WorkTree<'_>,
    paths: &[(PathBuf, String)],
    leave_out: LeaveOut<'_>,
) -> Result<(Found, Astray), PathError> {
    let place = |path: &Path| tidy(&tree.here.join(path));
    // One that Git has not put on disk is looked for by its objects alone.
    let mut is_on_disk = Vec::with_capacity(paths.len());
    for (path, way) in paths {
        is_on_disk.push(place(path).exists() || not_on_disk(tree.checkout, way)?.files.is_empty());
    }
    let there = paths.iter().zip(&is_on_disk).filter(|(_, there)| **there);
    let on_disk: Vec<PathBuf> = there.map(|((path, _), _)| place(path)).collect();
    let Found { files, ranges, .. } = find(&on_disk, leave_out.on_disk)?;
    let (mut files, mut ranges) = (files.into_iter(), ranges.into_iter());
    let mut finding = Finding {
        tree,
        leave_out: leave_out.in_checkout,
        real_folders: Folders::default(),
        seen: Seen::default(),
        found: Found::default(),
        astray: Astray::new(),
    };
    for (number, ((_, way), is_on_disk)) in paths.iter().zip(is_on_disk).enumerate() {
        let first = finding.found.files.len();
        let (mut folders, mut again) = (Vec::new(), false);
        if let Some(reached) = if is_on_disk { ranges.next() } else { None } {
            again = reached.again;
            folders = finding.on_disk(way, reached, &mut files)?;
        }
        again |= finding.absent(way, number, &mut folders, first)?;
        let files = first..finding.found.files.len();
        finding.found.ranges.push(Reached { path: PathBuf::from(way), files, folders, again });
    }
    Ok((finding.found, finding.astray))
}

/// What is not on disk below a path.
fn not_on_disk(checkout: &Checkout, way: &str) -> Result<Below, PathError> {
    checkout.not_on_disk(way).map_err(|error| PathError::of_checkout(way, error))
}

struct Finding<'f> {
    tree: WorkTree<'f>,
    leave_out: Option<&'f str>,
    real_folders: Folders,
    seen: Seen,
    found: Found,
    astray: Astray,
}

impl Finding<'_> {
    /// Takes the files that a path led to on disk. Gives the folders that were walked, from the root.
    fn on_disk(
        &mut self,
        way: &str,
        reached: Reached,
        files: &mut impl Iterator<Item = File>,
    ) -> Result<Vec<PathBuf>, PathError> {
        self.inside(&reached.path, reached.path.is_dir())?;
        let from_root = |path: &Path| {
            let below = path.strip_prefix(&reached.path).unwrap_or(path);
            let names = way.split('/').map(Cow::from).chain(below.iter().map(OsStr::to_string_lossy));
            names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/")
        };
        for file in files.take(reached.files.len()) {
            let At::Disk(path) = &file.at else { continue };
            self.inside(path, false)?;
            let way = from_root(path);
            self.found.files.push(File { name: way.clone(), at: At::Checkout(way), ..file });
        }
        Ok(reached.folders.iter().map(|folder| PathBuf::from(from_root(folder))).collect())
    }

    fn inside(&mut self, path: &Path, is_folder: bool) -> Result<(), PathError> {
        let fails = |cause| PathError::new(path.display().to_string(), cause);
        // The folder without links, but not the file: one that leads out of the clone is told when it is read.
        let real =
            if is_folder { path.canonicalize().map_err(fails)? } else { self.real_folders.canonical(path, false) };
        match real.starts_with(self.tree.root) {
            true => Ok(()),
            false => Err(fails(io::Error::other("it is outside of the repository"))),
        }
    }

    /// Adds what is not on disk, below a path and in the folders that were walked from there, to its files, which begin with
    /// the `first`. Whether a path before led there too.
    fn absent(
        &mut self,
        way: &str,
        number: usize,
        folders: &mut Vec<PathBuf>,
        first: usize,
    ) -> Result<bool, PathError> {
        let checkout = self.tree.checkout;
        let walked = folders.iter().filter_map(|folder| folder.to_str()).filter(|folder| *folder != way);
        let (mut files, mut linked) = (BTreeSet::new(), BTreeSet::new());
        for start in [way].into_iter().chain(walked) {
            let below = not_on_disk(checkout, start)?;
            files.extend(below.files);
            linked.extend(below.folders);
            self.astray.extend(below.astray.into_iter().map(|error| (way.to_owned(), error)));
        }
        // A link on disk that leads to nothing there was met on disk too.
        for file in self.found.files.get(first..).unwrap_or_default() {
            files.remove(&file.name);
        }
        folders.extend(linked.into_iter().map(PathBuf::from));
        let mut again = false;
        let before = self.found.files.len();
        for file in files {
            let named = file == way;
            if !named && (!is_manifest_name(Path::new(&file)) || self.leave_out == Some(file.as_str())) {
                continue;
            }
            let real = checkout.real(&file).unwrap_or_else(|_| file.clone());
            let real = OsString::from(self.tree.root.join(real));
            again |= self.seen.before(&real, number);
            self.found.files.push(File { name: file.clone(), at: At::Checkout(file), named, real: Some(real) });
        }
        if self.found.files.len() > before {
            let files = self.found.files.get_mut(first..).unwrap_or_default();
            files.sort_by(|one, other| one.name.split('/').cmp(other.name.split('/')));
        }
        Ok(again)
    }
}

/// Without `.` in front.
fn tidy(path: &Path) -> PathBuf {
    let tidied: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if tidied.as_os_str().is_empty() { PathBuf::from(".") } else { tidied }
}
