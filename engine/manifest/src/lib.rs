//! Kubernetes manifests as a tree in which every value knows the bytes that it was read from.
//!
//! This crate owns reading YAML and JSON as Kubernetes reads them, the tree, identity, pointers, paths and patches. It
//! does no IO: text comes in, documents and problems come out. It refuses to judge: what a manifest *should* say is the
//! business of plugins.

mod difference;
mod digest;
mod equal;
mod json;
mod number;
mod origin;
mod patch;
mod path;
mod pointer;
mod quote;
mod reader;
mod redact;
mod resource;
mod sequence;
mod tape;
mod text;
mod tree;
mod yaml_out;

pub use difference::{
    Arrays, Delta, Difference, Differences, by_content, by_place, differences, holders, steady_pointer,
};
pub use json::JsonError;
pub use origin::{Beside, Origin, Origins, Relation};
pub use patch::{Operation, PatchCause, PatchError};
pub use path::{Path, PathError};
pub use pointer::{Located, push_token};
pub use reader::{Document, Documents, Holders, Limits, NotManifest, Problem, read_value};
pub use redact::{REDACTED, REDACTED_PLAIN};
pub use resource::{Identity, Resource};
pub use sequence::align;
pub use text::{Place, Span, Text};
pub use tree::{Entries, Items, Node, Tree, TreeBuilder, Value};
