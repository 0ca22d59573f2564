//! Where a node lies: the steps from the root to it, with the definitions on the way. Found out only for what is wrong, one
//! place from the last one on: what is wrong may be each of a hundred thousand elements.

use core::fmt::Write as _;

use crate::data::{Definition, Kind, Type, Versions};
use crate::view::{ARRAY, OBJECT, View};

/// One step from a collection to what it holds.
#[derive(Clone, Copy)]
pub(crate) enum Step<'t> {
    /// Into the member with this name.
    Name(&'t str),
    /// Into the element with this index.
    Index(u32),
}

/// The collection that a step leaves from.
#[derive(Clone, Copy)]
pub(crate) struct Level {
    /// Its node.
    pub(crate) node: u32,
    /// What it should be.
    pub(crate) wanted: Type,
}

impl Level {
    /// Its definition, where it should be an object with known fields.
    pub(crate) fn definition(self) -> Option<Definition> {
        match self.wanted {
            Type::Object(definition) => Some(Definition::at(definition)),
            _ => None,
        }
    }
}

/// The way to a node.
pub(crate) struct Place<'t> {
    pub(crate) steps: Vec<Step<'t>>,
    /// One for each step.
    pub(crate) levels: Vec<Level>,
}

/// Finds places in an object. In the order of the document all of them cost one walk.
pub(crate) struct Places<'t> {
    view: View<'t>,
    kind: Kind,
    versions: Versions,
    /// The way to where the last one was found, from the root.
    way: Vec<Stand>,
    /// Members and elements that were passed.
    #[cfg(test)]
    pub(crate) passed: usize,
}

/// A collection, and one of its members or elements.
struct Stand {
    level: Level,
    index: u32,
    /// The first node of the member or element: its key, where it has one.
    first: u32,
}

impl<'t> Places<'t> {
    pub(crate) fn new(view: View<'t>, kind: Kind, versions: Versions) -> Self {
        Self {
            view,
            kind,
            versions,
            way: Vec::new(),
            #[cfg(test)]
            passed: 0,
        }
    }

    /// The way from the root of the object to a node of it.
    pub(crate) fn of(&mut self, target: u32) -> Place<'t> {
        while self.way.last().is_some_and(|stand| target < stand.first || target >= self.after(stand.level.node)) {
            self.way.pop();
        }
        while let Some(holder) = self.next(target) {
            let stand = Stand { level: holder, index: 0, first: holder.node + 1 };
            if !self.pass_to(stand, target) {
                break;
            }
        }
        let levels = self.way.iter().map(|stand| stand.level).collect();
        Place { steps: self.way.iter().map(|stand| self.step(stand)).collect(), levels }
    }

    /// The collection that holds the node and is not on the way yet; none where the way leads to the node.
    fn next(&mut self, target: u32) -> Option<Level> {
        let Some(stand) = self.way.pop() else {
            return (target != 0).then(|| Level { node: 0, wanted: self.kind.object() });
        };
        self.pass_to(stand, target);
        let stand = self.way.last()?;
        let node = self.value(stand);
        let wanted = match (self.step(stand), stand.level.wanted) {
            (Step::Name(name), wanted) => member(wanted, name, self.versions),
            (Step::Index(_), Type::List(element, _)) => Type::at(element),
            (Step::Index(_), _) => Type::Any,
        };
        (node < target && self.is_collection(node)).then_some(Level { node, wanted })
    }

    /// Goes on within a collection to what holds the node, and puts that on the way; whether anything does.
    fn pass_to(&mut self, mut stand: Stand, target: u32) -> bool {
        let length = self.view.raw(stand.level.node).length();
        while stand.index < length && stand.first < self.view.count() {
            let after = self.after(self.value(&stand));
            if target < after {
                self.way.push(stand);
                return true;
            }
            (stand.index, stand.first) = (stand.index + 1, after);
            #[cfg(test)]
            {
                self.passed += 1;
            }
        }
        false
    }

    fn step(&self, stand: &Stand) -> Step<'t> {
        if self.is_object(stand.level.node) { Step::Name(self.view.str(stand.first)) } else { Step::Index(stand.index) }
    }

    fn value(&self, stand: &Stand) -> u32 {
        if self.is_object(stand.level.node) { stand.first + 1 } else { stand.first }
    }

    fn is_object(&self, node: u32) -> bool {
        self.view.raw(node).tag() == OBJECT
    }

    fn is_collection(&self, node: u32) -> bool {
        matches!(self.view.raw(node).tag(), OBJECT | ARRAY)
    }

    fn after(&self, node: u32) -> u32 {
        self.view.after(node, self.view.raw(node))
    }
}

impl Place<'_> {
    /// RFC 6901.
    pub(crate) fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.steps {
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Name(name) => write!(pointer, "/{}", sluice_sdk::escape(name)),
                Step::Index(index) => write!(pointer, "/{index}"),
            };
        }
        pointer
    }

    /// As people write it: `spec.containers[0].image`. Empty at the root.
    pub(crate) fn words(&self) -> String {
        words(&self.steps)
    }

    /// The same of what holds it.
    pub(crate) fn holder(&self) -> String {
        words(self.steps.split_last().map_or(&[], |(_, steps)| steps))
    }

    /// The name of the member; empty where it is an element.
    pub(crate) fn name(&self) -> &str {
        match self.steps.last() {
            Some(Step::Name(name)) => name,
            Some(Step::Index(_)) | None => "",
        }
    }
}

fn member(wanted: Type, name: &str, versions: Versions) -> Type {
    match wanted {
        Type::Object(definition) => {
            Definition::at(definition).find(name.as_bytes(), versions).map_or(Type::Any, |(_, field)| field.kind())
        }
        Type::Map(value) => Type::at(value),
        Type::Labels | Type::Annotations => Type::Text,
        _ => Type::Any,
    }
}

/// Steps as people write them.
pub(crate) fn words(steps: &[Step<'_>]) -> String {
    let mut words = String::new();
    for step in steps {
        let _ = match step {
            Step::Name(name) if name.is_empty() || name.contains(['.', '/', '[', ' ']) => write!(words, "[\"{name}\"]"),
            Step::Name(name) if words.is_empty() => write!(words, "{name}"),
            Step::Name(name) => write!(words, ".{name}"),
            Step::Index(index) => write!(words, "[{index}]"),
        };
    }
    words
}

#[cfg(test)]
mod tests {
    use sluice_sdk::Resource;

    use super::*;
    use crate::data::Version;
    use crate::kinds;

    /// Pointers to these nodes, and how many members and elements were passed.
    fn pointers(view: View<'_>, nodes: &[u32]) -> (Vec<String>, usize) {
        let version = Version::newest();
        let mut places = Places::new(view, kinds::find(b"v1", b"ConfigMap", version).unwrap(), version.bit());
        (nodes.iter().map(|node| places.of(*node).pointer()).collect(), places.passed)
    }

    #[test]
    fn a_place_is_the_same_whatever_was_looked_for_before() {
        let yaml =
            "{ apiVersion: v1, kind: ConfigMap, data: { a: [[], [1, { b: {}, c: 2 }], 3], d: { } }, x: [[[4]]] }";
        let object = Resource::from_yaml(yaml).unwrap();
        let view = View::new(object.tape().as_bytes());
        let nodes: Vec<u32> = (0..view.count()).collect();
        let alone: Vec<String> = nodes.iter().flat_map(|node| pointers(view, &[*node]).0).collect();
        assert!(
            ["", "/data/a/1/1/b", "/x/0/0/0"].iter().all(|pointer| alone.iter().any(|it| it == pointer)),
            "{alone:?}"
        );
        for step in 1..view.count() {
            let order: Vec<u32> = nodes.iter().map(|node| node * step % view.count()).collect();
            let wanted: Vec<&String> = order.iter().map(|node| &alone[*node as usize]).collect();
            assert_eq!(pointers(view, &order).0.iter().collect::<Vec<_>>(), wanted, "{step}");
        }
    }

    #[test]
    fn places_in_the_order_of_the_document_cost_one_walk() {
        let list = "[1, {a: 2}], ".repeat(2_000);
        let object = Resource::from_yaml(&format!("{{ apiVersion: v1, kind: ConfigMap, x: [{list}] }}")).unwrap();
        let view = View::new(object.tape().as_bytes());
        let (_, passed) = pointers(view, &(0..view.count()).collect::<Vec<u32>>());
        assert!(passed < view.count() as usize, "{passed}");
    }
}
