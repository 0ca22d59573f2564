//! The end of a report: what was not judged, what could not be decided, and one line with the verdict and its counts.

use std::io::{self, Write};

use annotate_snippets::renderer::AnsiColor;
use sluice_policy::{Decision, Finding, Summary, Verdict};

use super::diagnostic::Painter;
use crate::outcome::{Outcome, Tally, count, is_fault};
use crate::{Options, Verbosity, clean};

pub(crate) fn write(verdict: &Verdict, options: &Options, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    if !wanted(verdict, options.verbosity) {
        return Ok(());
    }
    if options.verbosity > Verbosity::Quiet {
        write_skipped(verdict, options.verbosity, painter, out)?;
    }
    if verdict.decision == Decision::Undecided {
        write_undecided(verdict, options.verbosity, painter, out)?;
    }
    if options.verbosity == Verbosity::Verbose {
        let Summary { files, documents, resources, .. } = &verdict.summary;
        let counts = [(*files, "file"), (*documents, "document"), (*resources, "object")];
        let read = counts.map(|(number, one)| count(number, one)).join(", ");
        writeln!(out, "{}", painter.note(&format!("read {read}")))?;
    }
    let line = last_line(verdict);
    let (word, rest) = line.split_once(':').unwrap_or((&line, ""));
    let color = match verdict.decision {
        Decision::Allow => AnsiColor::BrightGreen,
        Decision::Deny | Decision::Undecided => AnsiColor::BrightRed,
    };
    writeln!(out, "{}:{rest}", painter.paint(word, color.on_default().bold()))
}

/// Whether there is an end at all: a quiet run that allows says nothing.
pub(crate) fn wanted(verdict: &Verdict, verbosity: Verbosity) -> bool {
    verbosity > Verbosity::Quiet || verdict.decision != Decision::Allow
}

/// `denied: 3 errors, 1 warning in 12 objects (4 files, 2 skipped, 3 plugins, 1 excepted)`.
pub(crate) fn last_line(verdict: &Verdict) -> String {
    let tally = Tally::of(&verdict.findings);
    let summary = &verdict.summary;
    let faults = faults(verdict).count();
    let parts = [
        (faults, "failure", "failures"),
        (tally.errors - faults, "error", "errors"),
        (tally.warnings, "warning", "warnings"),
        (tally.notes, "note", "notes"),
    ];
    let found = some_of(&parts);
    let objects = count(summary.resources, "object");
    let said = match (verdict.decision, found.as_str()) {
        (Decision::Allow, "") => format!("allowed: {objects} passed"),
        (Decision::Allow, found) => format!("allowed: {found} in {objects}"),
        (Decision::Deny, found) => format!("denied: {found} in {objects}"),
        (Decision::Undecided, "") => format!("undecided: {objects} without a verdict"),
        (Decision::Undecided, found) => format!("undecided: {found} in {objects}"),
    };
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let around = some_of(&[
        (number(summary.files), "file", "files"),
        (summary.skipped.len(), "skipped", "skipped"),
        (number(summary.plugins), "plugin", "plugins"),
        (number(summary.mutated), "changed by mutators", "changed by mutators"),
        (tally.audited, "audited", "audited"),
        (tally.excepted, "excepted", "excepted"),
    ]);
    if around.is_empty() { said } else { format!("{said} ({around})") }
}

/// The counts that are not zero, with their words.
fn some_of(parts: &[(usize, &str, &str)]) -> String {
    let parts = parts.iter().filter(|(number, _, _)| *number > 0);
    let words = parts.map(|(number, one, many)| format!("{number} {}", if *number == 1 { one } else { many }));
    words.collect::<Vec<_>>().join(", ")
}

/// What was not judged. Some is always told; the rest is named on demand.
fn write_skipped(verdict: &Verdict, verbosity: Verbosity, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    let skipped = &verdict.summary.skipped;
    if verbosity == Verbosity::Verbose {
        for (name, reason) in skipped {
            let text = format!("skipped {}: {}", clean::line(name), clean::line(reason));
            writeln!(out, "{}", painter.note(&text))?;
        }
    }
    let untold = untold(verdict);
    for Untold { text, help } in &untold {
        // Named above already where everything is.
        if verbosity < Verbosity::Verbose {
            writeln!(out, "{}", painter.note(text))?;
        }
        writeln!(out, "{}", painter.help(help))?;
    }
    if !untold.is_empty() || verbosity == Verbosity::Verbose && !skipped.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// What was not judged and might be expected to be.
pub(crate) struct Untold {
    pub(crate) text: String,
    pub(crate) help: &'static str,
}

/// What every report tells of what was skipped: templates, because they look like manifests, and what others will check out.
pub(crate) fn untold(verdict: &Verdict) -> Vec<Untold> {
    let of = |fits: fn(&str) -> bool, why: [&str; 2], help| {
        let skipped = &verdict.summary.skipped;
        let mut names = skipped.iter().filter(|(_, reason)| fits(reason)).map(|(name, _)| clean::line(name));
        let first = names.next()?;
        let [one, many] = why;
        let text = match names.count() {
            0 => format!("`{first}` was not judged: {one}"),
            others => format!("`{first}` and {others} more were not judged: {many}"),
        };
        Some(Untold { text, help })
    };
    let templates = of(
        is_template,
        ["it is a template, which has to be rendered first", "they are templates, which have to be rendered first"],
        "check the whole folder of its chart, which is rendered then, or what its own tool prints: `… | sluice check -`",
    );
    let absent = of(
        |reason| reason == crate::NOT_CHECKED_OUT,
        ["Git tracks it, and it is not checked out", "Git tracks them, and they are not checked out"],
        "`git sparse-checkout disable` checks out all of it, `git submodule update --init` does submodules, and `sluice check --rev HEAD` judges the commit without either",
    );
    templates.into_iter().chain(absent).collect()
}

fn is_template(reason: &str) -> bool {
    reason.contains("template") || reason.contains("{{")
}

fn write_undecided(verdict: &Verdict, verbosity: Verbosity, painter: &Painter, out: &mut dyn Write) -> io::Result<()> {
    let mut plugins = Vec::<&str>::new();
    for fault in faults(verdict) {
        if fault.plugin != "sluice" && !plugins.contains(&fault.plugin.as_str()) {
            plugins.push(&fault.plugin);
        }
    }
    let who = plugins.iter().map(|plugin| format!("`{plugin}`")).collect::<Vec<_>>().join(", ");
    let text = match plugins.len() {
        0 => String::from("what could not be decided is told above; until it is, nothing goes on"),
        _ => format!("{who} gave no answer, so nothing goes on, whatever the other plugins say"),
    };
    writeln!(out, "{}", painter.note(&text))?;
    if verbosity < Verbosity::Verbose && faults(verdict).any(|fault| fault.detail.is_some()) {
        writeln!(out, "{}", painter.help("`-v` shows what the plugin wrote and where it failed"))?;
    }
    writeln!(out)
}

fn faults(verdict: &Verdict) -> impl Iterator<Item = &Finding> {
    let undecided = verdict.decision == Decision::Undecided;
    let counts = move |finding: &&Finding| undecided && is_fault(finding) && Outcome::of(finding) == Outcome::Error;
    verdict.findings.iter().filter(counts)
}
