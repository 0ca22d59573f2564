//! What everything that runs WebAssembly in this program shares: compiled code on disk, the clock of deadlines, and who may
//! run at once. It runs nothing itself, and knows neither plugins nor renderers.

mod cache;
mod permits;
pub mod ticker;

pub use cache::{Cache, Code, Entry, default_dir, sha256};
pub use permits::{Permit, Permits};
