//! A change for people at a terminal: objects and their fields, the blast radius, the findings, and one line that sums up.

use std::io::{self, Write};

use annotate_snippets::renderer::{AnsiColor, Effects, Style as Paint};
use sluice_diff::{Change, Diff, Object};
use sluice_policy::{Decision, Finding};

use super::values::{self, Mark, Marked, Style};
use super::{DiffOptions, words};
use crate::human::diagnostic::Painter;
use crate::human::{is_shown, one_line, write_findings};
use crate::outcome::{Outcome, count};
use crate::{Verbosity, clean};

/// Most fields of an object.
const FIELDS: usize = 100;
/// Most lines of a value.
const LINES: usize = 40;

const DIMMED: Paint = Paint::new().effects(Effects::DIMMED);

pub(super) fn write(diff: &Diff, options: &DiffOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let painter = Painter::new(&options.of_findings());
    let mut page = Page { diff, painter, verbosity: options.verbosity, out: io::BufWriter::new(out) };
    if page.verbosity > Verbosity::Quiet {
        page.objects()?;
        page.radius()?;
    }
    page.findings()?;
    page.notes()?;
    page.summary()?;
    page.out.flush()
}

struct Page<'d> {
    diff: &'d Diff,
    painter: Painter,
    verbosity: Verbosity,
    out: io::BufWriter<&'d mut dyn io::Write>,
}

impl Page<'_> {
    fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    fn objects(&mut self) -> io::Result<()> {
        for object in &self.diff.objects {
            let word = self.painter.paint(words::change(object.change), color(object.change).on_default().bold());
            let place = self.painter.paint(&format!("({})", words::place(object)), DIMMED);
            let from = words::from(object).map(|from| format!(", {from}")).unwrap_or_default();
            writeln!(self.out, "{word}: {} {place}{from}", words::object(object))?;
            self.fields(object)?;
        }
        if !self.diff.objects.is_empty() {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn fields(&mut self, object: &Object) -> io::Result<()> {
        let (fields, lines) = if self.is_verbose() { (usize::MAX, usize::MAX) } else { (FIELDS, LINES) };
        for field in object.fields.iter().take(fields) {
            self.lines(&values::of_field(field, Style::Arrow, lines))?;
        }
        let rest = object.fields.len().saturating_sub(fields) + object.left_out;
        if rest > 0 {
            writeln!(self.out, "      … {} more", count(rest as u64, "field"))?;
        }
        let whole = match object.change {
            Change::Added => object.after.as_ref().map(|after| (Mark::Added, after)),
            Change::Removed => object.before.as_ref().map(|before| (Mark::Removed, before)),
            Change::Changed | Change::Moved => None,
        };
        match whole.filter(|_| self.is_verbose()) {
            Some((mark, resource)) => self.lines(&values::of_object(mark, resource, usize::MAX)),
            None => Ok(()),
        }
    }

    fn lines(&mut self, lines: &[Marked]) -> io::Result<()> {
        for Marked { mark, text } in lines {
            let (sign, style) = match mark {
                Mark::Added => ('+', AnsiColor::Green.on_default()),
                Mark::Removed => ('-', AnsiColor::Red.on_default()),
                Mark::Changed => ('~', AnsiColor::Yellow.on_default()),
                Mark::Plain => (' ', DIMMED),
            };
            writeln!(self.out, "    {}", self.painter.paint(format!("{sign} {text}").trim_end(), style))?;
        }
        Ok(())
    }

    fn radius(&mut self) -> io::Result<()> {
        let radius = &self.diff.radius;
        if radius.effects.is_empty() && radius.images.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{}", self.painter.paint("blast radius:", Paint::new().bold()))?;
        let red = AnsiColor::BrightRed.on_default().bold();
        for effect in words::effects(self.diff) {
            let text = words::effect(self.diff, effect);
            let loud = words::is_loud(effect);
            let (sign, text) =
                if loud { (self.painter.paint("!", red), self.painter.paint(&text, red)) } else { (" ".into(), text) };
            writeln!(self.out, "  {sign} {:<11} {text}", words::area(effect.area))?;
        }
        for image in &radius.images {
            let (text, uses) = (words::image(image), words::uses(self.diff, image));
            writeln!(self.out, "    {:<11} {text}: {uses}", "image")?;
        }
        writeln!(self.out)
    }

    fn findings(&mut self) -> io::Result<()> {
        let diff = self.diff;
        let shown = diff.new.iter().chain(words::faults(diff));
        write_findings(shown, self.verbosity, &self.painter, &mut self.out)?;
        if self.verbosity == Verbosity::Quiet {
            return Ok(());
        }
        self.short("resolved", &diff.resolved)?;
        if self.is_verbose() {
            self.short("stays", &diff.staying)?;
            for (plugin, line) in &diff.log {
                writeln!(self.out, "{}", self.painter.log(&clean::line(plugin), &clean::line(line)))?;
            }
        }
        Ok(())
    }

    /// Findings that nobody has to act on, a line for each.
    fn short(&mut self, word: &str, findings: &[Finding]) -> io::Result<()> {
        let shown = findings.iter().filter(|finding| is_shown(Outcome::of(finding), self.verbosity));
        let lines: Vec<String> = shown
            .map(|finding| {
                let head = self.painter.paint(&format!("{word}[{}]", clean::line(&finding.rule)), DIMMED);
                format!("{head}: {}", clean::line(&one_line(finding)))
            })
            .collect();
        for line in &lines {
            writeln!(self.out, "{line}")?;
        }
        if lines.is_empty() { Ok(()) } else { writeln!(self.out) }
    }

    fn notes(&mut self) -> io::Result<()> {
        for gap in &self.diff.gaps {
            writeln!(self.out, "{}", self.painter.warning(&words::gap(self.diff, gap)))?;
        }
        if self.diff.policy_changed && self.verbosity > Verbosity::Quiet {
            let head = words::side(&self.diff.head);
            let text = format!("the policy changed; both sides were judged by that of {head}");
            writeln!(self.out, "{}", self.painter.note(&text))?;
        }
        if !self.diff.gaps.is_empty() || self.diff.policy_changed && self.verbosity > Verbosity::Quiet {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn summary(&mut self) -> io::Result<()> {
        let diff = self.diff;
        if self.verbosity == Verbosity::Quiet && diff.decision == Decision::Allow {
            return Ok(());
        }
        let color = match diff.decision {
            Decision::Allow => AnsiColor::BrightGreen,
            Decision::Deny | Decision::Undecided => AnsiColor::BrightRed,
        };
        let word = self.painter.paint(words::decision(diff.decision), color.on_default().bold());
        let (resolved, staying) = (diff.resolved.len(), diff.staying.len());
        let apart = words::in_brackets(&words::apart(&diff.resolved));
        let (new, objects) = (words::new_findings(diff), words::objects(diff));
        let (base, head) = (words::side(&diff.base), words::side(&diff.head));
        writeln!(
            self.out,
            "{word}: {new}, {resolved} resolved{apart}, {staying} as before; {objects} ({base} to {head})"
        )
    }
}

fn color(change: Change) -> AnsiColor {
    match change {
        Change::Added => AnsiColor::Green,
        Change::Removed => AnsiColor::Red,
        Change::Changed => AnsiColor::Yellow,
        Change::Moved => AnsiColor::Cyan,
    }
}
