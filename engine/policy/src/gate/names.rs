//! The names of all objects, kept as digests and places only, to tell when one is there twice.

use std::sync::Arc;

use sluice_manifest::{Identity, Place, Resource};
use xxhash_rust::xxh3::xxh3_128;

use super::collect::Order;
use crate::place::{self, At, Unasked};
use crate::{Location, Rendered, Snippet};

/// Names that were met, and the lines they stand on.
#[derive(Debug, Default)]
pub(crate) struct NameTable {
    names: Vec<Name>,
    /// Identities and lines, one after the other.
    texts: String,
    /// Where a name is put together for its digest.
    room: Vec<u8>,
}

#[derive(Debug)]
struct Name {
    digest: u128,
    order: Order,
    line: u32,
    column: u32,
    end_column: u32,
    /// The columns of the name in the line as it is shown, where they are others.
    moved: Option<Box<(u32, u32)>>,
    /// Where in `texts` the parts of the identity and the line begin, and where the line ends.
    parts: [u32; 6],
    namespaced: bool,
    /// What it was rendered from.
    source: Option<Box<Unasked>>,
}

/// An object that is there again.
pub(crate) struct Duplicate {
    pub(crate) identity: Identity,
    pub(crate) location: Location,
    pub(crate) snippet: Option<Snippet>,
    pub(crate) rendered: Option<Rendered>,
    /// File and line of the first one.
    pub(crate) first: (String, u32),
}

impl NameTable {
    /// Notes an object. One without a name has none to collide with.
    pub(crate) fn note(&mut self, order: Order, resource: &Resource) {
        let identity = resource.identity();
        if identity.name.is_empty() {
            return;
        }
        let name = resource.root().get("metadata").and_then(|metadata| metadata.get("name"));
        let span = name.map_or(resource.root().span(), |name| name.span());
        let Place { line, column, .. } = resource.text().place(span);
        let end_column = column + resource.text().slice(span).chars().count() as u32;
        let start = self.texts.len() as u32;
        let mut parts = [start; 6];
        let namespace = identity.namespace.as_deref().unwrap_or_default();
        let (shown, columns) = place::line_of(resource, span, line);
        let texts = [identity.api_version.as_str(), &identity.kind, namespace, &identity.name, &shown];
        for (text, end) in texts.into_iter().zip(parts.iter_mut().skip(1)) {
            self.texts.push_str(text);
            *end = self.texts.len() as u32;
        }
        self.names.push(Name {
            digest: digest(identity, &mut self.room),
            order,
            line,
            column,
            end_column,
            moved: columns.filter(|columns| *columns != (column, end_column)).map(Box::new),
            parts,
            namespaced: identity.namespace.is_some(),
            source: Unasked::of(resource, span).map(Box::new),
        });
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        let base = self.texts.len() as u32;
        self.texts.push_str(&other.texts);
        let moved = |name: Name| Name { parts: name.parts.map(|at| at + base), ..name };
        self.names.extend(other.names.into_iter().map(moved));
    }

    /// The objects that are there again, after the first of each name.
    pub(crate) fn duplicates(mut self, file_names: &[Arc<str>]) -> Vec<Duplicate> {
        self.names.sort_unstable_by_key(|name| (name.digest, name.order));
        let mut duplicates = Vec::new();
        for same in self.names.chunk_by(|one, other| one.digest == other.digest) {
            let Some((first, rest)) = same.split_first() else { continue };
            duplicates.extend(rest.iter().map(|name| self.duplicate(name, first, file_names)));
        }
        duplicates
    }

    fn duplicate(&self, name: &Name, first: &Name, file_names: &[Arc<str>]) -> Duplicate {
        let [api_version, kind, namespace, object, line] = self.parts(name);
        let identity = Identity {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: name.namespaced.then(|| namespace.to_owned()),
            name: object.to_owned(),
        };
        let first = first.place(file_names);
        let first = (first.file, first.line);
        if let Some(At { location, snippet, rendered }) = name.source.as_deref().and_then(Unasked::at) {
            return Duplicate { identity, location, snippet, rendered, first };
        }
        let moved = name.moved.as_deref().copied();
        let column = moved.map_or(name.column, |(column, _)| column);
        let snippet = (column as usize <= place::MAX_COLUMNS).then(|| Snippet {
            first_line: name.line,
            text: line.to_owned(),
            moved,
        });
        Duplicate { identity, location: name.place(file_names), snippet, rendered: None, first }
    }

    fn parts(&self, name: &Name) -> [&str; 5] {
        let [a, b, c, d, e, f] = name.parts;
        [(a, b), (b, c), (c, d), (d, e), (e, f)]
            .map(|(start, end)| self.texts.get(start as usize..end as usize).unwrap_or_default())
    }
}

impl Name {
    fn place(&self, file_names: &[Arc<str>]) -> Location {
        if let Some(at) = self.source.as_deref().and_then(Unasked::at) {
            return at.location;
        }
        let file = file_names.get(self.order.file as usize).map(|name| String::from(&**name)).unwrap_or_default();
        let Self { line, column, end_column, .. } = *self;
        Location { file, line, column, end_line: line, end_column, exact: true }
    }
}

/// Alike in every run. Two names that have the same are not met by accident, and who makes them on purpose is denied.
fn digest(identity: &Identity, room: &mut Vec<u8>) -> u128 {
    /// What no text has in it.
    const BETWEEN: [u8; 1] = [0xff];
    room.clear();
    for part in [Some(identity.group()), Some(&identity.kind), identity.namespace.as_deref(), Some(&identity.name)] {
        room.extend_from_slice(part.unwrap_or_default().as_bytes());
        room.extend(BETWEEN);
    }
    xxh3_128(room)
}
