//! What is wrong with a policy file, with the place in it. The words are made here and in the readers of the file; how
//! they look is the business of `report`.

use std::sync::Arc;

use sluice_manifest::{Span, Text};

use crate::place;
use crate::{Location, Snippet};

/// One thing that is wrong with a policy file. All of them are gathered before any is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong: lowercase, one line, no full stop.
    pub message: String,
    /// What to type instead; empty where there is nothing to add.
    pub help: String,
    /// Where it stands; none where no file was read (the recommended policy).
    pub location: Option<Location>,
    /// The lines there.
    pub snippet: Option<Snippet>,
}

impl ConfigError {
    /// An error at a span of the policy file.
    pub(crate) fn at(text: &Arc<Text>, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            location: Some(place::location(text, span, true)),
            snippet: place::snippet(text, span, place::whole(text)),
        }
    }
}

/// `did you mean …` for the nearest of the known words, or the list of them.
pub(crate) fn suggest<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    let nearest = known.clone().into_iter().map(|candidate| (distance(candidate), candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= tolerance(word) => {
            format!("did you mean `{candidate}`?")
        }
        Some(_) => format!("known are {}", quoted(known)),
        None => String::new(),
    }
}

/// How many slips of the finger a word of this length may hold.
fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        ..=3 => 1,
        4..=6 => 2,
        more => more / 3,
    }
}

/// The words, each in backticks, with commas between.
pub(crate) fn quoted<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
