//! Keeps runs from outnumbering the slots of a pool of instances: one too many waits, it does not fail.

use std::sync::{Condvar, Mutex, PoisonError};

/// Counts free slots.
pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// One slot, given back when dropped.
pub struct Permit<'a>(&'a Permits);

impl Permits {
    /// So many slots, all of them free.
    #[must_use]
    pub fn new(free: usize) -> Self {
        Self { free: Mutex::new(free), returned: Condvar::new() }
    }

    /// Takes a slot, once there is one.
    pub fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}
