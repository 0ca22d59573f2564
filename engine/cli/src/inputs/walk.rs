//! What lies below a folder on disk: all that is named like a manifest, but for what `.gitignore` excludes and Git does not
//! track.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use sluice_source::walked::{self, is_loop, path_of};
use sluice_source::{Indexes, Tracked};

use super::{PathError, TOO_MANY, UNWALKED};
use crate::reading::{dangling, is_absent};

/// What lies below a path.
#[derive(Default)]
pub(super) struct Below {
    /// Folder by folder and by name in each, and whether each is a link.
    pub(super) files: Vec<(PathBuf, bool)>,
    /// Whether a link was met, to a file or to a folder.
    pub(super) links: bool,
    /// The links to folders that were walked, among others.
    pub(super) folders: Vec<PathBuf>,
    /// What Git tracks and does not check out, and submodules that nobody has fetched.
    pub(super) absent: Vec<PathBuf>,
}

/// Finds it; more than `most` files and folders are an error.
pub(super) fn files_below(path: &Path, most: usize, indexes: &mut Indexes) -> Result<Below, PathError> {
    let fails = |cause| PathError::new(path.display().to_string(), cause);
    let found = path.metadata().map_err(|error| fails(dangling(path, error)))?;
    if !found.is_dir() {
        return Ok(Below { files: vec![(path.to_path_buf(), true)], links: true, ..Below::default() });
    }
    let links = path.is_symlink();
    let (files, folders, absent) = (Vec::new(), Vec::new(), Vec::new());
    let mut walk = Walk { path, most, met: 0, files, folders, absent, links, is_sorted: true };
    let mut above = vec![path.canonicalize().map_err(fails)?];
    walk.folder(path, &mut above, indexes)?;
    let Walk { mut files, links, folders, absent, is_sorted, .. } = walk;
    if !is_sorted {
        files.sort_unstable();
    }
    Ok(Below { files, links, folders, absent })
}

struct Walk<'w> {
    /// What was named.
    path: &'w Path,
    most: usize,
    /// How many files and folders were met.
    met: usize,
    files: Vec<(PathBuf, bool)>,
    /// The links to folders that were walked, and the clones within what was: those where an index is to be asked.
    folders: Vec<PathBuf>,
    absent: Vec<PathBuf>,
    links: bool,
    is_sorted: bool,
}

impl Walk<'_> {
    /// Walks a folder, and then what Git tracks in it, in clones in it and behind its links although `.gitignore` excludes it: a commit has it, so
    /// that it is judged as that of a revision is. `above` are the folders, without links, that it began with and that such links
    /// led to on the way here.
    fn folder(&mut self, start: &Path, above: &mut Vec<PathBuf>, indexes: &mut Indexes) -> Result<(), PathError> {
        let first = self.folders.len();
        self.folders.push(start.to_path_buf());
        for entry in walked::walk(start, None, |_| true) {
            if self.met > self.most {
                let most = self.most;
                let cause = io::Error::other(format!("there are more than {most} files and folders below it"));
                return Err(PathError { help: TOO_MANY, ..self.fails(cause) });
            }
            self.met += 1;
            self.entry(entry)?;
        }
        let mut next = Vec::new();
        for folder in self.folders.iter().skip(first) {
            let tracked = indexes.below(folder, is_manifest_name);
            let tracked = tracked.map_err(|error| self.fails(io::Error::other(error)))?;
            next.extend(tracked.into_iter().map(|tracked| Tracked { path: folder.join(&tracked.path), ..tracked }));
        }
        let known: HashSet<&OsStr> = match next.is_empty() {
            true => HashSet::new(),
            false => {
                self.files.iter().map(|(file, _)| file).chain(&self.folders).map(|path| path.as_os_str()).collect()
            }
        };
        next.retain(|tracked| !known.contains(tracked.path.as_os_str()));
        for tracked in next {
            self.tracked(tracked, above, indexes)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: Result<ignore::DirEntry, ignore::Error>) -> Result<(), PathError> {
        match entry {
            Ok(entry) => {
                let (is_link, is_folder) =
                    (entry.path_is_symlink(), entry.file_type().is_some_and(|kind| kind.is_dir()));
                self.links |= is_link;
                if !is_folder && is_manifest_name(entry.path()) {
                    self.files.push((entry.into_path(), is_link));
                } else if is_folder && entry.depth() > 0 && (is_link || walked::is_clone(entry.path())) {
                    self.folders.push(entry.into_path());
                }
            }
            Err(error) if is_loop(&error) => {}
            Err(error) => match path_of(&error) {
                // A link that leads nowhere is only of interest where it is named like a manifest.
                Some(broken)
                    if error.io_error().is_some_and(is_absent) && broken.is_symlink() && !is_manifest_name(&broken) => {
                }
                // What cannot be read is told where the others are judged, a folder too.
                Some(broken) if broken.is_symlink() || broken.exists() => {
                    self.links = true;
                    self.files.push((broken, true));
                }
                Some(_) | None => {
                    let path = path_of(&error);
                    let cause =
                        error.into_io_error().unwrap_or_else(|| io::Error::other("the folder cannot be walked"));
                    // The path was found then, and it says of itself what is in the way.
                    let Some(path) = path else { return Err(PathError { help: UNWALKED, ..self.fails(cause) }) };
                    return Err(PathError::new(path.display().to_string(), cause));
                }
            },
        }
        Ok(())
    }

    /// What Git tracks and the walk did not meet, if it is there, or if Git itself has not put it there.
    fn tracked(
        &mut self,
        Tracked { path, is_link, is_module, may_be_absent }: Tracked,
        above: &mut Vec<PathBuf>,
        indexes: &mut Indexes,
    ) -> Result<(), PathError> {
        let Ok(found) = path.symlink_metadata() else {
            self.absent.extend((may_be_absent || is_module).then_some(path));
            return Ok(());
        };
        let is_folder = match path.metadata() {
            _ if !is_link => found.is_dir(),
            Ok(target) => target.is_dir(),
            Err(error) if is_absent(&error) => false,
            Err(_) => {
                self.add(path, true);
                return Ok(());
            }
        };
        if !is_folder {
            if is_manifest_name(&path) {
                self.add(path, found.is_symlink());
            }
            return Ok(());
        }
        let (Ok(real), Some(Ok(beside))) = (path.canonicalize(), path.parent().map(Path::canonicalize)) else {
            self.add(path, true);
            return Ok(());
        };
        // A submodule that a list excludes by name, as Git does not.
        let is_clone = !found.is_symlink() && walked::is_clone(&path);
        if is_module && !found.is_symlink() && !is_clone {
            // As `git clone` leaves it.
            self.absent.push(path);
            return Ok(());
        }
        // What leads back is walked already.
        if !found.is_symlink() && !is_clone || beside.starts_with(&real) || above.contains(&real) {
            return Ok(());
        }
        self.links = true;
        self.is_sorted = false;
        above.push(real);
        let walked = self.folder(&path, above, indexes);
        above.pop();
        walked
    }

    fn add(&mut self, file: PathBuf, is_link: bool) {
        self.is_sorted = false;
        self.links |= is_link;
        self.files.push((file, is_link));
    }

    fn fails(&self, cause: io::Error) -> PathError {
        PathError::new(self.path.display().to_string(), cause)
    }
}

/// Whether a file of this name in a folder is read as a manifest.
pub(super) fn is_manifest_name(path: &Path) -> bool {
    const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
    let name = last_part(path);
    let ending = name.iter().rposition(|byte| *byte == b'.').and_then(|at| name.get(at + 1..));
    name == b"Kustomization"
        || ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known.as_bytes())))
}

/// The name of a file, by its text: a path takes itself apart from its start each time, which is slow for thousands of them.
pub(crate) fn last_part(path: &Path) -> &[u8] {
    let text = path.as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    match text.iter().rposition(is_separator).map(|at| text.get(at + 1..).unwrap_or_default()) {
        None => text,
        Some(b"" | b"." | b"..") => path.file_name().unwrap_or_default().as_encoded_bytes(),
        Some(name) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_known_by_their_names() {
        for name in
            ["a/b.yaml", "b.YML", "b.c.Json", "a.yaml/Kustomization", "a/b.yaml/", ".b.yaml", ".yaml", "a/.json"]
        {
            assert!(is_manifest_name(Path::new(name)), "{name}");
        }
        for name in ["a.yaml/b", "a/.yaml.d", "yaml", "b.yaml.bak", "b.", "", "/", "a/.."] {
            assert!(!is_manifest_name(Path::new(name)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_walk_ends_where_links_multiply() {
        let folder = tempfile::tempdir().unwrap();
        let at = |number: usize| folder.path().join(number.to_string());
        for number in 0..=30 {
            std::fs::create_dir(at(number)).unwrap();
        }
        for number in 0..30 {
            for link in ["a", "b"] {
                std::os::unix::fs::symlink(at(number + 1), at(number).join(link)).unwrap();
            }
        }
        let error = files_below(&at(0), 1000, &mut Indexes::default()).err();
        assert_eq!(error.as_ref().map(PathError::help), Some(TOO_MANY));
        let error = error.map(|error| error.to_string());
        let words = format!("cannot read `{}`: there are more than 1000 files and folders below it", at(0).display());
        assert_eq!(error, Some(words));
        assert!(files_below(&at(30), 0, &mut Indexes::default()).is_ok());
    }
}
