//! What a plan would destroy, and whether somebody has said that this is meant.

use std::collections::BTreeSet;

use crate::plan::{Plan, Prune};
use crate::stage::Stage;

/// Deletions up to this number are never many, so that a small application may lose or rename some of its objects; all of them
/// are another matter.
const FEW: usize = 5;

const PRUNE: &str = "prune";
const NAMESPACE: &str = "prune-namespace";
const DEFINITION: &str = "prune-definition";
const VOLUME: &str = "prune-volume";

/// What a plan would destroy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blast {
    /// Each thing that has to be acknowledged, and the word that does it.
    pub gates: Vec<Gate>,
}

/// Something that has to be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The word that acknowledges it: `prune`, `prune-namespace`, …
    pub word: &'static str,
    /// What would happen.
    pub message: String,
}

/// Which share of an application would be deleted.
struct Share {
    deleted: usize,
    /// What the inventory has.
    known: usize,
    /// What of that stays in the cluster.
    stays: usize,
    /// What the set has.
    wanted: usize,
}

impl Share {
    /// What has to be acknowledged of it, if anything has to be.
    fn message(&self) -> Option<String> {
        let Self { deleted, known, stays, wanted } = *self;
        if wanted == 0 && deleted > 0 {
            return Some(match deleted {
                1 => String::from("the set is empty: the only object would be deleted"),
                _ => format!("the set is empty: all {deleted} objects would be deleted"),
            });
        }
        // An application of one object may give it another name.
        if stays == 0 && deleted > 1 {
            return Some(format!("all {deleted} objects would be deleted, and others made"));
        }
        (deleted > FEW && deleted * 2 > known).then(|| format!("{deleted} of {known} objects would be deleted"))
    }
}

impl Blast {
    /// The words that acknowledge something.
    pub const WORDS: [&str; 4] = [PRUNE, NAMESPACE, DEFINITION, VOLUME];

    /// What of a plan has to be acknowledged and is not.
    #[must_use]
    pub fn of(plan: &Plan, acknowledged: &BTreeSet<String>) -> Self {
        let mut gates = Vec::new();
        let deletions: Vec<_> = plan
            .prunes
            .iter()
            .filter_map(|(reference, prune)| matches!(prune, Prune::Delete { .. }).then_some(reference))
            .collect();
        let known_steps = plan.steps.iter().filter(|step| step.is_known).count();
        let left = plan.prunes.iter().filter(|(_, prune)| !matches!(prune, Prune::Delete { .. } | Prune::Gone));
        let prune = Share {
            deleted: deletions.len(),
            known: plan.prunes.len() + known_steps,
            stays: left.count() + known_steps,
            wanted: plan.steps.len(),
        };
        gates.extend(prune.message().map(|message| Gate { word: PRUNE, message }));
        for reference in deletions {
            let (word, follows) = match (Stage::of(reference), reference.kind.as_str()) {
                (Stage::Namespaces, _) => (NAMESPACE, "everything in it would go with it"),
                (Stage::Definitions, _) => (DEFINITION, "every object of its kind would go with it"),
                (_, "PersistentVolumeClaim" | "PersistentVolume") if reference.group.is_empty() => {
                    (VOLUME, "its data may go with it")
                }
                (_, _) => continue,
            };
            gates.push(Gate { word, message: format!("{reference} would be deleted: {follows}") });
        }
        gates.retain(|gate| !acknowledged.contains(gate.word));
        Self { gates }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    fn said(deleted: usize, known: usize, stays: usize, wanted: usize) -> Option<String> {
        Share { deleted, known, stays, wanted }.message()
    }

    #[test]
    fn all_of_an_application_or_most_of_a_large_one_has_to_be_acknowledged() {
        // Some of a small one, and one that is all there is and gets another name.
        assert_eq!(said(0, 0, 0, 5), None);
        assert_eq!(said(4, 5, 1, 1), None);
        assert_eq!(said(5, 6, 1, 6), None);
        assert_eq!(said(1, 1, 0, 1), None);
        assert_eq!(said(6, 12, 6, 6), None);
        assert_eq!(said(1, 1, 0, 0).unwrap(), "the set is empty: the only object would be deleted");
        assert_eq!(said(2, 2, 0, 0).unwrap(), "the set is empty: all 2 objects would be deleted");
        assert_eq!(said(5, 5, 0, 1).unwrap(), "all 5 objects would be deleted, and others made");
        // The sixth has gone by itself.
        assert_eq!(said(5, 6, 0, 6).unwrap(), "all 5 objects would be deleted, and others made");
        assert_eq!(said(6, 11, 5, 6).unwrap(), "6 of 11 objects would be deleted");
    }
}
