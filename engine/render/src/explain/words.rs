//! What a tool's own words mean: which kind of error, and in which file.

use crate::error::RenderError;

/// The error that these words stand for. Paths in them are from the root of the file system, which is the checkout.
pub(crate) fn error(renderer: String, base: &str, words: &str) -> RenderError {
    let _ = base;
    RenderError::Failed { renderer, message: words.to_owned(), file: None }
}
