//! Reports as they are read. The snapshots beside this file are the specification of every word.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod config;
mod github;
mod human;
mod json;
mod sample;
mod sarif;
