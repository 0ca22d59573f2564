//! Objects of which has to be known what they were before. They wait until all are read: who knows it is then asked once,
//! for all of them, and nobody has to wait for an answer while objects stream through.

use sluice_manifest::Identity;

use super::collect::Collected;
use super::{Gate, RunOptions, finding, queue};

/// A set that was read. What needs no past is judged.
#[derive(Debug)]
pub struct Begun(pub(super) Collected);

impl Begun {
    /// The objects that [`RunOptions::base`] is asked about before they are judged, in the order of the sources.
    pub fn asks(&self) -> impl Iterator<Item = &Identity> {
        self.0.waiting.iter().map(|item| item.resource.identity())
    }

    /// Whether there was no object in it, and nothing that could not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.resources == 0 && self.0.drafts.is_empty() && self.0.inputs.iter().all(|(_, input)| !input.failed)
    }
}

/// Judges what has waited.
pub(super) fn judge_waiting(gate: &Gate, mut collected: Collected, options: &RunOptions<'_>) -> Collected {
    let mut items = std::mem::take(&mut collected.waiting);
    for item in &mut items {
        // What was to be asked when they were read is there no more: that is not absence.
        let nobody = || Err(String::from("there is nothing to compare with"));
        match options.base.map_or_else(nobody, |past| past.get(item.resource.identity())) {
            Ok(previous) => item.previous = previous,
            Err(cause) => collected.drafts.push(finding::of_past(&item.resource, &cause)),
        }
    }
    collected.absorb(queue::pass_all(gate, items, options));
    collected
}
