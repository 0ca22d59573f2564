//! The walk over an object and its schema side by side. It notes which node is wrong and how, and nothing else: on an
//! object without fault it allocates nothing, and where a node lies is found out afterwards.
//!
//! It reads a value as the API server's decoder does: `null` is a field that was left out. What the server sets by itself
//! (`status`) is checked for the shape of its fields, but may be incomplete.

use crate::data::{Definition, Elements, Field, Kind, Type, Versions, values};
use crate::duplicates;
use crate::syntax::{self, Flaw, Integer};
use crate::view::{ARRAY, FALSE, NULL, NUMBER, OBJECT, Raw, STRING, TRUE, View};

/// Deeper than this no manifest nests; what lies below is told, not walked.
const DEEPEST: u32 = 500;

/// A fault: where and what.
#[derive(Clone, Copy)]
pub(crate) struct Problem {
    /// The node that is wrong: for a field that is missing, the object that should hold it.
    pub(crate) node: u32,
    /// What is wrong with it.
    pub(crate) fault: Fault,
}

/// What can be wrong with a node.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The value belongs to the key before it, which its object does not know.
    UnknownField,
    /// The object lacks a field: its index in the definition.
    Missing(Definition, u8),
    /// Something else is wanted.
    WrongType(Type),
    /// A list holds null where it wants this.
    NullElement(Type),
    /// The integer does not fit.
    Integer(Type, Integer),
    /// The string has not the form that is wanted.
    Format(Type),
    /// The string is none of these.
    NotInEnum(u16),
    /// The element repeats the one of this node.
    Repeats(u32, Elements),
    /// A key of labels or annotations.
    LabelKey(Flaw),
    /// A value of labels.
    LabelValue(Flaw),
    /// The annotations are larger than the server takes.
    AnnotationSize(u32),
    /// The object nests deeper than it may.
    TooDeep,
}

/// What a walk needs to know, and what it has found.
pub(crate) struct Walk<'t> {
    view: View<'t>,
    versions: Versions,
    /// Whether the value is within `status`.
    in_status: bool,
    depth: u32,
    /// In the order of the document.
    pub(crate) problems: Vec<Problem>,
}

impl<'t> Walk<'t> {
    /// Walks a whole object of a kind.
    pub(crate) fn of(view: View<'t>, kind: Kind, versions: Versions) -> Self {
        let mut walk = Self { view, versions, in_status: false, depth: 0, problems: Vec::new() };
        walk.object(0, view.raw(0), kind.definition());
        walk
    }

    #[cold]
    fn note(&mut self, node: u32, fault: Fault) {
        self.problems.push(Problem { node, fault });
    }

    /// Checks the value at a node. Gives the number of the node after it.
    #[inline]
    fn value(&mut self, at: u32, wanted: Type) -> u32 {
        let raw = self.view.raw(at);
        let tag = raw.tag();
        match (wanted, tag) {
            (_, NULL) | (Type::Any, _) | (Type::Text | Type::IntOrString, STRING) | (Type::Boolean, FALSE | TRUE) => {}
            (Type::Object(definition), OBJECT) => self.object(at, raw, Definition::at(definition)),
            (Type::List(element, elements), ARRAY) => self.list(at, raw, Type::at(element), elements),
            (Type::Map(value), OBJECT) => self.map(at, raw, Type::at(value)),
            (Type::Labels | Type::Annotations, OBJECT) => self.labels(at, raw, wanted),
            (Type::Int32 | Type::IntOrString, NUMBER) => {
                let found = syntax::int32(self.view.text(raw));
                if found != Integer::Good {
                    self.note(at, Fault::Integer(wanted, found));
                }
            }
            (Type::Enum(allowed), STRING) => self.enumeration(at, raw, allowed),
            (_, _) => self.rarer(at, raw, wanted),
        }
        self.view.after(at, raw)
    }

    /// The types that few fields have.
    fn rarer(&mut self, at: u32, raw: Raw, wanted: Type) {
        let text = self.view.text(raw);
        match (wanted, raw.tag()) {
            (Type::Int64, NUMBER) => {
                let found = syntax::int64(text);
                if found != Integer::Good {
                    self.note(at, Fault::Integer(wanted, found));
                }
            }
            (Type::Number, NUMBER) => {}
            (Type::Quantity, NUMBER | STRING) => self.format(at, wanted, syntax::is_quantity(text)),
            (Type::Bytes, STRING) => self.format(at, wanted, syntax::is_base64(text)),
            (Type::Time, STRING) => self.format(at, wanted, syntax::is_time(text, None)),
            (Type::MicroTime, STRING) => self.format(at, wanted, syntax::is_time(text, Some(6))),
            (_, _) => self.note(at, Fault::WrongType(wanted)),
        }
    }

    #[inline]
    fn format(&mut self, at: u32, wanted: Type, good: bool) {
        if !good {
            self.note(at, Fault::Format(wanted));
        }
    }

    /// Steps into a collection, unless it lies too deep.
    #[inline]
    fn enter(&mut self, at: u32) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            self.note(at, Fault::TooDeep);
            return false;
        }
        true
    }

    fn object(&mut self, at: u32, raw: Raw, definition: Definition) {
        if !self.enter(at) {
            return;
        }
        let required = definition.required();
        let mut seen = 0_u64;
        let mut next = at + 1;
        for _ in 0..raw.length() {
            if next >= self.view.count() {
                break;
            }
            let (name, value) = (self.view.text(self.view.raw(next)), next + 1);
            let Some((index, field)) = definition.find(name, self.versions) else {
                self.note(value, Fault::UnknownField);
                next = self.view.after(value, self.view.raw(value));
                continue;
            };
            let found = self.view.raw(value);
            if index < required && found.tag() != NULL {
                seen |= 1 << (index & 63);
            }
            let kind = field.kind();
            next = if self.depth == 1 && name == b"status" {
                self.in_status = true;
                let next = self.value(value, kind);
                self.in_status = false;
                next
            } else if found.tag() == STRING && found.length() == 0 && self.is_left_out(field, kind) {
                self.view.after(value, found)
            } else {
                self.value(value, kind)
            };
        }
        if !self.in_status {
            for index in (0..required).filter(|index| seen >> (index & 63) & 1 == 0) {
                if definition.field(index).is_some_and(|field| field.required() & self.versions != 0) {
                    self.note(at, Fault::Missing(definition, index));
                }
            }
        }
        self.depth -= 1;
    }

    /// Whether an empty string stands for nothing: Go has it for a field that was left out, and the server then sets the
    /// default.
    #[cold]
    fn is_left_out(&self, field: Field, kind: Type) -> bool {
        matches!(kind, Type::Enum(_)) && field.required() & self.versions == 0
    }

    fn list(&mut self, at: u32, raw: Raw, element: Type, elements: Elements) {
        if !self.enter(at) {
            return;
        }
        let mut next = at + 1;
        for _ in 0..raw.length() {
            if next >= self.view.count() {
                break;
            }
            if self.view.raw(next).tag() == NULL && element != Type::Any {
                self.note(next, Fault::NullElement(element));
            }
            next = self.value(next, element);
        }
        if raw.length() > 1 && elements != Elements::Atomic {
            duplicates::find(self.view, at, elements, |node, first| {
                self.problems.push(Problem { node, fault: Fault::Repeats(first, elements) });
            });
        }
        self.depth -= 1;
    }

    fn map(&mut self, at: u32, raw: Raw, wanted: Type) {
        if !self.enter(at) {
            return;
        }
        let mut next = at + 1;
        for _ in 0..raw.length() {
            if next >= self.view.count() {
                break;
            }
            next = self.value(next + 1, wanted);
        }
        self.depth -= 1;
    }

    fn labels(&mut self, at: u32, raw: Raw, wanted: Type) {
        let (mut next, mut size) = (at + 1, 0_u32);
        for _ in 0..raw.length() {
            if next >= self.view.count() {
                break;
            }
            let (key, value) = (self.view.raw(next), next + 1);
            let of_key = if wanted == Type::Annotations { syntax::annotation_key } else { syntax::label_key };
            if let Some(flaw) = of_key(self.view.text(key)) {
                self.note(value, Fault::LabelKey(flaw));
            }
            let found = self.view.raw(value);
            match found.tag() {
                STRING if wanted == Type::Labels => {
                    if let Some(flaw) = syntax::label_value(self.view.text(found)) {
                        self.note(value, Fault::LabelValue(flaw));
                    }
                }
                STRING => size = size.saturating_add(key.length()).saturating_add(found.length()),
                NULL => {}
                _ => self.note(value, Fault::WrongType(Type::Text)),
            }
            next = self.view.after(value, found);
        }
        if size > 256 * 1024 {
            self.note(at, Fault::AnnotationSize(size));
        }
    }

    fn enumeration(&mut self, at: u32, raw: Raw, allowed: u16) {
        if self.in_status {
            return;
        }
        let text = self.view.text(raw);
        if !values(allowed).any(|(value, versions)| versions & self.versions != 0 && crate::data::same(value, text)) {
            self.note(at, Fault::NotInEnum(allowed));
        }
    }
}
