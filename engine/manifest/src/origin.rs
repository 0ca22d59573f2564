//! Where a text that was rendered comes from. Renderers know it; whoever shows a place asks, and gets what someone wrote.

use std::sync::Arc;

use crate::{Span, Text};

/// Leads from the places of a rendered text to the files it was rendered from.
pub trait Origins: Send + Sync + std::fmt::Debug {
    /// What stands behind a span of the rendered text; none where nothing at all is known.
    fn origin(&self, rendered: &Text, span: Span) -> Option<Origin>;
}

/// What someone wrote, from which a piece of a rendered text was made.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file.
    pub text: Arc<Text>,
    /// The bytes in it.
    pub span: Span,
    /// How sure it is, and what the bytes are.
    pub relation: Relation,
    /// What else has a part in it, in an order that is always the same.
    pub beside: Vec<Beside>,
}

/// Something else that has a part in a piece of a rendered text.
#[derive(Clone, Debug)]
pub struct Beside {
    /// What it is, in words that go on after its place: `the template that prints it`.
    pub what: String,
    /// The file and the bytes in it; none for what stands in no file.
    pub place: Option<(Arc<Text>, Span)>,
    /// Whether the bytes are proved to be it, and not the nearest thing that is known.
    pub exact: bool,
}

/// How the bytes of an [`Origin`] belong to what was rendered from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They are the value itself: it was rendered as it stands there.
    Value,
    /// The value was made there, and is written otherwise: a line of a template, the field of a transformer.
    Made,
    /// It was not proved: they are the nearest thing that is known.
    Near,
}

impl Text {
    /// A text that was rendered, with what leads back to its sources.
    #[must_use]
    pub fn rendered(name: impl Into<String>, content: impl Into<String>, origins: Arc<dyn Origins>) -> Self {
        let mut text = Self::new(name, content);
        text.origins = Some(origins);
        text
    }

    /// What stands behind a span of a rendered text; none for a text that someone wrote.
    #[must_use]
    pub fn origin(&self, span: Span) -> Option<Origin> {
        self.origins.as_ref()?.origin(self, span)
    }

    /// Whether it was rendered.
    #[must_use]
    pub fn is_rendered(&self) -> bool {
        self.origins.is_some()
    }
}
