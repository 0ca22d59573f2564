//! The names of all objects, kept as digests and places only, to tell when one is there twice.

use std::sync::Arc;

use sluice_manifest::{Identity, Resource, Text};
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
    cursor: Option<Cursor>,
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
    /// Where in `texts` the parts of the identity and the line begin, and where the line ends.
    parts: [u32; 6],
    namespaced: bool,
    /// What it was rendered from.
    source: Option<Box<Unasked>>,
}

/// A place in a text that is walked from its start to its end, so that a file of a single line costs no more than others.
#[derive(Debug)]
struct Cursor {
    text: Arc<Text>,
    offset: usize,
    line: u32,
    line_start: usize,
    column: u32,
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
        let (line, column, line_start) = self.seek(resource.text(), span.start as usize);
        let end_column = column + resource.text().slice(span).chars().count() as u32;
        let start = self.texts.len() as u32;
        let mut parts = [start; 6];
        let namespace = identity.namespace.as_deref().unwrap_or_default();
        let shown = place::line_of(resource, line_start);
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
            parts,
            namespaced: identity.namespace.is_some(),
            source: Unasked::of(resource, span).map(Box::new),
        });
    }

    fn seek(&mut self, text: &Arc<Text>, offset: usize) -> (u32, u32, usize) {
        let start = || Cursor { text: Arc::clone(text), offset: 0, line: 1, line_start: 0, column: 1 };
        let goes_on = |cursor: &Cursor| Arc::ptr_eq(&cursor.text, text) && cursor.offset <= offset;
        let mut cursor = self.cursor.take().filter(goes_on).unwrap_or_else(start);
        let between = text.as_str().as_bytes().get(cursor.offset..offset).unwrap_or_default();
        let mut tail = between;
        for at in memchr::memchr_iter(b'\n', between) {
            cursor.line += 1;
            cursor.line_start = cursor.offset + at + 1;
            cursor.column = 1;
            tail = between.get(at + 1..).unwrap_or_default();
        }
        cursor.column += tail.iter().filter(|byte| (**byte as i8) >= -0x40).count() as u32;
        cursor.offset = offset;
        let found = (cursor.line, cursor.column, cursor.line_start);
        self.cursor = Some(cursor);
        found
    }

    /// Lets go of the file that was read last.
    pub(crate) fn end_of_file(&mut self) {
        self.cursor = None;
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
        let snippet = (name.column as usize <= place::MAX_COLUMNS)
            .then(|| Snippet { first_line: name.line, text: line.to_owned() });
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
