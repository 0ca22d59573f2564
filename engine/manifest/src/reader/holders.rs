//! Which object of a document a place belongs to.

use std::cmp::Reverse;

use crate::{Resource, Span};

/// The spans of the objects of a document, which do not lie in one another, in order.
#[derive(Debug)]
pub struct Holders {
    spans: Vec<(Span, Reverse<usize>)>,
}

impl Holders {
    /// The spans of these objects.
    #[must_use]
    pub fn of(resources: &[Resource]) -> Self {
        let mut spans: Vec<_> =
            resources.iter().map(|resource| resource.root().span()).zip((0..).map(Reverse)).collect();
        // Those that aliases repeat have the same span: the first of them comes last.
        spans.sort_unstable_by_key(|(span, index)| (span.start, *index));
        Self { spans }
    }

    /// The index of the object that a span lies in.
    #[must_use]
    pub fn of_span(&self, span: Span) -> Option<usize> {
        let after = self.spans.partition_point(|(holder, _)| holder.start <= span.start);
        let (holder, Reverse(index)) = self.spans.get(after.checked_sub(1)?)?;
        (span.end <= holder.end).then_some(*index)
    }
}
