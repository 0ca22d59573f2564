//! stub
use super::DiffOptions;
use sluice_diff::Diff;
pub(super) fn text(_diff: &Diff, _options: &DiffOptions) -> String {
    String::new()
}
