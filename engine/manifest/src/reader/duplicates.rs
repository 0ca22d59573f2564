//! Equal keys of a document. There may be a million of them, so that the first are told in words and the others as a number.

use std::collections::BTreeMap;

use super::{Holders, MOST_TOLD, Problem, words};
use crate::{Resource, Span, Text};

/// The equal keys of a document.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    /// The first of them.
    pub(crate) told: Vec<Problem>,
    /// Where the others stand.
    pub(crate) more: Vec<Span>,
}

impl Duplicates {
    /// Adds the key at `span`. One that aliases repeat is told once.
    pub(crate) fn add(&mut self, span: Span, problem: impl FnOnce() -> Problem) {
        if self.told.iter().any(|told| told.span == span) {
            return;
        }
        if self.told.len() < MOST_TOLD {
            self.told.push(problem());
        } else {
            self.more.push(span);
        }
    }

    /// Whether one of them is a key by which a manifest is known: another reader, which takes the first of equal keys, may see one
    /// where this one sees none. Of very many keys nobody looks at each.
    pub(crate) fn may_hide(&self, text: &Text) -> bool {
        const KNOWN_BY: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "items"];
        let is_known = |told: &Problem| KNOWN_BY.contains(&text.slice(told.span).trim_matches(['"', '\'']));
        !self.more.is_empty() || self.told.iter().any(is_known)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}

/// How many there are besides those that are told, in each of the objects and outside of them: what is let through of one
/// object lets through nothing of another.
pub(crate) fn more(mut spans: Vec<Span>, resources: &[Resource]) -> impl Iterator<Item = Problem> + use<> {
    spans.sort_unstable();
    spans.dedup();
    let holders = Holders::of(if spans.is_empty() { &[] } else { resources });
    let mut counts: BTreeMap<Option<usize>, (Span, usize)> = BTreeMap::new();
    for span in spans {
        counts.entry(holders.of_span(span)).or_insert((span, 0)).1 += 1;
    }
    counts.into_values().map(|(first, count)| words::more_duplicates(count, first))
}
