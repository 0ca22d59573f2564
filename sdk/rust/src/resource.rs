//! One object that a policy judges: a handle of the host, read as little as a rule needs.

use std::cell::{OnceCell, RefCell};

use crate::context;
use crate::finding::{Error, Finding, Patch, Result};
use crate::labels::Labels;
use crate::rule::{WORKLOADS, pod_spec_of};
use crate::source::Source;
use crate::tape::{Kind, Node, Tape};

/// A value with its place, as `select` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// RFC 6901 pointer from the root of the object.
    pub pointer: String,
    /// The value as JSON text.
    pub json: String,
}

/// What names an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `apps/v1`, `v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// `metadata.namespace`, if there is one.
    pub namespace: Option<String>,
    /// `metadata.name`; empty where there is none.
    pub name: String,
}

impl Identity {
    /// An object without a namespace: `Identity::new("v1", "Namespace", "shop")`.
    pub fn new(api_version: impl Into<String>, kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { api_version: api_version.into(), kind: kind.into(), namespace: None, name: name.into() }
    }

    /// In this namespace; an empty one is none, as in [`Resource::namespace`].
    #[must_use]
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()).filter(|namespace| !namespace.is_empty()), ..self }
    }
}

/// The subject of objects that are asked for and not judged.
const OTHER: u32 = u32::MAX;

/// Something whose shape kept a helper from reading it. It becomes a finding: what cannot be read is never accepted.
#[derive(Clone, Debug)]
pub(crate) struct Malformed {
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// One object of the set.
pub struct Resource {
    pub(crate) source: Source,
    pub(crate) subject: u32,
    /// How the rule came to it, where it is not the object that is judged.
    asked: Option<&'static str>,
    tape: OnceCell<Tape>,
    kind: OnceCell<String>,
    pub(crate) malformed: RefCell<Vec<Malformed>>,
    pub(crate) failure: RefCell<Option<Error>>,
}

impl Resource {
    pub(crate) fn new(source: Source, subject: u32) -> Self {
        Self {
            source,
            subject,
            asked: None,
            tape: OnceCell::new(),
            kind: OnceCell::new(),
            malformed: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// An object that a rule asked for beside the one that it judges.
    pub(crate) fn other(source: Source) -> Self {
        Self { asked: Some("which the rule asks for"), ..Self::new(source, OTHER) }
    }

    /// The whole object, walked in place: one crossing, kept for the calls that follow.
    pub fn tape(&self) -> &Tape {
        self.tape.get_or_init(|| match Tape::unverified(self.source.tape()) {
            Ok(tape) => tape,
            Err(error) => {
                self.fail(error.into());
                Tape::null()
            }
        })
    }

    /// The root of the object on its [`tape`](Self::tape).
    pub fn root(&self) -> Node<'_> {
        self.tape().root()
    }

    /// The value at an RFC 6901 pointer, read from the [`tape`](Self::tape).
    pub fn node(&self, pointer: &str) -> Option<Node<'_>> {
        self.root().pointer(pointer)
    }

    /// The value at an RFC 6901 pointer as JSON text, in a crossing of its own; none where nothing is there.
    pub fn get(&self, pointer: &str) -> Option<String> {
        self.source.get(pointer)
    }

    /// All values that a path selects, in document order, in one crossing.
    ///
    /// The path is JSONPath (RFC 9535) without filters, slices and functions, of at most 4 KiB, 63 segments and 256
    /// selectors.
    ///
    /// # Errors
    /// When the path is none of these.
    pub fn select(&self, path: &str) -> Result<Vec<Selected>> {
        self.source.select(path).map_err(Error::new)
    }

    /// The whole object as JSON text.
    pub fn json(&self) -> String {
        self.source.json()
    }

    /// What names the object, in a crossing of its own.
    pub fn identity(&self) -> Identity {
        self.source.identity()
    }

    /// The object in the base revision, or as it stands in the cluster. What a helper cannot read of it is an error of the
    /// plugin: nothing is judged by half of what it was.
    pub fn previous(&self) -> Option<Self> {
        let before = |source| Self { asked: Some("as it was before"), ..Self::new(source, self.subject) };
        self.source.previous().map(before)
    }

    /// `apiVersion`: `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.root().get("apiVersion").and_then(Node::as_str).unwrap_or_default()
    }

    /// `kind`: `Deployment`. Asks for no more than that where the whole object was not asked for yet.
    pub fn kind(&self) -> &str {
        match self.tape.get() {
            Some(tape) => tape.root().get("kind").and_then(Node::as_str).unwrap_or_default(),
            None => self.kind.get_or_init(|| {
                let json = self.source.get("/kind").unwrap_or_default();
                json.trim_matches('"').to_owned()
            }),
        }
    }

    /// `metadata.name`; empty where there is none.
    pub fn name(&self) -> &str {
        self.node("/metadata/name").and_then(Node::as_str).unwrap_or_default()
    }

    /// `metadata.namespace`; empty where there is none.
    pub fn namespace(&self) -> &str {
        self.node("/metadata/namespace").and_then(Node::as_str).unwrap_or_default()
    }

    /// Its labels.
    pub fn labels(&self) -> Labels<'_> {
        Labels::at(self, "/metadata/labels")
    }

    /// Its annotations.
    pub fn annotations(&self) -> Labels<'_> {
        Labels::at(self, "/metadata/annotations")
    }

    /// Where the pod that it runs lies, `/spec/template/spec` for a Deployment; none for kinds that run no containers.
    pub fn pod_spec_pointer(&self) -> Option<&'static str> {
        // The kind first: the whole may be large, and of no interest.
        if !WORKLOADS.contains(&self.kind()) {
            return None;
        }
        pod_spec_of(self.api_version(), self.kind())
    }

    /// The pod that it runs; none for kinds that run no containers, and where the pod is left out.
    pub fn pod_spec(&self) -> Option<Node<'_>> {
        self.object_at(self.pod_spec_pointer()?)
    }

    /// A finding about the value at this pointer, or, where nothing is there, about what should hold it.
    pub fn finding(&self, pointer: impl Into<String>, message: impl Into<String>) -> Finding {
        let mut pointer = pointer.into();
        while !pointer.is_empty() && self.node(&pointer).is_none() {
            pointer.truncate(pointer.rfind('/').unwrap_or_default());
        }
        self.finding_at(pointer, message)
    }

    /// A finding about the value at a pointer that is known to be there: for policies that walk the tape themselves, of which
    /// each pointer would be another walk.
    #[doc(hidden)]
    pub fn finding_at(&self, pointer: String, message: impl Into<String>) -> Finding {
        let (subject, message) = (self.subject, message.into());
        Finding { subject, rule: None, pointer, message, severity: None, fix: Vec::new(), more: 0 }
    }

    /// As [`Self::finding`], about what is below a value that is at hand (`/image`), or else what should hold it. To walk to the
    /// value again would take as long as the lists on the way are.
    pub(crate) fn finding_below(
        &self,
        mut pointer: String,
        value: Node<'_>,
        mut below: &str,
        message: impl Into<String>,
    ) -> Finding {
        while !below.is_empty() && value.pointer(below).is_none() {
            below = below.rsplit_once('/').map_or("", |(above, _)| above);
        }
        pointer.push_str(below);
        self.finding_at(pointer, message)
    }

    /// An empty patch of this object.
    pub fn patch(&self, reason: impl Into<String>) -> Patch {
        Patch { subject: self.subject, rule: None, reason: reason.into(), operations: Vec::new() }
    }

    /// The object at a pointer; where something else than an object or null stands there, that is told as a finding.
    pub(crate) fn object_at(&self, pointer: &str) -> Option<Node<'_>> {
        let mut node = self.root();
        for (at, _) in pointer.match_indices('/') {
            let (here, rest) = pointer.split_at(at);
            let token = rest.get(1..).unwrap_or_default();
            let token = token.split_once('/').map_or(token, |(token, _)| token);
            node = node.get(token)?;
            if node.kind() != Kind::Object {
                if !node.is_null() {
                    self.is_malformed(format!("{here}/{token}"), "an object", node);
                }
                return None;
            }
        }
        Some(node)
    }

    /// Tells that a value has a shape that no helper can read.
    pub(crate) fn is_malformed(&self, pointer: String, expected: &str, found: Node<'_>) {
        let found = found.kind().with_article();
        if let Some(asked) = self.asked {
            let words = format!("{expected} is expected at `{pointer}`, found {found}");
            let (kind, name) = (self.kind(), self.name());
            return context::fail(Error::new(format!("`{kind}` `{name}`, {asked}: {words}")));
        }
        let message = format!("cannot be judged: {expected} is expected here, found {found}");
        let mut malformed = self.malformed.borrow_mut();
        if !malformed.iter().any(|known| known.pointer == pointer) {
            malformed.push(Malformed { pointer, message });
        }
    }

    fn fail(&self, error: Error) {
        if self.asked.is_some() {
            return context::fail(error);
        }
        self.failure.borrow_mut().get_or_insert(error);
    }
}

#[cfg(not(target_family = "wasm"))]
impl Resource {
    /// An object for a unit test.
    ///
    /// # Errors
    /// When the text is no YAML.
    pub fn from_yaml(yaml: &str) -> Result<Self> {
        Ok(Self::new(
            Source::new(crate::encode::from(serde_yaml_ng::Deserializer::from_str(yaml)).map_err(Error::new)?),
            0,
        ))
    }

    /// An object for a unit test.
    ///
    /// # Errors
    /// When the text is no JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        let mut input = serde_json::Deserializer::from_str(json);
        Ok(Self::new(Source::new(crate::encode::from(&mut input).map_err(Error::new)?), 0))
    }

    /// The same object with the one that stood there before.
    #[must_use]
    pub fn with_previous(mut self, previous: Self) -> Self {
        self.source.set_previous(previous.source);
        self
    }
}
