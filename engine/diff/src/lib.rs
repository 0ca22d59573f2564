//! What a change does: two judged sets become the objects that are added, removed and changed, the findings that are new,
//! resolved and that stay, and what the change touches beyond the objects themselves.
//!
//! This crate owns which object of one side is which of the other. It does no IO, renders nothing, judges nothing and
//! writes no word of a report. Values of a `Secret` are compared as they are and given out redacted.

mod fields;
mod findings;
mod objects;
mod pairs;
mod radius;
mod steady;
mod unread;
mod untold;

use std::collections::BTreeSet;
use std::sync::Arc;

use sluice_manifest::Resource;
use sluice_policy::{Decision, Finding, Outcome};

pub use fields::{Field, Fields, Shown, What, of as fields};
pub use objects::{Change, Object, Past, Place, set_of};
pub use radius::{Area, Effect, Force, Image, Radius, Reason, Use};

/// One side of a change, judged with [`Keep::Set`](sluice_policy::Keep::Set).
#[derive(Debug)]
pub struct Side {
    /// What people call it.
    pub name: Name,
    /// What came of judging it.
    pub outcome: Outcome,
    /// The names of the texts of which nothing or not all could be read: files, and what should have been rendered.
    pub failed: BTreeSet<String>,
    /// The names of the files in which a document was skipped as a template. What it stands for is not known, so an object
    /// that was there before may be there still.
    pub templates: BTreeSet<String>,
}

/// What people call a side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// As they wrote it: `main`; `the work tree`.
    pub words: String,
    /// The commit, all digits in hex.
    pub commit: Option<String>,
}

/// What a change does.
#[derive(Debug)]
pub struct Diff {
    /// What people call the side before.
    pub base: Name,
    /// What people call the side after.
    pub head: Name,
    /// Whether the policy is another one than before: its file, or a plugin that it names by path. Both sides are judged by
    /// that of the side after.
    pub policy_changed: bool,
    /// What follows: to deny, where a finding that is new denies; undecided, where the side after is, or is not known as a
    /// whole.
    pub decision: Decision,
    /// Every object that is not the same on both sides, by set, kind, namespace and name.
    pub objects: Vec<Object>,
    /// How many objects are the same on both sides.
    pub unchanged: usize,
    /// What could not be compared.
    pub gaps: Vec<Gap>,
    /// Findings that only the side after has, in the order of the verdict.
    pub new: Vec<Finding>,
    /// Findings that only the side before has.
    pub resolved: Vec<Finding>,
    /// Findings that both have, as the side after has them.
    pub staying: Vec<Finding>,
    /// What the change touches.
    pub radius: Radius,
    /// What plugins and renderers said about the side after, as `(who, line)`.
    pub log: Vec<(String, String)>,
}

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The side before.
    Base,
    /// The side after.
    Head,
}

/// Something that one side does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The side.
    pub side: Which,
    /// The file, or what should have been rendered; none where a plugin failed on the whole side.
    pub name: Option<String>,
    /// Objects that the other side has there: told as added where the base does not know them, and not told at all where the
    /// head does not.
    pub objects: usize,
    /// Where objects are known and not all that was found in them is told: findings of the other side that this one may have
    /// too, so they are neither new nor resolved. The name is then that of the file; none where it is so of the whole side.
    pub findings: Option<usize>,
}

impl Diff {
    /// Compares two sides that were judged by the same policy.
    #[must_use]
    pub fn of(base: Side, head: Side) -> Self {
        let objects::Compared { objects, unchanged, mut gaps, both } = objects::compare(&base, &head);
        let radius = Radius::of(&objects);
        let decided = head.outcome.verdict.decision;
        let is_whole = head.is_whole();
        let log = head.outcome.verdict.log;
        let known = findings::Known::of(&base.outcome.set, &head.outcome.set, &both);
        let (before, after) = (base.outcome.verdict.findings, head.outcome.verdict.findings);
        let pairs = findings::pair(&before, &after, &known);
        let unread = unread::Unread::of(&[&head.failed, &head.templates], is_whole, &head.outcome.set, &after);
        let mut doubts = untold::doubts((&before, &after), &pairs, &objects, &known, &unread);
        gaps.append(&mut doubts.gaps);
        let findings::Sorted { new, resolved, staying } = findings::sort(before, after, &pairs, &doubts);
        let decision = match decided {
            Decision::Undecided => Decision::Undecided,
            Decision::Allow | Decision::Deny if new.iter().any(Finding::denies) => Decision::Deny,
            // What cannot be read may be anything, also where it could not be read before.
            Decision::Allow | Decision::Deny
                if gaps.iter().any(|gap| gap.side == Which::Head && gap.findings.is_none()) =>
            {
                Decision::Undecided
            }
            Decision::Allow | Decision::Deny if doubts.may_deny => Decision::Undecided,
            Decision::Allow | Decision::Deny => Decision::Allow,
        };
        let (base, head) = (base.name, head.name);
        let policy_changed = false;
        Self { base, head, policy_changed, decision, objects, unchanged, gaps, new, resolved, staying, radius, log }
    }

    /// How many objects changed in this way.
    #[must_use]
    pub fn count(&self, change: Change) -> usize {
        self.objects.iter().filter(|object| object.change == change).count()
    }
}

impl Side {
    /// Whether every object that was read is in the set: where a plugin failed, some may be missing.
    fn is_whole(&self) -> bool {
        self.outcome.set.len() as u64 >= self.outcome.verdict.summary.resources
    }

    /// Whether the side knows what stands in a text.
    fn knows(&self, resource: &Arc<Resource>) -> bool {
        self.is_whole() && !self.failed.contains(resource.text().name())
    }
}
