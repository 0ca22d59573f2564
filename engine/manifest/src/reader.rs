//! Reading a text as Kubernetes does: documents in, objects and problems out.
//!
//! A text is cut into documents (`reader/split.rs`) before anything is parsed, so that a broken one cannot hide its
//! neighbours. Each is read by the scanner for ordinary YAML (`fast.rs`); what that does not vouch for is read again by
//! the complete reader (`complete.rs`), and the two never disagree. What the tree then is, a manifest or not, is decided
//! in `manifest.rs`. Nothing here judges what a manifest says.

#[cfg(test)]
mod agreement;
mod bytes;
mod commented;
mod complete;
mod dedup;
mod duplicates;
mod fast;
mod holders;
mod json;
mod manifest;
mod resolve;
mod split;
#[cfg(test)]
mod suite;
mod tags;
mod template;
mod words;

use std::sync::Arc;

use crate::tree::{MAX_LENGTH, Plain};
use crate::{Resource, Span, Text, Tree};

use duplicates::Duplicates;
use split::{Form, Piece};

pub use holders::Holders;

/// Most equal keys, and most items that are no objects, that are told one by one of a document. What is beyond is told as
/// a number: each that is told costs its lines.
const MOST_TOLD: usize = 100;

/// The words of JSON.
const PLAIN: [(&str, Plain); 3] = [("true", Plain::Bool(true)), ("false", Plain::Bool(false)), ("null", Plain::Null)];

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
    /// Whether something could not be read: the document, or an item of a list, which then is missing among the
    /// resources. Not fatal is what Kubernetes reads without a word, such as the same key twice.
    pub fatal: bool,
}

/// The documents of a text, one at a time, so that a large file need not be held as trees.
pub struct Documents {
    text: Arc<Text>,
    limits: Limits,
    at: usize,
    index: u32,
    mode: Mode,
    broken: Option<bytes::Broken>,
    scratch: fast::Scratch,
    is_rendered: bool,
}

/// What a piece holds. An empty one has no tree.
#[derive(Default)]
struct Read {
    tree: Option<Tree>,
    duplicates: Duplicates,
    /// That Kubernetes does not read all of it.
    not_read: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Yaml,
    Json,
    Done,
}

impl Documents {
    /// Reads `text` lazily.
    #[must_use]
    pub fn new(text: Arc<Text>, limits: Limits) -> Self {
        let (at, content) = split::unmarked(text.as_str());
        let mode = if split::is_json(content) { Mode::Json } else { Mode::Yaml };
        Self { text, limits, at, index: 0, mode, broken: None, scratch: fast::Scratch::default(), is_rendered: false }
    }

    /// Reads bytes that need not be UTF-8: a document that is not is a problem (`invalid-utf8`) at its first wrong
    /// byte, and those before and after it are read. In the text of the result each wrong byte stands as `?`, so that
    /// offsets are those of the bytes.
    #[must_use]
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>, limits: Limits) -> Self {
        let (content, broken) = bytes::repaired(bytes);
        Self { broken, ..Self::new(Arc::new(Text::new(name, content)), limits) }
    }

    /// The same documents, of a text that was rendered: whatever is wrong in it, no template is the reason, and what is neither
    /// a manifest nor empty is a problem.
    #[must_use]
    pub fn rendered(self) -> Self {
        Self { is_rendered: true, ..self }
    }

    /// The text that is read.
    #[must_use]
    pub fn text(&self) -> &Arc<Text> {
        &self.text
    }

    fn piece(&mut self) -> Option<Piece> {
        let content = self.text.as_str();
        if self.mode == Mode::Json {
            let rest = content.get(self.at..)?;
            self.at += rest.len() - rest.trim_start().len();
            if self.at >= content.len() {
                return None;
            }
            if !content.get(self.at..)?.starts_with("---") {
                let span = Span { start: self.at as u32, end: content.len() as u32 };
                return Some(Piece { span, kind: Form::Json });
            }
            self.mode = Mode::Yaml;
        }
        if self.mode == Mode::Done || self.at >= content.len() && self.index > 0 {
            return None;
        }
        let (piece, next) = split::yaml_piece(content, self.at);
        self.at = next;
        if next >= content.len() {
            self.mode = Mode::Done;
        }
        Some(piece)
    }

    fn read(&mut self, piece: Piece) -> Document {
        let mut span = piece.span;
        let read = match piece.kind {
            Form::Refused(at) => Err(words::separator(at)),
            Form::Yaml => self.yaml(span),
            Form::Json => {
                let read = self.json(span);
                span.end = self.at as u32;
                read
            }
        };
        let read = match self.broken.as_ref().and_then(|broken| broken.problem(&self.text, span)) {
            Some(problem) => Err(problem),
            None => read,
        };
        let mut document =
            Document { index: self.index, span, resources: Vec::new(), problems: Vec::new(), skipped: None };
        self.index += 1;
        match read {
            Ok(Read { tree, duplicates, not_read }) => {
                document.problems.extend(not_read);
                let stray = tree.as_ref().filter(|_| self.is_rendered).and_then(|tree| manifest::stray(tree.root()));
                manifest::sort_out(tree, &mut document);
                if document.skipped == Some(NotManifest::NoKind)
                    && let Some(problem) = stray
                {
                    document.problems.push(problem);
                    document.skipped = None;
                }
                let is_manifest = !matches!(document.skipped, Some(NotManifest::NoKind | NotManifest::ClientSide))
                    || self.is_rendered;
                if is_manifest || duplicates.may_hide() {
                    document.problems.splice(0..0, duplicates.told);
                    document.problems.extend(duplicates::more(duplicates.more, &document.resources));
                }
                if !self.is_rendered && template::explains_missing(&self.text, &document) {
                    document.problems.clear();
                    document.skipped = Some(NotManifest::Template);
                }
            }
            Err(problem) if !self.is_rendered && template::explains(&self.text, span, &problem, &self.limits) => {
                document.skipped = Some(NotManifest::Template);
            }
            Err(problem)
                if !self.is_rendered && commented::is_no_manifest(&self.text, span, &problem, &self.limits) =>
            {
                document.skipped = Some(NotManifest::NoKind);
            }
            Err(problem) => document.problems.push(problem),
        }
        document
    }

    fn yaml(&mut self, span: Span) -> Result<Read, Problem> {
        let size = (span.end - span.start) as usize;
        if size > (self.limits.bytes as usize).min(MAX_LENGTH) {
            return Err(words::too_large(size, self.limits.bytes, Span { start: span.start, end: span.start }));
        }
        if let Some(tree) = fast::read(&self.text, span, &self.limits, &mut self.scratch) {
            return Ok(Read { tree: Some(tree), ..Read::default() });
        }
        let reading = complete::read(&self.text, span, &self.limits)?;
        let not_read = reading.rest.map(|rest| words::not_read(Span { start: rest, end: rest }));
        Ok(Read { tree: reading.tree, duplicates: reading.duplicates, not_read })
    }

    fn json(&mut self, span: Span) -> Result<Read, Problem> {
        match json::read(&self.text, span.start, &self.limits) {
            Ok((tree, end)) => {
                self.at = end as usize;
                let (tree, duplicates) = dedup::last_wins(tree);
                Ok(Read { tree: Some(tree), duplicates, not_read: None })
            }
            // Where the next value would begin nobody knows; a separator is the next certain place.
            Err(problem) => {
                self.at = split::after(self.text.as_str(), self.at);
                self.mode = Mode::Yaml;
                Err(problem)
            }
        }
    }
}

impl Iterator for Documents {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        let piece = self.piece()?;
        Some(self.read(piece))
    }
}

/// Reads a single YAML value that is no manifest, such as a policy file; equal keys in one mapping are an error here.
///
/// # Errors
/// What is wrong with the text, or that it is empty or holds more than one document.
pub fn read_value(text: Arc<Text>, limits: Limits) -> Result<Tree, Problem> {
    let mut documents = Documents::new(Arc::clone(&text), limits);
    documents.mode = Mode::Yaml;
    let mut found = None;
    while let Some(piece) = documents.piece() {
        documents.index += 1;
        if let Form::Refused(at) = piece.kind {
            return Err(words::separator(at));
        }
        let Read { tree, duplicates, not_read } = documents.yaml(piece.span)?;
        if let Some(problem) = duplicates.told.into_iter().chain(not_read).next() {
            return Err(Problem { fatal: true, ..problem });
        }
        let Some(tree) = tree else { continue };
        if found.is_some() {
            return Err(words::second_document(tree.root().span()));
        }
        found = Some(tree);
    }
    found.ok_or_else(|| words::nothing(Span::default()))
}
