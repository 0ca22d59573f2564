//! What everything that runs WebAssembly in this program shares: compiled code on disk, and the clock of deadlines. It
//! runs nothing itself, and knows neither plugins nor renderers.

mod cache;
pub mod ticker;

pub use cache::{Cache, Code, Entry, default_dir, sha256};
