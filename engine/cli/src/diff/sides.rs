//! The two sides of a change, as the command line names them in Git's manner: `BASE HEAD`, `BASE..HEAD`, `BASE...HEAD`, or
//! `BASE` alone for the work tree.

use std::path::{Path, PathBuf};

use sluice_diff::Name;
use sluice_source::{Checkout, RepoLocation, SourceError, merge_base};

use crate::exit::Exit;
use crate::inputs::{self, Astray, Found, LeaveOut, PathError, WorkTree};
use crate::output;
use crate::source::{self, Repository};

/// What is compared.
pub(super) struct Asked {
    base: String,
    /// None for the work tree.
    head: Option<String>,
    /// Whether the base is the best common ancestor.
    from_merge_base: bool,
    /// Files and folders.
    pub(super) paths: Vec<PathBuf>,
}

/// One side.
pub(super) struct Tree {
    pub(super) name: Name,
    pub(super) checkout: Checkout,
    /// For the work tree: the folder that paths start from, and the root, without links.
    pub(super) on_disk: Option<(PathBuf, PathBuf)>,
}

impl Asked {
    /// Reads the arguments. `after` are those that follow `--`, which are paths whatever they look like.
    pub(super) fn of(base: &str, head: Option<&str>, paths: &[PathBuf], after: &[PathBuf]) -> Self {
        let or_head = |text: &str| if text.is_empty() { String::from("HEAD") } else { text.to_owned() };
        let dots = ["...", ".."].into_iter().find_map(|dots| Some((dots, base.split_once(dots)?)));
        let (base, head, first, from_merge_base) = match dots {
            Some((dots, (one, other))) => (or_head(one), Some(or_head(other)), head, dots == "..."),
            None => (base.to_owned(), head.map(String::from), None, false),
        };
        let mut all: Vec<PathBuf> = first.map(PathBuf::from).into_iter().collect();
        all.extend(paths.iter().chain(after).cloned());
        if all.is_empty() {
            all.push(PathBuf::from("."));
        }
        Self { base, head, from_merge_base, paths: all }
    }

    /// The trees of both sides.
    pub(super) fn trees(&self, repository: &Repository) -> Result<(Tree, Tree), Exit> {
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            output::complain("standard input has no other side", Some("name files and folders of the repository"));
            return Err(Exit::Usage);
        }
        let base = self.base(repository)?;
        let head = match &self.head {
            Some(revision) => revision_of(repository, revision, revision.clone()).map_err(|error| self.told(&error))?,
            None => work_tree(repository, base.checkout.prefix())?,
        };
        Ok((base, head))
    }

    fn base(&self, repository: &Repository) -> Result<Tree, Exit> {
        let fails = |error| source::tell(&error);
        match &self.head {
            Some(head) if self.from_merge_base => {
                let request = repository.request(&self.base).map_err(fails)?;
                let commit = merge_base(&request, &self.base, head).map_err(fails)?;
                let words = format!("the merge base of {} and {head}", self.base);
                revision_of(repository, &commit.id, words).map_err(fails)
            }
            Some(_) | None => revision_of(repository, &self.base, self.base.clone()).map_err(fails),
        }
    }

    /// Where HEAD is no revision but a path, a `--` was forgotten.
    fn told(&self, error: &SourceError) -> Exit {
        let head = self.head.as_deref().unwrap_or_default();
        if matches!(error, SourceError::UnknownRevision { .. } | SourceError::NotAName { .. })
            && Path::new(head).exists()
        {
            let help =
                format!("to compare `{}` with the work tree, write: sluice diff {} -- {head}", self.base, self.base);
            output::complain(&format!("`{head}` is a path and no revision"), Some(&help));
            return Exit::Usage;
        }
        source::tell(error)
    }
}

fn revision_of(repository: &Repository, revision: &str, words: String) -> Result<Tree, SourceError> {
    let checkout = repository.checkout(revision)?;
    let commit = checkout.commit().map(|commit| commit.id.clone());
    Ok(Tree { name: Name { words, commit }, checkout, on_disk: None })
}

/// The work tree of the clone, whose revisions are named from the folder `prefix` in it.
fn work_tree(repository: &Repository, prefix: &str) -> Result<Tree, Exit> {
    let refuse = |message: &str, help: &str| {
        output::complain(message, Some(help));
        Exit::Usage
    };
    if repository.demands_signature() {
        return Err(refuse("the work tree has no signature", "name the commit as HEAD"));
    }
    let location = RepoLocation::parse(repository.repo.as_deref().unwrap_or(".")).map_err(|error| {
        output::complain(&error.to_string(), Some(error.help()));
        Exit::Usage
    })?;
    let none = || refuse("there is no work tree to compare with", "name HEAD as well: sluice diff BASE HEAD");
    let here = location.folder().ok_or_else(none)?.to_path_buf();
    let depth = prefix.split('/').filter(|name| !name.is_empty()).count();
    let root = here.canonicalize().ok().and_then(|here| here.ancestors().nth(depth).map(Path::to_path_buf));
    let root = root.filter(|root| root.join(".git").exists()).ok_or_else(none)?;
    let checkout = Checkout::work_tree(&root).map_err(|error| source::tell(&error))?;
    let name = Name { words: String::from("the work tree"), commit: None };
    Ok(Tree { name, checkout, on_disk: Some((here, root)) })
}

impl Tree {
    /// Whether there is something at a path from the root.
    pub(super) fn holds(&self, path: &str) -> bool {
        !matches!(self.checkout.stat(path), Err(sluice_source::PathError::NotFound { .. }))
    }

    /// Whether it is a work tree of which not all is checked out.
    pub(super) fn is_partial(&self) -> bool {
        !self.checkout.not_on_disk("").is_ok_and(|below| below.files.is_empty())
    }

    /// The files of this side. Paths that it does not hold are passed over. Each path comes as the command line has it and
    /// from the root. What leads out of the repository is given besides.
    pub(super) fn find(
        &self,
        paths: &[(PathBuf, String)],
        leave_out: LeaveOut<'_>,
    ) -> Result<(Found, Astray), PathError> {
        let here: Vec<(PathBuf, String)> = paths.iter().filter(|(_, path)| self.holds(path)).cloned().collect();
        match &self.on_disk {
            Some((from, root)) => {
                let tree = WorkTree { checkout: &self.checkout, root, here: from };
                inputs::find_in_work_tree(tree, &here, leave_out)
            }
            None => {
                let paths: Vec<String> = here.iter().map(|(_, path)| path.clone()).collect();
                inputs::find_within(&self.checkout, &paths, leave_out.in_checkout)
            }
        }
    }
}
