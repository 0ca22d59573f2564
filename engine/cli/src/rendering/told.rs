//! What a renderer told of its text, looked up by place.

use sluice_manifest::{Place, Text};
use sluice_render::{Chosen, Origin, Rendered};

/// What a render told.
pub(super) struct Told {
    pub(super) files: Vec<String>,
    /// Sorted by place in the text.
    origins: Vec<Origin>,
    /// Sorted by line of the text.
    values: Vec<Chosen>,
}

impl Told {
    /// What was told, and the text.
    pub(super) fn of(rendered: Rendered) -> (String, Self) {
        let Rendered { text, files, origins, values, .. } = rendered;
        (text, Self { files, origins, values })
    }

    /// The entry of a place, or the nearest before it in its document, and whether it is the place's own.
    pub(super) fn entry(&self, rendered: &Text, place: Place) -> Option<(Origin, bool)> {
        let at = (place.line, place.column);
        let after = self.origins.partition_point(|origin| (origin.out_line, origin.out_column) <= at);
        let origin = *self.origins.get(after.checked_sub(1)?)?;
        if origin.out_line == place.line {
            return Some((origin, origin.out_column == place.column || origin.out_column == 0));
        }
        let starts = |line: u32| rendered.line(line).is_some_and(|line| line.starts_with("---"));
        let same_document = !(origin.out_line + 1..=place.line).any(starts);
        same_document.then_some((origin, false))
    }

    /// Where the values on a line were chosen.
    pub(super) fn values(&self, line: u32) -> &[Chosen] {
        let start = self.values.partition_point(|value| value.out_line < line);
        let end = self.values.partition_point(|value| value.out_line <= line);
        self.values.get(start..end).unwrap_or_default()
    }

    /// The name of a file.
    pub(super) fn file(&self, index: u32) -> Option<&str> {
        self.files.get(index as usize).map(String::as_str)
    }
}
