//! What threads gather while manifests stream through: drafts of findings, objects to look at again, counts. It can be
//! put together in any order.

use std::collections::BTreeSet;
use std::sync::Arc;

use sluice_manifest::{Operation, Resource};
use sluice_plugin::Fault;

use super::InputOutcome;
use super::kinds::KindPlan;
use super::many::Counts;
use super::names::NameTable;
use crate::Finding;

/// The place of an object among all of them, whatever thread read it: file by name, document, item of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Order {
    pub(crate) file: u32,
    pub(crate) document: u32,
    pub(crate) item: u32,
}

/// An object on its way through.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) order: Order,
    pub(crate) plan: Arc<KindPlan>,
    pub(crate) resource: Arc<Resource>,
    pub(crate) changes: Option<Arc<Changes>>,
    /// The object before the change that is judged.
    pub(crate) previous: Option<Arc<Resource>>,
}

/// What mutators did to an object.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) original: Arc<Resource>,
    /// In the order in which they were made.
    pub(crate) by: Vec<Change>,
    pub(crate) state: State,
}

/// Where the mutation of an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Mutators may still change it.
    Open,
    /// Something has been told of it, and no mutator is asked again. It is judged as it is.
    Settled,
    /// A patch could not be applied: what it should be is not known, so it is not judged. The verdict is undecided.
    Failed,
}

/// What one plugin did.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) plugin: usize,
    /// `-` at the end of pointers is resolved.
    pub(crate) operations: Vec<Operation>,
}

/// A finding, with what is needed until all is known.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) finding: Finding,
    /// The plugin and the object it is about.
    pub(crate) from: Option<(usize, Order)>,
    /// Whether it says that something could not be decided.
    pub(crate) undecided: bool,
    /// The exceptions that it meets.
    pub(crate) met: Vec<u32>,
}

/// Everything that was gathered.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) drafts: Vec<Draft>,
    /// How many of them have been counted, and what was let go.
    pub(crate) minded: u64,
    pub(crate) counted: Counts,
    pub(crate) names: NameTable,
    /// Objects of which has to be known what they were before, and that is asked for once all have been read.
    pub(crate) waiting: Vec<Item>,
    /// Objects that are needed once all have been read.
    pub(crate) kept: Vec<Item>,
    /// Objects to be changed and judged one by one, because a mutator failed on their batch.
    pub(crate) deferred: Vec<Item>,
    /// Objects to be judged one by one by a plugin that failed on their batch.
    pub(crate) suspects: Vec<(usize, Item)>,
    pub(crate) mutated: Vec<Order>,
    pub(crate) skipped: Vec<(Order, String, String)>,
    /// By the place of the input among those that were given.
    pub(crate) inputs: Vec<(usize, InputOutcome)>,
    /// Names of the files, in order.
    pub(crate) file_names: Vec<Arc<str>>,
    pub(crate) files: u64,
    pub(crate) documents: u64,
    pub(crate) resources: u64,
    /// What was known of each kind that a thread met, and which plugins were given objects of it.
    pub(crate) kinds: Vec<Arc<KindPlan>>,
    /// What plugins wrote: each line once, so that batches cannot be told from it.
    pub(crate) log: BTreeSet<(usize, String)>,
    /// Plugins that failed too often.
    pub(crate) stopped: Vec<Stop>,
}

/// A plugin that failed too often to be asked any more.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) plugin: usize,
    pub(crate) cause: Cause,
    pub(crate) reach: Reach,
}

/// Why a plugin is not asked any more.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// It failed on single objects. What came of those after the last one depends on their batches, so it is dropped.
    Failures {
        last: Order,
        /// The last one in words.
        object: String,
    },
    /// It fails on several objects at once and answers about few. All that it says depends on batches.
    Slowness {
        /// What it does on several.
        fault: Fault,
    },
}

/// Whose findings on later objects say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those of the plugin itself: a validator.
    Plugin,
    /// Those of all plugins: they would have seen what this mutator leaves.
    All,
}

impl Collected {
    pub(crate) fn absorb(&mut self, other: Self) {
        self.drafts.extend(other.drafts);
        self.minded += other.minded;
        self.counted.absorb(other.counted);
        self.names.absorb(other.names);
        self.waiting.extend(other.waiting);
        self.kept.extend(other.kept);
        self.deferred.extend(other.deferred);
        self.suspects.extend(other.suspects);
        self.mutated.extend(other.mutated);
        self.skipped.extend(other.skipped);
        self.inputs.extend(other.inputs);
        self.files += other.files;
        self.documents += other.documents;
        self.resources += other.resources;
        self.kinds.extend(other.kinds);
        self.log.extend(other.log);
        self.stopped.extend(other.stopped);
    }

    /// Adds what was gathered of another set, whose files and inputs come after those of this one.
    pub(crate) fn append(&mut self, mut other: Self) {
        let (files, inputs) = (self.file_names.len() as u32, self.inputs.len());
        self.file_names.append(&mut other.file_names);
        other.kept.iter_mut().for_each(|item| item.order.file += files);
        other.skipped.iter_mut().for_each(|(order, _, _)| order.file += files);
        other.inputs.iter_mut().for_each(|(given, _)| *given += inputs);
        self.absorb(other);
    }

    /// The last object of which anything can be said, where a mutator was stopped.
    pub(crate) fn end(&self) -> Option<Order> {
        let of_all = self.stopped.iter().filter(|stop| stop.reach == Reach::All);
        of_all.map(|stop| stop.cause.end().unwrap_or(Order::FIRST)).min()
    }

    pub(crate) fn log(&mut self, plugin: usize, lines: Vec<String>) {
        self.log.extend(lines.into_iter().map(|line| (plugin, line)));
    }
}

impl Cause {
    /// The last object of which something can be said; none where that is nothing.
    pub(crate) fn end(&self) -> Option<Order> {
        match self {
            Self::Failures { last, .. } => Some(*last),
            Self::Slowness { .. } => None,
        }
    }
}

impl Item {
    /// The object as it was read.
    pub(crate) fn restored(&self) -> Self {
        match &self.changes {
            Some(changes) => Self { resource: Arc::clone(&changes.original), changes: None, ..self.clone() },
            None => self.clone(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.changes.as_ref().map_or(State::Open, |changes| changes.state)
    }

    /// Whether a change was made, and not only refused.
    pub(crate) fn is_changed(&self) -> bool {
        self.changes.as_ref().is_some_and(|changes| !changes.by.is_empty())
    }

    pub(crate) fn failed(&self) -> bool {
        self.state() == State::Failed
    }

    /// The plugin that wrote the value at a pointer.
    pub(crate) fn writer(&self, pointer: &str) -> Option<usize> {
        let changes = self.changes.as_ref()?;
        if !self.resource.root().at(pointer)?.is_written() {
            return None;
        }
        let holds = |operation: &Operation| {
            pointer.strip_prefix(operation.pointer()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let last = changes.by.iter().rev().find(|change| change.operations.iter().any(holds));
        // A value may stand elsewhere than where it was written, once others have been put before it.
        last.or(changes.by.last()).map(|change| change.plugin)
    }
}
