//! The entries of an inventory in pieces that fit into ConfigMaps.

use crate::inventory::Entry;

/// Bytes of entries in one ConfigMap, of which the API server takes 1 MiB.
const PART: usize = 700 << 10;

/// The entries as JSON lists, each small enough for a ConfigMap; one at least.
pub(super) fn chunks(entries: &[Entry]) -> Vec<String> {
    let mut chunks = vec![String::from("[")];
    for entry in entries {
        let text = serde_json::to_string(entry).unwrap_or_default();
        let is_full = chunks.last().is_some_and(|chunk| chunk.len() + text.len() > PART);
        if is_full {
            chunks.push(String::from("["));
        }
        if let Some(chunk) = chunks.last_mut() {
            if chunk.len() > 1 {
                chunk.push_str(",\n");
            }
            chunk.push_str(&text);
        }
    }
    for chunk in &mut chunks {
        chunk.push(']');
    }
    chunks
}

/// A name for a write that no other has.
pub(super) fn nonce() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = jiff::Timestamp::now().as_microsecond();
    format!("{now:x}-{:x}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::{PART, chunks};
    use crate::inventory::Entry;
    use crate::reference::Reference;

    #[test]
    fn many_entries_are_split_and_none_is_lost() {
        let entry = |number: usize| Entry {
            reference: Reference {
                group: String::from("apps"),
                version: String::from("v1"),
                kind: String::from("Deployment"),
                namespace: Some(String::from("shop")),
                name: format!("web-{number}"),
            },
            uid: Some(String::from("0b1e1f0a-7d0f-4b1c-9a57-1f4a3b6f2c11")),
            digest: Some("0".repeat(64)),
            left: false,
        };
        let entries: Vec<Entry> = (0..10_000).map(entry).collect();
        let chunks = chunks(&entries);
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.len() <= PART + 1_000));
        let read: Vec<Entry> =
            chunks.iter().flat_map(|chunk| serde_json::from_str::<Vec<Entry>>(chunk).unwrap()).collect();
        assert_eq!(read, entries);
        assert_eq!(super::chunks(&[]), ["[]"]);
    }
}
