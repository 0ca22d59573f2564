//! How many objects of a cluster are worked on at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for the objects of a cluster that are worked on at once. A large application takes all of it, so that the memory of
/// the agent is that of the largest one, and gives it back while it waits for the health of what it has written.
pub(crate) struct Room {
    all: Arc<Semaphore>,
    taken: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Room {
    /// Objects that are worked on at once.
    pub(crate) const OBJECTS: u32 = 1_000;

    pub(crate) fn of(all: Arc<Semaphore>) -> Self {
        Self { all, taken: Mutex::default() }
    }

    /// Waits until there is room for so many objects, and takes it.
    pub(super) async fn take(&self, objects: usize) {
        let objects = u32::try_from(objects).unwrap_or(u32::MAX).min(Self::OBJECTS);
        // Nobody closes it.
        let taken = Arc::clone(&self.all).acquire_many_owned(objects).await.ok();
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }

    pub(super) fn give_back(&self) {
        drop(self.taken.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
