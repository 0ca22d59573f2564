//! From the paths of the command line to the files to read. Nothing is left out without being counted.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use sluice_policy::Input;
use sluice_source::{Below, Checkout, Indexes, PathFault};

use crate::output;
use crate::reading;
use walk::{files_below, is_manifest_name};

mod walk;
mod work_tree;

pub(crate) use walk::last_part;
pub(crate) use work_tree::{LeaveOut, WorkTree, find_in_work_tree};

/// Most files and folders that a walk meets. Folders whose links lead to each other come to more paths than a machine can hold.
const MOST_ENTRIES: usize = 1_000_000;

/// What to read, in a fixed order.
#[derive(Default)]
pub(crate) struct Found {
    /// The files, sorted by name within each path.
    pub(crate) files: Vec<File>,
    /// For each path of the command line: the range of its files.
    pub(crate) ranges: Vec<Reached>,
    /// What messages call what Git tracks below the paths and does not check out, as in a sparse checkout.
    pub(crate) absent: BTreeSet<String>,
}

/// A file to read.
pub(crate) struct File {
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) at: At,
    /// Whether the command line names it: then it is read as it is, whatever lies beside it.
    pub(crate) named: bool,
    /// Where it is without links, if more than one way may lead to it. Which of them counts depends on what becomes of each.
    pub(crate) real: Option<OsString>,
}

/// Where a file is.
pub(crate) enum At {
    Stdin,
    Disk(PathBuf),
    /// A path in a checkout.
    Checkout(String),
}

impl File {
    /// The file as the gate reads it.
    pub(crate) fn input(self, checkout: Option<&Checkout>) -> Input {
        match (self.at, checkout.cloned()) {
            (At::Stdin, _) => standard_input(),
            (At::Disk(path), _) if self.named => Input::file(self.name, path, reading::named),
            (At::Disk(path), _) => Input::file(self.name, path, reading::found),
            (At::Checkout(path), Some(checkout)) => {
                Input::new(self.name, move || checkout.read(&path).map_err(io::Error::other).and_then(reading::whole))
            }
            (At::Checkout(path), None) => {
                Input::new(self.name, move || Err(io::Error::other(format!("there is no checkout for `{path}`"))))
            }
        }
    }
}

/// What a path of the command line led to.
pub(crate) struct Reached {
    pub(crate) path: PathBuf,
    /// Which of the files.
    pub(crate) files: std::ops::Range<usize>,
    /// The links to folders that were followed from it, or where they lead, among other folders.
    pub(crate) folders: Vec<PathBuf>,
    /// Whether it led to what a path before it had led to already.
    pub(crate) again: bool,
}

/// A path that cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {cause}")]
pub(crate) struct PathError {
    path: String,
    cause: io::Error,
    help: &'static str,
}

/// What to do about a path that is not there.
const MISSPELT: &str = "check the spelling of the path";
/// What to do about more than a walk meets.
const TOO_MANY: &str = "name fewer folders, or take out the links that lead from one into the other";
/// What to do about what keeps a walk from going on.
const UNWALKED: &str = "mend that, or name other files and folders";
/// What to do about what is no part of the repository.
const ASTRAY: &str = "take it out, or name the files and folders beside it";

impl PathError {
    fn new(path: impl Into<String>, cause: io::Error) -> Self {
        Self { path: path.into(), cause, help: MISSPELT }
    }

    /// What is wrong with a path of a checkout.
    pub(crate) fn of_checkout(path: &str, error: sluice_source::PathError) -> Self {
        let help = if matches!(error, sluice_source::PathError::TooMany { .. }) {
            TOO_MANY
        } else if error.fault() == PathFault::Astray {
            ASTRAY
        } else {
            MISSPELT
        };
        let path = if path.is_empty() { "." } else { path };
        Self { help, ..Self::new(path, io::Error::other(error)) }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        self.help
    }
}

/// Finds the files below `paths`: a named file whatever its name, `-` for standard input, and in folders every
/// `.yaml`, `.yml` and `.json` that `.gitignore` does not exclude, or that Git tracks all the same, hidden ones too.
/// `leave_out` (the policy file in use) is not read as a manifest.
pub(crate) fn find(paths: &[PathBuf], leave_out: Option<&Path>) -> Result<Found, PathError> {
    // Text by text: a path compares and hashes name by name, which is slow for thousands of them.
    let leave_out = leave_out.and_then(|path| path.canonicalize().ok());
    let mut found = Found::default();
    let mut seen = Seen::default();
    let (mut real_folders, mut indexes) = (Folders::default(), Indexes::default());
    // One path without links leads to no file twice.
    let mut is_plain = paths.len() == 1;
    for (number, path) in paths.iter().enumerate() {
        let (first, mut again, mut folders) = (found.files.len(), false, Vec::new());
        if path.as_os_str() == "-" {
            found.files.push(File { name: String::from("-"), at: At::Stdin, named: true, real: None });
        } else {
            let below = files_below(path, MOST_ENTRIES, &mut indexes)?;
            is_plain &= !below.links;
            folders = below.folders;
            found.absent.extend(below.absent.iter().map(|path| name_of(path)));
            found.files.reserve(below.files.len());
            for (file, is_link) in below.files {
                let named = file.as_os_str() == path.as_os_str();
                let mut real = None;
                if !is_plain || is_link || leave_out.as_deref().is_some_and(|path| last_part(path) == last_part(&file))
                {
                    let canonical = real_folders.canonical(&file, is_link).into_os_string();
                    let is_left_out = leave_out.as_ref().is_some_and(|path| path.as_os_str() == canonical);
                    if is_left_out && !named {
                        continue;
                    }
                    again |= seen.before(&canonical, number);
                    real = Some(canonical);
                }
                found.files.push(File { name: name_of(&file), at: At::Disk(file), named, real });
            }
        }
        found.ranges.push(Reached { path: path.clone(), files: first..found.files.len(), folders, again });
    }
    for error in indexes.broken() {
        let help = "what `.gitignore` excludes there is not read, though Git may track it: mend the clone, or remove its `.git`";
        output::warn(&error.to_string(), Some(help));
    }
    Ok(found)
}

/// The path of the command line that led to each file first, by its number.
#[derive(Default)]
struct Seen(HashMap<OsString, usize>);

impl Seen {
    /// Whether a path before that of this number led to a file.
    fn before(&mut self, file: &OsStr, number: usize) -> bool {
        match self.0.get(file) {
            Some(first) => *first < number,
            None => self.0.insert(file.to_owned(), number).is_some(),
        }
    }
}

/// As [`find`], in a checkout. The paths are from its root, as [`in_checkout`] makes them.
pub(crate) fn find_in(checkout: &Checkout, paths: &[String], leave_out: Option<&str>) -> Result<Found, PathError> {
    find_by(checkout, paths, leave_out, |path| checkout.below(path)?.whole())
}

/// What leads out of a repository, and the path of the command line that it was met below.
pub(crate) type Astray = Vec<(String, sluice_source::PathError)>;

/// As [`find_in`], but what leads out of the repository is given besides.
pub(crate) fn find_within(
    checkout: &Checkout,
    paths: &[String],
    leave_out: Option<&str>,
) -> Result<(Found, Astray), PathError> {
    let mut astray = Astray::new();
    let found = find_by(checkout, paths, leave_out, |path| {
        let mut below = checkout.below(path)?;
        astray.extend(below.astray.drain(..).map(|error| (path.to_owned(), error)));
        Ok(below)
    })?;
    Ok((found, astray))
}

fn find_by(
    checkout: &Checkout,
    paths: &[String],
    leave_out: Option<&str>,
    mut below: impl FnMut(&str) -> Result<Below, sluice_source::PathError>,
) -> Result<Found, PathError> {
    let mut found = Found::default();
    let mut seen = Seen::default();
    for (number, path) in paths.iter().enumerate() {
        let (first, mut again) = (found.files.len(), false);
        let Below { files, folders, .. } = below(path).map_err(|error| PathError::of_checkout(path, error))?;
        for file in files {
            let named = file == *path;
            let wanted = named || is_manifest_name(Path::new(&file)) && leave_out != Some(file.as_str());
            if !wanted {
                continue;
            }
            // A link to nothing is told for each way that leads to it.
            let real = OsString::from(checkout.real(&file).unwrap_or_else(|_| file.clone()));
            again |= seen.before(&real, number);
            found.files.push(File { name: file.clone(), at: At::Checkout(file), named, real: Some(real) });
        }
        let folders = folders.into_iter().map(PathBuf::from).collect();
        found.ranges.push(Reached { path: PathBuf::from(path), files: first..found.files.len(), folders, again });
    }
    Ok(found)
}

/// The paths of the command line, from the root of a checkout that was named by the folder `prefix` in it.
pub(crate) fn in_checkout(prefix: &str, paths: &[PathBuf]) -> Result<Vec<String>, PathError> {
    let below = |path: &PathBuf| {
        let refused = |cause| PathError::new(path.display().to_string(), io::Error::other(cause));
        if path.as_os_str() == "-" {
            let cause = refused("standard input is no part of a revision");
            return Err(PathError { help: "name files and folders of the repository", ..cause });
        }
        let mut names: Vec<String> = prefix.split('/').filter(|name| !name.is_empty()).map(String::from).collect();
        for part in path.components() {
            match part {
                Component::Normal(name) => names.push(name.to_string_lossy().into_owned()),
                Component::ParentDir => {
                    names.pop().ok_or_else(|| refused("it is outside of the repository"))?;
                }
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => {
                    return Err(refused("a path into a revision is relative to the folder that names the repository"));
                }
            }
        }
        Ok(names.join("/"))
    };
    paths.iter().map(below).collect()
}

fn standard_input() -> Input {
    Input::new("-", || {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

/// Where files are without links. The file system is asked once for each folder, and for each file that is a link.
#[derive(Default)]
struct Folders {
    /// The folder of the last file, as it is named and without links: files come folder by folder.
    last: Option<(PathBuf, PathBuf)>,
}

impl Folders {
    fn canonical(&mut self, file: &Path, is_link: bool) -> PathBuf {
        self.beside(file, is_link).unwrap_or_else(|| file.canonicalize().unwrap_or_else(|_| file.to_path_buf()))
    }

    fn beside(&mut self, file: &Path, is_link: bool) -> Option<PathBuf> {
        let (folder, name) = (file.parent()?, file.file_name().filter(|_| !is_link)?);
        if self.last.as_ref().is_none_or(|(named, _)| named.as_os_str() != folder.as_os_str()) {
            let named = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            self.last = Some((folder.to_path_buf(), named.canonicalize().ok()?));
        }
        self.last.as_ref().map(|(_, canonical)| canonical.join(name))
    }
}

/// What messages call a file: with `/`, and without a leading `./`.
fn name_of(file: &Path) -> String {
    let name = file.to_string_lossy();
    let name = if name.contains('\\') { name.replace('\\', "/").into() } else { name };
    name.strip_prefix("./").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn only_gitignore_leaves_files_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at(".git/info")).unwrap();
        for name in ["a.yaml", "b.yaml", "c.yaml"] {
            std::fs::write(at(name), "").unwrap();
        }
        std::fs::write(at(".ignore"), "a.yaml\n").unwrap();
        std::fs::write(at(".git/info/exclude"), "b.yaml\n").unwrap();
        std::fs::write(at(".gitignore"), "c.yaml\n").unwrap();
        let found = find(&[folder.path().to_path_buf()], None).unwrap();
        let names: Vec<_> = found.files.iter().filter_map(|file| Path::new(&file.name).file_name()).collect();
        assert_eq!(names, ["a.yaml", "b.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn ways_to_one_file_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("in/x")).unwrap();
        for name in ["in/x/a.yaml", "in/x/sluice.yaml", "in/b.yaml", "in/.git"] {
            std::fs::write(at(name), "").unwrap();
        }
        let found = |paths: &[PathBuf]| -> Vec<String> {
            let mut found = find(paths, Some(&at("in/x/sluice.yaml"))).unwrap();
            let mut known = HashSet::new();
            found.files.retain(|file| file.real.clone().is_none_or(|real| known.insert(real)));
            let shown =
                |file: &File| file.name.strip_prefix(&format!("{}/", folder.path().display())).map(String::from);
            found.files.iter().filter_map(shown).collect()
        };
        assert_eq!(found(&[at("in")]), ["in/b.yaml", "in/x/a.yaml"]);
        assert_eq!(found(&[at("in/x/sluice.yaml")]), ["in/x/sluice.yaml"]);
        assert_eq!(found(&[at("in"), at("in/x")]), ["in/b.yaml", "in/x/a.yaml"]);
        std::os::unix::fs::symlink(at("in/x"), at("in/linked")).unwrap();
        assert_eq!(found(&[at("in")]), ["in/b.yaml", "in/linked/a.yaml"]);
        std::fs::remove_file(at("in/linked")).unwrap();
        std::os::unix::fs::symlink(at("in/x/a.yaml"), at("in/a.yaml")).unwrap();
        assert_eq!(found(&[at("in")]), ["in/a.yaml", "in/b.yaml"]);
    }
}
