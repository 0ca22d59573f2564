//! Which object before is which object after. An object stays itself when its API version, its file or the hash at the end
//! of its name changes; of objects that share a name, the one in the same file is meant, then the one at the same place.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_manifest::{Identity, Resource};

use crate::objects::set_of;

/// Objects by their number on each side.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pub(crate) both: Vec<(usize, usize)>,
    pub(crate) gone: Vec<usize>,
    pub(crate) new: Vec<usize>,
}

/// The letters of the hashes that kustomize puts after the names that its generators give.
const HASH: &[u8] = b"gh2k456789mbcdtf";
/// How many there are.
const HASH_LENGTH: usize = 10;

type Key<'r> = (&'r str, &'r str, &'r str, Option<&'r str>, &'r str);

#[derive(Default)]
struct Group {
    before: Vec<usize>,
    after: Vec<usize>,
}

pub(crate) fn pair(before: &[Arc<Resource>], after: &[Arc<Resource>]) -> Pairs {
    let all = |side: &[Arc<Resource>]| (0..side.len()).collect();
    let mut pairs = Pairs { both: Vec::new(), gone: all(before), new: all(after) };
    let named = |resource| Some(key(resource, set_of(resource), name(resource)));
    pairs.match_by((before, after), named, alike);
    // From here on only where it is beyond doubt.
    pairs.match_by(
        (before, after),
        |resource| Some(key(resource, set_of(resource), stem(resource.identity())?)),
        single,
    );
    pairs.match_by((before, after), |resource| Some(key(resource, "", name(resource))), single);
    pairs.both.sort_unstable();
    pairs
}

impl Pairs {
    /// Matches what has no partner yet.
    fn match_by<'r>(
        &mut self,
        (before, after): (&'r [Arc<Resource>], &'r [Arc<Resource>]),
        key: impl Fn(&'r Arc<Resource>) -> Option<Key<'r>>,
        matched: impl Fn(&Group, (&[Arc<Resource>], &[Arc<Resource>])) -> Vec<(usize, usize)>,
    ) {
        let mut groups = BTreeMap::<Key<'r>, Group>::new();
        for at in &self.gone {
            if let Some(key) = before.get(*at).and_then(&key) {
                groups.entry(key).or_default().before.push(*at);
            }
        }
        for at in &self.new {
            if let Some(key) = after.get(*at).and_then(&key) {
                groups.entry(key).or_default().after.push(*at);
            }
        }
        let found: Vec<(usize, usize)> = groups.values().flat_map(|group| matched(group, (before, after))).collect();
        let (mut ones, mut others): (Vec<usize>, Vec<usize>) = found.iter().copied().unzip();
        ones.sort_unstable();
        others.sort_unstable();
        self.gone.retain(|at| ones.binary_search(at).is_err());
        self.new.retain(|at| others.binary_search(at).is_err());
        self.both.extend(found);
    }
}

/// Those in one file in their order, then the rest in theirs.
fn alike(group: &Group, (before, after): (&[Arc<Resource>], &[Arc<Resource>])) -> Vec<(usize, usize)> {
    if let ([one], [other]) = (group.before.as_slice(), group.after.as_slice()) {
        return vec![(*one, *other)];
    }
    let mut files = BTreeMap::<&str, Group>::new();
    let file = |side: &'_ [Arc<Resource>], at: usize| side.get(at).map(|resource| resource.text().name().to_owned());
    let names: Vec<(Option<String>, usize)> = group.before.iter().map(|at| (file(before, *at), *at)).collect();
    let others: Vec<(Option<String>, usize)> = group.after.iter().map(|at| (file(after, *at), *at)).collect();
    for (name, at) in &names {
        files.entry(name.as_deref().unwrap_or_default()).or_default().before.push(*at);
    }
    for (name, at) in &others {
        files.entry(name.as_deref().unwrap_or_default()).or_default().after.push(*at);
    }
    let (mut pairs, mut rest) = (Vec::new(), Group::default());
    for Group { before, after } in files.into_values() {
        let shared = before.len().min(after.len());
        pairs.extend(before.iter().copied().zip(after.iter().copied()));
        rest.before.extend(before.iter().skip(shared));
        rest.after.extend(after.iter().skip(shared));
    }
    pairs.extend(rest.before.into_iter().zip(rest.after));
    pairs
}

fn single(group: &Group, _: (&[Arc<Resource>], &[Arc<Resource>])) -> Vec<(usize, usize)> {
    match (group.before.as_slice(), group.after.as_slice()) {
        ([one], [other]) => vec![(*one, *other)],
        (_, _) => Vec::new(),
    }
}

fn key<'r>(resource: &'r Arc<Resource>, set: &'r str, name: &'r str) -> Key<'r> {
    let identity = resource.identity();
    (set, identity.group(), &identity.kind, identity.namespace.as_deref(), name)
}

/// The name, or what a name will be generated from.
fn name(resource: &Arc<Resource>) -> &str {
    let name = resource.identity().name.as_str();
    let generated = || resource.root().at("/metadata/generateName").and_then(sluice_manifest::Node::as_str);
    if name.is_empty() { generated().unwrap_or_default() } else { name }
}

/// The name without the hash that kustomize puts after it.
pub(crate) fn stem(identity: &Identity) -> Option<&str> {
    if !identity.group().is_empty() || !matches!(identity.kind.as_str(), "ConfigMap" | "Secret") {
        return None;
    }
    let (stem, hash) = identity.name.rsplit_once('-')?;
    (hash.len() == HASH_LENGTH && hash.bytes().all(|letter| HASH.contains(&letter))).then_some(stem)
}
