//! What becomes of each file, by the marks that folders hold and the entries that cover them.

use std::collections::{BTreeMap, BTreeSet};

use sluice_policy::RenderMethod;
use sluice_render::Method;

use super::chart;
use super::entries::Entries;
use super::kustomization::{self, Kustomization};
use crate::inputs::{At, File, last_part};
use crate::root::Root;

/// The files that make a folder one that is rendered so, in the order in which they are looked for.
pub(crate) fn marks(method: &Method) -> &'static [&'static str] {
    match method {
        Method::Kustomize => &kustomization::NAMES,
        Method::Helm(_) => &[chart::FILE],
        Method::Plain | Method::Command(_) => &[],
    }
}

/// What renders a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Kustomize,
    Helm,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kustomize => "kustomize",
            Self::Helm => "helm",
        }
    }
}

/// What becomes of a file.
pub(super) enum Fate<'m> {
    /// It is read as it is.
    Plain,
    /// It belongs to what is rendered.
    Part,
    /// It makes a folder one that is rendered.
    Render(&'m str, Kind),
    /// It is read as it is, in the set of this folder.
    Grouped(&'m str),
    Skipped(&'static str),
}

/// The folders that are rendered, and what they name.
pub(super) struct Map<'m> {
    entries: &'m Entries<'m>,
    charts: BTreeMap<String, chart::Type>,
    kustomizations: BTreeMap<String, Kustomization>,
    /// Folders of kustomizations that are rendered for themselves.
    rendered: BTreeSet<String>,
    /// Every path that those name, and that what they name names in turn: it is a part of what they render.
    named: BTreeSet<String>,
}

impl<'m> Map<'m> {
    /// Reads the marks among files whose paths are these. `asked` is what the command line names.
    pub(super) fn of(
        root: &Root,
        files: &[File],
        paths: &[Option<String>],
        entries: &'m Entries<'m>,
        asked: &[String],
    ) -> Self {
        let mut map = Self {
            entries,
            charts: BTreeMap::new(),
            kustomizations: BTreeMap::new(),
            rendered: BTreeSet::new(),
            named: BTreeSet::new(),
        };
        // What the command line names, and what an entry renders.
        let mut first: BTreeSet<String> = asked.iter().cloned().collect();
        let marks = files.iter().zip(paths).filter(|(file, _)| is_mark(file)).filter_map(|(_, path)| path.as_deref());
        // Sorted, so that a chart comes before the charts in it.
        for path in marks.collect::<BTreeSet<_>>() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let is_chart = name == chart::FILE;
            match entries.cover(path).map(|said| &said.entry.render.method) {
                Some(RenderMethod::Kustomize) if !is_chart => drop(first.insert(folder.to_owned())),
                Some(_) => continue,
                None if map.chart_of(folder).is_some() => continue,
                None => {}
            }
            if is_chart {
                map.charts.insert(folder.to_owned(), chart::Type::read(root.checkout(), path));
            } else {
                map.kustomizations.insert(folder.to_owned(), Kustomization::read(root.checkout(), folder, path));
            }
        }
        let charts = &map.charts;
        map.kustomizations.retain(|folder, _| !charts.contains_key(folder));
        map.choose(first);
        map
    }

    /// Chooses which kustomizations are rendered for themselves: the first ones, and every other that is no part of what
    /// they render. Those that name one another in a circle are no part of anything; one of them is rendered, and kustomize
    /// says what is wrong.
    fn choose(&mut self, first: BTreeSet<String>) {
        let bases: BTreeSet<&String> = self.kustomizations.values().flat_map(|known| &known.names).collect();
        let is_own = |(_, known): &(&String, &Kustomization)| !known.is_component;
        let (parts, own): (Vec<String>, Vec<String>) = self
            .kustomizations
            .iter()
            .filter(is_own)
            .map(|(folder, _)| folder.clone())
            .partition(|it| bases.contains(it));
        first.into_iter().chain(own).for_each(|folder| self.render(folder));
        for folder in parts {
            if !self.named.contains(&folder) {
                self.render(folder);
            }
        }
    }

    fn render(&mut self, folder: String) {
        let mut waiting = vec![folder.clone()];
        while let Some(next) = waiting.pop() {
            let Some(known) = self.kustomizations.get(&next) else { continue };
            let new: Vec<String> = known.names.iter().filter(|name| !self.named.contains(*name)).cloned().collect();
            self.named.extend(new.iter().cloned());
            waiting.extend(new);
        }
        if self.kustomizations.contains_key(&folder) {
            self.rendered.insert(folder);
        }
    }

    /// The chart that a folder lies in.
    fn chart_of(&self, folder: &str) -> Option<&str> {
        let holds = |chart: &&String| {
            chart.is_empty()
                || folder.strip_prefix(chart.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.charts.keys().find(holds).map(String::as_str)
    }

    pub(super) fn fate<'f>(&'f self, file: &File, path: Option<&'f str>) -> Fate<'f> {
        let Some(path) = path else { return Fate::Plain };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        // A file that the command line names is read as it is, unless an entry is about it alone.
        match self.entries.cover(path).filter(|said| !file.named || said.path == path) {
            Some(said) => match said.entry.render.method {
                RenderMethod::Plain => return Fate::Grouped(&said.path),
                RenderMethod::Helm(_) | RenderMethod::Command(_) => return Fate::Part,
                RenderMethod::Kustomize if is_mark_name(name) => return Fate::Part,
                RenderMethod::Kustomize => return self.beside(path, folder),
            },
            None if file.named => return Fate::Plain,
            None => {}
        }
        if let Some(chart) = self.chart_of(folder) {
            return match self.charts.get(chart) {
                Some(chart::Type::Library) if chart == folder && name == chart::FILE => {
                    Fate::Skipped("a library chart, which other charts render")
                }
                Some(chart::Type::Application) if chart == folder && name == chart::FILE => {
                    Fate::Render(folder, Kind::Helm)
                }
                Some(_) | None => Fate::Part,
            };
        }
        match self.kustomizations.get(folder) {
            Some(kustomization) if kustomization.file == path => {
                if self.rendered.contains(folder) {
                    Fate::Render(folder, Kind::Kustomize)
                } else if self.named.contains(folder) {
                    Fate::Part
                } else {
                    Fate::Skipped("a component, which is rendered as a part of what names it")
                }
            }
            Some(_) | None => self.beside(path, folder),
        }
    }

    /// A file that is no mark: whether a kustomization names it.
    fn beside(&self, path: &str, folder: &str) -> Fate<'static> {
        match self.kustomizations.get(folder) {
            _ if self.named.contains(path) => Fate::Part,
            Some(known) if known.names.contains(path) => {
                Fate::Skipped("only a component names it, which nothing renders")
            }
            Some(_) => Fate::Skipped("the kustomization of its folder does not name it"),
            None => Fate::Plain,
        }
    }
}

/// Whether a file makes its folder one that is rendered.
pub(super) fn is_mark(file: &File) -> bool {
    let name = match &file.at {
        At::Stdin => None,
        At::Disk(path) => std::str::from_utf8(last_part(path)).ok(),
        At::Checkout(path) => path.rsplit('/').next(),
    };
    !file.named && name.is_some_and(is_mark_name)
}

fn is_mark_name(name: &str) -> bool {
    name == chart::FILE || kustomization::NAMES.contains(&name)
}
