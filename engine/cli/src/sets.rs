//! From files to sets: what a kustomization or a chart renders is a set by itself, and all other files are one. Every file
//! falls into a set, belongs to what is rendered, or is told as skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sluice_policy::Input;
use sluice_render::{Helm, Method};
use sluice_source::Checkout;

use crate::inputs::{At, File, Found};
use crate::root::Root;

mod chart;
mod kustomization;

use kustomization::Kustomization;

/// What to judge.
pub(crate) struct Sets {
    /// Manifests that are read as they are.
    pub(crate) plain: Vec<Input>,
    /// What has to be rendered, by path.
    pub(crate) folders: Vec<Folder>,
    /// For each path of the command line: its share of `plain`, and how many of `folders` lie below it.
    pub(crate) shares: Vec<Share>,
    /// Files that were left out, with the reason.
    pub(crate) skipped: Vec<(String, String)>,
    /// Where `folders` lie.
    pub(crate) root: Option<Root>,
}

/// A folder that is rendered.
pub(crate) struct Folder {
    /// From the root of the checkout.
    pub(crate) path: String,
    /// What messages call the rendered text: `kustomize deploy/prod`.
    pub(crate) name: String,
    pub(crate) method: Method,
}

/// What a path of the command line led to.
pub(crate) struct Share {
    pub(crate) path: PathBuf,
    pub(crate) inputs: std::ops::Range<usize>,
    pub(crate) folders: usize,
}

/// Puts the files into sets. `helm` is how charts are rendered.
///
/// # Errors
/// Where the root of what has to be rendered cannot be opened.
pub(crate) fn divide(
    found: Found,
    checkout: Option<&Checkout>,
    helm: &Helm,
) -> Result<Sets, sluice_source::SourceError> {
    if !found.files.iter().any(is_mark) {
        return Ok(Sets { root: checkout.map(|checkout| Root::of(checkout.clone())), ..plain(found, checkout) });
    }
    let root = match checkout {
        Some(checkout) => Root::of(checkout.clone()),
        None => Root::around(&found)?,
    };
    let paths: Vec<Option<String>> = found.files.iter().map(|file| root.path_of(file)).collect();
    let marks: Vec<&str> = found
        .files
        .iter()
        .zip(&paths)
        .filter(|(file, _)| is_mark(file))
        .filter_map(|(_, path)| path.as_deref())
        .collect();
    let map = Map::of(&root, &marks, &found);
    let mut sets = Sets { plain: Vec::new(), folders: Vec::new(), shares: Vec::new(), skipped: Vec::new(), root: None };
    let mut files = found.files.into_iter().zip(paths);
    for (path, range) in found.ranges {
        let (first, before) = (sets.plain.len(), sets.folders.len());
        for (file, inside) in files.by_ref().take(range.len()) {
            match map.fate(&file, inside.as_deref()) {
                Fate::Plain => sets.plain.push(file.input(checkout)),
                Fate::Part => {}
                Fate::Skipped(reason) => sets.skipped.push((file.name, reason.to_owned())),
                Fate::Render(folder, kind) => sets.folders.push(Folder {
                    name: format!("{} {}", kind.name(), root.shown(folder)),
                    path: folder.to_owned(),
                    method: kind.method(helm),
                }),
            }
        }
        let folders = sets.folders.len() - before;
        sets.shares.push(Share { path, inputs: first..sets.plain.len(), folders });
    }
    sets.root = Some(root);
    Ok(sets)
}

fn plain(found: Found, checkout: Option<&Checkout>) -> Sets {
    let shares = found.ranges.into_iter().map(|(path, inputs)| Share { path, inputs, folders: 0 }).collect();
    let plain = found.files.into_iter().map(|file| file.input(checkout)).collect();
    Sets { plain, folders: Vec::new(), shares, skipped: Vec::new(), root: None }
}

/// What renders a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kustomize,
    Helm,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Kustomize => "kustomize",
            Self::Helm => "helm",
        }
    }

    fn method(self, helm: &Helm) -> Method {
        match self {
            Self::Kustomize => Method::Kustomize,
            Self::Helm => Method::Helm(helm.clone()),
        }
    }
}

/// What becomes of a file.
enum Fate<'m> {
    /// It is read as it is.
    Plain,
    /// It belongs to what is rendered.
    Part,
    /// It makes a folder one that is rendered.
    Render(&'m str, Kind),
    Skipped(&'static str),
}

/// The folders that are rendered, and what they name.
struct Map {
    charts: BTreeMap<String, chart::Type>,
    kustomizations: BTreeMap<String, Kustomization>,
    /// Every path that a kustomization names.
    named: BTreeSet<String>,
    /// Folders that the command line names.
    asked: BTreeSet<String>,
}

impl Map {
    fn of(root: &Root, marks: &[&str], found: &Found) -> Self {
        let mut map = Self {
            charts: BTreeMap::new(),
            kustomizations: BTreeMap::new(),
            named: BTreeSet::new(),
            asked: found.ranges.iter().filter_map(|(path, _)| root.folder(path)).collect(),
        };
        // Sorted, so that a chart comes before the charts in it.
        for path in marks.iter().copied().collect::<BTreeSet<_>>() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if map.chart_of(folder).is_some() {
                continue;
            }
            if name == chart::FILE {
                map.charts.insert(folder.to_owned(), chart::Type::read(root.checkout(), path));
            } else {
                map.kustomizations.insert(folder.to_owned(), Kustomization::read(root.checkout(), folder, path));
            }
        }
        let charts = &map.charts;
        map.kustomizations.retain(|folder, _| !charts.contains_key(folder));
        map.named = map.kustomizations.values().flat_map(|kustomization| kustomization.names.iter().cloned()).collect();
        map
    }

    /// The chart that a folder lies in.
    fn chart_of(&self, folder: &str) -> Option<&str> {
        let holds = |chart: &&String| {
            chart.is_empty()
                || folder.strip_prefix(chart.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.charts.keys().find(holds).map(String::as_str)
    }

    fn fate<'m>(&'m self, file: &File, path: Option<&'m str>) -> Fate<'m> {
        let Some(path) = path.filter(|_| !file.named) else { return Fate::Plain };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(chart) = self.chart_of(folder) {
            return match self.charts.get(chart) {
                Some(chart::Type::Library) if chart == folder && name == chart::FILE => {
                    Fate::Skipped("a library chart, which other charts render")
                }
                Some(_) if self.named.contains(chart) => Fate::Part,
                Some(chart::Type::Application) if chart == folder && name == chart::FILE => {
                    Fate::Render(folder, Kind::Helm)
                }
                Some(_) | None => Fate::Part,
            };
        }
        match self.kustomizations.get(folder) {
            Some(kustomization) if kustomization.file == path => match kustomization {
                _ if self.asked.contains(folder) => Fate::Render(folder, Kind::Kustomize),
                _ if self.named.contains(folder) => Fate::Part,
                Kustomization { is_component: true, .. } => {
                    Fate::Skipped("a component, which is rendered as a part of what names it")
                }
                Kustomization { .. } => Fate::Render(folder, Kind::Kustomize),
            },
            Some(_) if self.named.contains(path) => Fate::Part,
            Some(_) => Fate::Skipped("the kustomization of its folder does not name it"),
            None if self.named.contains(path) => Fate::Part,
            None => Fate::Plain,
        }
    }
}

/// Whether a file makes its folder one that is rendered.
fn is_mark(file: &File) -> bool {
    let path = match &file.at {
        At::Stdin => return false,
        At::Disk(path) => path.to_string_lossy(),
        At::Checkout(path) => path.as_str().into(),
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    !file.named && (name == chart::FILE || kustomization::NAMES.contains(&name))
}
