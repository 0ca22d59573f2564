//! Keeps an object with a thousand problems from burying its neighbours, and a problem from hiding behind others: exceptions
//! and severities in the policy file go by the rule, so what counts is how many of one rule and severity were told.

use sluice_sdk::{Finding, Rule};

/// Findings of one rule and severity about one object; further ones are counted.
const MOST: usize = 100;

/// What was told of an object.
#[derive(Default)]
pub(crate) struct Told(Vec<Alike>);

struct Alike {
    rule: &'static str,
    is_tolerated: bool,
    told: usize,
    /// The finding that was told last.
    last: usize,
    more: usize,
}

impl Told {
    /// Whether enough of this rule and severity was told. Then one more is counted.
    pub(crate) fn is_enough(&mut self, rule: &'static Rule, is_tolerated: bool) -> bool {
        let full = self.of(rule, is_tolerated).filter(|alike| alike.told == MOST);
        if let Some(alike) = full {
            alike.more += 1;
            return true;
        }
        false
    }

    /// Notes that the finding of this number is told.
    pub(crate) fn note(&mut self, rule: &'static Rule, is_tolerated: bool, number: usize) {
        match self.of(rule, is_tolerated) {
            Some(alike) => (alike.told, alike.last) = (alike.told + 1, number),
            None => self.0.push(Alike { rule: rule.id, is_tolerated, told: 1, last: number, more: 0 }),
        }
    }

    fn of(&mut self, rule: &'static Rule, is_tolerated: bool) -> Option<&mut Alike> {
        self.0.iter_mut().find(|alike| alike.rule == rule.id && alike.is_tolerated == is_tolerated)
    }

    /// Says with the last ones how many more there are.
    pub(crate) fn sum_up(self, findings: &mut [Finding]) {
        for alike in self.0.iter().filter(|alike| alike.more > 0) {
            if let Some(last) = findings.get_mut(alike.last) {
                last.message.push_str(&format!(" (and {} more like this in the object)", alike.more));
            }
        }
    }
}
