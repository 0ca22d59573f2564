//! Which finding before is which finding after. Lines and elements of arrays move, so a finding is known by its rule, its
//! object, its place in the object by the keys of elements, and its words without what moves. As many as were there before
//! stay; one more of the same is new.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sluice_manifest::{Identity, Resource, by_content, holders};
use sluice_policy::Finding;

use crate::objects::set_of;
use crate::pairs::stem;
use crate::untold::Doubts;
use crate::{Which, steady};

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

/// How closely two findings have to agree, strictest first. An object may move to another file, and elements that have no key
/// move when others are put before them.
#[derive(Clone, Copy)]
enum Closeness {
    File,
    Object,
    /// Elements without a key are known by what they hold.
    Element,
    /// The first of them by its place, and those in it by what they hold.
    Inner,
}

/// An object without the version of its API and without the hash in its name: it stays itself when these change.
pub(crate) type Named<'f> = (&'f str, &'f str, Option<&'f str>, &'f str);

/// An object: its set and its name.
pub(crate) type Of<'f> = (&'f str, Named<'f>);

#[derive(PartialEq, Eq, Hash)]
struct Key<'f> {
    rule: &'f str,
    words: Cow<'f, str>,
    object: Option<Named<'f>>,
    set: &'f str,
    file: &'f str,
    pointer: Cow<'f, str>,
}

impl<'f> Key<'f> {
    /// The same at another place.
    fn at(&self, pointer: &str) -> Self {
        Self { pointer: Cow::Owned(pointer.to_owned()), words: self.words.clone(), ..*self }
    }
}

/// What is known of the objects that findings are about.
pub(crate) struct Known<'s> {
    /// The rendered sets that both sides have. All others may be one another's.
    shared: HashSet<&'s str>,
    /// Objects that are there twice on a side: they are told by their files.
    twice: HashSet<Of<'s>>,
    /// In which file they were, by the one that they are in, where that is another one.
    moved: HashMap<(Of<'s>, &'s str), &'s str>,
}

impl<'s> Known<'s> {
    /// `both`: which object before is which after, by their numbers.
    pub(crate) fn of(before: &'s [Arc<Resource>], after: &'s [Arc<Resource>], both: &[(usize, usize)]) -> Self {
        let sets = |side: &'s [Arc<Resource>]| side.iter().map(|resource| set_of(resource)).collect::<HashSet<_>>();
        let shared = &sets(before) & &sets(after);
        let mut known = Self { shared, twice: HashSet::new(), moved: HashMap::new() };
        for side in [before, after] {
            let mut seen = HashSet::new();
            for resource in side {
                let object = known.object(resource);
                if !seen.insert(object) {
                    known.twice.insert(object);
                }
            }
        }
        for (one, other) in both {
            let (Some(one), Some(other)) = (before.get(*one), after.get(*other)) else { continue };
            let (object, was, is) = (known.object(other), one.text().name(), other.text().name());
            if was != is && known.twice.contains(&object) {
                known.moved.entry((object, is)).or_insert(was);
            }
        }
        known
    }

    fn object(&self, resource: &'s Resource) -> Of<'s> {
        (self.set(set_of(resource)), named(resource.identity()))
    }

    pub(crate) fn set<'f>(&self, set: &'f str) -> &'f str {
        if self.shared.contains(set) { set } else { "" }
    }

    fn key<'f>(&self, finding: &'f Finding, side: Which, closeness: Closeness) -> Key<'f>
    where
        's: 'f,
    {
        let object = finding.resource.as_ref().map(named);
        let (file, set) = (file_of(finding), self.set(rendered_of(finding)));
        let told = match object {
            // What is about no object is about its file.
            None => file,
            Some(_) if steady::is_of_name(finding) => "",
            Some(object) if self.twice.contains(&(set, object)) => match side {
                Which::Base => file,
                Which::Head => self.moved.get(&((set, object), file)).copied().unwrap_or(file),
            },
            Some(_) => "",
        };
        let by_content = |placed| match &finding.steady {
            Some(steady) => Cow::Owned(by_content(steady, placed)),
            None => finding.steady_path(),
        };
        let (file, pointer) = match closeness {
            Closeness::File => (file, finding.steady_path()),
            Closeness::Object => (told, finding.steady_path()),
            Closeness::Element => (told, by_content(0)),
            Closeness::Inner => (told, by_content(1)),
        };
        Key { rule: &finding.rule, words: steady::words(finding), object, set, file, pointer }
    }
}

pub(crate) fn named(identity: &Identity) -> Named<'_> {
    let name = stem(identity).unwrap_or(&identity.name);
    (identity.group(), &identity.kind, identity.namespace.as_deref(), name)
}

/// The file that a finding is in; empty for none.
pub(crate) fn file_of(finding: &Finding) -> &str {
    finding.location.as_ref().map_or("", |location| &location.file)
}

/// The rendered set that a finding is in; empty for what is read as it is.
pub(crate) fn rendered_of(finding: &Finding) -> &str {
    finding.rendered.as_ref().map_or("", |rendered| &rendered.name)
}

pub(crate) fn pair(before: &[Finding], after: &[Finding], known: &Known<'_>) -> Pairs {
    let mut taken = vec![false; before.len()];
    let mut stays = vec![false; after.len()];
    for closeness in [Closeness::File, Closeness::Object, Closeness::Element, Closeness::Inner] {
        // Where it denies after and did not before it is new, so those that denied are for those that do.
        for denying in [true, false] {
            let mut free = HashMap::<Key<'_>, Vec<usize>>::new();
            for (at, finding) in before.iter().enumerate().rev() {
                if taken.get(at) == Some(&false) && (finding.denies() || !denying) {
                    free.entry(known.key(finding, Which::Base, closeness)).or_default().push(at);
                }
            }
            for (finding, stays) in after.iter().zip(&mut stays) {
                if *stays || finding.denies() != denying {
                    continue;
                }
                let partner = free.get_mut(&known.key(finding, Which::Head, closeness)).and_then(Vec::pop);
                if let Some(taken) = partner.and_then(|at| taken.get_mut(at)) {
                    (*taken, *stays) = (true, true);
                }
            }
        }
    }
    pair_grown(before, after, known, &mut taken, &mut stays);
    Pairs { before: taken, after: stays }
}

/// Pairs what is found at members of objects of which one leads to the other: where a member is missing, a finding is at the
/// nearest that is there, which is another one once half of the repair is done.
fn pair_grown(before: &[Finding], after: &[Finding], known: &Known<'_>, taken: &mut [bool], stays: &mut [bool]) {
    for denying in [true, false] {
        // What is found at a place, and below one.
        let mut free = HashMap::<(bool, Key<'_>), Vec<usize>>::new();
        for (at, finding) in before.iter().enumerate().rev() {
            if taken.get(at) == Some(&false) && (finding.denies() || !denying) {
                let key = known.key(finding, Which::Base, Closeness::Object);
                let above = holders(&key.pointer).map(|pointer| (true, key.at(pointer)));
                let all: Vec<_> = above.chain([(false, key.at(&key.pointer))]).collect();
                all.into_iter().for_each(|key| free.entry(key).or_default().push(at));
            }
        }
        for (finding, stays) in after.iter().zip(stays.iter_mut()) {
            if *stays || finding.denies() != denying {
                continue;
            }
            let key = known.key(finding, Which::Head, Closeness::Object);
            let above = holders(&key.pointer).map(|pointer| (false, key.at(pointer)));
            let wanted: Vec<_> = [(true, key.at(&key.pointer))].into_iter().chain(above).collect();
            let is_free = |at: &usize| taken.get(*at) == Some(&false);
            let found = wanted.iter().find_map(|key| free.get(key)?.iter().rev().copied().find(is_free));
            if let Some(taken) = found.and_then(|at| taken.get_mut(at)) {
                (*taken, *stays) = (true, true);
            }
        }
    }
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
