//! More findings than can be held. A document of 50 kilobytes is ten thousand objects by aliases, and each of them may break a
//! hundred rules: past a bound they are counted by rule and let go, so that a repository cannot take the memory of those that
//! are judged beside it. All is judged all the same: what is told depends on no thread.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::collect::{Collected, Draft};
use super::rules::{STOPPED, TOO_MANY};
use super::{Gate, finding};

/// Most findings of a run, of some 900 bytes each.
#[cfg(not(test))]
pub(crate) const MOST: u64 = 500_000;
#[cfg(test)]
pub(crate) const MOST: u64 = 5_000;
/// Rules that are named with their number of findings.
const NAMED: usize = 5;

/// Findings that were let go, by rule.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<String, u64>);

/// Whether there are too many findings already: further ones are only counted, and no place is looked for.
pub(crate) fn is_full(gate: &Gate) -> bool {
    gate.findings.load(Ordering::Relaxed) > MOST
}

impl Counts {
    pub(crate) fn count(&mut self, rule: &str) {
        match self.0.get_mut(rule) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(rule.to_owned(), 1);
            }
        }
    }

    fn take(&mut self, drafts: &mut Vec<Draft>) {
        drafts.drain(..).for_each(|draft| self.count(&draft.finding.rule));
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (rule, count) in other.0 {
            *self.0.entry(rule).or_default() += count;
        }
    }
}

impl Collected {
    /// Has the findings since the last time counted, and lets all go where there are too many.
    pub(crate) fn mind(&mut self, gate: &Gate) {
        let held = self.drafts.len() as u64;
        let new = held.saturating_sub(self.minded);
        if new == 0 {
            return;
        }
        self.minded = held;
        if gate.findings.fetch_add(new, Ordering::Relaxed) + new > MOST {
            self.counted.take(&mut self.drafts);
            self.minded = 0;
        }
    }

    /// Puts one finding in the place of all, where there are too many to be told; whether there are.
    pub(crate) fn sum_up(&mut self, gate: &Gate) -> bool {
        gate.findings.store(0, Ordering::Relaxed);
        if self.counted.0.is_empty() && self.drafts.len() as u64 <= MOST {
            return false;
        }
        self.counted.take(&mut self.drafts);
        let Counts(counts) = std::mem::take(&mut self.counted);
        let mut message = format!("there are more than {MOST} findings, and none of them is told");
        // How many a plugin found that was stopped depends on how far it came.
        if !counts.contains_key(STOPPED.id) {
            let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
            counts.sort_by(|(_, one), (_, other)| other.cmp(one));
            let more = counts.len().saturating_sub(NAMED);
            let named: Vec<String> =
                counts.into_iter().take(NAMED).map(|(rule, count)| format!("{count} of `{rule}`")).collect();
            message.push_str(&format!(": {}", named.join(", ")));
            if more > 0 {
                message.push_str(&format!(", and those of {more} more rules"));
            }
        }
        let finding = finding::gate_finding(&TOO_MANY, message);
        self.drafts.push(Draft { finding, from: None, undecided: true, met: Vec::new() });
        true
    }
}
