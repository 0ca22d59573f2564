//! How much work a schema makes of settings, counted before anything is done: a schema is of a plugin, and two kilobytes of
//! it can lead by two ways to the same place, and from there by two ways on, forty times over.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Most schemas that are held against a value, over all values of the settings. Those of plugins that exist come to some
/// hundred.
const MOST: u64 = 100_000;
/// Most places that are looked at to find what references lead to.
const MOST_PLACES: u64 = 1_000_000;
/// How deep they lead into each other.
const DEEPEST: u32 = 200;

/// Keywords whose schemas are held against the same value.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const SINGLE: [&str; 4] = ["not", "if", "then", "else"];
const MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];
/// Keywords whose schema is held against each member, and against each element.
const MEMBERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
const ELEMENTS: [&str; 5] = ["items", "additionalItems", "unevaluatedItems", "contains", "prefixItems"];

/// Whether it is too much work to hold these settings against this schema. Rather too much is counted than too little:
/// conditions are taken to be met, and a reference to mean all that it may.
pub(super) fn is_too_much(schema: &Value, settings: &Value) -> bool {
    let mut count =
        Count { root: schema, bases: Vec::new(), named: HashMap::new(), steps: 0, places: 0, known: HashMap::new() };
    count.note_names(schema);
    count.visit(schema, settings, 0).is_none() || count.is_large(schema)
}

struct Count<'s> {
    root: &'s Value,
    /// What can be referred to by an identifier or the place in it.
    bases: Vec<&'s Value>,
    /// And by a name.
    named: HashMap<&'s str, Vec<&'s Value>>,
    steps: u64,
    places: u64,
    /// The work of schemas on one value.
    known: HashMap<*const Value, u64>,
}

impl<'s> Count<'s> {
    fn note_names(&mut self, schema: &'s Value) {
        if let Value::Object(members) = schema {
            if members.get("$id").is_some_and(Value::is_string) {
                self.bases.push(schema);
            }
            for name in ["$id", "$anchor", "$dynamicAnchor"].iter().filter_map(|name| members.get(*name)?.as_str()) {
                self.named.entry(name).or_default().push(schema);
            }
        }
        parts(schema).for_each(|part| self.note_names(part));
    }

    /// What a reference may lead to; none where too much would have been looked at.
    fn targets(&mut self, reference: &str) -> Option<Vec<&'s Value>> {
        // A reference may be as long as the schema, and is read again at each visit.
        self.places += (self.bases.len() as u64 + 1) * (reference.len() as u64 / 100 + 1);
        if self.places > MOST_PLACES {
            return None;
        }
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let pointer = decoded(fragment);
        if fragment.is_empty() && !base.is_empty() {
            return Some(self.bases.clone());
        }
        if pointer.is_empty() || pointer.starts_with('/') {
            let all = std::iter::once(self.root).chain(self.bases.iter().copied());
            return Some(all.filter_map(|schema| schema.pointer(&pointer)).collect());
        }
        Some(self.named.get(pointer.as_str()).cloned().unwrap_or_default())
    }

    /// The schemas that are held against the same value as this one, each as often as it is; none where these are too many.
    fn beside(&mut self, members: &'s Map<String, Value>) -> Option<Vec<&'s Value>> {
        let mut all: Vec<&Value> = SINGLE.iter().filter_map(|name| members.get(*name)).collect();
        all.extend(LISTS.iter().filter_map(|name| members.get(*name)?.as_array()).flatten());
        all.extend(MAPS.iter().filter_map(|name| members.get(*name)?.as_object()).flat_map(Map::values));
        for reference in REFERENCES.iter().filter_map(|name| members.get(*name)?.as_str()) {
            all.extend(self.targets(reference)?);
        }
        // To know what is left over, all others are asked once more.
        if members.contains_key("unevaluatedProperties") || members.contains_key("unevaluatedItems") {
            all.extend_from_within(..);
        }
        Some(all)
    }

    /// Counts what is held against a value and all inside it; none where it is too much.
    fn visit(&mut self, schema: &'s Value, value: &Value, depth: u32) -> Option<()> {
        self.steps += 1;
        if self.steps > MOST || depth > DEEPEST {
            return None;
        }
        let Value::Object(members) = schema else { return Some(()) };
        for beside in self.beside(members)? {
            self.visit(beside, value, depth + 1)?;
        }
        match value {
            Value::Object(values) => {
                let patterns = members.get("patternProperties").and_then(Value::as_object);
                for (name, value) in values {
                    let named = members.get("properties").and_then(|properties| properties.get(name));
                    let all = named.into_iter().chain(patterns.into_iter().flat_map(Map::values));
                    for inside in all.chain(MEMBERS.iter().filter_map(|name| members.get(*name))) {
                        self.visit(inside, value, depth + 1)?;
                    }
                    if let Some(names) = members.get("propertyNames") {
                        self.visit(names, &Value::Null, depth + 1)?;
                    }
                }
            }
            Value::Array(values) => {
                for value in values {
                    for inside in ELEMENTS.iter().filter_map(|name| members.get(*name)).flat_map(one_or_many) {
                        self.visit(inside, value, depth + 1)?;
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Some(())
    }

    /// Whether a schema or a part of one is too much for a single value: it is made ready all the same.
    fn is_large(&mut self, schema: &'s Value) -> bool {
        self.on_one(schema, 0).is_none_or(|work| work > MOST) || parts(schema).any(|part| self.is_large(part))
    }

    fn on_one(&mut self, schema: &'s Value, depth: u32) -> Option<u64> {
        let Value::Object(members) = schema else { return Some(1) };
        if let Some(known) = self.known.get(&std::ptr::from_ref(schema)) {
            return Some(*known);
        }
        if depth > DEEPEST {
            return None;
        }
        let mut work = 1_u64;
        for beside in self.beside(members)? {
            work = work.saturating_add(self.on_one(beside, depth + 1)?);
        }
        self.known.insert(std::ptr::from_ref(schema), work);
        Some(work)
    }
}

/// A part of an address, with `%20` as the character that it stands for.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parts(schema: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match schema {
        Value::Object(members) => Box::new(members.values()),
        Value::Array(elements) => Box::new(elements.iter()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Box::new(std::iter::empty()),
    }
}

fn one_or_many(schema: &Value) -> std::slice::Iter<'_, Value> {
    match schema {
        Value::Array(schemas) => schemas.iter(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(schema).iter()
        }
    }
}
