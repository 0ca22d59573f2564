//! From a place in a rendered text to the file and the line that someone wrote, and what else has a part in the value. What
//! a render did not prove is asked for once more, with more work, as soon as somebody wants to know it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sluice_manifest::{Beside, Origin, Origins, Relation, Span, Text};
use sluice_render::{Chosen, Files, Method, Rendered, Renderers};

use super::place::{in_line, is_typed};
use super::told::Told;
use crate::charts::Argument;
use crate::root::Root;
use crate::sets::{Folder, marks};

/// How renderers name values that were set one by one; the line counts them from 1.
const ARGUMENTS: [&str; 2] = ["--set", "--set-string"];
/// What archives of charts end in.
const ARCHIVE: &str = ".tgz";
/// Most places that are told beside one.
const MOST_BESIDE: usize = 8;

/// Where a rendered text came from.
pub(super) struct Sources {
    root: Root,
    path: String,
    told: Told,
    again: Again,
    /// All that could be proved, once somebody asked; none where that could not be told.
    proved: OnceLock<Option<Told>>,
    /// What stands for the text where nothing is known.
    stands_for: Option<(Arc<Text>, Span)>,
    /// Who chose the arguments of each of [`ARGUMENTS`].
    arguments: [Vec<Argument>; 2],
    /// The files that were asked for.
    texts: Mutex<HashMap<String, Option<Arc<Text>>>>,
}

/// How to render once more.
pub(super) struct Again {
    pub(super) renderers: Renderers,
    pub(super) files: Arc<dyn Files>,
    pub(super) method: Method,
}

/// Where a value was chosen.
struct Choice {
    beside: Beside,
    /// Where the value itself stands, if it does; and whether it can be edited there. Numbers and booleans stand nowhere:
    /// whether they come out as such is the template's doing, and quotes around them would not reach it.
    value: Option<(Arc<Text>, Span, Relation)>,
}

impl Sources {
    /// The text of a render, and where it came from.
    pub(super) fn new(root: Root, folder: &Folder, rendered: Rendered, again: Again) -> (String, Self) {
        let (text, told) = Told::of(rendered);
        let mut sources = Self {
            root,
            path: folder.path.clone(),
            told,
            again,
            proved: OnceLock::new(),
            stands_for: folder.entry.clone(),
            arguments: folder.arguments.clone(),
            texts: Mutex::default(),
        };
        // A file that says what is rendered is nearer than the one that says how.
        let above = if folder.path.is_empty() { String::new() } else { format!("{}/", folder.path) };
        let mark = marks(&folder.method).iter().find_map(|name| sources.text(&format!("{above}{name}")));
        sources.stands_for = mark.map(|text| (text, Span::default())).or(sources.stands_for);
        (text, sources)
    }

    /// What a render told of a span.
    fn look(&self, told: &Told, rendered: &Text, span: Span) -> Option<Origin> {
        let place = rendered.place(span);
        let value = rendered.slice(span);
        let printed = told.entry(rendered, place).and_then(|(origin, own)| {
            self.written(told.file(origin.file)?, origin.line, origin.column, value, origin.exact && own)
        });
        if printed.as_ref().is_some_and(|origin| origin.relation == Relation::Value) {
            return printed;
        }
        let choices: Vec<Choice> = told
            .values(place.line)
            .iter()
            .take(MOST_BESIDE)
            .filter_map(|chosen| self.choice(told, *chosen, value))
            .collect();
        let mut themselves = choices.iter().filter_map(|choice| choice.value.clone());
        if let (Some((text, span, relation)), None) = (themselves.next(), themselves.next()) {
            let beside = printed.map_or_else(Vec::new, |origin| {
                let what = String::from("the template that prints it");
                let exact = origin.relation != Relation::Near;
                let template = Beside { what, place: Some((origin.text, origin.span)), exact };
                std::iter::once(template).chain(origin.beside).collect()
            });
            return Some(Origin { text, span, relation, beside });
        }
        let mut origin = printed?;
        origin.beside.extend(choices.into_iter().map(|choice| choice.beside));
        Some(origin)
    }

    /// A place in a file of the checkout, or in an archive there, which has no lines to show.
    fn written(&self, file: &str, line: u32, column: u32, value: &str, proved: bool) -> Option<Origin> {
        if let Some(text) = self.text(file) {
            let (span, verbatim) = in_line(&text, line, column, value)?;
            let relation = match (proved, verbatim) {
                (false, _) => Relation::Near,
                (true, true) => Relation::Value,
                (true, false) => Relation::Made,
            };
            return Some(Origin { text, span, relation, beside: Vec::new() });
        }
        let (archive, inner) = self.archive(file)?;
        let beside = Beside { what: format!("`{inner}` in this archive, line {line}"), place: None, exact: false };
        let text = Arc::new(Text::new(self.root.shown(archive), ""));
        Some(Origin { text, span: Span::default(), relation: Relation::Near, beside: vec![beside] })
    }

    /// Where a value of a line was chosen.
    fn choice(&self, told: &Told, chosen: Chosen, value: &str) -> Option<Choice> {
        const GOES_INTO: &str = "a value that goes into it";
        let file = told.file(chosen.file)?;
        if let Some((option, arguments)) = ARGUMENTS.iter().zip(&self.arguments).find(|(name, _)| **name == file) {
            return match arguments.get((chosen.line as usize).checked_sub(1)?)? {
                Argument::Option(name) => {
                    let what = format!("`{option} {name}=…` of the command line, which goes into it");
                    Some(Choice { beside: Beside { what, place: None, exact: false }, value: None })
                }
                Argument::File(setting) => {
                    let (text, span) = setting.argument.place();
                    let place = Some((Arc::clone(text), span));
                    let beside = Beside { what: GOES_INTO.to_owned(), place, exact: setting.is_value };
                    let itself = setting_value(text, span, setting.is_value, value);
                    let value = itself.map(|(span, relation)| (Arc::clone(text), span, relation));
                    Some(Choice { beside, value })
                }
            };
        }
        let Some(text) = self.text(file) else {
            let (archive, inner) = self.archive(file)?;
            let archive = self.root.shown(archive);
            let what = format!("a value that goes into it: `{inner}` in the archive `{archive}`, line {}", chosen.line);
            return Some(Choice { beside: Beside { what, place: None, exact: false }, value: None });
        };
        let (span, verbatim) = in_line(&text, chosen.line, 0, value)?;
        let place = Some((Arc::clone(&text), span));
        let beside = Beside { what: GOES_INTO.to_owned(), place, exact: verbatim };
        let itself = verbatim && !is_typed(value);
        Some(Choice { beside, value: itself.then_some((text, span, Relation::Value)) })
    }

    /// A path that goes on behind that of an archive: the archive, and the path in it.
    fn archive<'f>(&self, file: &'f str) -> Option<(&'f str, &'f str)> {
        file.match_indices(ARCHIVE).find_map(|(at, _)| {
            let (archive, rest) = file.split_at_checked(at + ARCHIVE.len())?;
            let inner = rest.strip_prefix('/')?;
            matches!(self.root.checkout().stat(archive), Ok(sluice_source::Stat::File { .. }))
                .then_some((archive, inner))
        })
    }

    fn text(&self, path: &str) -> Option<Arc<Text>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(path) {
            return known.clone();
        }
        let content = self.root.checkout().read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = content.map(|content| Arc::new(Text::new(self.root.shown(path), content)));
        texts.insert(path.to_owned(), text.clone());
        text
    }

    /// Whether more work may tell more: where nothing is proved, and for numbers and booleans of charts, which carry no mark
    /// that would lead to where they were chosen.
    fn is_open(&self, origin: &Origin, rendered: &Text, span: Span) -> bool {
        match origin.relation {
            Relation::Near => true,
            Relation::Made => {
                let is_chart = matches!(self.again.method, Method::Helm(_));
                is_chart && origin.beside.is_empty() && is_typed(rendered.slice(span))
            }
            Relation::Value => false,
        }
    }

    /// All that can be proved of a text: asked for once, by whoever comes first, and alike whoever it is.
    fn proved(&self, rendered: &Text) -> Option<&Told> {
        let ask = || {
            let Again { renderers, files, method } = &self.again;
            match method {
                Method::Kustomize | Method::Helm(_) => {}
                Method::Plain | Method::Command(_) => return None,
            }
            let again = renderers.render(Arc::clone(files), &self.path, method, sluice_render::Origins::All).ok()?;
            let (text, told) = Told::of(again);
            (text == rendered.as_str()).then_some(told)
        };
        self.proved.get_or_init(ask).as_ref()
    }
}

impl Origins for Sources {
    fn origin(&self, rendered: &Text, span: Span) -> Option<Origin> {
        let told = self.look(&self.told, rendered, span);
        if told.as_ref().is_some_and(|origin| !self.is_open(origin, rendered, span)) {
            return told;
        }
        let proved = self.proved(rendered).and_then(|proved| self.look(proved, rendered, span));
        proved.or(told).or_else(|| {
            let (text, span) = self.stands_for.clone()?;
            Some(Origin { text, span, relation: Relation::Near, beside: Vec::new() })
        })
    }
}

/// Where in an argument of the policy file the value itself stands. Of an argument in Helm's own words only a part is the
/// value, which is edited by hand.
fn setting_value(text: &Text, span: Span, is_value: bool, value: &str) -> Option<(Span, Relation)> {
    if is_typed(value) {
        return None;
    }
    let written = text.slice(span);
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    if is_value {
        return (bare(written) == bare(value)).then_some((span, Relation::Value));
    }
    let value = bare(value);
    let mut places =
        written.match_indices(&value).filter(|(at, _)| written.get(..*at).is_some_and(|s| s.ends_with('=')));
    match (places.next(), places.next()) {
        (Some((at, _)), None) if !value.is_empty() => {
            let start = span.start + at as u32;
            Some((Span { start, end: start + value.len() as u32 }, Relation::Made))
        }
        (_, _) => None,
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("files", &self.told.files).finish_non_exhaustive()
    }
}
