//! What a chart says of itself, as far as it decides whether it is rendered.

use std::sync::Arc;

use sluice_manifest::{Limits, Node, Text, read_value};
use sluice_source::Checkout;

/// The file that makes a folder a chart.
pub(crate) const FILE: &str = "Chart.yaml";

/// What a chart is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// It is rendered.
    Application,
    /// Others use it.
    Library,
}

impl Type {
    /// What a chart's file says; one that cannot be read is rendered, so that Helm says what is wrong.
    pub(crate) fn read(checkout: &Checkout, path: &str) -> Self {
        let content = checkout.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let tree = content.and_then(|content| read_value(Arc::new(Text::new(path, content)), Limits::default()).ok());
        let is_library = tree.is_some_and(|tree| tree.root().get("type").and_then(Node::as_str) == Some("library"));
        if is_library { Self::Library } else { Self::Application }
    }
}
