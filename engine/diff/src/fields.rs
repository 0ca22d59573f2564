//! The differences of two objects, owned, with the values of a `Secret` out of reach.

use std::sync::Arc;

use sluice_manifest::{Arrays, Delta, Difference, Node, Resource, differences};

/// A field that differs.
#[derive(Clone, Debug)]
pub struct Field {
    /// RFC 6901 pointer into the object after the change; into the object before, where the field is gone.
    pub pointer: String,
    /// The same for people: `spec.template.spec.containers[web].image`.
    pub field: String,
    /// What happened to it.
    pub what: What,
}

/// What happened to a field.
#[derive(Clone, Debug)]
pub enum What {
    /// It is new.
    Added(Shown),
    /// It is gone.
    Removed(Shown),
    /// It was the first and is the second.
    Changed(Shown, Shown),
    /// The elements that were there before and after stand in another order.
    Reordered {
        /// Their keys as they stood.
        before: Vec<String>,
        /// Their keys as they stand.
        after: Vec<String>,
    },
}

/// A value as it may be shown.
#[derive(Clone, Debug)]
pub struct Shown {
    object: Arc<Resource>,
    number: u32,
    is_hidden: bool,
}

impl Shown {
    /// The value, redacted.
    #[must_use]
    pub fn node(&self) -> Node<'_> {
        self.object.tree().node(self.number).unwrap_or(self.object.root())
    }

    /// Whether it was redacted in whole or in part, so that values that differ may look alike.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.is_hidden
    }
}

/// The fields of two objects that differ.
#[derive(Debug)]
pub struct Fields {
    /// Each field.
    pub list: Vec<Field>,
    /// How many more there are.
    pub left_out: usize,
    /// Both objects, redacted.
    pub(crate) before: Arc<Resource>,
    pub(crate) after: Arc<Resource>,
}

/// Compares the objects as they are, and gives out what they look like redacted.
#[must_use]
pub fn of(before: &Arc<Resource>, after: &Arc<Resource>) -> Fields {
    let (one, other) = (Arc::new(before.redacted()), Arc::new(after.redacted()));
    let is_secret = [before, after].iter().any(|object| object.identity().kind == "Secret");
    let arrays = if is_secret { Arrays::Plain } else { Arrays::Keyed };
    let found = differences(before.root(), after.root(), arrays);
    let show = |object: &Arc<Resource>, node: Node<'_>| {
        let shown = object.tree().node(node.number());
        Shown { object: Arc::clone(object), number: node.number(), is_hidden: is_secret && shown != Some(node) }
    };
    let field = |Difference { pointer, field, what }: Difference<'_>| {
        let what = match what {
            Delta::Added(node) => What::Added(show(&other, node)),
            Delta::Removed(node) => What::Removed(show(&one, node)),
            Delta::Changed(was, is) => What::Changed(show(&one, was), show(&other, is)),
            Delta::Reordered { before, after } => What::Reordered { before, after },
        };
        Field { pointer, field, what }
    };
    let list = found.list.into_iter().map(field).collect();
    Fields { list, left_out: found.left_out, before: one, after: other }
}
