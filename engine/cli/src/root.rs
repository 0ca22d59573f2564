//! The root of what is rendered: a kustomization may name whatever lies below it, and nothing beyond.

use std::path::{Component, Path, PathBuf};

use sluice_source::{Checkout, SourceError};

use crate::inputs::{At, File, Found};

/// A checkout, and how its paths and those of the command line go together.
#[derive(Clone)]
pub(crate) struct Root {
    checkout: Checkout,
    /// The folder on disk; none for a revision.
    folder: Option<PathBuf>,
    /// The names from the root to the working directory, where that lies inside of a root on disk.
    here: Option<Vec<String>>,
}

impl Root {
    /// The root of a revision.
    pub(crate) fn of(checkout: Checkout) -> Self {
        Self { checkout, folder: None, here: None }
    }

    /// The root around files on disk: the innermost Git repository that all of them lie in, else the one of the first, else the
    /// working directory where all lie below it, else the folder that all of them lie in. `beside` is a folder that speaks of
    /// them, if there is one.
    pub(crate) fn around(found: &Found, beside: Option<&Path>) -> Result<Self, SourceError> {
        let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
        let folder = |path: &Path| path.canonicalize().ok().filter(|path| path.is_dir());
        let named = found.ranges.iter().filter_map(|reached| folder(&reached.path));
        let files: Vec<PathBuf> = named.chain(found.files.iter().filter_map(folder_of)).collect();
        let beside = beside.and_then(folder);
        let first =
            files.first().or(beside.as_ref()).cloned().or_else(|| here.clone()).unwrap_or_else(|| PathBuf::from("."));
        let holds_files = |above: &&Path| files.iter().all(|folder| folder.starts_with(above));
        let repositories = || first.ancestors().filter(|folder| folder.join(".git").exists());
        let repository = repositories().find(holds_files).or_else(|| repositories().next()).map(Path::to_path_buf);
        let common = || {
            let all_below = |above: &&Path| holds_files(above) && beside.iter().all(|folder| folder.starts_with(above));
            here.iter().map(PathBuf::as_path).chain(first.ancestors()).find(all_below).map(Path::to_path_buf)
        };
        let folder = repository.or_else(common).unwrap_or(first);
        let checkout = Checkout::folder(&folder)?;
        let here = here.and_then(|here| names(here.strip_prefix(&folder).ok()?));
        Ok(Self { checkout, folder: Some(folder), here })
    }

    pub(crate) fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// Whether it is that of a revision.
    pub(crate) fn is_revision(&self) -> bool {
        self.folder.is_none()
    }

    /// Where each file lies in the checkout, in a folder without links; none for one outside of it.
    pub(crate) fn paths_of(&self, files: &[File]) -> Vec<Option<String>> {
        // Files come folder by folder.
        let mut last: Option<(PathBuf, Option<String>)> = None;
        let mut path_of = |file: &File| {
            let path = match &file.at {
                At::Stdin => return None,
                At::Checkout(path) => Path::new(path),
                At::Disk(path) => path,
            };
            let (folder, name) = (path.parent().unwrap_or(Path::new("")), path.file_name()?.to_str()?);
            if last.as_ref().is_none_or(|(known, _)| known.as_os_str() != folder.as_os_str()) {
                let on_disk = self.folder.is_some() && folder.as_os_str().is_empty();
                last = Some((folder.to_path_buf(), self.folder(if on_disk { Path::new(".") } else { folder })));
            }
            let (_, folder) = last.as_ref()?;
            let folder = folder.as_deref()?;
            Some(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
        };
        files.iter().map(&mut path_of).collect()
    }

    /// A folder that the command line names, without links from the root of the checkout.
    pub(crate) fn folder(&self, path: &Path) -> Option<String> {
        match &self.folder {
            // What cannot be followed is told where it is read.
            None => path.to_str().map(|path| self.checkout.real(path).unwrap_or_else(|_| path.to_owned())),
            Some(root) => Some(names(path.canonicalize().ok()?.strip_prefix(root).ok()?)?.join("/")),
        }
    }

    /// What messages call a path of the checkout: from the working directory, where that lies in it.
    pub(crate) fn shown(&self, path: &str) -> String {
        let shown = match (&self.here, &self.folder) {
            (Some(here), _) => {
                let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
                let shared = here.iter().zip(&names).take_while(|(one, other)| one == *other).count();
                let up = std::iter::repeat_n("..", here.len() - shared);
                up.chain(names.get(shared..).unwrap_or_default().iter().copied()).collect::<Vec<_>>().join("/")
            }
            (None, Some(folder)) => folder.join(path).to_string_lossy().into_owned(),
            (None, None) => path.to_owned(),
        };
        if shown.is_empty() { String::from(".") } else { shown }
    }
}

/// The folder of a file on disk, without links.
fn folder_of(file: &File) -> Option<PathBuf> {
    match &file.at {
        At::Stdin | At::Checkout(_) => None,
        At::Disk(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            folder.canonicalize().ok()
        }
    }
}

/// The names of a relative path; none where one is no text.
fn names(path: &Path) -> Option<Vec<String>> {
    path.components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str().map(String::from),
            Component::CurDir | Component::ParentDir | Component::RootDir | Component::Prefix(_) => None,
        })
        .collect()
}
