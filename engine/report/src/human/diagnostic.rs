//! One finding as annotated source. The one place that knows the crate which draws it.

use annotate_snippets::renderer::{AnsiColor, DEFAULT_TERM_WIDTH, Effects, Style};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Padding, Patch, Renderer, Snippet as Source};
use sluice_policy::{ConfigError, Finding, Location, Snippet};

use super::wrap::wrap;
use crate::outcome::{Outcome, object_name};
use crate::place::{self, Marked};
use crate::suggestion::{Suggestion, suggest};
use crate::{Options, Verbosity, clean};

const DIMMED: Style = Style::new().effects(Effects::DIMMED);

/// The widest prose, in columns: longer lines are hard to read.
const PROSE: usize = 120;

/// Columns that the line numbers and the label of a note take, about.
const GUTTER: usize = 12;

/// Draws diagnostics in one style.
pub(crate) struct Painter {
    bright: Renderer,
    plain: Renderer,
    color: bool,
    verbosity: Verbosity,
    prose: usize,
}

impl Painter {
    pub(crate) fn new(options: &Options) -> Self {
        let width = options.width.unwrap_or(DEFAULT_TERM_WIDTH).max(40);
        let plain = Renderer::plain().term_width(width);
        let bright = if options.color { Renderer::styled().term_width(width).hyperlink(false) } else { plain.clone() };
        let prose = width.min(PROSE) - GUTTER;
        Self { bright, plain, color: options.color, verbosity: options.verbosity, prose }
    }

    /// A finding in full.
    pub(crate) fn finding(&self, finding: &Finding, outcome: Outcome) -> String {
        let marked = marked(finding.location.as_ref(), finding.snippet.as_ref());
        let level = level(outcome);
        let message = clean::line(&finding.message);
        let mut group = Group::with_title(level.primary_title(message).id(clean::line(&finding.rule)));
        group = group.elements(source(finding.location.as_ref(), marked.as_ref()));
        group = group.elements(self.notes(finding));
        let mut suggested = None;
        match suggest(finding, marked.as_ref()) {
            Some(Suggestion::Words(words)) => group = group.element(self.named("fix", &words)),
            Some(Suggestion::Edit { title, range, replacement }) => {
                suggested = marked.as_ref().map(|marked| edit(marked, title, Patch::new(range, replacement)));
            }
            None => {}
        }
        let group = group.elements(self.references(finding));
        let groups = std::iter::once(group).chain(suggested).collect::<Vec<_>>();
        match outcome {
            Outcome::Error | Outcome::Warning | Outcome::Note => self.bright.render(&groups),
            Outcome::Audited | Outcome::Excepted => self.dimmed(&self.plain.render(&groups)),
        }
    }

    /// An error of the policy file.
    pub(crate) fn config_error(&self, error: &ConfigError) -> String {
        let marked = marked(error.location.as_ref(), error.snippet.as_ref());
        let mut group = Group::with_title(Level::ERROR.primary_title(clean::line(&error.message)));
        group = group.elements(source(error.location.as_ref(), marked.as_ref()));
        if !error.help.is_empty() {
            group = group.element(self.named("help", &error.help));
        }
        self.bright.render(&[group])
    }

    /// A finding in one line.
    pub(crate) fn title(&self, outcome: Outcome, rule: &str, text: &str) -> String {
        let title = level(outcome).primary_title(clean::line(text)).id(clean::line(rule));
        self.bright.render(&[Group::with_title(title)])
    }

    /// A note that belongs to no finding.
    pub(crate) fn note(&self, text: &str) -> String {
        format!("{}: {}", self.paint("note", AnsiColor::BrightGreen.on_default().bold()), clean::line(text))
    }

    /// A warning that belongs to no finding.
    pub(crate) fn warning(&self, text: &str) -> String {
        format!("{}: {}", self.paint("warning", AnsiColor::BrightYellow.on_default().bold()), clean::line(text))
    }

    /// A hint that belongs to no finding.
    pub(crate) fn help(&self, text: &str) -> String {
        format!("{}: {}", self.paint("help", AnsiColor::BrightCyan.on_default().bold()), clean::line(text))
    }

    /// Each line of a text, dimmed.
    fn dimmed(&self, text: &str) -> String {
        text.lines().map(|line| self.paint(line, DIMMED)).collect::<Vec<_>>().join("\n")
    }

    /// A line that a plugin wrote.
    pub(crate) fn log(&self, plugin: &str, line: &str) -> String {
        self.paint(&format!("log[{plugin}]: {line}"), DIMMED)
    }

    pub(crate) fn paint(&self, text: &str, style: Style) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// What is said below the source, in the order of the questions that it answers: whose, why there, what to do.
    fn notes(&self, finding: &Finding) -> Vec<Element<'static>> {
        let mut notes = vec![];
        if let Some(resource) = &finding.resource {
            let name = object_name(resource);
            let path = finding.path.as_deref().filter(|path| !path.is_empty());
            let object = path.map_or_else(|| name.clone(), |path| format!("{name}, at {path}"));
            notes.push(self.named("object", &clean::line(&object)));
        }
        if let Some(plugin) = &finding.written_by {
            let text = format!("the value was written by `{plugin}`; this is the nearest source line");
            notes.push(self.named("note", &text));
        } else if finding.location.as_ref().is_some_and(|location| !location.exact) {
            notes.push(self.named("note", "this is the nearest source line, not the value itself"));
        }
        if let Some(rendered) = &finding.rendered {
            let text = format!("`{}`, line {}", clean::line(&rendered.name), rendered.line);
            notes.push(self.named("rendered", &text));
        }
        for related in finding.related() {
            notes.push(self.named("also", &place::related(related)));
        }
        if let Some(exception) = &finding.exception {
            let until = exception.expires.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
            notes.push(self.named("excepted", &format!("{}{until}", exception.reason)));
        }
        if !finding.help.is_empty() {
            notes.push(self.named("help", &finding.help));
        }
        notes
    }

    /// Where to read on.
    fn references(&self, finding: &Finding) -> Vec<Element<'static>> {
        let mut references = vec![];
        if let Some(url) = &finding.url {
            references.push(self.named("see", url));
        }
        if let Some(detail) = finding.detail.as_ref().filter(|_| self.verbosity == Verbosity::Verbose) {
            references.push(Level::NOTE.with_name("detail").message(clean::block(detail)).into());
        }
        references
    }

    fn named(&self, name: &'static str, text: &str) -> Element<'static> {
        let level = if name == "help" { Level::HELP } else { Level::NOTE.with_name(name) };
        level.message(wrap(&clean::block(text), self.prose)).into()
    }
}

fn level(outcome: Outcome) -> Level<'static> {
    match outcome {
        Outcome::Error => Level::ERROR,
        Outcome::Warning => Level::WARNING,
        Outcome::Note => Level::NOTE,
        Outcome::Audited => Level::INFO.with_name("audited"),
        Outcome::Excepted => Level::INFO.with_name("excepted"),
    }
}

fn marked<'a>(location: Option<&Location>, snippet: Option<&'a Snippet>) -> Option<Marked<'a>> {
    place::mark(location?, snippet?)
}

/// The place, with the lines where they are known.
fn source<'a>(location: Option<&'a Location>, marked: Option<&'a Marked>) -> Vec<Element<'a>> {
    let Some(location) = location else { return vec![] };
    let file = place::file_name(&location.file);
    let Some(marked) = marked else {
        let origin = Origin::path(file).line(location.line as usize).char_column(location.column as usize);
        return vec![origin.into(), Padding.into()];
    };
    let source = Source::source(marked.text.as_ref()).line_start(marked.first_line as usize).path(file);
    vec![source.annotation(AnnotationKind::Primary.span(marked.range.clone())).into()]
}

fn edit<'a>(marked: &'a Marked, title: &'static str, patch: Patch<'a>) -> Group<'a> {
    let source = Source::source(marked.text.as_ref()).line_start(marked.first_line as usize);
    Level::HELP.secondary_title(title).element(source.patch(patch))
}
