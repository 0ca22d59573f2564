//! Elements that repeat each other in a list that is a map by some of its fields, or a set.

use crate::data::{Elements, keys, same};
use crate::view::{ARRAY, NUMBER, STRING, View};

/// Lists up to this length are compared on the stack, each element with those before it.
const SHORT: usize = 32;

/// What a key is worth where it is left out: of all keys of all lists, one has a default.
fn preset(key: &[u8]) -> &'static [u8] {
    if key == b"protocol" { b"TCP" } else { b"" }
}

/// Calls `found` with each element that repeats an earlier one, and with the first of its kind.
pub(crate) fn find(view: View<'_>, at: u32, elements: Elements, mut found: impl FnMut(u32, u32)) {
    let count = view.raw(at).length() as usize;
    if count <= SHORT {
        let mut seen = [(0_u32, 0_u32); SHORT];
        for (index, element) in view.elements(at).enumerate() {
            let hash = hash(view, element, elements);
            let earlier = seen.get(..index).unwrap_or_default();
            let first = earlier.iter().find(|(other, node)| *other == hash && is_same(view, *node, element, elements));
            if let Some((_, first)) = first {
                found(element, *first);
            }
            if let Some(place) = seen.get_mut(index) {
                *place = (hash, element);
            }
        }
        return;
    }
    let mut seen: Vec<(u32, u32)> = view.elements(at).map(|element| (hash(view, element, elements), element)).collect();
    seen.sort_unstable();
    let mut repeats = Vec::new();
    for group in seen.chunk_by(|(a, _), (b, _)| a == b) {
        for (index, (_, element)) in group.iter().enumerate() {
            let mut earlier = group.iter().take(index);
            if let Some((_, first)) = earlier.find(|(_, node)| is_same(view, *node, *element, elements)) {
                repeats.push((*element, *first));
            }
        }
    }
    repeats.sort_unstable();
    repeats.into_iter().for_each(|(element, first)| found(element, first));
}

/// The text that stands for a node: what it says, or the default.
#[inline]
fn text<'t>(view: View<'t>, node: Option<u32>, preset: &'t [u8]) -> &'t [u8] {
    match node.map(|node| view.raw(node)) {
        Some(raw) if matches!(raw.tag(), STRING | NUMBER) && raw.length() > 0 => view.text(raw),
        _ => preset,
    }
}

#[inline]
fn hash(view: View<'_>, element: u32, elements: Elements) -> u32 {
    let mix =
        |sum: u32, text: &[u8]| text.iter().fold(sum, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    match elements {
        Elements::Keyed(set) => {
            keys(set).fold(0x811C_9DC5, |sum, key| mix(sum, text(view, view.get(element, key), preset(key))))
        }
        Elements::Set | Elements::Atomic => mix(0x811C_9DC5, text(view, Some(element), b"")),
    }
}

fn is_same(view: View<'_>, a: u32, b: u32, elements: Elements) -> bool {
    if view.raw(a).tag() != view.raw(b).tag() {
        return false;
    }
    match elements {
        // Elements without any key are not the same: what they lack is told as missing.
        Elements::Keyed(set) => {
            let has_key = keys(set).any(|key| view.get(a, key).is_some_and(|node| view.raw(node).length() > 0));
            let equal = |key: &[u8]| {
                let preset = preset(key);
                same(text(view, view.get(a, key), preset), text(view, view.get(b, key), preset))
            };
            has_key && keys(set).all(equal)
        }
        Elements::Set | Elements::Atomic => {
            view.raw(a).tag() < ARRAY && same(text(view, Some(a), b""), text(view, Some(b), b""))
        }
    }
}
