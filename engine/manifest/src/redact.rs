//! Secrets without their values, for plugins that were not granted them.

use crate::pointer::{tokens, unescape};
use crate::tree::{ARRAY, EXTRA, FALSE, LENGTH, NULL, NUMBER, OBJECT, STRING, TAG, TRUE, Tree};
use crate::{Node, Resource};

/// What stands in the place of a string: text that is valid base64 as well, so that the format of `data` still holds.
pub const REDACTED: &str = "REDACTED";

/// What stands in the place of a string in `data` that is no base64, so that the fault can still be found.
pub const REDACTED_PLAIN: &str = "[REDACTED]";

/// What stands in the place of a number.
const ZERO: &str = "0";

/// The annotation in which `kubectl apply` keeps the whole object, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The members of a `Secret` beside its metadata that are no secret. All others are: a value under a misspelt name, or at a
/// wrong depth, is one as well.
const SHOWN: [&str; 4] = ["apiVersion", "kind", "type", "immutable"];

/// The members of its metadata, as `ObjectMeta` of the API has them.
const METADATA: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
];

impl Resource {
    /// The object as it may be shown to a plugin. In a `Secret` every value is hidden but those of `apiVersion`, `kind`,
    /// `type`, `immutable` and the known members of `metadata`, and of these that of the annotation
    /// `kubectl.kubernetes.io/last-applied-configuration`. It is replaced by one of its own type, so that a
    /// value of the wrong type is still seen: a string by [`REDACTED`], or by [`REDACTED_PLAIN`] where it should be base64 and is
    /// not, a number by `0`, a boolean by `false`. Keys, `null`, spans and all else stay. Any other object is as
    /// it was.
    ///
    /// The tree, and everything that is written from it, holds no value any more. Its [`text`](Self::text) is still
    /// the whole source, for those who turn spans into lines: it must not be handed to a plugin.
    #[must_use]
    pub fn redacted(&self) -> Self {
        if self.identity().is_secret() { self.with_tree(redact(self.tree())) } else { self.clone() }
    }

    /// Whether something that [`redacted`](Self::redacted) hides may stand at a place, above it or below it. The places
    /// count, whether anything stands there or not.
    #[must_use]
    pub fn hides(&self, pointer: &str) -> bool {
        let Some(tokens) = tokens(pointer).filter(|_| self.identity().is_secret()) else { return false };
        let names: Vec<_> = tokens.take(3).map(|token| unescape(token).unwrap_or_default()).collect();
        let names: Vec<&str> = names.iter().map(|name| name.as_ref()).collect();
        match *names {
            [] | ["metadata"] | ["metadata", "annotations"] => true,
            ["metadata", "annotations", name] => name == LAST_APPLIED,
            ["metadata", name, ..] => !METADATA.contains(&name),
            [name, ..] => !SHOWN.contains(&name),
        }
    }

    /// What [`redacted`](Self::redacted) hides: scalars, and collections whose scalars it hides.
    pub fn hidden(&self) -> impl Iterator<Item = Node<'_>> {
        let root = Some(self.root()).filter(|_| self.identity().is_secret());
        root.into_iter().flat_map(places).map(|(value, _)| value)
    }
}

/// What each hidden value becomes: strings and numbers whose texts begin the new `extra`.
const HIDDEN: [(u32, &str); 3] = [(STRING, REDACTED), (STRING, REDACTED_PLAIN), (NUMBER, ZERO)];

/// What is to become of a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Shown,
    /// Replaced by the entry of [`HIDDEN`] with this index.
    Hidden(usize),
    False,
}

/// Whether strings have to be base64.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Base64,
    Any,
}

/// What is hidden of a `Secret`, and what strings in it have to be. A name that is there more than once counts each time.
fn places(root: Node<'_>) -> impl Iterator<Item = (Node<'_>, Strings)> {
    root.entries().flat_map(|(name, value)| match name.as_str() {
        Some("metadata") if value.entries().len() > 0 => of_metadata(value),
        Some("data") => vec![(value, Strings::Base64)],
        Some(name) if SHOWN.contains(&name) => Vec::new(),
        Some(_) | None => vec![(value, Strings::Any)],
    })
}

fn of_metadata(metadata: Node<'_>) -> Vec<(Node<'_>, Strings)> {
    let members = metadata.entries().flat_map(|(name, value)| match name.as_str() {
        Some("annotations") => {
            let kept = value.entries().filter(|(name, _)| name.as_str() == Some(LAST_APPLIED));
            kept.map(|(_, value)| value).collect()
        }
        Some(name) if METADATA.contains(&name) => Vec::new(),
        Some(_) | None => vec![value],
    });
    members.map(|value| (value, Strings::Any)).collect()
}

fn redact(tree: &Tree) -> Tree {
    let mut fates = vec![Fate::Shown; tree.nodes.len()];
    places(tree.root()).for_each(|(value, strings)| hide(value, strings, &mut fates));
    // The decoded text of what is shown is copied; that of what is hidden is left behind.
    let mut extra: String = HIDDEN.iter().map(|(_, text)| *text).collect();
    let mut nodes = tree.nodes.clone();
    for (raw, fate) in nodes.iter_mut().zip(fates) {
        match fate {
            Fate::Hidden(index) => (raw.head, raw.aux) = hidden(index),
            Fate::False => (raw.head, raw.aux) = (FALSE, 0),
            Fate::Shown if matches!(raw.head & TAG, NUMBER | STRING) && raw.head & EXTRA != 0 => {
                let text = tree.text_of(*raw);
                raw.aux = u32::try_from(extra.len()).unwrap_or(u32::MAX);
                extra.push_str(text);
            }
            Fate::Shown => {}
        }
    }
    Tree { text: tree.text.clone(), nodes, extra, written: tree.written.clone() }
}

/// The head of a stand-in, and where its text begins.
fn hidden(index: usize) -> (u32, u32) {
    let before = HIDDEN.iter().take(index).map(|(_, text)| text.len() as u32).sum();
    let (tag, text) = HIDDEN.get(index).copied().unwrap_or((STRING, ""));
    (tag | EXTRA | (text.len() as u32) << LENGTH, before)
}

/// Marks a scalar, or all scalars in a collection but its keys.
fn hide(value: Node<'_>, strings: Strings, fates: &mut [Fate]) {
    let mut pending = vec![value];
    while let Some(node) = pending.pop() {
        let fate = match node.tree.raw(node.index).head & TAG {
            NULL => continue,
            ARRAY => {
                pending.extend(node.items());
                continue;
            }
            OBJECT => {
                pending.extend(node.entries().map(|(_, value)| value));
                continue;
            }
            FALSE | TRUE => Fate::False,
            NUMBER => Fate::Hidden(2),
            _ if strings == Strings::Any || node.as_str().is_some_and(is_base64) => Fate::Hidden(0),
            _ => Fate::Hidden(1),
        };
        if let Some(place) = fates.get_mut(node.index as usize) {
            *place = fate;
        }
    }
}

/// Whether a text is base64 as the API server takes it (RFC 4648 section 4, padded; line breaks do not count).
fn is_base64(text: &str) -> bool {
    let digits = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    let (mut length, mut padding) = (0_usize, 0_usize);
    for byte in digits {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        length += 1;
    }
    length % 4 == 0 && padding <= 2
}
