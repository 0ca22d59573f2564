//! What became of each object.

use std::sync::Arc;

use sluice_manifest::{Identity, Resource};

use crate::fields::{self, Field};
use crate::{Gap, Side, Which, pairs};

/// An object that is not the same on both sides.
#[derive(Clone, Debug)]
pub struct Object {
    /// What names it: after the change, or before where it is gone.
    pub identity: Identity,
    /// The rendered set it belongs to, such as `kustomize deploy/prod`; empty for manifests that are read as they are.
    pub set: String,
    /// Where it is written; where it was, if it is gone.
    pub place: Place,
    /// What became of it.
    pub change: Change,
    /// What named it and where it was, where that is another object name, set or file than after the change.
    pub from: Option<Past>,
    /// What differs, for objects that are on both sides.
    pub fields: Vec<Field>,
    /// Differences that are not among `fields`, because there are too many.
    pub left_out: usize,
    /// The object before, redacted.
    pub before: Option<Arc<Resource>>,
    /// The object after, redacted.
    pub after: Option<Arc<Resource>>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Fields of it differ.
    Changed,
    /// It is the same, written elsewhere.
    Moved,
}

/// Where an object is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the root of the repository.
    pub file: String,
    /// From 1.
    pub line: u32,
}

/// What an object was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its name.
    pub name: String,
    /// Its set.
    pub set: String,
    /// Where it was written.
    pub place: Place,
}

pub(crate) struct Compared {
    pub(crate) objects: Vec<Object>,
    pub(crate) unchanged: usize,
    pub(crate) gaps: Vec<Gap>,
    /// Which object before is which after, by their numbers.
    pub(crate) both: Vec<(usize, usize)>,
}

/// The rendered set that an object belongs to; empty for manifests that are read as they are.
#[must_use]
pub fn set_of(resource: &Resource) -> &str {
    if resource.text().is_rendered() { resource.text().name() } else { "" }
}

pub(crate) fn compare(base: &Side, head: &Side) -> Compared {
    let (before, after) = (&base.outcome.set, &head.outcome.set);
    let pairs = pairs::pair(before, after);
    let mut compared = Compared { objects: Vec::new(), unchanged: 0, gaps: Vec::new(), both: pairs.both };
    for (one, other) in &compared.both {
        let (Some(one), Some(other)) = (before.get(*one), after.get(*other)) else { continue };
        match of_both(one, other) {
            Some(object) => compared.objects.push(object),
            None => compared.unchanged += 1,
        }
    }
    let mut unknown = Unknown::of(base, head);
    for resource in pairs.new.into_iter().filter_map(|at| after.get(at)) {
        if !base.knows(resource) {
            unknown.count(base, Which::Base, resource);
        }
        compared.objects.push(of_one(resource, Change::Added));
    }
    for resource in pairs.gone.into_iter().filter_map(|at| before.get(at)) {
        if head.knows(resource) && !head.templates.contains(resource.text().name()) {
            compared.objects.push(of_one(resource, Change::Removed));
        } else {
            unknown.count(head, Which::Head, resource);
        }
    }
    compared.objects.sort_by(|one, other| order(one).cmp(&order(other)));
    compared.gaps = unknown.0;
    compared
}

type Order<'o> = (&'o str, &'o str, Option<&'o str>, &'o str, &'o str, Change, &'o Place);

fn order(object: &Object) -> Order<'_> {
    let Identity { kind, namespace, name, .. } = &object.identity;
    (&object.set, kind, namespace.as_deref(), name, object.identity.group(), object.change, &object.place)
}

/// What the sides do not know, with the objects that the other has there.
struct Unknown(Vec<Gap>);

impl Unknown {
    fn of(base: &Side, head: &Side) -> Self {
        let mut gaps = Vec::new();
        for (side, which) in [(base, Which::Base), (head, Which::Head)] {
            if !side.is_whole() {
                gaps.push(Gap { side: which, name: None, objects: 0, findings: None });
            }
            let gap = |name: &String| Gap { side: which, name: Some(name.clone()), objects: 0, findings: None };
            gaps.extend(side.failed.iter().map(gap));
        }
        Self(gaps)
    }

    fn count(&mut self, side: &Side, which: Which, resource: &Resource) {
        let name = resource.text().name();
        let is_part = side.failed.contains(name) || side.templates.contains(name);
        let name = Some(name).filter(|_| is_part);
        match self.0.iter_mut().find(|gap| gap.side == which && gap.name.as_deref() == name) {
            Some(gap) => gap.objects += 1,
            None if is_part => {
                self.0.push(Gap { side: which, name: name.map(String::from), objects: 1, findings: None });
            }
            None => {}
        }
    }
}

fn of_one(resource: &Arc<Resource>, change: Change) -> Object {
    let shown = Some(Arc::new(resource.redacted()));
    let (before, after) = if change == Change::Removed { (shown, None) } else { (None, shown) };
    Object {
        identity: resource.identity().clone(),
        set: set_of(resource).to_owned(),
        place: place(resource),
        change,
        from: None,
        fields: Vec::new(),
        left_out: 0,
        before,
        after,
    }
}

/// An object that is on both sides; none where it is the same.
fn of_both(one: &Arc<Resource>, other: &Arc<Resource>) -> Option<Object> {
    let (was, is) = (place(one), place(other));
    let moved = was.file != is.file || set_of(one) != set_of(other);
    let same = one.root() == other.root();
    if same && !moved {
        return None;
    }
    let name = &one.identity().name;
    let from = (moved || *name != other.identity().name).then(|| Past {
        name: name.clone(),
        set: set_of(one).to_owned(),
        place: was,
    });
    let fields::Fields { list, left_out, before, after } = fields::of(one, other);
    Some(Object {
        identity: other.identity().clone(),
        set: set_of(other).to_owned(),
        place: is,
        change: if same { Change::Moved } else { Change::Changed },
        from,
        fields: list,
        left_out,
        before: Some(before),
        after: Some(after),
    })
}

/// Where the name of an object is written, or the object where it has none.
fn place(resource: &Resource) -> Place {
    let text = resource.text();
    let span = resource.root().at("/metadata/name").map_or(resource.root().span(), |name| name.span());
    match text.origin(span) {
        Some(origin) => Place { file: origin.text.name().to_owned(), line: origin.text.place(origin.span).line },
        None => Place { file: text.name().to_owned(), line: text.place(span).line },
    }
}
