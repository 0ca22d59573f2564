//! What makes a finding the same finding after the lines moved, elements were put before its own or the words of a rule
//! changed: its rule, its object and its place in the object. Where two are alike, the second is told by its number.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sluice_policy::Finding;

use crate::place;

/// One fingerprint for each finding, in their order.
pub(super) fn all(findings: &[&Finding]) -> Vec<String> {
    let mut seen = HashMap::<[u8; 16], u32>::with_capacity(findings.len());
    let mut prints = Vec::with_capacity(findings.len());
    for finding in findings {
        let hash = hash(finding);
        let times = seen.entry(hash).or_default();
        *times += 1;
        prints.push(format!("{:032x}:{times}", u128::from_be_bytes(hash)));
    }
    prints
}

fn hash(finding: &Finding) -> [u8; 16] {
    let mut hasher = Sha256::new();
    let mut add = |part: &str| {
        // The length keeps `ab` + `c` apart from `a` + `bc`.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    add(&finding.rule);
    match &finding.resource {
        // Without the version of the API: an object stays itself when it moves from v1beta1 to v1.
        Some(object) => {
            let namespace = object.namespace.as_deref().unwrap_or_default();
            [object.group(), &object.kind, namespace, &object.name].into_iter().for_each(&mut add);
        }
        None => add(finding.location.as_ref().map_or("", |location| &location.file)),
    }
    add(&finding.steady_path());
    add(&value(finding));
    let digest = hasher.finalize();
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    short
}

/// The value itself, where it is short enough to be known and belongs to nothing larger that may change around it.
fn value(finding: &Finding) -> String {
    let located = finding.location.as_ref().filter(|location| location.exact && finding.written_by.is_none());
    let marked = located.zip(finding.snippet.as_ref()).and_then(|(location, snippet)| place::mark(location, snippet));
    let text = marked.as_ref().filter(|marked| marked.whole).and_then(|marked| marked.text.get(marked.range.clone()));
    text.filter(|text| !text.contains('\n')).unwrap_or_default().to_owned()
}
