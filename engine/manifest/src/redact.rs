//! Secrets without their values, for plugins that were not granted them.

use crate::tree::{ARRAY, EXTRA, LENGTH, NULL, NUMBER, OBJECT, STRING, TAG, Tree};
use crate::{Node, Resource};

/// What stands in the place of a value: text that is valid base64 as well, so that the format of `data` still holds.
pub const REDACTED: &str = "REDACTED";

/// The annotation in which `kubectl apply` keeps the whole object, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Resource {
    /// The object as it may be shown to a plugin. In a `Secret` every value in `data` and `stringData`, and that of the
    /// annotation `kubectl.kubernetes.io/last-applied-configuration`, is replaced by [`REDACTED`]; keys, `null`, spans
    /// and all else stay. Any other object is as it was.
    ///
    /// The tree, and everything that is written from it, holds no value any more. Its [`text`](Self::text) is still
    /// the whole source, for those who turn spans into lines: it must not be handed to a plugin.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let identity = self.identity();
        if identity.kind != "Secret" || !identity.group().is_empty() {
            return self.clone();
        }
        self.with_tree(redact(self.tree()))
    }
}

/// What a hidden value becomes: a string whose text begins the new `extra`.
const HIDDEN: u32 = STRING | EXTRA | (REDACTED.len() as u32) << LENGTH;

fn redact(tree: &Tree) -> Tree {
    let mut hidden = vec![false; tree.nodes.len()];
    for (name, value) in tree.root().entries() {
        match name.as_str() {
            Some("data" | "stringData") => hide(value, &mut hidden),
            Some("metadata") => {
                let annotations = value.entries().filter(|(name, _)| name.as_str() == Some("annotations"));
                let annotations = annotations.flat_map(|(_, annotations)| annotations.entries());
                let kept = annotations.filter(|(name, _)| name.as_str() == Some(LAST_APPLIED));
                kept.for_each(|(_, value)| hide(value, &mut hidden));
            }
            Some(_) | None => {}
        }
    }
    // The decoded text of what is shown is copied; that of what is hidden is left behind.
    let mut extra = String::with_capacity(REDACTED.len() + tree.extra.len());
    extra.push_str(REDACTED);
    let mut nodes = tree.nodes.clone();
    for (raw, hidden) in nodes.iter_mut().zip(hidden) {
        if hidden {
            (raw.head, raw.aux) = (HIDDEN, 0);
        } else if matches!(raw.head & TAG, NUMBER | STRING) && raw.head & EXTRA != 0 {
            let text = tree.text_of(*raw);
            raw.aux = u32::try_from(extra.len()).unwrap_or(u32::MAX);
            extra.push_str(text);
        }
    }
    Tree { text: tree.text.clone(), nodes, extra, written: tree.written.clone() }
}

/// Marks a scalar, or all scalars in a collection but its keys.
fn hide(value: Node<'_>, hidden: &mut [bool]) {
    let mut pending = vec![value];
    while let Some(node) = pending.pop() {
        match node.tree.raw(node.index).head & TAG {
            NULL => {}
            ARRAY => pending.extend(node.items()),
            OBJECT => pending.extend(node.entries().map(|(_, value)| value)),
            _ => {
                if let Some(place) = hidden.get_mut(node.index as usize) {
                    *place = true;
                }
            }
        }
    }
}
