//! The point in time at which waiting ends.

use std::time::{Duration, Instant};

/// When patience ends, and how much there was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Instant,
    /// What was granted.
    pub(crate) granted: Duration,
}

impl Deadline {
    /// Beyond it, no time-out is meant: it keeps the sum of times within what the clock can hold.
    const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

    pub(crate) fn after(granted: Duration) -> Self {
        let granted = granted.min(Self::LONGEST);
        Deadline { end: Instant::now() + granted, granted }
    }

    /// What is left; nothing when the time is over.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}
