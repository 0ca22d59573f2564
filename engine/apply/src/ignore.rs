//! What of an object is left to others. Once an object is there, an ignored field is not sent, so nothing takes it and nobody
//! has to fight for it. Where it is ours alone, leaving it out would remove it: then it is sent as it stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;
use sluice_manifest::{Node, Operation, Resource, Value, push_token};
use sluice_policy::{Ignore, Token};

use crate::compare;
use crate::desired::Desired;
use crate::live::Live;
use crate::options::Options;
use crate::owned::{self, Owner};
use crate::secret;

/// A field that is left to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// RFC 6901 pointer into the object as it was approved; a value of a Secret is in its `data`.
    pub pointer: String,
    /// The other field managers that own something of it; none where it is ours, or nobody's.
    pub managers: BTreeSet<String>,
    /// Whether the cluster has it otherwise than it was approved.
    pub differs: bool,
}

/// An object as it is sent: as it was approved, but for what is ignored and for the form of a Secret.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) resource: Arc<Resource>,
    /// What makes it of the object that was approved.
    pub(crate) operations: Vec<Operation>,
    pub(crate) ignored: Vec<Ignored>,
    /// The version of the live object, where values of it are sent, or something of ours is left out because others have it
    /// too: neither holds for a later one.
    pub(crate) version: Option<String>,
    /// The UID of the live object, where it is meant for that one alone.
    pub(crate) uid: Option<String>,
}

impl Sent {
    /// The object as it was approved.
    pub(crate) fn whole(desired: &Desired) -> Self {
        let operations = secret::folded(&desired.resource);
        let folded = desired.resource.patched(&operations).ok().filter(|_| !operations.is_empty());
        let (resource, operations) = match folded {
            Some(resource) => (Arc::new(resource), operations),
            None => (Arc::clone(&desired.resource), Vec::new()),
        };
        Self { resource, operations, ignored: Vec::new(), version: None, uid: None }
    }

    /// The object as it is sent where it is there already. The error is why what is ignored cannot be left out.
    pub(crate) fn of(desired: &Desired, live: &Live, options: &Options) -> Result<Self, String> {
        let rules = rules(desired, options);
        let whole = Self::whole(desired);
        if rules.is_empty() {
            return Ok(whole);
        }
        let managers: BTreeSet<&str> = rules.iter().flat_map(|rule| rule.managers.iter().map(String::as_str)).collect();
        let managed = live.at("/metadata/managedFields").map_or(Json::Null, Node::to_value);
        let mut walk = Walk { managers: &managers, under: None, ignored: Vec::new(), keeps: false };
        let patterns = rules.iter().flat_map(|rule| rule.pointers.iter().map(|pattern| pattern.tokens.as_slice()));
        let mut patterns: Vec<&[Token]> = patterns.collect();
        let moved = if whole.operations.is_empty() { Vec::new() } else { secret::moved(&desired.resource, &patterns) };
        patterns.extend(moved.iter().map(Vec::as_slice));
        let place = Place {
            wanted: whole.resource.root(),
            live: Some(live.resource().root()),
            pointer: String::new(),
            rest: patterns,
            owners: owned::all(&managed, &options.manager),
            covered: false,
        };
        let Part::Sent(more) = walk.walk(&place, &[])? else { return Ok(whole) };
        let resource = whole.resource.patched(&more).map_err(|error| error.to_string())?;
        let operations = [whole.operations, more].concat();
        let version = walk.keeps.then(|| live.resource_version().to_owned());
        Ok(Self { resource: Arc::new(resource), operations, ignored: walk.ignored, version, uid: None })
    }

    /// What is written.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.resource.root().to_json().into_bytes()
    }

    /// The same, for the live object alone that it is meant for, and for the version of it that its values were read from.
    pub(crate) fn body_for_live(&self) -> Vec<u8> {
        let named = [("/metadata/resourceVersion", &self.version), ("/metadata/uid", &self.uid)];
        let operations = named.into_iter().filter_map(|(pointer, text)| {
            let value = Json::from(text.as_deref()?).to_string();
            Some(Operation::Add { pointer: String::from(pointer), value })
        });
        let operations: Vec<Operation> = operations.collect();
        if operations.is_empty() {
            return self.body();
        }
        self.resource.patched(&operations).map_or_else(|_| self.body(), |object| object.root().to_json().into_bytes())
    }
}

/// What is said of an object.
pub(crate) fn rules<'o>(desired: &Desired, options: &'o Options) -> Vec<&'o Ignore> {
    let namespace = desired.reference.namespace.as_deref();
    options.ignore.iter().filter(|rule| rule.is_for(&desired.resource, namespace)).collect()
}

/// What becomes of a part of an object.
enum Part {
    /// It is sent, after these operations.
    Sent(Vec<Operation>),
    /// It is left out.
    Omitted,
}

/// A place in an object.
#[derive(Clone)]
struct Place<'a> {
    wanted: Node<'a>,
    live: Option<Node<'a>>,
    pointer: String,
    /// What is left of the patterns that lead here.
    rest: Vec<&'a [Token]>,
    /// Who owns it, or something in it.
    owners: Vec<Owner<'a>>,
    /// Whether a pattern names it, or something that it is in.
    covered: bool,
}

impl<'a> Place<'a> {
    /// A member, or an element by its index; `owned` is what managed fields call it.
    fn child(&self, name: &str, owned: Option<&str>, wanted: Node<'a>, live: Option<Node<'a>>) -> Self {
        let mut pointer = self.pointer.clone();
        push_token(&mut pointer, name);
        let rest = self.rest.iter().filter_map(|rest| {
            let (first, rest) = rest.split_first()?;
            first.fits(name).then_some(rest)
        });
        let owners = owned.map_or_else(Vec::new, |owned| owned::within(&self.owners, owned));
        Place { wanted, live, pointer, rest: rest.collect(), owners, covered: self.covered }
    }

    fn is_ours(&self) -> bool {
        self.owners.iter().any(|owner| owner.is_ours)
    }

    fn is_ours_alone(&self) -> bool {
        self.is_ours() && self.owners.iter().all(|owner| owner.is_ours)
    }

    /// Whether it is there as a map or a list that has nothing in it.
    fn is_empty(&self) -> bool {
        self.live.is_some_and(|live| match live.value() {
            Value::Object(members) => members.len() == 0,
            Value::Array(items) => items.len() == 0,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        })
    }

    /// Whether a pattern names something within it.
    fn is_led_into(&self) -> bool {
        !self.covered && self.rest.iter().any(|rest| resolves(self.wanted, rest))
    }
}

struct Walk<'a> {
    /// The field managers whose fields are left to them.
    managers: &'a BTreeSet<&'a str>,
    /// What is being told of the field that a pattern names.
    under: Option<Ignored>,
    ignored: Vec<Ignored>,
    /// Whether what is sent holds for the version of the live object alone.
    keeps: bool,
}

impl Walk<'_> {
    /// Says what becomes of a place. Members with a name among `keys` tell elements of lists apart, and are always sent.
    fn walk(&mut self, place: &Place<'_>, keys: &[String]) -> Result<Part, String> {
        if !place.covered && place.rest.iter().any(|rest| rest.is_empty()) {
            let covered = Place { covered: true, ..place.clone() };
            self.under = Some(Ignored { pointer: place.pointer.clone(), managers: BTreeSet::new(), differs: false });
            let part = self.walk(&covered, keys);
            self.ignored.extend(self.under.take());
            return part;
        }
        if !self.is_left(place) && place.rest.is_empty() {
            return Ok(Part::Sent(Vec::new()));
        }
        match place.wanted.value() {
            Value::Object(members) if members.len() > 0 => self.object(place, keys),
            Value::Array(items) if items.len() > 0 => self.list(place),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Ok(self.leaf(place))
            }
        }
    }

    /// Whether a place is left to others: by a pattern, or by a manager that owns something of it.
    fn is_left(&self, place: &Place<'_>) -> bool {
        place.covered || place.owners.iter().any(|owner| self.managers.contains(owner.manager))
    }

    fn object(&mut self, place: &Place<'_>, keys: &[String]) -> Result<Part, String> {
        // Sent without that member, it would lose it.
        let is_theirs = place.owners.iter().any(|owner| !owner.is_ours) && owned::is_whole(&place.owners);
        if is_theirs && !place.is_empty() && !self.is_left(place) && place.is_led_into() {
            return Err(is_replaced(place, "map"));
        }
        let (mut operations, mut is_sent) = (Vec::new(), false);
        for (key, value) in place.wanted.entries() {
            let name = key.as_str().unwrap_or_default();
            let live = place.live.and_then(|live| live.get(name));
            let child = place.child(name, Some(&format!("f:{name}")), value, live);
            if names_the_object(&child.pointer) {
                is_sent = true;
                continue;
            }
            if keys.iter().any(|key| key == name) {
                // Of an element that is ignored as a whole nothing is sent but what is ours alone.
                is_sent |= !place.covered || place.owners.iter().all(|owner| owner.is_ours);
                continue;
            }
            match self.walk(&child, &[])? {
                Part::Omitted => operations.push(Operation::Remove { pointer: child.pointer }),
                Part::Sent(more) => {
                    is_sent = true;
                    operations.extend(more);
                }
            }
        }
        Ok(if is_sent { Part::Sent(operations) } else { self.nothing(place) })
    }

    fn list(&mut self, place: &Place<'_>) -> Result<Part, String> {
        let names = owned::elements(&place.owners);
        let is_left = self.is_left(place);
        // An empty list does not tell whether its elements have keys, but all of them are new.
        let has_elements = !names.is_empty() || place.is_empty() && !is_left;
        let Some(live) = place.live.filter(|_| has_elements) else {
            if place.live.is_some() && !is_left && place.is_led_into() {
                return Err(is_replaced(place, "list"));
            }
            let is_new = place.live.is_none() && !place.covered;
            return Ok(if is_new { Part::Sent(Vec::new()) } else { self.leaf(place) });
        };
        let (mut parts, mut is_sent) = (Vec::new(), false);
        for (index, wanted) in place.wanted.items().enumerate() {
            let name = names.iter().find(|name| name.names(wanted));
            let there = name.and_then(|name| live.items().find(|live| name.names(*live)));
            let text = name.map(|name| name.text.as_str());
            let child = place.child(&index.to_string(), text, wanted, there);
            let is_covered = child.covered || child.rest.iter().any(|rest| rest.is_empty());
            let part = match there {
                // An element that is not there yet is made as it was approved.
                None if !is_covered => Part::Sent(Vec::new()),
                None => self.leaf(&Place { covered: true, ..child.clone() }),
                Some(_) => self.walk(&child, &name.map(|name| name.keys()).unwrap_or_default())?,
            };
            is_sent |= matches!(part, Part::Sent(_));
            parts.push(match part {
                Part::Omitted => vec![Operation::Remove { pointer: child.pointer }],
                Part::Sent(operations) => operations,
            });
        }
        // From the end, so that the indexes hold until they are used.
        Ok(if is_sent { Part::Sent(parts.into_iter().rev().flatten().collect()) } else { self.nothing(place) })
    }

    /// What becomes of a map or a list of which nothing is left. It is not sent as an empty one, which would be ours, unless
    /// it is just that.
    fn nothing(&mut self, place: &Place<'_>) -> Part {
        self.keeps |= place.is_ours();
        match place.live.filter(|_| place.is_ours_alone() && place.is_empty()) {
            None => Part::Omitted,
            Some(live) => as_it_stands(place, live),
        }
    }

    /// What is sent or left out as a whole.
    fn leaf(&mut self, place: &Place<'_>) -> Part {
        if !self.is_left(place) {
            return Part::Sent(Vec::new());
        }
        let others = place.owners.iter().filter(|owner| !owner.is_ours).map(|owner| owner.manager.to_owned());
        let others: BTreeSet<String> = others.collect();
        let differs = place.live.is_none_or(|live| !compare::holds(live, place.wanted));
        match &mut self.under {
            Some(under) => {
                under.managers.extend(others);
                under.differs |= differs;
            }
            None => self.ignored.push(Ignored { pointer: place.pointer.clone(), managers: others, differs }),
        }
        // Left out where others have it too, it would go if they gave it up meanwhile.
        self.keeps |= place.is_ours();
        match place.live.filter(|_| place.is_ours_alone()) {
            None => Part::Omitted,
            Some(live) => as_it_stands(place, live),
        }
    }
}

fn as_it_stands(place: &Place<'_>, live: Node<'_>) -> Part {
    Part::Sent(vec![Operation::Replace { pointer: place.pointer.clone(), value: live.to_json() }])
}

/// Why nothing within a place can be ignored.
fn is_replaced(place: &Place<'_>, what: &str) -> String {
    let pointer = &place.pointer;
    format!(
        "`{pointer}` is a {what} that Kubernetes replaces as a whole, so nothing within it can be ignored by itself"
    )
}

/// Whether a pattern stands for something in a value.
fn resolves(value: Node<'_>, pattern: &[Token]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return true };
    let fits = |name: &str, value: Node<'_>| first.fits(name) && resolves(value, rest);
    value.entries().any(|(key, value)| fits(key.as_str().unwrap_or_default(), value))
        || value.items().enumerate().any(|(index, value)| fits(&index.to_string(), value))
}

/// Whether a field is among those by which an object is known.
fn names_the_object(pointer: &str) -> bool {
    matches!(pointer, "/apiVersion" | "/kind" | "/metadata/name" | "/metadata/namespace")
}

#[cfg(test)]
mod tests;
