//! From the document as written to its tree: aliases and merge keys expanded, keys made text, the last of equal keys kept.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::syntax::{Content, Kind, Parsed, Written};
use crate::reader::resolve::{self, Scalar};
use crate::reader::{Duplicates, Limits, Problem, words};
use crate::tree::{Collection, Plain, Textual, TreeBuilder};
use crate::{Span, Text, Tree};

/// Mappings up to this size are searched for equal keys one by one.
const SMALL: usize = 8;

struct Expand<'t> {
    text: &'t Arc<Text>,
    parsed: &'t Parsed,
    limits: &'t Limits,
    tree: TreeBuilder,
    duplicates: Duplicates,
    visited: u32,
    /// Bytes of text that the nodes point to, aliases expanded.
    bytes: usize,
}

/// A member of a mapping, after merging.
struct Member<'t> {
    name: Cow<'t, str>,
    key: u32,
    value: u32,
    merged: bool,
}

#[derive(Default)]
struct Members<'t> {
    list: Vec<Option<Member<'t>>>,
    index: HashMap<Cow<'t, str>, usize>,
}

/// Builds the tree.
pub(crate) fn expand(text: &Arc<Text>, parsed: Parsed, limits: &Limits) -> Result<(Tree, Duplicates), Problem> {
    // Made texts become texts of the tree as they are, so that an alias of one costs no copy.
    let tree = TreeBuilder::after(Arc::clone(text), parsed.made.len());
    let duplicates = Duplicates::default();
    let mut expand = Expand { text, parsed: &parsed, limits, tree, duplicates, visited: 0, bytes: 0 };
    expand.node(0, 0, None)?;
    let Expand { tree, duplicates, .. } = expand;
    Ok((tree.finish_after(parsed.made), duplicates))
}

impl<'t> Expand<'t> {
    fn written(&self, index: u32) -> Written {
        let nothing = Written { kind: Kind::Sequence, span: Span::default(), after: index + 1 };
        self.parsed.nodes.get(index as usize).copied().unwrap_or(nothing)
    }

    fn visit(&mut self, span: Span) -> Result<(), Problem> {
        self.visited += 1;
        if self.visited > self.limits.nodes {
            return Err(words::too_many_nodes(self.limits.nodes, span));
        }
        Ok(())
    }

    /// Writes a node; `alias` is where it is repeated.
    fn node(&mut self, index: u32, depth: u32, alias: Option<Span>) -> Result<(), Problem> {
        let node = self.written(index);
        let span = alias.unwrap_or(node.span);
        // An alias counts as what it stands for, which is none.
        if !matches!(node.kind, Kind::Alias(_)) {
            self.visit(span)?;
        }
        match node.kind {
            Kind::Alias(target) => self.node(target, depth, Some(node.span)),
            Kind::Scalar(scalar, content) => self.scalar(scalar, content, span),
            Kind::Merge(content) => self.scalar(Scalar::Text, content, span),
            Kind::Sequence | Kind::Mapping if depth >= self.limits.depth => {
                Err(words::too_deep(self.limits.depth, span))
            }
            Kind::Sequence => self.sequence(index, depth, span),
            Kind::Mapping => self.mapping(index, depth, span),
        }
    }

    fn sequence(&mut self, index: u32, depth: u32, span: Span) -> Result<(), Problem> {
        let open = self.tree.open(Collection::Array, span.start);
        let end = self.written(index).after;
        let (mut at, mut count) = (index + 1, 0);
        while at < end {
            self.node(at, depth + 1, None)?;
            at = self.written(at).after;
            count += 1;
        }
        self.tree.close(open, count, span.end);
        Ok(())
    }

    fn mapping(&mut self, index: u32, depth: u32, span: Span) -> Result<(), Problem> {
        let mut members = Members::default();
        self.collect(index, depth, false, &mut members)?;
        let open = self.tree.open(Collection::Object, span.start);
        let mut count = 0;
        for member in members.list.into_iter().flatten() {
            // Keys were counted when they were collected, those that others replaced as well.
            self.key(&member.name, self.written(member.key));
            self.node(member.value, depth + 1, None)?;
            count += 1;
        }
        self.tree.close(open, count, span.end);
        Ok(())
    }

    fn key(&mut self, name: &str, key: Written) {
        match key.kind {
            Kind::Scalar(Scalar::Text, content) | Kind::Merge(content) => {
                self.place(Textual::String, content, key.span);
            }
            Kind::Scalar(_, _) | Kind::Alias(_) | Kind::Sequence | Kind::Mapping => {
                self.tree.made(Textual::String, key.span, name);
            }
        }
    }

    /// The members of a mapping, in order: each one replaces an equal one before it, merged or not.
    fn collect(&mut self, index: u32, depth: u32, merged: bool, into: &mut Members<'t>) -> Result<(), Problem> {
        if depth >= self.limits.depth {
            return Err(words::too_deep(self.limits.depth, self.written(index).span));
        }
        let end = self.written(index).after;
        let mut at = index + 1;
        while at < end {
            let (key, value) = (at, self.written(at).after);
            at = self.written(value).after;
            self.visit(self.written(key).span)?;
            if matches!(self.written(key).kind, Kind::Merge(_)) {
                self.merge(value, depth, into)?;
                continue;
            }
            let name = self.name(key)?;
            self.count(name.len(), self.written(key).span)?;
            let old = into.insert(Member { name, key, value, merged });
            if let Some(old) = old.filter(|old| !old.merged && !merged) {
                let (first, span) = (self.written(old.key).span, self.written(key).span);
                let (text, is_text) = (self.text, matches!(self.written(key).kind, Kind::Scalar(Scalar::Text, _)));
                let written = Some(text.slice(span)).filter(|written| !is_text && *written != old.name);
                let line = || text.place(first).line;
                self.duplicates.add(&old.name, span, || words::duplicate(&old.name, written, line(), span));
            }
        }
        Ok(())
    }

    fn merge(&mut self, value: u32, depth: u32, into: &mut Members<'t>) -> Result<(), Problem> {
        let node = self.written(value);
        // What is merged costs time even where it has no members.
        if !matches!(node.kind, Kind::Sequence) {
            let mapping = self.mergeable(value)?;
            self.visit(node.span)?;
            return self.collect(mapping, depth + 1, true, into);
        }
        let mut items = Vec::new();
        let mut at = value + 1;
        while at < node.after {
            self.visit(self.written(at).span)?;
            items.push(self.mergeable(at)?);
            at = self.written(at).after;
        }
        // Backwards: the first of the list wins.
        for mapping in items.into_iter().rev() {
            self.collect(mapping, depth + 1, true, into)?;
        }
        Ok(())
    }

    fn mergeable(&self, index: u32) -> Result<u32, Problem> {
        let node = self.written(index);
        let target = if let Kind::Alias(target) = node.kind { target } else { index };
        if matches!(self.written(target).kind, Kind::Mapping) {
            return Ok(target);
        }
        let help = "give `<<` a mapping, an alias of one, or a list of these; quote it to use it as a plain key";
        Err(words::invalid("`<<` merges something that is no mapping", help, node.span))
    }

    /// A key as text.
    fn name(&self, index: u32) -> Result<Cow<'t, str>, Problem> {
        let node = self.written(index);
        let help = "a key is text, a number or a boolean; put it in quotes";
        let refused = |what: &str| Err(words::invalid(format!("{what} cannot be a key"), help, node.span));
        match node.kind {
            Kind::Alias(target) => self.name(target),
            Kind::Merge(content) | Kind::Scalar(Scalar::Text, content) => Ok(Cow::Borrowed(self.content(content))),
            Kind::Scalar(Scalar::Bool(true), _) => Ok("true".into()),
            Kind::Scalar(Scalar::Bool(false), _) => Ok("false".into()),
            Kind::Scalar(Scalar::Int(value), _) => Ok(value.to_string().into()),
            Kind::Scalar(Scalar::Float(value), _) => Ok(resolve::key_float(value).into()),
            Kind::Scalar(Scalar::Uint(_), _) => refused("an integer of more than 63 bits"),
            Kind::Scalar(Scalar::Null, _) => refused("an empty value or null"),
            Kind::Sequence | Kind::Mapping => refused("a list or a mapping"),
        }
    }

    fn content(&self, content: Content) -> &'t str {
        let parsed = self.parsed;
        match content {
            Content::Source(span) => self.text.slice(span),
            Content::Made(span) => parsed.made.get(span.start as usize..span.end as usize).unwrap_or_default(),
        }
    }

    fn scalar(&mut self, scalar: Scalar, content: Content, span: Span) -> Result<(), Problem> {
        match scalar {
            Scalar::Null => self.tree.plain(Plain::Null, span),
            Scalar::Bool(value) => self.tree.plain(Plain::Bool(value), span),
            Scalar::Text => return self.textual(Textual::String, content, span),
            Scalar::Int(value) => return self.number(&value.to_string(), content, span),
            Scalar::Float(value) if !value.is_finite() => {
                let help = "JSON, which Kubernetes turns everything into, has no such number; quote it if it is text";
                return Err(words::invalid("infinity and `.nan` are no values for Kubernetes", help, span));
            }
            Scalar::Float(value) => return self.number(&resolve::json_float(value), content, span),
            #[expect(clippy::cast_precision_loss, reason = "Kubernetes reads it so")]
            Scalar::Uint(value) => return self.number(&resolve::json_float(value as f64), content, span),
        }
        Ok(())
    }

    fn number(&mut self, canonical: &str, content: Content, span: Span) -> Result<(), Problem> {
        if self.content(content) == canonical {
            return self.textual(Textual::Number, content, span);
        }
        self.count(canonical.len(), span)?;
        self.tree.made(Textual::Number, span, canonical);
        Ok(())
    }

    fn textual(&mut self, kind: Textual, content: Content, span: Span) -> Result<(), Problem> {
        self.count(self.content(content).len(), span)?;
        self.place(kind, content, span);
        Ok(())
    }

    fn place(&mut self, kind: Textual, content: Content, span: Span) {
        match content {
            Content::Source(at) => self.tree.source(kind, span, at),
            Content::Made(at) => self.tree.made_before(kind, span, at),
        }
    }

    /// Counts text, which aliases can repeat without end.
    fn count(&mut self, bytes: usize, span: Span) -> Result<(), Problem> {
        self.bytes += bytes;
        if self.bytes > self.limits.bytes as usize {
            return Err(words::too_large(self.bytes, self.limits.bytes, span));
        }
        Ok(())
    }
}

impl<'t> Members<'t> {
    /// Adds a member; gives back an equal one that it replaces.
    fn insert(&mut self, member: Member<'t>) -> Option<Member<'t>> {
        let place = self.list.len();
        let old = if place < SMALL {
            self.list.iter().position(|old| old.as_ref().is_some_and(|old| old.name == member.name))
        } else {
            if place == SMALL {
                let known = self.list.iter().enumerate();
                self.index = known.filter_map(|(at, old)| Some((old.as_ref()?.name.clone(), at))).collect();
            }
            self.index.insert(member.name.clone(), place)
        };
        self.list.push(Some(member));
        old.and_then(|old| self.list.get_mut(old)).and_then(Option::take)
    }
}
