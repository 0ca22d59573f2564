//! The entries of a policy file's `render`, as paths of the checkout: what each covers, and that there is something.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sluice_policy::{ConfigError, HelmRender, RenderEntry, RenderMethod};
use sluice_source::{Checkout, Kind, PathError, PathFault, Stat};

use super::DivideError;
use crate::charts::Charts;
use crate::policy::{Chosen, Demand, PolicyFile};
use crate::root::Root;

/// A path that is rendered as the policy file says.
pub(super) struct Said<'p> {
    /// From the root of the checkout, without links.
    pub(super) path: String,
    /// As the entry has it, which may lead there by links.
    way: String,
    pub(super) entry: &'p RenderEntry,
    /// The folder that files with values are named from, from the root of the checkout; none where it lies outside.
    pub(super) base: Option<String>,
    /// Whether an application says it: then it may name a command.
    pub(super) is_application: bool,
}

/// All of them that lie in what the command line names, by path.
pub(super) struct Entries<'p> {
    said: Vec<Said<'p>>,
    demand: Demand,
}

impl<'p> Entries<'p> {
    /// Finds the paths that the entries name. An entry that names none is wrong where it lies in or above what the command
    /// line names; what else the policy file speaks of does not matter to this run. `beyond` are folders to which links lead
    /// from what it names.
    ///
    /// # Errors
    /// All that is wrong with the entries.
    pub(super) fn find(
        chosen: &'p Chosen,
        root: &Root,
        asked: &[String],
        beyond: &BTreeSet<String>,
    ) -> Result<Self, Vec<ConfigError>> {
        let base = base(&chosen.file, root);
        let within = asked.iter().chain(beyond).map(String::as_str).collect();
        let tree = Tree { base: base.as_deref(), checkout: root.checkout(), within, demand: chosen.demand };
        let (mut found, mut errors) = (BTreeMap::<String, Found<'p>>::new(), Vec::new());
        for entry in chosen.policy.render() {
            match tree.matches(entry) {
                Ok(paths) => errors.extend(paths.into_iter().filter_map(|way| add(&mut found, way, entry, root))),
                Err(error) => errors.push(*error),
            }
        }
        // What an application says of its own path goes before the policy file, and names files from that path.
        let application: Vec<_> =
            chosen.render.iter().flat_map(|entry| asked.iter().map(move |path| (path, entry))).collect();
        let mut said: Vec<Said<'p>> = application
            .iter()
            .map(|(path, entry)| Said {
                path: (*path).clone(),
                way: (*path).clone(),
                entry,
                base: Some((*path).clone()),
                is_application: true,
            })
            .collect();
        said.extend(found.into_iter().filter(|(path, _)| !application.iter().any(|(own, _)| *own == path)).map(
            |(path, Found { entry, way, .. })| Said { path, way, entry, base: base.clone(), is_application: false },
        ));
        if errors.is_empty() { Ok(Self { said, demand: chosen.demand }) } else { Err(errors) }
    }

    /// Those that lie at or below a path.
    pub(super) fn below<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s Said<'p>> {
        self.said.iter().filter(move |said| holds(path, &said.path) || holds(path, &said.way))
    }

    /// The innermost entry that covers a file. Kustomize covers its folder, the others all that lies below theirs.
    pub(super) fn cover(&self, path: &str) -> Option<&Said<'p>> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let covers = |said: &&Said<'p>| match said.entry.render.method {
            RenderMethod::Kustomize => said.path == folder,
            RenderMethod::Plain | RenderMethod::Helm(_) | RenderMethod::Command(_) => holds(&said.path, path),
        };
        self.said.iter().filter(covers).max_by_key(|said| said.path.len())
    }

    /// The files with values of a chart, from the root of the checkout.
    ///
    /// # Errors
    /// Each that is not there, if it has to be. Else the render of the chart tells it.
    pub(super) fn values(
        &self,
        base: Option<&str>,
        helm: &HelmRender,
        checkout: &Checkout,
    ) -> Result<Vec<String>, Vec<ConfigError>> {
        let (mut paths, mut errors) = (Vec::new(), Vec::new());
        for file in &helm.values {
            let shown = &file.value;
            let path = base.and_then(|base| joined(base, shown));
            let why = match path.as_deref().map(|path| checkout.stat(path)) {
                Some(Ok(Stat::File { .. })) => {
                    paths.extend(path);
                    continue;
                }
                Some(_) if self.demand == Demand::Nothing => {
                    paths.extend(path);
                    continue;
                }
                Some(Ok(Stat::Folder)) => format!("`{shown}` is a folder, not a file with values"),
                Some(Err(error)) if is_absent(&error) => format!("there is no `{shown}`"),
                Some(Err(error)) => error.to_string(),
                None => format!("`{shown}` lies outside of the repository"),
            };
            errors.push(file.error(why, FROM_HERE));
        }
        if errors.is_empty() { Ok(paths) } else { Err(errors) }
    }
}

/// Whether there are the files with values that options name.
///
/// # Errors
/// The first that is not.
pub(super) fn values_are_there(charts: &Charts, root: &Root) -> Result<(), DivideError> {
    for named in charts.values() {
        let path = joined("", named);
        let why = match path.as_deref().map(|path| root.checkout().stat(path)) {
            Some(Ok(Stat::File { .. })) => continue,
            Some(Ok(Stat::Folder)) => String::from("that is a folder, not a file with values"),
            Some(Err(error)) if is_absent(&error) => String::from("there is no such file"),
            Some(Err(error)) => error.to_string(),
            None => String::from("that lies outside of the repository"),
        };
        let help = "check the spelling: the path is from the root of the repository";
        return Err(DivideError::Asked { message: format!("`--values {named}`: {why}"), help });
    }
    Ok(())
}

const FROM_HERE: &str = "check the spelling: the path is from the folder of this file";

/// What is known of a path so far.
struct Found<'p> {
    way: String,
    entry: &'p RenderEntry,
    /// Whether the entry names it, and does not merely fit it.
    by_name: bool,
}

/// An entry that names a path goes before one that fits it. Of two alike neither does, which is an error; but one may lead to a
/// path by several ways, and then the one without links is kept.
fn add<'p>(
    found: &mut BTreeMap<String, Found<'p>>,
    way: String,
    entry: &'p RenderEntry,
    root: &Root,
) -> Option<ConfigError> {
    let path = real(root.checkout(), &way);
    let by_name = !is_pattern(&entry.path.value);
    match found.get(&path) {
        Some(known) if std::ptr::eq(known.entry, entry) && way != path => {}
        Some(known) if known.by_name == by_name && !std::ptr::eq(known.entry, entry) => {
            let message = format!("`{}` is rendered by `{}` already", root.shown(&path), known.entry.path.value);
            return Some(entry.path.error(message, "a path is rendered in one way: keep one of the entries"));
        }
        Some(known) if known.by_name && !by_name => {}
        Some(_) | None => drop(found.insert(path, Found { way, entry, by_name })),
    }
    None
}

/// The folder of the policy file, from the root of the checkout. A file on disk says of a revision what lies below its root.
fn base(file: &PolicyFile, root: &Root) -> Option<String> {
    match file {
        PolicyFile::Recommended => None,
        PolicyFile::Checkout(_, path) | PolicyFile::WorkTree(_, path) => {
            root.folder(Path::new(path.rsplit_once('/').map_or("", |(folder, _)| folder)))
        }
        PolicyFile::Disk(_) if root.is_revision() => Some(String::new()),
        PolicyFile::Disk(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            root.folder(folder)
        }
    }
}

/// Where entries look for their paths.
struct Tree<'t> {
    base: Option<&'t str>,
    checkout: &'t Checkout,
    /// What the command line names, and where links lead from there.
    within: Vec<&'t str>,
    demand: Demand,
}

impl Tree<'_> {
    /// The paths of an entry that lie in what the command line names.
    fn matches(&self, entry: &RenderEntry) -> Result<Vec<String>, Box<ConfigError>> {
        let shown = if entry.path.value.is_empty() { "." } else { &entry.path.value };
        let Some(pattern) = self.base.and_then(|base| joined(base, &entry.path.value)) else {
            let help = "paths are from the folder of this file, and lie in the repository that is checked";
            return Err(Box::new(entry.path.error(format!("`{shown}` lies outside of what can be rendered"), help)));
        };
        let names: Vec<&str> = pattern.split('/').filter(|name| !name.is_empty()).collect();
        let fixed = names.iter().take_while(|name| **name != "*").copied().collect::<Vec<_>>().join("/");
        let fixed = [real(self.checkout, &fixed), fixed];
        if !self.within.iter().any(|path| fixed.iter().any(|fixed| holds(path, fixed) || holds(fixed, path))) {
            return Ok(Vec::new());
        }
        let paths = expand(self.checkout, &names).map_err(|why| Box::new(entry.path.error(why, "")))?;
        if paths.is_empty() && self.demand == Demand::Whole {
            let message =
                if is_pattern(shown) { format!("no path fits `{shown}`") } else { format!("there is no `{shown}`") };
            return Err(Box::new(entry.path.error(message, FROM_HERE)));
        }
        let is_within = |way: &String| {
            let real = real(self.checkout, way);
            self.within.iter().any(|path| holds(path, way) || holds(path, &real))
        };
        Ok(paths.into_iter().filter(is_within).collect())
    }
}

/// A path without links; what cannot be followed is told elsewhere.
fn real(checkout: &Checkout, way: &str) -> String {
    checkout.real(way).unwrap_or_else(|_| way.to_owned())
}

/// The paths that fit a pattern: of the names that `*` stands for, those of folders that are not hidden.
fn expand(checkout: &Checkout, names: &[&str]) -> Result<Vec<String>, String> {
    let mut paths = vec![String::new()];
    for name in names {
        let mut next = Vec::new();
        for path in paths {
            if *name != "*" {
                next.extend(joined(&path, name));
                continue;
            }
            let Ok(Stat::Folder) = checkout.stat(&path) else { continue };
            let entries = checkout.list(&path).map_err(|error| error.to_string())?;
            let folders =
                entries.into_iter().filter(|entry| entry.kind == Kind::Folder && !entry.name.starts_with('.'));
            next.extend(folders.filter_map(|entry| joined(&path, &entry.name)));
        }
        paths = next;
    }
    let mut there = Vec::new();
    for path in paths {
        match checkout.stat(&path) {
            Ok(_) => there.push(path),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(there)
}

fn is_absent(error: &PathError) -> bool {
    matches!(error.fault(), PathFault::Missing | PathFault::NotAFolder)
}

fn is_pattern(path: &str) -> bool {
    path.split('/').any(|name| name == "*")
}

/// Whether a path is another one or lies above it. The root is the empty path.
pub(super) fn holds(above: &str, path: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path below a folder; none where it leaves the checkout.
pub(super) fn joined(folder: &str, path: &str) -> Option<String> {
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{holds, joined};

    #[test]
    fn a_path_holds_what_lies_below_it() {
        for (above, path, expected) in
            [("", "a", true), ("a", "a", true), ("a", "a/b", true), ("a", "ab", false), ("a/b", "a", false)]
        {
            assert_eq!(holds(above, path), expected, "{above} {path}");
        }
    }

    #[test]
    fn paths_are_from_the_root() {
        for (folder, path, expected) in [
            ("deploy/prod", "../base", Some("deploy/base")),
            ("deploy/prod", "./patch.yaml", Some("deploy/prod/patch.yaml")),
            ("", "base/", Some("base")),
            ("a", "../../b", None),
        ] {
            assert_eq!(joined(folder, path).as_deref(), expected, "{folder} {path}");
        }
    }
}
