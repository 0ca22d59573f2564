//! Equal keys of a document. There may be a million of them, so that the first are told in words and the others as a number.

use std::collections::BTreeMap;

use super::{Holders, MOST_TOLD, Problem, words};
use crate::{Resource, Span};

/// The equal keys of a document.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    /// The first of them.
    pub(crate) told: Vec<Problem>,
    /// Where the others stand.
    pub(crate) more: Vec<Span>,
    /// Whether one of them is a key by which a manifest is known, however it is written.
    is_known: bool,
}

impl Duplicates {
    /// Adds the key at `span` that reads as `name`. One that aliases repeat is told once.
    pub(crate) fn add(&mut self, name: &str, span: Span, problem: impl FnOnce() -> Problem) {
        const KNOWN_BY: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "items"];
        self.is_known |= KNOWN_BY.contains(&name);
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
    /// where this one sees none. Very many are told whatever they are.
    pub(crate) fn may_hide(&self) -> bool {
        self.is_known || !self.more.is_empty()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Documents, Limits, Text};

    #[test]
    fn a_key_by_which_a_manifest_is_known_is_seen_however_it_is_written() {
        let told = |content: &str| {
            let text = Arc::new(Text::new("a", content));
            Documents::new(text, Limits::default()).map(|document| document.problems.len()).sum::<usize>()
        };
        for key in ["kind", "'kind'", "\"k\\u0069nd\"", "&a kind", "!!str kind"] {
            assert_eq!(told(&format!("kind: Pod\n{key}: null\n")), 1, "{key}");
        }
        assert_eq!(told(r#"{"kind": "Pod", "k\u0069nd": null}"#), 1);
        assert_eq!(told("a: Pod\n\"\\u0061\": null\n"), 0);
    }
}
