//! Plugins that misbehave, and what becomes of it. The components come from `tests/guests` of the repository; those too
//! broken for a compiler stand here as text.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod cache;
mod contained;
mod context;
mod contract;
mod hoarded;
mod load;
mod neighbours;
mod stage;
#[cfg(feature = "wasi")]
mod wasi;
