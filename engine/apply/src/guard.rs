//! Whether a run may still write. Once another run has written the inventory, it may not.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::store::{Kept, Store, StoreError};

/// How long a look at the inventory is good for.
const FRESH: Duration = Duration::from_secs(2);

/// Looks at the inventory before writes. A process that was stopped for a while finds out before its next write that
/// another has gone on in its place.
pub(crate) struct Guard<'a> {
    store: &'a Store,
    application: String,
    version: String,
    looked: Mutex<Instant>,
}

impl<'a> Guard<'a> {
    /// A guard of the inventory that was written just now.
    pub(crate) fn new(store: &'a Store, kept: &Kept) -> Self {
        let (application, version) = (kept.inventory.application.clone(), kept.version().to_owned());
        Self { store, application, version, looked: Mutex::new(Instant::now()) }
    }

    /// Says whether the inventory is as it was written.
    ///
    /// # Errors
    /// `Busy` where it is not, and where the cluster does not answer.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let mut looked = self.looked.lock().await;
        if looked.elapsed() < FRESH {
            return Ok(());
        }
        let now = Instant::now();
        if self.store.version(&self.application).await?.as_deref() != Some(self.version.as_str()) {
            return Err(StoreError::Busy { application: self.application.clone() });
        }
        *looked = now;
        Ok(())
    }
}
