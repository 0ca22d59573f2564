//! From an approved set to the cluster: plan, server-side apply in stages, prune, health.
//!
//! This crate owns every word that is exchanged with an API server, the inventory of what was applied, and the order of
//! all writes. It takes [`Approved`](sluice_policy::Approved) sets and nothing else, and writes each object as it was
//! approved, byte for byte, without the fields that the application ignores, and a Secret with its `stringData` as the `data`
//! that it stands for. It neither reads Git nor judges.

mod adopt;
mod blast;
mod cluster;
mod compare;
mod delete;
mod desired;
mod error;
mod guard;
mod health;
mod ignore;
mod inventory;
mod kinds;
mod live;
mod options;
mod owned;
mod place;
mod plan;
mod prune;
mod reference;
mod run;
mod secret;
mod stage;
mod standing;
mod store;
mod write;

pub use blast::{Blast, Gate};
pub use cluster::{Cluster, Counts, Destination};
pub use delete::{Company, Deletions, delete, deletions};
pub use error::{ClusterError, FieldConflict, Refusal};
pub use health::{Health, health_of, wait};
pub use ignore::Ignored;
pub use inventory::{Entry, Inventory, Phase, Release};
pub use live::Live;
pub use options::{Conflicts, Options};
pub use place::Place;
pub use plan::{Action, Plan, Prune, Step, plan};
pub use reference::Reference;
pub use run::{Applied, ApplyError, Event, Failure, apply, carry_out, observe};
pub use stage::Stage;
pub use standing::Standing;
pub use store::{Store, StoreError};
