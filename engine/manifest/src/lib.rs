//! Kubernetes manifests as a tree in which every value knows the bytes that it was read from.
//!
//! This crate owns reading YAML and JSON as Kubernetes reads them, the tree, identity, pointers, paths and patches. It
//! does no IO: text comes in, documents and problems come out. It refuses to judge: what a manifest *should* say is the
//! business of plugins.

mod patch;
mod reader;
mod resource;
mod text;
mod tree;

pub use patch::Operation;
pub use reader::{Document, Documents, Limits, NotManifest, Problem};
pub use resource::{Identity, Resource};
pub use text::{Place, Span, Text};
pub use tree::{Entries, Items, Node, Tree, TreeBuilder, Value};
