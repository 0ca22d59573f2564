//! The complete way to read one document: all of YAML that Kubernetes takes, and nothing else, into a [`Tree`].
//!
//! It is right for every text and slow beside the scanner in `fast.rs`, which does the ordinary documents. Text becomes
//! tokens (`scanner.rs`), tokens become nodes as written (`grammar.rs`, `syntax.rs`), in which aliases point back and
//! merge keys stand as they are, and these are expanded under limits (`expand.rs`). It refuses what go-yaml or JSON refuse: an alias to itself, a collection or
//! null as key, infinity, a tag that its text does not fit.

mod expand;
mod grammar;
mod scanner;
mod syntax;

use std::sync::Arc;

use super::{Duplicates, Limits, Problem};
use crate::{Span, Text, Tree};

/// What a reading gave: a tree and what is odd about it. An empty document has no tree.
pub(crate) struct Reading {
    pub(crate) tree: Option<Tree>,
    pub(crate) duplicates: Duplicates,
    /// Where the document ended, when more text follows that Kubernetes does not read.
    pub(crate) rest: Option<u32>,
}

/// Reads the document in `span`, which holds whole lines.
pub(crate) fn read(text: &Arc<Text>, span: Span, limits: &Limits) -> Result<Reading, Problem> {
    let parsed = grammar::parse(text, span, limits)?;
    if parsed.nodes.is_empty() {
        return Ok(Reading { tree: None, duplicates: Duplicates::default(), rest: parsed.rest });
    }
    let rest = parsed.rest;
    let (tree, duplicates) = expand::expand(text, parsed, limits)?;
    Ok(Reading { tree: Some(tree), duplicates, rest })
}
