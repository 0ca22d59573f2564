//! Keeps a store within its memory and tables, and remembers which of them it ran into: the guest only sees a growth
//! that fails, and what it makes of that is often an unrelated trap.

use wasmtime::ResourceLimiter;

use crate::engine::{MOST_INSTANCES, MOST_MEMORIES, MOST_TABLES, TABLE_ELEMENTS};

/// The counts of one store.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u64,
    memory: u64,
    /// A growth of a memory was refused, and none was granted since. Allocators ask for more than they need, then for less,
    /// so a refusal that a smaller growth made good is not what the guest ran into.
    pub(crate) memory_denied: bool,
    /// A growth of a table was refused.
    pub(crate) table_denied: bool,
}

impl Limiter {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, memory: 0, memory_denied: false, table_denied: false }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let after = self.memory.saturating_add(desired.saturating_sub(current) as u64);
        if after > self.limit {
            self.memory_denied = true;
            return Ok(false);
        }
        // Past the memory's own maximum the growth fails whatever is said here, and that is no limit of ours.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory = after;
        self.memory_denied = false;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.table_denied |= desired > TABLE_ELEMENTS;
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        MOST_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MOST_TABLES as usize
    }

    fn memories(&self) -> usize {
        MOST_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_a_smaller_growth_made_good_is_forgotten() {
        let mut limiter = Limiter::new(1_000);
        let mut grow = |current, desired, denied| {
            let granted = limiter.memory_growing(current, desired, None).unwrap();
            assert_eq!(limiter.memory_denied, denied);
            granted
        };
        assert!(grow(0, 800, false));
        assert!(!grow(800, 1_100, true));
        assert!(grow(800, 900, false));
        assert!(!grow(900, 1_100, true));
        assert!(!grow(900, 1_001, true));
    }
}
