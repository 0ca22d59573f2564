//! What the plugins of a policy may ask of the application's cluster. Nothing is read where none of them asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sluice_apply::{Cluster, ClusterError, Options, Standing};
use sluice_manifest::{Identity, Resource};
use sluice_policy::{Gate, Past, Surroundings};
use tokio::runtime::{Handle, Runtime};

use super::{tell, tell_store};
use crate::exit::Exit;
use crate::judging::Pasts;

/// How long all reads of one set together may take.
const MOST: Duration = Duration::from_secs(60);

/// A cluster within reach.
pub(crate) struct Reach {
    pub(crate) cluster: Cluster,
    pub(crate) options: Options,
    /// What waits for the cluster's answers.
    pub(crate) handle: Handle,
    /// The threads behind it, where they are for this alone.
    pub(crate) runtime: Option<Runtime>,
}

/// A cluster that plugins ask.
pub(crate) struct Around {
    /// What stands beside the set.
    pub(crate) beside: Surroundings,
    standing: Standing,
    /// Why the cluster is not asked again: it did not answer once, and each further object would wait as long; or all took
    /// too long, and others wait for their turn.
    silent: OnceLock<String>,
    /// How long it was waited for, in milliseconds.
    waited: AtomicU64,
    reach: Reach,
}

impl Around {
    /// Reads what stands beside the set, which is `whole` or one of several; none where no plugin asks for anything.
    pub(crate) fn of(gate: &Gate, whole: bool, reach: &dyn Fn() -> Result<Reach, Exit>) -> Result<Option<Self>, Exit> {
        let asks = gate.asks();
        if asks.kinds.is_empty() && !asks.previous {
            return Ok(None);
        }
        let reach = reach()?;
        let standing =
            reach.handle.block_on(Standing::of(&reach.cluster, &reach.options)).map_err(|error| tell(&error))?;
        let beside = reach.handle.block_on(standing.beside(&asks.kinds, whole)).map_err(|error| tell_store(&error))?;
        Ok(Some(Self { beside, standing, silent: OnceLock::new(), waited: AtomicU64::new(0), reach }))
    }
}

impl Past for Around {
    fn get(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, String> {
        if let Some(silent) = self.silent.get() {
            return Err(silent.clone());
        }
        let started = Instant::now();
        let object = self.reach.handle.block_on(self.standing.object(identity));
        let waited = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.waited.fetch_add(waited, Ordering::Relaxed).saturating_add(waited) > MOST.as_millis() as u64 {
            let words = || format!("the cluster took more than {} s for what policies ask of it", MOST.as_secs());
            self.silent.get_or_init(words);
        }
        object.map_err(|error| {
            let words = error.to_string();
            if matches!(error, ClusterError::Unreachable { .. }) {
                return self.silent.get_or_init(|| words).clone();
            }
            words
        })
    }
}

impl Pasts for Around {
    fn of(&self, _set: &str) -> &dyn Past {
        self
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
