//! A number for every node of a tree, alike for values that are alike. Made in one pass over the list of nodes, children
//! first, so that nesting costs nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::number::Decimal;
use crate::{Node, Tree, Value};

/// The numbers, by the index of the node.
pub(super) struct Hashes(Vec<u64>);

impl Hashes {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut hashes = Self(vec![0; tree.nodes.len()]);
        for index in (0..tree.nodes.len()).rev() {
            let hash = hashes.hash(Node { tree, index: index as u32 });
            if let Some(place) = hashes.0.get_mut(index) {
                *place = hash;
            }
        }
        hashes
    }

    pub(super) fn at(&self, node: Node<'_>) -> u64 {
        self.0.get(node.index as usize).copied().unwrap_or(0)
    }

    fn hash(&self, node: Node<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        match node.value() {
            Value::Null => 0_u8.hash(&mut hasher),
            Value::Bool(bool) => (1_u8, bool).hash(&mut hasher),
            Value::Number(text) => {
                let mut canonical = String::new();
                match Decimal::read(text) {
                    Some(number) => number.write(&mut canonical),
                    None => canonical.push_str(text),
                }
                (2_u8, canonical).hash(&mut hasher);
            }
            Value::String(text) => (3_u8, text).hash(&mut hasher),
            Value::Array(items) => {
                (4_u8, items.len()).hash(&mut hasher);
                items.for_each(|item| self.at(item).hash(&mut hasher));
            }
            Value::Object(entries) => {
                // A sum, because the order of members does not matter.
                let member = |(key, value)| {
                    let mut hasher = DefaultHasher::new();
                    (self.at(key), self.at(value)).hash(&mut hasher);
                    hasher.finish()
                };
                let length = entries.len();
                let sum = entries.map(member).fold(0_u64, u64::wrapping_add);
                (5_u8, length, sum).hash(&mut hasher);
            }
        }
        hasher.finish()
    }
}
