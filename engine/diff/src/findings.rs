//! Which finding before is which finding after. Lines move, so a finding is known by its rule, its object, its place in
//! the object and its words. As many as were there before stay; one more of the same is new.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_manifest::{Identity, Resource};
use sluice_policy::Finding;

use crate::objects::set_of;
use crate::pairs::stem;
use crate::untold::Doubts;

/// Which findings of the side before and of the side after have a partner on the other one.
pub(crate) struct Pairs {
    pub(crate) before: Vec<bool>,
    pub(crate) after: Vec<bool>,
}

pub(crate) struct Sorted {
    pub(crate) new: Vec<Finding>,
    pub(crate) resolved: Vec<Finding>,
    pub(crate) staying: Vec<Finding>,
}

/// How closely two findings have to agree, strictest first. An object may move to another file, and a place in an array moves
/// when elements are put before it.
#[derive(Clone, Copy)]
enum Closeness {
    File,
    Object,
    Words,
}

/// An object without the version of its API and without the hash in its name: it stays itself when these change.
pub(crate) type Named<'f> = (&'f str, &'f str, Option<&'f str>, &'f str);

#[derive(PartialEq, Eq, Hash)]
struct Key<'f> {
    rule: &'f str,
    message: &'f str,
    object: Option<Named<'f>>,
    set: &'f str,
    file: &'f str,
    pointer: &'f str,
}

/// What is known of the objects that findings are about.
pub(crate) struct Known<'s> {
    /// The rendered sets that both sides have. All others may be one another's.
    shared: HashSet<&'s str>,
    /// Objects that are there twice on a side: they are told by their files.
    twice: HashSet<(&'s str, Named<'s>)>,
}

impl<'s> Known<'s> {
    pub(crate) fn of(before: &'s [Arc<Resource>], after: &'s [Arc<Resource>]) -> Self {
        let sets = |side: &'s [Arc<Resource>]| side.iter().map(|resource| set_of(resource)).collect::<HashSet<_>>();
        let mut known = Self { shared: &sets(before) & &sets(after), twice: HashSet::new() };
        for side in [before, after] {
            let mut seen = HashSet::new();
            for resource in side {
                let object = (known.set(set_of(resource)), named(resource.identity()));
                if !seen.insert(object) {
                    known.twice.insert(object);
                }
            }
        }
        known
    }

    pub(crate) fn set<'f>(&self, set: &'f str) -> &'f str {
        if self.shared.contains(set) { set } else { "" }
    }

    fn key<'f>(&self, finding: &'f Finding, closeness: Closeness) -> Key<'f> {
        let object = finding.resource.as_ref().map(named);
        let file = finding.location.as_ref().map_or("", |location| location.file.as_str());
        let pointer = finding.path.as_deref().unwrap_or_default();
        let set = self.set(finding.rendered.as_ref().map_or("", |rendered| rendered.name.as_str()));
        // What is about no object is about its file.
        let needs_file = object.is_none_or(|object| self.twice.contains(&(set, object)));
        let told = if needs_file { file } else { "" };
        let (file, pointer) = match closeness {
            Closeness::File => (file, pointer),
            Closeness::Object => (told, pointer),
            Closeness::Words => (told, ""),
        };
        Key { rule: &finding.rule, message: &finding.message, object, set, file, pointer }
    }
}

pub(crate) fn named(identity: &Identity) -> Named<'_> {
    let name = stem(identity).unwrap_or(&identity.name);
    (identity.group(), &identity.kind, identity.namespace.as_deref(), name)
}

pub(crate) fn pair(before: &[Finding], after: &[Finding], known: &Known<'_>) -> Pairs {
    let mut taken = vec![false; before.len()];
    let mut stays = vec![false; after.len()];
    for closeness in [Closeness::File, Closeness::Object, Closeness::Words] {
        // Where it denies after and did not before it is new, so those that denied are for those that do.
        for denying in [true, false] {
            let mut free = HashMap::<Key<'_>, Vec<usize>>::new();
            for (at, finding) in before.iter().enumerate().rev() {
                if taken.get(at) == Some(&false) && (finding.denies() || !denying) {
                    free.entry(known.key(finding, closeness)).or_default().push(at);
                }
            }
            for (finding, stays) in after.iter().zip(&mut stays) {
                if *stays || finding.denies() != denying {
                    continue;
                }
                let partner = free.get_mut(&known.key(finding, closeness)).and_then(Vec::pop);
                if let Some(taken) = partner.and_then(|at| taken.get_mut(at)) {
                    (*taken, *stays) = (true, true);
                }
            }
        }
    }
    Pairs { before: taken, after: stays }
}

/// What has a partner stays. The rest is new or resolved, but for what the other side may have too.
pub(crate) fn sort(before: Vec<Finding>, after: Vec<Finding>, pairs: &Pairs, doubts: &Doubts) -> Sorted {
    let mut sorted = Sorted { new: Vec::new(), resolved: Vec::new(), staying: Vec::new() };
    for ((finding, paired), in_doubt) in before.into_iter().zip(&pairs.before).zip(&doubts.before) {
        if !paired && !in_doubt {
            sorted.resolved.push(finding);
        }
    }
    for ((finding, paired), in_doubt) in after.into_iter().zip(&pairs.after).zip(&doubts.after) {
        match (paired, in_doubt) {
            (true, _) => sorted.staying.push(finding),
            (false, true) => {}
            (false, false) => sorted.new.push(finding),
        }
    }
    Sorted { new: once(sorted.new), resolved: once(sorted.resolved), staying: once(sorted.staying) }
}

/// Those that several sets share once.
fn once(mut findings: Vec<Finding>) -> Vec<Finding> {
    let set = |finding: &Finding| finding.rendered.as_ref().map(|rendered| rendered.name.clone());
    findings.dedup_by(|next, kept| set(next) != set(kept) && kept.is_alike(next));
    findings
}
