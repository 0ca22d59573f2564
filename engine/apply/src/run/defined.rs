//! The part of a run that waits for kinds that the set itself defines.

use std::time::{Duration, Instant};

use super::{Event, Run, is_healthy};
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::error::ClusterError;
use crate::health::{Health, wait_for};
use crate::kinds::Kinds;
use crate::plan::Plan;
use crate::reference::Reference;

/// Time for the definitions of kinds to be established.
const ESTABLISHED: Duration = Duration::from_secs(60);
/// Time for an API server to take up a definition that is established: it does so a moment later.
pub(super) const TAKEN_UP: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// Waits until definitions are established. Whether they are.
    pub(super) async fn established(&self, definitions: &[&Desired], kinds: &Kinds) -> Result<bool, ClusterError> {
        let told =
            |reference: &Reference, health: &Health| (self.told)(Event::Health(reference.clone(), health.clone()));
        let references: Vec<Reference> = definitions.iter().map(|desired| desired.reference.clone()).collect();
        let concurrency = self.options.concurrency;
        let health = wait_for(self.cluster, kinds, &references, ESTABLISHED, concurrency, &told).await?;
        for desired in definitions {
            let is_it = |(reference, _): &&(Reference, Health)| *reference == desired.reference;
            let message = match health.iter().find(is_it).map(|(_, health)| health) {
                Some(Health::Current) => continue,
                Some(Health::InProgress(words) | Health::Failed(words)) => words.clone(),
                Some(Health::Terminating | Health::Missing) | None => String::from("it is not established"),
            };
            self.failed(desired, message);
        }
        Ok(is_healthy(&health))
    }
}

/// The kinds of the cluster, once it serves those that the set defines in just the versions of the set, or the time for that is
/// over.
pub(super) async fn served(cluster: &Cluster, plan: &Plan) -> Result<Kinds, ClusterError> {
    let started = Instant::now();
    loop {
        let kinds = Kinds::of(cluster).await?;
        if !kinds.serves_other_than(&plan.kinds) || started.elapsed() > TAKEN_UP {
            return Ok(kinds);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Whether a refusal may come from a definition that the API server has not taken up yet.
pub(super) fn is_too_early(error: &ClusterError, plan: &Plan, desired: &Desired) -> bool {
    plan.kinds.is_defined(&desired.reference) && [400, 404, 422].into_iter().any(|code| error.has_code(code))
}
