//! From a file to its objects: reading it, telling what is wrong with it, and handing on one object after the other.

use std::sync::Arc;

use sluice_manifest::{Document, Documents, Holders, NotManifest, Resource};

use super::collect::{Collected, Draft, Order};
use super::rules::UNREADABLE;
use super::{Gate, InputOutcome, RunOptions, finding};
use crate::place::Unread;
use crate::{Content, Input};

/// Largest file, in bytes: offsets have 32 bits.
const MAX_FILE: usize = u32::MAX as usize - 1;

/// Why a document that looks like a template is skipped.
pub const TEMPLATE: &str = "a template, which has to be rendered first";

/// A file in its turn.
pub(crate) struct Turn {
    /// Its place among the inputs that were given.
    pub(crate) given: usize,
    /// Its place among the inputs by name.
    pub(crate) file: u32,
    pub(crate) input: Input,
}

/// Reads a file and gives each object to `next`.
pub(crate) fn read(
    gate: &Gate,
    turn: Turn,
    options: &RunOptions<'_>,
    collected: &mut Collected,
    mut next: impl FnMut(&mut Collected, Order, Resource),
) {
    let Turn { given, file, input } = turn;
    let name = Arc::clone(input.name());
    let mut outcome = InputOutcome::default();
    match content(input) {
        Err(message) => {
            let message = format!("cannot read `{name}`: {message}");
            let draft = finding::of_file(&UNREADABLE, &name, message);
            collected.drafts.push(Draft { finding: draft, from: None, undecided: true, met: Vec::new() });
            outcome.failed = true;
        }
        Ok(content) => {
            collected.files += 1;
            let mut skipped = Vec::new();
            let before = collected.documents;
            let mut documents = match content {
                Content::Bytes(bytes) => Documents::from_bytes(&*name, bytes, options.manifest_limits),
                Content::Text(text) => Documents::new(text, options.manifest_limits).rendered(),
            };
            while let Some(mut document) = documents.next() {
                let order = Order { file, document: document.index, item: 0 };
                outcome.failed |= document.problems.iter().any(|problem| problem.fatal);
                outcome.resources += document.resources.len() as u64;
                outcome.templates |= document.skipped == Some(NotManifest::Template);
                look_at(gate, &documents, &document, collected);
                if let Some(reason) = document.skipped {
                    skipped.push((order, documents.text().place(document.span).line, reason));
                }
                for (item, resource) in std::mem::take(&mut document.resources).into_iter().enumerate() {
                    let order = Order { item: item as u32, ..order };
                    collected.resources += 1;
                    collected.names.note(order, &resource);
                    next(collected, order, resource);
                }
            }
            tell_skipped(collected, &name, &skipped, before, file);
        }
    }
    collected.inputs.push((given, outcome));
}

fn content(input: Input) -> Result<Content, String> {
    let content = input.read().map_err(|error| error.to_string())?;
    let length = match &content {
        Content::Bytes(bytes) => bytes.len(),
        Content::Text(text) => text.as_str().len(),
    };
    if length > MAX_FILE {
        return Err(format!("it has {length} bytes, more than {MAX_FILE}"));
    }
    Ok(content)
}

fn look_at(gate: &Gate, documents: &Documents, document: &Document, collected: &mut Collected) {
    if document.skipped != Some(NotManifest::Empty) {
        collected.documents += 1;
    }
    if document.problems.is_empty() {
        return;
    }
    let unread = Unread::new(documents.text(), document.span);
    let holders = Holders::of(&document.resources);
    let drafts = document.problems.iter().map(|problem| {
        let resource = holders.of_span(problem.span).and_then(|index| document.resources.get(index));
        finding::of_problem(gate, &unread, resource, problem)
    });
    collected.drafts.extend(drafts);
    collected.mind(gate);
}

/// Names what was left out: the file where nothing else is in it, or else the line. Empty documents are of no interest
/// beside others.
fn tell_skipped(collected: &mut Collected, name: &str, skipped: &[(Order, u32, NotManifest)], before: u64, file: u32) {
    let documents = collected.documents - before;
    if documents == 0 {
        let order = Order { file, ..Order::FIRST };
        collected.skipped.push((order, name.to_owned(), reason(NotManifest::Empty).to_owned()));
        return;
    }
    for (order, line, why) in skipped.iter().filter(|(_, _, why)| *why != NotManifest::Empty) {
        let place = if documents == 1 { name.to_owned() } else { format!("{name}:{line}") };
        collected.skipped.push((*order, place, reason(*why).to_owned()));
    }
}

fn reason(why: NotManifest) -> &'static str {
    match why {
        NotManifest::Empty => "empty",
        NotManifest::NoKind => "no manifest: it has no `apiVersion` and `kind`",
        NotManifest::Template => TEMPLATE,
        NotManifest::ClientSide => "for a client such as kustomize, never for the API server",
    }
}
