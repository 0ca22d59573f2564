//! A plan as people read it, and what of it matters. Values of Secrets are masked before they get here; names and values come
//! from strangers, and do nothing to a terminal.

use std::io::{self, Write};

use anstyle::AnsiColor;
use serde::Serialize;
use sluice_apply::{Action, Blast, Health, Plan, Prune, Reference, Step};
use sluice_diff::{Field, Fields, What};
use sluice_report::{Verbosity, clean};

use super::gathered::Acknowledges;

/// How to show.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Unchanged objects are left out where it is quiet, and long values are shown in full where it is verbose.
    pub(crate) verbosity: Verbosity,
    pub(crate) acknowledges: Acknowledges,
}

/// Members that the server writes, which no plan is about.
const NOISE: [&str; 6] = [
    "/metadata/managedFields",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/creationTimestamp",
    "/metadata/uid",
    "/status",
];

/// Longest value that is shown on a line, in characters.
const LONGEST: usize = 120;

/// Every object with its word: what stays as it is first, then what is done, in the order in which it is, so that what a
/// person decides about stands next to the sum at the end.
pub(crate) fn human(plan: &Plan, blast: &Blast, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines { look, out };
    for step in plan.steps.iter().filter(|step| matches!(step.action, Action::Unchanged { .. })) {
        if look.verbosity != Verbosity::Quiet {
            lines.word("unchanged", None, &step.reference, None)?;
            lines.ignored(step)?;
        }
    }
    for step in plan.steps.iter().filter(|step| !matches!(step.action, Action::Unchanged { .. })) {
        lines.step(step)?;
        lines.ignored(step)?;
    }
    for (reference, prune) in &plan.prunes {
        lines.prune(reference, prune)?;
    }
    for gate in &blast.gates {
        lines.start("refused", Some(AnsiColor::Red), &gate.message)?;
        lines.more(&format!("help: {}", look.acknowledges.help(gate.word)))?;
    }
    let Counts { create, change, unchanged, deferred, error, prune, .. } = Counts::of(plan);
    let errors = if error == 1 { "error" } else { "errors" };
    writeln!(
        lines.out,
        "plan: {create} to create, {change} to change, {unchanged} unchanged, {prune} to prune, {deferred} deferred, {error} {errors}"
    )
}

/// What people read, line by line.
struct Lines<'o> {
    look: Look,
    out: &'o mut dyn Write,
}

impl Lines<'_> {
    /// What becomes of an object of the set, where anything does.
    fn step(&mut self, step: &Step) -> io::Result<()> {
        let Step { reference, action, .. } = step;
        match action {
            Action::Create => self.word("create", Some(AnsiColor::Green), reference, None),
            Action::Change { force, .. } => {
                self.word("change", Some(AnsiColor::Yellow), reference, None)?;
                if *force {
                    self.more("takes over fields of other managers")?;
                }
                let Some(fields) = compared(action) else { return Ok(()) };
                if that_matter(&fields).next().is_none() && fields.left_out == 0 {
                    return self.more("no value differs, but who owns its fields, or in which version they were said");
                }
                that_matter(&fields).try_for_each(|field| self.more(&line(field, self.look.verbosity)))?;
                if fields.left_out == 0 { Ok(()) } else { self.more(&format!("and {} fields more", fields.left_out)) }
            }
            Action::Unchanged { .. } => Ok(()),
            Action::Deferred { reason } => self.word("deferred", Some(AnsiColor::Cyan), reference, Some(reason)),
            Action::Refused { message, help } => {
                self.word("error", Some(AnsiColor::Red), reference, Some(message))?;
                if let Some(place) = step.refused_at() {
                    self.more(&format!("--> {place}"))?;
                }
                if help.is_empty() { Ok(()) } else { self.more(&format!("help: {help}")) }
            }
        }
    }

    /// What of an object is left to others, for who wants to know.
    fn ignored(&mut self, step: &Step) -> io::Result<()> {
        let wanted = self.look.verbosity == Verbosity::Verbose;
        for ignored in step.ignored.iter().filter(|_| wanted) {
            let how = if ignored.differs { ", which differs" } else { "" };
            let owners: Vec<String> = ignored.managers.iter().map(|name| format!("`{name}`")).collect();
            let owners = if owners.is_empty() { String::new() } else { format!(", owned by {}", owners.join(", ")) };
            self.more(&format!("ignored {}{how}{owners}", ignored.pointer))?;
        }
        Ok(())
    }

    /// What becomes of an object that is no longer in the set.
    fn prune(&mut self, reference: &Reference, prune: &Prune) -> io::Result<()> {
        match prune {
            Prune::Delete { .. } => self.word("prune", Some(AnsiColor::Red), reference, None),
            Prune::Gone => self.word("gone", None, reference, None),
            Prune::Released { reason, .. } => self.word("release", None, reference, Some(reason)),
            Prune::Kept { reason } => self.word("keep", None, reference, Some(reason)),
            Prune::Unknown { reason } => self.word("unknown", Some(AnsiColor::Red), reference, Some(reason)),
        }
    }

    fn word(
        &mut self,
        word: &str,
        color: Option<AnsiColor>,
        reference: &Reference,
        reason: Option<&str>,
    ) -> io::Result<()> {
        match reason {
            None => self.start(word, color, &reference.to_string()),
            Some(reason) => self.start(word, color, &format!("{reference}: {reason}")),
        }
    }

    fn start(&mut self, word: &str, color: Option<AnsiColor>, rest: &str) -> io::Result<()> {
        let rest = clean::line(rest);
        match color.filter(|_| self.look.color).map(|color| color.on_default().bold()) {
            None => writeln!(self.out, "{word:10} {rest}"),
            Some(style) => writeln!(self.out, "{style}{word:10}{style:#} {rest}"),
        }
    }

    fn more(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "             {}", clean::line(line))
    }
}

/// How many objects have each word.
#[derive(Default, Serialize)]
pub(super) struct Counts {
    create: usize,
    change: usize,
    unchanged: usize,
    deferred: usize,
    error: usize,
    prune: usize,
    gone: usize,
    release: usize,
    keep: usize,
    unknown: usize,
}

impl Counts {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut counts = Self::default();
        for step in &plan.steps {
            *match &step.action {
                Action::Create => &mut counts.create,
                Action::Change { .. } => &mut counts.change,
                Action::Unchanged { .. } => &mut counts.unchanged,
                Action::Deferred { .. } => &mut counts.deferred,
                Action::Refused { .. } => &mut counts.error,
            } += 1;
        }
        for (_, prune) in &plan.prunes {
            *match prune {
                Prune::Delete { .. } => &mut counts.prune,
                Prune::Gone => &mut counts.gone,
                Prune::Released { .. } => &mut counts.release,
                Prune::Kept { .. } => &mut counts.keep,
                Prune::Unknown { .. } => &mut counts.unknown,
            } += 1;
        }
        counts
    }
}

/// What a change changes, masked; none for what is no change.
pub(super) fn compared(action: &Action) -> Option<Fields> {
    match action {
        Action::Change { before, after, .. } => Some(sluice_diff::fields(before.resource(), after.resource())),
        Action::Create | Action::Unchanged { .. } | Action::Deferred { .. } | Action::Refused { .. } => None,
    }
}

/// The fields that are not the server's own.
pub(super) fn that_matter(fields: &Fields) -> impl Iterator<Item = &Field> {
    let is_below = |pointer: &str, noise: &str| {
        pointer.strip_prefix(noise).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    fields.list.iter().filter(move |field| !NOISE.iter().any(|noise| is_below(&field.pointer, noise)))
}

/// A field that differs, with words for how.
fn line(field: &Field, verbosity: Verbosity) -> String {
    let value = |shown: &sluice_diff::Shown| match verbosity {
        _ if shown.is_hidden() => String::from("(hidden)"),
        Verbosity::Verbose => shown.node().to_json(),
        Verbosity::Quiet | Verbosity::Normal => cut(&shown.node().to_json()),
    };
    let what = match &field.what {
        What::Added(shown) => format!("+ {}", value(shown)),
        What::Removed(shown) => format!("- {}", value(shown)),
        What::Changed(was, is) => format!("{} → {}", value(was), value(is)),
        What::Reordered { .. } => String::from("in another order"),
    };
    format!("{}: {what}", field.field)
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// How an object is, in words.
pub(crate) fn health(health: &Health) -> String {
    match health {
        Health::Current => String::from("healthy"),
        Health::InProgress(words) if words.is_empty() => String::from("in progress"),
        Health::InProgress(words) => format!("in progress: {}", clean::line(words)),
        Health::Failed(words) => format!("failed: {}", clean::line(words)),
        Health::Terminating => String::from("being deleted"),
        Health::Missing => String::from("not there"),
    }
}
