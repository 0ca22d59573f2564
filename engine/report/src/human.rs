//! The report for people: each finding as a compiler would show it, then what was left out, then one line that sums up.

pub(crate) mod diagnostic;
pub(crate) mod summary;
mod wrap;

use std::collections::HashMap;
use std::io::{self, Write};

use sluice_policy::{ConfigError, Finding, Verdict};

use crate::outcome::{Outcome, object_name};
use crate::{Options, Verbosity, clean, place};
use diagnostic::Painter;

/// Findings of one rule with one message that are shown in full; those after them take one line each.
const FULL: usize = 50;

pub(crate) fn write(verdict: &Verdict, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let painter = Painter::new(options);
    write_findings(verdict.findings.iter(), options.verbosity, &painter, &mut out)?;
    if options.verbosity == Verbosity::Verbose {
        write_log(verdict, &painter, &mut out)?;
    }
    summary::write(verdict, options, &painter, &mut out)?;
    out.flush()
}

/// Findings in full, as far as anyone would read them.
pub(crate) fn write_findings<'f>(
    findings: impl Iterator<Item = &'f Finding>,
    verbosity: Verbosity,
    painter: &Painter,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut seen = HashMap::<(&str, &str), usize>::new();
    let mut shortened = 0_usize;
    for finding in findings {
        let outcome = Outcome::of(finding);
        if !is_shown(outcome, verbosity) {
            continue;
        }
        let times = seen.entry((&finding.rule, &finding.message)).or_default();
        *times += 1;
        if *times <= FULL || verbosity == Verbosity::Verbose {
            writeln!(out, "{}\n", painter.finding(finding, outcome))?;
        } else {
            shortened += 1;
            writeln!(out, "{}", painter.title(outcome, &finding.rule, &one_line(finding)))?;
        }
    }
    if shortened > 0 {
        let rest = format!("past {FULL} findings with the same message, each takes one line; `-v` shows them in full");
        writeln!(out, "\n{}\n", painter.note(&rest))?;
    }
    Ok(())
}

pub(crate) fn write_config_errors(
    errors: &[ConfigError],
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let painter = Painter::new(options);
    for error in errors {
        writeln!(out, "{}\n", painter.config_error(error))?;
    }
    if errors.len() > 1 {
        writeln!(
            out,
            "{}",
            painter.note(&format!("the policy file has {} errors; nothing was checked", errors.len()))
        )?;
    }
    Ok(())
}

pub(crate) fn is_shown(outcome: Outcome, verbosity: Verbosity) -> bool {
    match outcome {
        Outcome::Error => true,
        Outcome::Warning | Outcome::Note => verbosity >= Verbosity::Normal,
        Outcome::Audited | Outcome::Excepted => verbosity == Verbosity::Verbose,
    }
}

/// The place, the object and the message of a finding whose like was shown in full before.
pub(crate) fn one_line(finding: &Finding) -> String {
    let mut line = String::new();
    if let Some(location) = &finding.location {
        line.push_str(&format!("{}: ", place::words(location)));
    }
    if let Some(resource) = &finding.resource {
        line.push_str(&format!("{}: ", object_name(resource)));
    }
    line + &finding.message
}

fn write_log(verdict: &Verdict, painter: &Painter, out: &mut dyn io::Write) -> io::Result<()> {
    for (plugin, line) in &verdict.log {
        writeln!(out, "{}", painter.log(&clean::line(plugin), &clean::line(line)))?;
    }
    if !verdict.log.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}
