//! Which finding before is which finding after. Lines move, so a finding is known by its rule, its object, its place in
//! the object and its words. As many as were there before stay; one more of the same is new.

use std::collections::HashMap;

use sluice_policy::Finding;

use crate::pairs::stem;

pub(crate) struct Sorted {
    pub(crate) new: Vec<Finding>,
    pub(crate) resolved: Vec<Finding>,
    pub(crate) staying: Vec<Finding>,
}

/// How closely two findings have to agree, strictest first: an object that is there twice is told by its file, and a place
/// in an array moves when elements are put before it.
#[derive(Clone, Copy)]
enum Closeness {
    FileAndPointer,
    Pointer,
    Words,
}

type Key<'f> = (&'f str, Option<(&'f str, &'f str, Option<&'f str>, &'f str)>, &'f str, &'f str, &'f str);

pub(crate) fn sort(before: Vec<Finding>, after: Vec<Finding>) -> Sorted {
    let mut taken = vec![false; before.len()];
    let mut stays = vec![false; after.len()];
    for closeness in [Closeness::FileAndPointer, Closeness::Pointer, Closeness::Words] {
        // Where it denies after and did not before it is new, so those that denied are for those that do.
        for denying in [true, false] {
            let mut free = HashMap::<Key<'_>, Vec<usize>>::new();
            for (at, finding) in before.iter().enumerate().rev() {
                if taken.get(at) == Some(&false) && (finding.denies() || !denying) {
                    free.entry(key(finding, closeness)).or_default().push(at);
                }
            }
            for (finding, stays) in after.iter().zip(&mut stays) {
                if *stays || finding.denies() != denying {
                    continue;
                }
                let partner = free.get_mut(&key(finding, closeness)).and_then(Vec::pop);
                if let Some(taken) = partner.and_then(|at| taken.get_mut(at)) {
                    (*taken, *stays) = (true, true);
                }
            }
        }
    }
    let resolved = before.into_iter().zip(taken).filter(|(_, taken)| !taken).map(|(finding, _)| finding).collect();
    let (staying, new): (Vec<_>, Vec<_>) = after.into_iter().zip(stays).partition(|(_, stays)| *stays);
    let findings = |sorted: Vec<(Finding, bool)>| sorted.into_iter().map(|(finding, _)| finding).collect();
    Sorted { new: findings(new), resolved, staying: findings(staying) }
}

fn key(finding: &Finding, closeness: Closeness) -> Key<'_> {
    // Without the version of the API: an object stays itself when it moves from v1beta1 to v1.
    let object = finding.resource.as_ref().map(|object| {
        let name = stem(object).unwrap_or(&object.name);
        (object.group(), object.kind.as_str(), object.namespace.as_deref(), name)
    });
    let file = finding.location.as_ref().map_or("", |location| location.file.as_str());
    let pointer = finding.path.as_deref().unwrap_or_default();
    let (file, pointer) = match closeness {
        Closeness::FileAndPointer => (file, pointer),
        // What is about no object is about its file.
        Closeness::Pointer => (if object.is_none() { file } else { "" }, pointer),
        Closeness::Words => (if object.is_none() { file } else { "" }, ""),
    };
    (&finding.rule, object, file, pointer, &finding.message)
}
