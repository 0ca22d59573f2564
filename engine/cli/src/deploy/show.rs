//! A plan as people and as programs read it. Values of Secrets are masked before they get here.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use sluice_apply::{Action, Blast, Health, Plan, Prune, Reference};
use sluice_diff::What;

/// How to show.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Unchanged objects too.
    pub(crate) verbose: bool,
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

pub(crate) fn human(plan: &Plan, blast: &Blast, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let paint = |text: &str, color: AnsiColor| {
        let style: Style = color.on_default().bold();
        if look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let mut counts = Counts::default();
    for step in &plan.steps {
        counts.add(&step.action);
        let name = clean(&step.reference.to_string());
        match &step.action {
            Action::Create => writeln!(out, "{} {name}", paint("create    ", AnsiColor::Green))?,
            Action::Change { before, after, force } => {
                writeln!(out, "{} {name}", paint("change    ", AnsiColor::Yellow))?;
                if *force {
                    writeln!(out, "             takes over fields of other managers")?;
                }
                for (field, what) in changes(before, after) {
                    writeln!(out, "             {}", clean(&format!("{field}: {what}")))?;
                }
            }
            Action::Unchanged { .. } if look.verbose => writeln!(out, "unchanged  {name}")?,
            Action::Unchanged { .. } => {}
            Action::Deferred { reason } => {
                writeln!(out, "{} {name}: {}", paint("deferred  ", AnsiColor::Cyan), clean(reason))?;
            }
            Action::Refused { message, help } => {
                writeln!(out, "{} {name}: {}", paint("error     ", AnsiColor::Red), clean(message))?;
                if !help.is_empty() {
                    writeln!(out, "             help: {}", clean(help))?;
                }
            }
        }
    }
    for (reference, prune) in &plan.prunes {
        let name = clean(&reference.to_string());
        match prune {
            Prune::Delete { .. } => {
                counts.prune += 1;
                writeln!(out, "{} {name}", paint("prune     ", AnsiColor::Red))?;
            }
            Prune::Gone => writeln!(out, "gone       {name}")?,
            Prune::Released { reason } => writeln!(out, "release    {name}: {}", clean(reason))?,
            Prune::Kept { reason } => writeln!(out, "keep       {name}: {}", clean(reason))?,
            Prune::Unknown { reason } => {
                writeln!(out, "{} {name}: {}", paint("unknown   ", AnsiColor::Red), clean(reason))?;
            }
        }
    }
    for gate in &blast.gates {
        writeln!(out, "{} {}", paint("refused   ", AnsiColor::Red), clean(&gate.message))?;
        writeln!(
            out,
            "             help: if it is meant, write `Sluice-Acknowledge: {}` in the commit's message",
            gate.word
        )?;
    }
    let Counts { create, change, unchanged, deferred, prune, refused } = counts;
    writeln!(
        out,
        "plan: {create} to create, {change} to change, {unchanged} unchanged, {prune} to prune, {deferred} deferred, {refused} errors"
    )
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
fn changes(before: &sluice_apply::Live, after: &sluice_apply::Live) -> Vec<(String, String)> {
    let fields = sluice_diff::fields(before.resource(), after.resource());
    let matters = |pointer: &str| {
        !NOISE
            .iter()
            .any(|noise| pointer.strip_prefix(noise).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let value = |shown: &sluice_diff::Shown| {
        if shown.is_hidden() { String::from("(hidden)") } else { cut(&shown.node().to_json()) }
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
            Action::Change { before, after, .. } => changes(before, after),
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
