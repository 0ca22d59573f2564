//! From files to sets: what a kustomization or a chart renders is a set by itself, so is what the policy file says how to
//! render, and all other files are one. Every file falls into a set, belongs to what is rendered, or is told as skipped.

use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use sluice_manifest::{Span, Text};
use sluice_policy::{ConfigError, Input, RenderMethod};
use sluice_render::Method;
use sluice_source::{Checkout, SourceError};

use crate::charts::{Argument, Chart, Charts};
use crate::inputs::{File, Found, Reached};
use crate::policy::{Chosen, Demand};
use crate::root::Root;

mod chart;
mod entries;
mod kustomization;
mod map;

use entries::{Entries, Said};
use map::{Fate, Kind, Map};

pub(crate) use map::marks;

/// What to judge.
pub(crate) struct Sets {
    /// Manifests that are read as they are.
    pub(crate) plain: Vec<Input>,
    /// Folders whose manifests are read as they are, each a set by itself, by path.
    pub(crate) groups: Vec<Group>,
    /// What has to be rendered, by path.
    pub(crate) folders: Vec<Folder>,
    /// For each path of the command line: its share of `plain`, and whether anything else lies below it.
    pub(crate) shares: Vec<Share>,
    /// Files that were left out, with the reason.
    pub(crate) skipped: Vec<(String, String)>,
    /// Where `folders` lie.
    pub(crate) root: Option<Root>,
}

/// A folder that the policy file says is plain.
pub(crate) struct Group {
    /// From the root of the checkout.
    path: String,
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) inputs: Vec<Input>,
    /// Whether it may hold nothing.
    pub(crate) allow_empty: bool,
    /// The entry of the policy file.
    pub(crate) entry: (Arc<Text>, Span),
}

/// A folder that is rendered.
pub(crate) struct Folder {
    /// From the root of the checkout.
    pub(crate) path: String,
    /// What messages call the rendered text: `kustomize deploy/prod`.
    pub(crate) name: String,
    pub(crate) method: Method,
    /// Whether it may render to nothing.
    pub(crate) allow_empty: bool,
    /// The place in the policy file that says how it is rendered, if it does.
    pub(crate) entry: Option<(Arc<Text>, Span)>,
    /// Who chose each argument of `--set`, and of `--set-string`.
    pub(crate) arguments: [Vec<Argument>; 2],
}

/// What a path of the command line led to.
pub(crate) struct Share {
    pub(crate) path: PathBuf,
    pub(crate) inputs: std::ops::Range<usize>,
    /// How many sets of their own lie below it.
    pub(crate) folders: usize,
    /// Whether it leads to what another path has led to before.
    pub(crate) again: bool,
}

/// Why there are no sets.
pub(crate) enum DivideError {
    /// The root of what has to be rendered cannot be opened.
    Source(SourceError),
    /// The policy file says what cannot be.
    Policy(Vec<ConfigError>),
    /// What was asked for cannot be: a file that makes its folder one that is rendered lies outside of the root, or an option
    /// names what is not there.
    Asked { message: String, help: &'static str },
}

/// Puts the files into sets, as the policy file says and else as folders do. `charts` are the options for charts.
///
/// # Errors
/// Where the root of what has to be rendered cannot be opened, and where an entry of the policy file is wrong.
pub(crate) fn divide(
    found: Found,
    checkout: Option<&Checkout>,
    charts: &Charts,
    chosen: &Chosen,
) -> Result<Sets, DivideError> {
    let says = !chosen.policy.render().is_empty() || chosen.render.is_some();
    if !says && !found.files.iter().any(map::is_mark) {
        return Ok(plain(found, checkout));
    }
    let root = match checkout {
        Some(checkout) => Root::of(checkout.clone()),
        None => Root::around(&found, chosen.folder().filter(|_| says)).map_err(DivideError::Source)?,
    };
    let asked: Vec<Option<String>> = found.ranges.iter().map(|reached| root.folder(&reached.path)).collect();
    let named: Vec<String> = asked.iter().flatten().cloned().collect();
    let paths = root.paths_of(&found.files);
    let beyond: Vec<BTreeSet<String>> =
        found.ranges.iter().zip(&asked).map(|(reached, asked)| beyond(&root, reached, asked.as_deref())).collect();
    let all = beyond.iter().flatten().cloned().collect();
    let entries = Entries::find(chosen, &root, &named, &all).map_err(DivideError::Policy)?;
    let map = Map::of(&root, &found.files, &paths, &entries, &named);
    let (groups, folders, known) = (Vec::new(), Vec::new(), HashSet::new());
    let mut making = Making { root: &root, charts, entries: &entries, groups, folders, known };
    let (mut plain, mut skipped, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let mut ways = Ways::default();
    // All of what the policy file says before any file is dealt out: paths may lie in one another.
    let mut said = Vec::new();
    for (asked, beyond) in asked.iter().zip(&beyond) {
        let before = making.count();
        for path in asked.iter().chain(beyond) {
            making.said(path).map_err(DivideError::Policy)?;
        }
        said.push(making.count() - before);
    }
    let mut files = found.files.into_iter().zip(paths);
    for (Reached { path, files: range, again, .. }, mut parts) in found.ranges.into_iter().zip(said) {
        let (first, before) = (plain.len(), making.count());
        for (file, inside) in files.by_ref().take(range.len()) {
            if inside.is_none() && map::is_mark(&file) {
                let (file, root) = (&file.name, root.shown(""));
                let message = format!("`{file}` cannot be rendered: it lies outside of the repository `{root}`");
                return Err(DivideError::Asked { message, help: "check the paths of each repository by themselves" });
            }
            match map.fate(&file, inside.as_deref()) {
                Fate::Plain if ways.are_new(&file, None) => plain.push(file.input(checkout)),
                Fate::Skipped(reason) => skipped.push((file.real, file.name, reason)),
                Fate::Render(folder, kind) => making.found(folder, kind),
                Fate::Grouped(folder) => {
                    let is_new = ways.are_new(&file, Some(folder));
                    match making.group(folder) {
                        Some(group) if is_new => {
                            group.inputs.push(file.input(checkout));
                            parts += 1;
                        }
                        None if is_new => plain.push(file.input(checkout)),
                        Some(_) | None => {}
                    }
                }
                Fate::Plain | Fate::Part => {}
            }
        }
        shares.push(Share { path, inputs: first..plain.len(), folders: making.count() - before + parts, again });
    }
    let Making { groups, mut folders, .. } = making;
    if folders.iter().any(|folder| matches!(folder.method, Method::Helm(_))) && chosen.demand != Demand::Nothing {
        entries::values_are_there(charts, &root)?;
    }
    folders.sort_by(|one, other| one.path.cmp(&other.path));
    let skipped = ways.skipped(skipped);
    Ok(Sets { plain, groups, folders, shares, skipped, root: Some(root) })
}

/// The folders to which links lead out of a path that the command line names, whatever lies in them: a command may render what
/// no file in them tells.
fn beyond(root: &Root, reached: &Reached, asked: Option<&str>) -> BTreeSet<String> {
    let folders = reached.folders.iter().filter_map(|folder| root.folder(folder));
    folders.filter(|folder| !asked.is_some_and(|asked| entries::holds(asked, folder))).collect()
}

fn plain(found: Found, checkout: Option<&Checkout>) -> Sets {
    let (mut plain, mut ways) = (Vec::with_capacity(found.files.len()), Ways::default());
    let mut files = found.files.into_iter();
    let mut share = |Reached { path, files: range, again, .. }: Reached| {
        let first = plain.len();
        let new = files.by_ref().take(range.len()).filter(|file| ways.are_new(file, None));
        plain.extend(new.map(|file| file.input(checkout)));
        Share { path, inputs: first..plain.len(), folders: 0, again }
    };
    let shares = found.ranges.into_iter().map(&mut share).collect();
    let root = checkout.map(|checkout| Root::of(checkout.clone()));
    Sets { plain, groups: Vec::new(), folders: Vec::new(), shares, skipped: Vec::new(), root }
}

/// Where files were read that more than one way leads to. A file is in a set once; but a way that is a part of something else, or
/// that is skipped, takes it from none on which it is read.
#[derive(Default)]
struct Ways {
    /// By their paths without links, and the group, if it is one.
    read: HashSet<(OsString, Option<String>)>,
}

impl Ways {
    /// Whether no way has led to a file yet, in a group or among those that are in none; from now on one has.
    fn are_new(&mut self, file: &File, group: Option<&str>) -> bool {
        let Some(real) = &file.real else { return true };
        self.read.insert((real.clone(), group.map(String::from)))
    }

    /// Those among skipped files that are read on no way, each once.
    fn skipped(&self, skipped: Vec<(Option<OsString>, String, &'static str)>) -> Vec<(String, String)> {
        let mut known: HashSet<&OsStr> = self.read.iter().map(|(real, _)| real.as_os_str()).collect();
        let mut told = Vec::new();
        for (real, name, reason) in &skipped {
            if real.as_deref().is_none_or(|real| known.insert(real)) {
                told.push((name.clone(), (*reason).to_owned()));
            }
        }
        told
    }
}

/// Sets in the making.
struct Making<'m> {
    root: &'m Root,
    charts: &'m Charts,
    entries: &'m Entries<'m>,
    groups: Vec<Group>,
    folders: Vec<Folder>,
    /// Those that say themselves how they are rendered, by path.
    known: HashSet<String>,
}

impl Making<'_> {
    fn count(&self) -> usize {
        self.groups.len() + self.folders.len()
    }

    /// A folder that says itself how it is rendered.
    fn found(&mut self, path: &str, kind: Kind) {
        if !self.known.insert(path.to_owned()) {
            return; // another way led there
        }
        let Chart { helm, set, set_string } = self.charts.alone();
        self.folders.push(Folder {
            path: path.to_owned(),
            name: format!("{} {}", kind.name(), self.root.shown(path)),
            method: match kind {
                Kind::Kustomize => Method::Kustomize,
                Kind::Helm => Method::Helm(helm),
            },
            allow_empty: false,
            entry: None,
            arguments: [set, set_string],
        });
    }

    /// The set of a folder that the policy file says is plain.
    fn group(&mut self, folder: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.path == folder)
    }

    /// What the policy file says of a path and of what lies below it, unless another path led there already.
    fn said(&mut self, asked: &str) -> Result<(), Vec<ConfigError>> {
        let mut errors = Vec::new();
        for said in self.entries.below(asked) {
            let known =
                self.groups.iter().map(|group| &group.path).chain(self.folders.iter().map(|folder| &folder.path));
            if known.into_iter().any(|path| *path == said.path) {
                continue;
            }
            errors.extend(self.one(said).err().into_iter().flatten());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn one(&mut self, Said { path, entry, base, is_application, .. }: &Said<'_>) -> Result<(), Vec<ConfigError>> {
        let place = |(text, span): (&Arc<Text>, Span)| (Arc::clone(text), span);
        let allow_empty = entry.render.allow_empty;
        let mut folder = Folder {
            path: path.clone(),
            name: String::new(),
            method: Method::Kustomize,
            allow_empty,
            entry: Some(place(entry.path.place())),
            arguments: [Vec::new(), Vec::new()],
        };
        let by = match &entry.render.method {
            RenderMethod::Plain => {
                let (name, entry) = (self.root.shown(path), place(entry.path.place()));
                self.groups.push(Group { path: path.clone(), name, inputs: Vec::new(), allow_empty, entry });
                return Ok(());
            }
            RenderMethod::Kustomize => Kind::Kustomize.name(),
            RenderMethod::Helm(helm) => {
                let values = self.entries.values(base.as_deref(), helm, self.root.checkout())?;
                let Chart { helm, set, set_string } = self.charts.on(helm, values);
                (folder.method, folder.arguments) = (Method::Helm(helm), [set, set_string]);
                Kind::Helm.name()
            }
            RenderMethod::Command(said) if !is_application && !self.charts.allow_commands() => {
                let message = format!("`{}` would run with all that you may do", said.program.value);
                let help = "if you trust this policy file, say --allow-commands";
                return Err(vec![said.program.error(message, help)]);
            }
            RenderMethod::Command(said) => {
                let mut command = sluice_render::Command::new(said.program.value.clone(), said.arguments.clone());
                command.timeout = said.time.unwrap_or(command.timeout);
                command.memory = said.memory.unwrap_or(command.memory);
                folder.entry = Some(place(said.program.place()));
                folder.method = Method::Command(command);
                &said.program.value
            }
        };
        folder.name = format!("{by} {}", self.root.shown(path));
        self.folders.push(folder);
        Ok(())
    }
}
