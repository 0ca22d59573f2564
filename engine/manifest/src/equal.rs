//! When two values are the same: as RFC 6902 says for `test`.

use std::collections::HashMap;

use crate::tree::{ARRAY, LENGTH, NUMBER, OBJECT, STRING, TAG};
use crate::{Node, number};

/// Objects up to this many members are searched from the start.
const FEW: usize = 16;

impl PartialEq for Node<'_> {
    /// Whether two values are the same: objects whatever the order of their members, numbers by value (`1.0` is `1`),
    /// strings by their characters.
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.tree.raw(self.index), other.tree.raw(other.index));
        if left.head & TAG != right.head & TAG {
            return false;
        }
        match left.head & TAG {
            NUMBER => number::same(self.tree.text_of(left), other.tree.text_of(right)),
            STRING => self.tree.text_of(left) == other.tree.text_of(right),
            ARRAY => left.head >> LENGTH == right.head >> LENGTH && self.items().eq(other.items()),
            OBJECT => left.head >> LENGTH == right.head >> LENGTH && same_members(*self, *other),
            _ => true,
        }
    }
}

/// Members are looked for where the other object has them at the same place first: nearly all objects that are
/// compared have one order. Where they have not, a large object is looked through once and not for each member.
fn same_members(left: Node<'_>, right: Node<'_>) -> bool {
    let mut beside = right.entries();
    let mut named: Option<HashMap<&str, Node<'_>>> = None;
    left.entries().all(|(key, value)| {
        let name = key.as_str().unwrap_or_default();
        let there = match beside.next() {
            Some((other, there)) if other.as_str() == Some(name) => Some(there),
            Some(_) | None if right.entries().len() <= FEW => right.get(name),
            Some(_) | None => {
                let members = || right.entries().map(|(key, value)| (key.as_str().unwrap_or_default(), value));
                named.get_or_insert_with(|| members().collect()).get(name).copied()
            }
        };
        there.is_some_and(|there| value == there)
    })
}
