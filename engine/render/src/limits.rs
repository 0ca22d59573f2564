//! What one render may cost.

use std::time::Duration;

/// The limits of one render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Time, by the clock on the wall.
    pub time: Duration,
    /// Bytes of rendered text, with what is told about it.
    pub output: u64,
    /// Bytes read from files.
    pub read: u64,
}

impl Default for Limits {
    /// 1 GiB of memory, a minute, 64 MiB of output, 256 MiB read.
    fn default() -> Self {
        Self { memory: 1 << 30, time: Duration::from_secs(60), output: 64 << 20, read: 256 << 20 }
    }
}
