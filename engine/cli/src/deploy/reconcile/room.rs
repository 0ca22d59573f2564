//! How much of a cluster is worked on at once: so many applications, and so many objects of theirs.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::progress::Pulse;

/// What of a cluster may be worked on at once.
#[derive(Clone)]
pub(crate) struct Capacity {
    applications: Arc<Semaphore>,
    objects: Arc<Semaphore>,
}

/// The room that a round has. A large application takes all there is for objects, so that the memory of the agent is that of
/// the largest one. All of it is given back while the health of what was written is waited for: who waits works on nothing, and
/// what never becomes healthy would hold up all others.
pub(crate) struct Room {
    capacity: Capacity,
    held: Mutex<Held>,
    pulse: Pulse,
}

#[derive(Default)]
struct Held {
    application: Option<OwnedSemaphorePermit>,
    objects: Option<OwnedSemaphorePermit>,
}

impl Capacity {
    /// Objects that are worked on at once.
    const OBJECTS: u32 = 1_000;

    pub(crate) fn new(applications: usize) -> Self {
        let objects = Arc::new(Semaphore::new(Self::OBJECTS as usize));
        Self { applications: Arc::new(Semaphore::new(applications.max(1))), objects }
    }
}

impl Room {
    /// No room yet, of what there is.
    pub(crate) fn of(capacity: Capacity) -> Self {
        Self { capacity, held: Mutex::default(), pulse: Pulse::default() }
    }

    /// Waits until there is room for one more application, and takes it, unless it has it.
    pub(crate) async fn enter(&self) {
        if self.held().application.is_none() {
            let permit = self.waiting(&self.capacity.applications, 1).await;
            self.held().application = permit;
        }
    }

    /// Waits until there is room for so many objects, and takes it in place of what it has for others.
    pub(super) async fn take(&self, objects: usize) {
        drop(self.held().objects.take());
        let objects = u32::try_from(objects).unwrap_or(u32::MAX).min(Capacity::OBJECTS);
        let permit = self.waiting(&self.capacity.objects, objects).await;
        self.held().objects = permit;
    }

    /// Gives all of it back. Who has room for objects never waits for that of an application: both go at once.
    pub(crate) fn give_back(&self) {
        drop(std::mem::take(&mut *self.held()));
    }

    /// By what the round is seen to move: also while it waits for others to give theirs back, it is not stuck.
    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    async fn waiting(&self, of: &Arc<Semaphore>, permits: u32) -> Option<OwnedSemaphorePermit> {
        let _waits = self.pulse.waiting();
        // Nobody closes it.
        Arc::clone(of).acquire_many_owned(permits).await.ok()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
