//! How much content a checkout has given out, each file counted once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The bytes that may still be read.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    spent: Mutex<(HashSet<Box<str>>, u64)>,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Budget { limit, spent: Mutex::default() }
    }

    /// Counts the file at `path`, a path without links. The limit comes back where it is passed.
    pub(crate) fn spend(&self, path: &str, bytes: u64) -> Result<(), u64> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.0.contains(path) {
            return Ok(());
        }
        let sum = spent.1.saturating_add(bytes);
        if sum > self.limit {
            return Err(self.limit);
        }
        spent.0.insert(path.into());
        spent.1 = sum;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_once() {
        let budget = Budget::new(10);
        assert_eq!(budget.spend("a", 6), Ok(()));
        assert_eq!(budget.spend("a", 6), Ok(()));
        assert_eq!(budget.spend("b", 5), Err(10));
        assert_eq!(budget.spend("c", 4), Ok(()));
    }
}
