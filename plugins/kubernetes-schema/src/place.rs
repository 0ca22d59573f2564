//! Where a node lies: the steps from the root to it, with the definitions on the way. Found out only for what is wrong.

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

impl<'t> Place<'t> {
    /// The way from the root of an object to a node of it.
    pub(crate) fn of(view: View<'t>, kind: Option<Kind>, versions: Versions, target: u32) -> Self {
        let mut place = Self { steps: Vec::new(), levels: Vec::new() };
        let mut here = 0;
        let mut wanted = kind.map_or(Type::Any, Kind::object);
        while here != target {
            place.levels.push(Level { node: here, wanted });
            let holds = |node: u32| target >= node && target < view.after(node, view.raw(node));
            let step = match view.raw(here).tag() {
                OBJECT => {
                    view.members(here).find(|(key, value)| target == *key || holds(*value)).map(|(key, value)| {
                        let name = view.str(key);
                        (Step::Name(name), value, member(wanted, name, versions))
                    })
                }
                ARRAY => (0..).zip(view.elements(here)).find(|(_, node)| holds(*node)).map(|(index, node)| {
                    let element = if let Type::List(element, _) = wanted { Type::at(element) } else { Type::Any };
                    (Step::Index(index), node, element)
                }),
                _ => None,
            };
            let Some((step, node, kind)) = step else { break };
            place.steps.push(step);
            if node > target {
                break;
            }
            (here, wanted) = (node, kind);
        }
        place
    }

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
    pub(crate) fn name(&self) -> &'t str {
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
