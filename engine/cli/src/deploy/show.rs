//! A plan as people and as programs read it. Values of Secrets are masked before they get here.

use std::io::{self, Write};

use anstyle::AnsiColor;
use serde::Serialize;
use sluice_apply::{Action, Blast, Health, Plan, Prune, Reference};
use sluice_diff::What;
use sluice_report::Verbosity;

/// How to show.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Unchanged objects are left out where it is quiet, and long values are shown in full where it is verbose.
    pub(crate) verbosity: Verbosity,
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
    let mut counts = Counts::default();
    plan.steps.iter().for_each(|step| counts.add(&step.action));
    for step in plan.steps.iter().filter(|step| matches!(step.action, Action::Unchanged { .. })) {
        if look.verbosity != Verbosity::Quiet {
            lines.word("unchanged", None, &step.reference, None)?;
        }
    }
    for step in &plan.steps {
        lines.step(&step.reference, &step.action)?;
    }
    for (reference, prune) in &plan.prunes {
        counts.prune += usize::from(matches!(prune, Prune::Delete { .. }));
        lines.prune(reference, prune)?;
    }
    for gate in &blast.gates {
        lines.start("refused", Some(AnsiColor::Red), &gate.message)?;
        let help = format!("if it is meant, write `Sluice-Acknowledge: {}` in the commit's message", gate.word);
        lines.more(&format!("help: {help}"))?;
    }
    let Counts { create, change, unchanged, deferred, prune, refused } = counts;
    writeln!(
        lines.out,
        "plan: {create} to create, {change} to change, {unchanged} unchanged, {prune} to prune, {deferred} deferred, {refused} errors"
    )
}

/// What people read, line by line.
struct Lines<'o> {
    look: Look,
    out: &'o mut dyn Write,
}

impl Lines<'_> {
    /// What becomes of an object of the set, where anything does.
    fn step(&mut self, reference: &Reference, action: &Action) -> io::Result<()> {
        match action {
            Action::Create => self.word("create", Some(AnsiColor::Green), reference, None),
            Action::Change { before, after, force } => {
                self.word("change", Some(AnsiColor::Yellow), reference, None)?;
                if *force {
                    self.more("takes over fields of other managers")?;
                }
                let fields = changes(before, after, self.look.verbosity);
                fields.into_iter().try_for_each(|(field, what)| self.more(&format!("{field}: {what}")))
            }
            Action::Unchanged { .. } => Ok(()),
            Action::Deferred { reason } => self.word("deferred", Some(AnsiColor::Cyan), reference, Some(reason)),
            Action::Refused { message, help } => {
                self.word("error", Some(AnsiColor::Red), reference, Some(message))?;
                if help.is_empty() { Ok(()) } else { self.more(&format!("help: {help}")) }
            }
        }
    }

    /// What becomes of an object that is no longer in the set.
    fn prune(&mut self, reference: &Reference, prune: &Prune) -> io::Result<()> {
        match prune {
            Prune::Delete { .. } => self.word("prune", Some(AnsiColor::Red), reference, None),
            Prune::Gone => self.word("gone", None, reference, None),
            Prune::Released { reason } => self.word("release", None, reference, Some(reason)),
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
        let rest = clean(rest);
        match color.filter(|_| self.look.color).map(|color| color.on_default().bold()) {
            None => writeln!(self.out, "{word:10} {rest}"),
            Some(style) => writeln!(self.out, "{style}{word:10}{style:#} {rest}"),
        }
    }

    fn more(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "             {}", clean(line))
    }
}

#[derive(Default, Serialize)]
struct Counts {
    create: usize,
    change: usize,
    unchanged: usize,
    deferred: usize,
    prune: usize,
    refused: usize,
}

impl Counts {
    fn add(&mut self, action: &Action) {
        match action {
            Action::Create => self.create += 1,
            Action::Change { .. } => self.change += 1,
            Action::Unchanged { .. } => self.unchanged += 1,
            Action::Deferred { .. } => self.deferred += 1,
            Action::Refused { .. } => self.refused += 1,
        }
    }
}

/// The fields that differ, each with words for how, masked.
fn changes(before: &sluice_apply::Live, after: &sluice_apply::Live, verbosity: Verbosity) -> Vec<(String, String)> {
    let fields = sluice_diff::fields(before.resource(), after.resource());
    let matters = |pointer: &str| {
        !NOISE
            .iter()
            .any(|noise| pointer.strip_prefix(noise).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let value = |shown: &sluice_diff::Shown| {
        match verbosity {
            _ if shown.is_hidden() => String::from("(hidden)"),
            Verbosity::Verbose => shown.node().to_json(),
            Verbosity::Quiet | Verbosity::Normal => cut(&shown.node().to_json()),
        }
    };
    let words = |what: &What| match what {
        What::Added(shown) => format!("+ {}", value(shown)),
        What::Removed(shown) => format!("- {}", value(shown)),
        What::Changed(was, is) => format!("{} → {}", value(was), value(is)),
        What::Reordered { .. } => String::from("in another order"),
    };
    let list = fields.list.iter().filter(|field| matters(&field.pointer));
    list.map(|field| (field.field.clone(), words(&field.what))).collect()
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// Without control characters: names and values come from strangers.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// How an object is, in words.
pub(crate) fn health(health: &Health) -> String {
    match health {
        Health::Current => String::from("healthy"),
        Health::InProgress(words) if words.is_empty() => String::from("in progress"),
        Health::InProgress(words) => format!("in progress: {}", clean(words)),
        Health::Failed(words) => format!("failed: {}", clean(words)),
        Health::Terminating => String::from("being deleted"),
        Health::Missing => String::from("not there"),
    }
}

/// The plan for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    version: u32,
    application: &'a str,
    summary: Counts,
    objects: Vec<Object<'a>>,
    refused: Vec<Refused<'a>>,
}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    reference: &'a Reference,
    action: &'static str,
    reason: Option<&'a str>,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    field: String,
    what: String,
}

#[derive(Serialize)]
struct Refused<'a> {
    word: &'a str,
    message: &'a str,
}

pub(crate) fn json(application: &str, plan: &Plan, blast: &Blast, out: &mut dyn Write) -> io::Result<()> {
    let mut summary = Counts::default();
    let mut objects = Vec::new();
    for step in &plan.steps {
        summary.add(&step.action);
        let (action, reason) = match &step.action {
            Action::Create => ("create", None),
            Action::Change { .. } => ("change", None),
            Action::Unchanged { .. } => ("unchanged", None),
            Action::Deferred { reason } => ("deferred", Some(reason.as_str())),
            Action::Refused { message, .. } => ("error", Some(message.as_str())),
        };
        let changes = match &step.action {
            Action::Change { before, after, .. } => changes(before, after, Verbosity::Normal),
            Action::Create | Action::Unchanged { .. } | Action::Deferred { .. } | Action::Refused { .. } => Vec::new(),
        };
        let changes = changes.into_iter().map(|(field, what)| Change { field, what }).collect();
        objects.push(Object { reference: &step.reference, action, reason, changes });
    }
    for (reference, prune) in &plan.prunes {
        let (action, reason) = match prune {
            Prune::Delete { .. } => ("prune", None),
            Prune::Gone => ("gone", None),
            Prune::Released { reason } => ("release", Some(reason.as_str())),
            Prune::Kept { reason } => ("keep", Some(reason.as_str())),
            Prune::Unknown { reason } => ("unknown", Some(reason.as_str())),
        };
        summary.prune += usize::from(action == "prune");
        objects.push(Object { reference, action, reason, changes: Vec::new() });
    }
    let refused = blast.gates.iter().map(|gate| Refused { word: gate.word, message: &gate.message }).collect();
    serde_json::to_writer_pretty(&mut *out, &Report { version: 1, application, summary, objects, refused })?;
    writeln!(out)
}
