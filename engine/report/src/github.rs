//! GitHub workflow commands: each finding becomes an annotation beside the changed line of a pull request. Owns the
//! escaping; refuses to annotate what asks for nothing (audited and excepted findings) unless it is asked to be verbose.

use std::io::{self, Write};

use sluice_policy::{ConfigError, Finding, Location, Verdict};

use crate::human::summary;
use crate::outcome::{Outcome, object_name};
use crate::{Options, Verbosity, clean, place};

/// One annotation.
struct Annotation<'a> {
    command: &'static str,
    title: &'a str,
    location: Option<&'a Location>,
    text: String,
}

pub(crate) fn write(verdict: &Verdict, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for finding in &verdict.findings {
        let command = match (Outcome::of(finding), options.verbosity) {
            (Outcome::Error, _) => "error",
            (Outcome::Warning, Verbosity::Normal | Verbosity::Verbose) => "warning",
            (Outcome::Note, Verbosity::Normal | Verbosity::Verbose) => "notice",
            (Outcome::Audited | Outcome::Excepted, Verbosity::Verbose) => "notice",
            (Outcome::Warning | Outcome::Note | Outcome::Audited | Outcome::Excepted, _) => continue,
        };
        let title = finding.rule.as_str();
        let annotation = Annotation { command, title, location: finding.location.as_ref(), text: text(finding) };
        annotation.write(&mut out)?;
    }
    if options.verbosity > Verbosity::Quiet {
        for summary::Untold { text, help } in summary::untold(verdict) {
            let text = format!("{text}\n{help}");
            Annotation { command: "notice", title: "sluice", location: None, text }.write(&mut out)?;
        }
    }
    if summary::wanted(verdict, options.verbosity) {
        writeln!(out, "{}", summary::last_line(verdict))?;
    }
    out.flush()
}

pub(crate) fn write_config_errors(errors: &[ConfigError], out: &mut dyn io::Write) -> io::Result<()> {
    for error in errors {
        let text = [error.message.as_str(), error.help.as_str()].map(clean::block);
        let text = text.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n");
        // Without a place it may be about what was asked.
        let title = if error.location.is_some() { "sluice/policy-file" } else { "sluice" };
        Annotation { command: "error", title, location: error.location.as_ref(), text }.write(out)?;
    }
    Ok(())
}

impl Annotation<'_> {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "::{} ", self.command)?;
        if let Some(location) = self.location.filter(|location| location.file != "-") {
            write!(out, "file={},line={}", property(&location.file), location.line)?;
            // Columns hold within one line only; GitHub ignores them otherwise.
            if location.line == location.end_line {
                write!(
                    out,
                    ",endLine={},col={},endColumn={}",
                    location.end_line, location.column, location.end_column
                )?;
            } else {
                write!(out, ",endLine={}", location.end_line)?;
            }
            out.write_all(b",")?;
        }
        writeln!(out, "title={}::{}", property(self.title), data(&self.text))
    }
}

fn text(finding: &Finding) -> String {
    let mut text = clean::line(&finding.message).into_owned();
    let mut add = |line: &str| {
        text.push('\n');
        text.push_str(line);
    };
    if let Some(resource) = &finding.resource {
        add(&clean::line(&match &finding.path {
            Some(path) if !path.is_empty() => format!("in {} at {path}", object_name(resource)),
            Some(_) | None => format!("in {}", object_name(resource)),
        }));
    }
    if let Some(location) = finding.location.as_ref().filter(|location| location.file == "-") {
        add(&format!("on standard input, line {}, column {}", location.line, location.column));
    }
    for related in finding.related() {
        add(&format!("also {}", place::related(related)));
    }
    if let Some(plugin) = &finding.written_by {
        add(&clean::line(&format!("the value was written by `{plugin}`; this is the nearest source line")));
    }
    if let Some(exception) = &finding.exception {
        add(&clean::line(&format!("excepted: {}", exception.reason)));
    }
    if !finding.help.is_empty() {
        add(&clean::block(&finding.help));
    }
    if let Some(url) = &finding.url {
        add(&clean::line(url));
    }
    text
}

/// A message, as the runner decodes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which ends at a comma or a colon. A name of a file may have any character in it.
fn property(text: &str) -> String {
    data(&clean::source(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn escapes() {
        assert_eq!(data("100%\r\nnext: a,b"), "100%25%0D%0Anext: a,b");
        assert_eq!(property("a:b,c%d\ne"), "a%3Ab%2Cc%25d%0Ae");
    }
}
