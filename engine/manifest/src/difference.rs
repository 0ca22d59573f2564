//! What changed from one value to another, field by field. Elements of the arrays that Kubernetes merges by a key are
//! matched by it, those of all others by what stayed, so that one that is inserted does not make all after it differ.

mod hashes;
mod keys;
mod steady;

use std::collections::{HashMap, HashSet};

use crate::quote::quote;
use crate::{Node, Value, align, push_token};
use hashes::Hashes;
pub use steady::{by_content, by_place, holders, steady_pointer};

/// Most differences that are given; more are counted.
const MOST: usize = 10_000;
/// Objects up to this many members are searched from the start.
const FEW: usize = 16;

/// How elements of arrays are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrays {
    /// By the key that Kubernetes merges them by, or their name, where all have one and no two share it.
    Keyed,
    /// By what stayed. No value of the tree gets into a [`Difference::field`].
    Plain,
}

/// Everything that differs.
#[derive(Clone, Debug, Default)]
pub struct Differences<'t> {
    /// In the order of the members before, then of those that are new; at most 10,000.
    pub list: Vec<Difference<'t>>,
    /// How many more there are.
    pub left_out: usize,
}

/// One difference.
#[derive(Clone, Debug)]
pub struct Difference<'t> {
    /// RFC 6901 pointer to the value as it is after; as it was before, where it is gone.
    pub pointer: String,
    /// The same for people: `spec.template.spec.containers[web].image`.
    pub field: String,
    /// What happened to it.
    pub what: Delta<'t>,
}

/// What happened to a value.
#[derive(Clone, Debug)]
pub enum Delta<'t> {
    /// It is new.
    Added(Node<'t>),
    /// It is gone.
    Removed(Node<'t>),
    /// It was the first, and is the second.
    Changed(Node<'t>, Node<'t>),
    /// The elements that an array has on both sides stand in another order.
    Reordered {
        /// Their keys as they stood.
        before: Vec<String>,
        /// Their keys as they stand.
        after: Vec<String>,
    },
}

/// Compares two values. Objects are alike whatever the order of their members, numbers by value, as in RFC 6902. The time is
/// bounded by a small multiple of the sizes.
#[must_use]
pub fn differences<'t>(before: Node<'t>, after: Node<'t>, arrays: Arrays) -> Differences<'t> {
    let mut walk = Walk {
        hashes: (Hashes::of(before.tree), Hashes::of(after.tree)),
        arrays,
        pointer: String::new(),
        field: String::new(),
        found: Differences::default(),
    };
    walk.values("", before, after);
    walk.found
}

struct Walk<'t> {
    hashes: (Hashes, Hashes),
    arrays: Arrays,
    pointer: String,
    field: String,
    found: Differences<'t>,
}

impl<'t> Walk<'t> {
    /// A hash that differs proves that values do; one that is the same proves nothing.
    fn alike(&self, before: Node<'t>, after: Node<'t>) -> bool {
        self.hashes.0.at(before) == self.hashes.1.at(after) && before == after
    }

    /// `name` is the member that holds the values, or that holds the array which they are in.
    fn values(&mut self, name: &str, before: Node<'t>, after: Node<'t>) {
        if self.alike(before, after) {
            return;
        }
        match (before.value(), after.value()) {
            (Value::Object(_), Value::Object(_)) => self.members(before, after),
            (Value::Array(one), Value::Array(other)) => {
                let (one, other): (Vec<_>, Vec<_>) = (one.collect(), other.collect());
                match keys::of(self.arrays, name, &one, &other) {
                    Some((keys, others)) => self.keyed(name, (&one, &keys), (&other, &others)),
                    None => self.ordered(name, &one, &other),
                }
            }
            (_, _) => self.tell(Delta::Changed(before, after)),
        }
    }

    fn members(&mut self, before: Node<'t>, after: Node<'t>) {
        let (here, there) = (Members::of(before), Members::of(after));
        for (key, value) in before.entries() {
            let name = key.as_str().unwrap_or_default();
            self.below_member(name, |walk| match there.get(name) {
                Some(other) => walk.values(name, value, other),
                None => walk.tell(Delta::Removed(value)),
            });
        }
        for (key, value) in after.entries() {
            let name = key.as_str().unwrap_or_default();
            if here.get(name).is_none() {
                self.below_member(name, |walk| walk.tell(Delta::Added(value)));
            }
        }
    }

    fn keyed(
        &mut self,
        name: &str,
        (before, keys): (&[Node<'t>], &[String]),
        (after, others): (&[Node<'t>], &[String]),
    ) {
        let there: HashMap<&str, usize> = others.iter().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        let here: HashSet<&str> = keys.iter().map(String::as_str).collect();
        let new: Vec<usize> = (0..after.len()).filter(|at| !is_in(&here, others.get(*at))).collect();
        let mut gone: Vec<usize> = Vec::new();
        let mut stayed: Vec<usize> = Vec::new();
        for (at, (value, key)) in before.iter().zip(keys).enumerate() {
            match there.get(key.as_str()).and_then(|place| Some((*place, *after.get(*place)?))) {
                Some((place, other)) => {
                    stayed.push(place);
                    self.below_element(place, key, |walk| walk.values(name, *value, other));
                }
                None => gone.push(at),
            }
        }
        if !stayed.is_sorted() {
            self.tell_order(keys.iter().filter(|key| there.contains_key(key.as_str())), stayed, others);
        }
        // A port that got another number is still that port.
        if let ("ports", [from], [to]) = (name, gone.as_slice(), new.as_slice())
            && let (Some(value), Some(other), Some(key)) = (before.get(*from), after.get(*to), keys.get(*from))
        {
            self.below_element(*to, key, |walk| walk.values(name, *value, *other));
            return;
        }
        for at in gone {
            if let (Some(value), Some(key)) = (before.get(at), keys.get(at)) {
                self.below_element(at, key, |walk| walk.tell(Delta::Removed(*value)));
            }
        }
        for at in new {
            if let (Some(value), Some(key)) = (after.get(at), others.get(at)) {
                self.below_element(at, key, |walk| walk.tell(Delta::Added(*value)));
            }
        }
    }

    fn tell_order<'k>(&mut self, keys: impl Iterator<Item = &'k String>, mut stayed: Vec<usize>, others: &[String]) {
        stayed.sort_unstable();
        let after = stayed.iter().filter_map(|at| others.get(*at)).cloned().collect();
        self.tell(Delta::Reordered { before: keys.cloned().collect(), after });
    }

    fn ordered(&mut self, name: &str, before: &[Node<'t>], after: &[Node<'t>]) {
        let numbers =
            |hashes: &Hashes, nodes: &[Node<'t>]| nodes.iter().map(|node| hashes.at(*node)).collect::<Vec<_>>();
        let pairs = align(&numbers(&self.hashes.0, before), &numbers(&self.hashes.1, after));
        let (mut one, mut other) = (0, 0);
        for (next, there) in pairs.into_iter().chain(std::iter::once((before.len(), after.len()))) {
            let gone = before.get(one..next).unwrap_or_default();
            let new = after.get(other..there).unwrap_or_default();
            self.stretch(name, (one, gone), (other, new));
            if let (Some(value), Some(same)) = (before.get(next), after.get(there)) {
                self.below_element(there, &there.to_string(), |walk| walk.values(name, *value, *same));
            }
            (one, other) = (next + 1, there + 1);
        }
    }

    /// As many elements before as after are taken for the same ones, which changed.
    fn stretch(&mut self, name: &str, (one, gone): (usize, &[Node<'t>]), (other, new): (usize, &[Node<'t>])) {
        if gone.len() == new.len() {
            for (at, (value, now)) in (other..).zip(gone.iter().zip(new)) {
                self.below_element(at, &at.to_string(), |walk| walk.values(name, *value, *now));
            }
            return;
        }
        for (at, value) in (one..).zip(gone) {
            self.below_element(at, &at.to_string(), |walk| walk.tell(Delta::Removed(*value)));
        }
        for (at, value) in (other..).zip(new) {
            self.below_element(at, &at.to_string(), |walk| walk.tell(Delta::Added(*value)));
        }
    }

    fn tell(&mut self, what: Delta<'t>) {
        if self.found.list.len() == MOST {
            self.found.left_out += 1;
            return;
        }
        let (pointer, field) = (self.pointer.clone(), self.field.clone());
        self.found.list.push(Difference { pointer, field, what });
    }

    fn below_member(&mut self, name: &str, what: impl FnOnce(&mut Self)) {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let label = match (plain, self.field.is_empty()) {
            (true, true) => name.to_owned(),
            (true, false) => format!(".{name}"),
            (false, _) => format!("[\"{}\"]", quote(name)),
        };
        self.below(name, &label, what);
    }

    fn below_element(&mut self, index: usize, key: &str, what: impl FnOnce(&mut Self)) {
        self.below(&index.to_string(), &format!("[{}]", quote(key)), what);
    }

    fn below(&mut self, token: &str, label: &str, what: impl FnOnce(&mut Self)) {
        let (pointer, field) = (self.pointer.len(), self.field.len());
        push_token(&mut self.pointer, token);
        self.field.push_str(label);
        what(self);
        self.pointer.truncate(pointer);
        self.field.truncate(field);
    }
}

fn is_in(keys: &HashSet<&str>, key: Option<&String>) -> bool {
    key.is_some_and(|key| keys.contains(key.as_str()))
}

/// The members of an object by their names.
enum Members<'t> {
    Few(Node<'t>),
    Many(HashMap<&'t str, Node<'t>>),
}

impl<'t> Members<'t> {
    fn of(node: Node<'t>) -> Self {
        if node.entries().len() <= FEW {
            return Self::Few(node);
        }
        Self::Many(node.entries().map(|(key, value)| (key.as_str().unwrap_or_default(), value)).collect())
    }

    fn get(&self, name: &str) -> Option<Node<'t>> {
        match self {
            Self::Few(node) => node.get(name),
            Self::Many(members) => members.get(name).copied(),
        }
    }
}

#[cfg(test)]
mod tests;
