//! What lies below a folder on disk: all that is named like a manifest, but for what `.gitignore` excludes and Git does not
//! track.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use sluice_source::tracked;
use sluice_source::walked::{is_loop, path_of};

use super::{PathError, TOO_MANY};

/// What lies below a path.
pub(super) struct Below {
    /// Folder by folder and by name in each, and whether each is a link.
    pub(super) files: Vec<(PathBuf, bool)>,
    /// Whether a link was met, to a file or to a folder.
    pub(super) links: bool,
}

/// Finds it; more than `most` files and folders are an error.
pub(super) fn files_below(path: &Path, most: usize) -> Result<Below, PathError> {
    let fails = |cause| PathError::new(path.display().to_string(), cause);
    if !path.metadata().map_err(fails)?.is_dir() {
        return Ok(Below { files: vec![(path.to_path_buf(), true)], links: true });
    }
    let (mut files, mut links) = (Vec::new(), path.is_symlink());
    let walk = WalkBuilder::new(path)
        .hidden(false)
        .follow_links(true)
        .require_git(false)
        // Of all that may say what is to be ignored, only what is seen in the repository.
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .filter_entry(|entry| last_part(entry.path()) != b".git")
        // Of two in one folder the text before their names is the same.
        .sort_by_file_path(|one, other| one.as_os_str().cmp(other.as_os_str()))
        .build();
    for (count, entry) in walk.enumerate() {
        if count > most {
            let cause = io::Error::other(format!("there are more than {most} files and folders below it"));
            return Err(PathError { help: TOO_MANY, ..fails(cause) });
        }
        links |= entry.as_ref().is_ok_and(ignore::DirEntry::path_is_symlink);
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| !kind.is_dir()) && is_manifest_name(entry.path()) => {
                let is_link = entry.path_is_symlink();
                files.push((entry.into_path(), is_link));
            }
            Ok(_) => {}
            Err(error) if is_loop(&error) => {}
            // A link that leads nowhere is only of interest where it is named like a manifest.
            Err(error) => match path_of(&error) {
                Some(broken) if broken.is_symlink() && !is_manifest_name(&broken) => {}
                // What cannot be read is told where the others are judged, a folder too.
                Some(broken) if broken.is_symlink() || broken.exists() => {
                    links = true;
                    files.push((broken, true));
                }
                Some(_) | None => {
                    let path = path_of(&error).unwrap_or_else(|| path.to_path_buf()).display().to_string();
                    let cause =
                        error.into_io_error().unwrap_or_else(|| io::Error::other("the folder cannot be walked"));
                    return Err(PathError::new(path, cause));
                }
            },
        }
    }
    if add_tracked(path, &mut files).map_err(fails)? {
        files.sort_unstable();
    }
    Ok(Below { files, links })
}

/// Adds the files below a folder that Git tracks although `.gitignore` excludes them: a commit has them, so that they are
/// judged as those of a revision are.
fn add_tracked(folder: &Path, files: &mut Vec<(PathBuf, bool)>) -> io::Result<bool> {
    let below = tracked(folder, is_manifest_name).map_err(io::Error::other)?;
    let known: HashSet<&OsStr> = match below.is_empty() {
        true => HashSet::new(),
        false => files.iter().map(|(file, _)| file.as_os_str()).collect(),
    };
    let kind = |path: PathBuf| path.symlink_metadata().ok().filter(|found| !found.is_dir()).map(|found| (path, found));
    let unknown = below.into_iter().map(|path| folder.join(path)).filter(|path| !known.contains(path.as_os_str()));
    let more: Vec<_> = unknown.filter_map(kind).map(|(path, found)| (path, found.is_symlink())).collect();
    let is_more = !more.is_empty();
    files.extend(more);
    Ok(is_more)
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
        let error = files_below(&at(0), 1000).err();
        assert_eq!(error.as_ref().map(PathError::help), Some(TOO_MANY));
        let error = error.map(|error| error.to_string());
        let words = format!("cannot read `{}`: there are more than 1000 files and folders below it", at(0).display());
        assert_eq!(error, Some(words));
        assert!(files_below(&at(30), 0).is_ok());
    }
}
