//! What a plan would destroy, and whether somebody has said that this is meant.

use std::collections::BTreeSet;

use crate::plan::{Plan, Prune};
use crate::stage::Stage;

/// Deletions up to this number are never many, so that a small application may lose or rename some of its objects; all of them
/// are another matter.
const FEW: usize = 5;

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

impl Blast {
    /// What of a plan has to be acknowledged and is not.
    #[must_use]
    pub fn of(plan: &Plan, acknowledged: &BTreeSet<String>) -> Self {
        let mut gates = Vec::new();
        let deletions: Vec<_> = plan
            .prunes
            .iter()
            .filter_map(|(reference, prune)| matches!(prune, Prune::Delete { .. }).then_some(reference))
            .collect();
        let known = plan.prunes.len() + plan.steps.iter().filter(|step| step.is_known).count();
        if plan.steps.is_empty() && !deletions.is_empty() {
            let message = format!("the set is empty: all {} objects would be deleted", deletions.len());
            gates.push(Gate { word: "prune", message });
        } else if deletions.len() > FEW && deletions.len() * 2 > known {
            let message = format!("{} of {known} objects would be deleted", deletions.len());
            gates.push(Gate { word: "prune", message });
        }
        for reference in deletions {
            let (word, follows) = match (Stage::of(reference), reference.kind.as_str()) {
                (Stage::Namespaces, _) => ("prune-namespace", "everything in it would go with it"),
                (Stage::Definitions, _) => ("prune-definition", "every object of its kind would go with it"),
                (_, "PersistentVolumeClaim" | "PersistentVolume") if reference.group.is_empty() => {
                    ("prune-volume", "its data may go with it")
                }
                (_, _) => continue,
            };
            gates.push(Gate { word, message: format!("{reference} would be deleted: {follows}") });
        }
        gates.retain(|gate| !acknowledged.contains(gate.word));
        Self { gates }
    }
}
