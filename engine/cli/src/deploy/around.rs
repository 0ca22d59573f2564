//! What the plugins of a policy may ask of the application's cluster. Nothing is read where none of them asks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use sluice_apply::{Cluster, ClusterError, Options, Standing, StoreError};
use sluice_manifest::{Identity, Resource};
use sluice_policy::{Gate, Past, Surroundings};
use tokio::runtime::{Handle, Runtime};

use super::hindrance::Cause;
use crate::exit::Exit;
use crate::judging::Pasts;

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
    /// The objects of the set as they stand.
    stands: OnceLock<Stands>,
    reach: Reach,
}

/// What the cluster has told.
struct Stands {
    told: BTreeMap<Identity, Result<Option<Arc<Resource>>, String>>,
    /// Why it has told nothing of the others.
    rest: String,
}

impl Around {
    /// Reads what stands beside the set, which is `whole` or one of several; none where no plugin asks for anything.
    pub(crate) fn of(gate: &Gate, whole: bool, reach: &dyn Fn() -> Result<Reach, Exit>) -> Result<Option<Self>, Cause> {
        let asks = gate.asks();
        if asks.kinds.is_empty() && !asks.previous {
            return Ok(None);
        }
        let reach = reach().map_err(Cause::Told)?;
        let standing = reach.handle.block_on(Standing::of(&reach.cluster, &reach.options));
        let standing = standing.map_err(StoreError::from)?;
        let beside = reach.handle.block_on(standing.beside(&asks.kinds, whole))?;
        Ok(Some(Self { beside, standing, stands: OnceLock::new(), reach }))
    }

    /// Reads the objects that plugins will ask about. Each may take as long as the cluster is tried at all, and all of them as long
    /// as there are answers: a large set needs more time than a small one. A cluster that does not answer once is not asked again,
    /// for each further object would wait as long.
    pub(crate) fn read(&self, asks: &[Identity]) {
        let mut told = BTreeMap::new();
        let mut rest = String::from("the cluster has said nothing of it");
        let reads = self.standing.objects(asks, |identity, object| {
            let is_silent = matches!(object, Err(ClusterError::Unreachable { .. } | ClusterError::Login { .. }));
            let object = object.map_err(|error| error.to_string());
            let goes_on = match &object {
                Err(words) if is_silent => {
                    rest.clone_from(words);
                    ControlFlow::Break(())
                }
                Ok(_) | Err(_) => ControlFlow::Continue(()),
            };
            told.insert(identity.clone(), object);
            goes_on
        });
        self.reach.handle.block_on(reads);
        let _ = self.stands.set(Stands { told, rest });
    }
}

impl Past for Around {
    fn get(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, String> {
        let stands = self.stands.get().ok_or("the cluster was not asked")?;
        stands.told.get(identity).cloned().unwrap_or_else(|| Err(stands.rest.clone()))
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
