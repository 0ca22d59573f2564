//! One round of one application.

mod telling;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sluice_apply::{Action, Cluster, Conflicts, Event, Inventory, Options, Phase, Plan, Release, Store, StoreError};
use sluice_policy::{Drift, OnFailure};
use tokio::runtime::Handle;

use super::log::Log;
use super::outcome::Outcome;
use super::room::Room;
use crate::deploy::around::Reach;
use crate::deploy::gathered::{Gathered, gather};
use crate::deploy::hindrance::{Cause, Hindrance, Reasons};
use crate::deploy::order::{self, Before};
use crate::deploy::{Fetching, Loaded, options, rollback};
use crate::exit::Exit;

/// What works on an application, for one round.
pub(crate) struct Agent {
    pub(crate) loaded: Loaded,
    pub(crate) fetching: Fetching,
    /// Its cluster, set apart for this round.
    pub(crate) cluster: Cluster,
    pub(crate) manager: String,
    pub(crate) log: Arc<Log>,
    pub(crate) room: Arc<Room>,
}

impl Agent {
    /// Brings the application to where Git says, as far as it may.
    pub(crate) async fn round(&self) -> Outcome {
        let gathered = match self.gather(None).await {
            Ok(gathered) => gathered,
            Err(hindrance) => {
                let (step, message, outcome) = not_gathered(hindrance.exit());
                self.hindered(step, &hindrance.revision, message, &hindrance);
                return outcome;
            }
        };
        let revision = gathered.release.revision.clone();
        self.log("info", "judge", &revision, "approved");
        self.room.take(gathered.approved.manifests().len()).await;
        match self.bring(gathered).await {
            Ok(outcome) => outcome,
            // Its cluster answers: a run beside this one, of a person or of another agent, has it for now.
            Err(error @ StoreError::Busy { .. }) => {
                self.end("warning", "cluster", &revision, &error.to_string(), Outcome::Busy)
            }
            Err(error @ (StoreError::Cluster(_) | StoreError::Broken { .. })) => {
                self.end("error", "cluster", &revision, &error.to_string(), Outcome::Unreachable)
            }
        }
    }

    async fn bring(&self, gathered: Gathered) -> Result<Outcome, StoreError> {
        let application = &self.loaded.application;
        let revision = gathered.release.revision.clone();
        let release = Release { digest: gathered.digest(), ..gathered.release.clone() };
        let options = self.options(gathered.acknowledged.clone());
        let store = Store::new(&self.cluster, &options.inventory_namespace, &options.manager);
        let before = store.inventory(&application.name).await?;
        // Its entries are read once more when it is planned.
        let before = before.map(|before| Inventory { entries: Vec::new(), ..before });
        let before = before.as_ref();
        let given_up = before.and_then(|it| it.quarantined.as_ref()).filter(|bad| bad.is_same_commit(&release));
        let Some(bad) = given_up else { return self.in_turn(gathered, options, before, &store).await };
        if let Some(last) = before.and_then(Inventory::way_back) {
            drop(gathered);
            return self.roll_back(last, bad.clone(), &options).await;
        }
        let message = "this revision was given up; waits for another commit, or for `sluice apply`";
        self.log("warning", "quarantine", &revision, message);
        // What a way back has led to is looked after until then, as everything else is.
        let is_other = |there: &&Release| !there.revision.is_empty() && !there.is_same_commit(bad);
        let Some(there) = before.and_then(|before| before.release.as_ref()).filter(is_other) else {
            return Ok(Outcome::Quarantined);
        };
        drop(gathered);
        let Ok(gathered) = self.earlier("quarantine", "it cannot be looked after", there).await else {
            return Ok(Outcome::Quarantined);
        };
        let outcome = self.hold(gathered, way_back(bad, &options), before).await?;
        Ok(if outcome.is_good() { Outcome::Quarantined } else { outcome })
    }

    /// Brings the application to what was gathered, once it is its turn. What is there already is looked after until then, and
    /// whatever has become of those that it came after.
    async fn in_turn(
        &self,
        gathered: Gathered,
        options: Options,
        before: Option<&Inventory>,
        store: &Store,
    ) -> Result<Outcome, StoreError> {
        let revision = gathered.release.revision.clone();
        let there = before.filter(|before| before.phase == Phase::Applied).and_then(|before| before.release.as_ref());
        let is_there = |gathered: &Gathered| {
            let release = Release { digest: gathered.digest(), ..gathered.release.clone() };
            there.is_some_and(|there| there.is_same(&release))
        };
        if is_there(&gathered) {
            return self.hold(gathered, options, before).await;
        }
        let waits = order::of(store, &self.loaded.application.after, &revision).await?;
        let Some(Before { application, reason }) = waits.first() else {
            return self.hold(gathered, options, before).await;
        };
        let message = format!("waits until `{application}` is healthy at this revision: {reason}");
        self.log("info", "order", &revision, &message);
        let Some(there) = there.filter(|there| !there.revision.is_empty()) else { return Ok(Outcome::Waiting) };
        drop(gathered);
        let Ok(gathered) = self.earlier("order", "it cannot be looked after", there).await else {
            return Ok(Outcome::Waiting);
        };
        // What policies make of it by now is a change, whose turn it is not either.
        if !is_there(&gathered) {
            return Ok(Outcome::Waiting);
        }
        // What is given up stays so until it is the turn of another.
        let quarantine = before.and_then(|before| before.quarantined.clone());
        // Nor is it the turn of what leaves the set.
        let options = Options { quarantine, prune: false, ..self.options(BTreeSet::new()) };
        let outcome = self.hold(gathered, options, before).await?;
        Ok(if outcome.is_good() { Outcome::Waiting } else { outcome })
    }

    /// Brings the application to what was gathered, and looks for drift where it is there already.
    async fn hold(
        &self,
        gathered: Gathered,
        options: Options,
        before: Option<&Inventory>,
    ) -> Result<Outcome, StoreError> {
        let application = &self.loaded.application;
        let revision = gathered.release.revision.clone();
        let release = Release { digest: gathered.digest(), ..gathered.release.clone() };
        let is_current = before.is_some_and(|before| {
            before.phase == Phase::Applied && before.release.as_ref().is_some_and(|known| known.is_same(&release))
        });
        let mut planned = None;
        if is_current {
            match self.drift(&gathered, &options, &revision).await? {
                ControlFlow::Break(outcome) => return Ok(outcome),
                ControlFlow::Continue(plan) => planned = plan,
            }
        }
        let corrects = is_current && application.drift == Drift::Correct;
        let options = if corrects { Options { conflicts: Conflicts::Take, ..options } } else { options };
        self.apply(gathered, planned, &options, before).await
    }

    /// Looks for what others have changed. Where the application is to be applied, gives the plan if nothing has drifted: it
    /// meets no conflict, so the answer to conflicts makes no difference to it.
    async fn drift(
        &self,
        gathered: &Gathered,
        options: &Options,
        revision: &str,
    ) -> Result<ControlFlow<Outcome, Option<Plan>>, StoreError> {
        let plan = sluice_apply::plan(&self.cluster, &gathered.approved, options).await?;
        let mut has_drifted = false;
        for step in &plan.steps {
            let words = match &step.action {
                // Who owns its fields is nothing that anybody has changed; it is written once like any other change.
                Action::Unchanged { .. } | Action::Change { owners_only: true, .. } => continue,
                Action::Create => "it is gone",
                Action::Change { .. } => "it was changed",
                Action::Deferred { reason } => reason,
                Action::Refused { message, .. } => message,
            };
            has_drifted = true;
            let reasons = Reasons::of_step(step).unwrap_or_default();
            self.line("warning", "drift", revision, &format!("{}: {words}", step.reference), &reasons);
        }
        if has_drifted && self.loaded.application.drift == Drift::Report {
            let told = |event: Event| self.event(revision, &event);
            sluice_apply::observe(&self.cluster, plan, options, &told).await?;
            return Ok(ControlFlow::Break(Outcome::Drifted));
        }
        // What was given up is not, once Git has come back to what is there: that has to be written.
        let is_settled = !plan.changes() && plan.inventory().quarantined.is_none();
        if !has_drifted && is_settled && self.loaded.application.wait.is_none() {
            let outcome = self.end("info", "plan", revision, "unchanged", Outcome::Unchanged);
            return Ok(ControlFlow::Break(outcome));
        }
        Ok(ControlFlow::Continue((!has_drifted).then_some(plan)))
    }

    async fn apply(
        &self,
        gathered: Gathered,
        planned: Option<Plan>,
        options: &Options,
        before: Option<&Inventory>,
    ) -> Result<Outcome, StoreError> {
        let release = gathered.release.clone();
        let (digest, acknowledges) = (gathered.digest(), gathered.acknowledges);
        let revision = release.revision.clone();
        let told = |event: Event| self.event(&revision, &event);
        let plan = match planned {
            Some(plan) => plan,
            None => sluice_apply::plan(&self.cluster, &gathered.approved, options).await?,
        };
        // Nothing of the set stays in memory while its health is waited for.
        drop(gathered);
        let applied = match sluice_apply::carry_out(&self.cluster, plan, release.clone(), options, &told).await {
            Ok(applied) => applied,
            Err(error) => {
                self.tell_hindrance(("plan", acknowledges), &revision, error)?;
                return Ok(self.end("error", "plan", &revision, "nothing was applied", Outcome::Refused));
            }
        };
        if applied.is_good() {
            let (message, outcome) =
                if applied.has_written { ("applied", Outcome::Applied) } else { ("unchanged", Outcome::Unchanged) };
            return Ok(self.end("info", "apply", &revision, message, outcome));
        }
        self.tell_health(&revision, &applied);
        self.log("error", "apply", &revision, "the application is not as it should be");
        let last = before.and_then(|before| before.healthy.first()).filter(|last| last.revision != revision);
        // A way back that fails is not mended by another.
        let goes_back = self.loaded.application.on_failure == OnFailure::Rollback && options.quarantine.is_none();
        match last {
            Some(last) if goes_back => self.roll_back(last, Release { digest, ..release }, options).await,
            Some(_) | None => Ok(Outcome::Failed),
        }
    }

    /// Applies the last healthy revision, and remembers that the other is bad.
    async fn roll_back(&self, last: &Release, bad: Release, options: &Options) -> Result<Outcome, StoreError> {
        let revision = last.revision.clone();
        self.log("warning", "rollback", &revision, &format!("goes back from {}", bad.revision));
        let gathered = match self.earlier("rollback", "it cannot go back to this revision", last).await {
            Ok(gathered) => gathered,
            // What does not pass any more leaves the application with what has failed.
            Err(Outcome::Refused) => return Ok(Outcome::Failed),
            Err(outcome) => return Ok(outcome),
        };
        let options = way_back(&bad, options);
        let told = |event: Event| self.event(&revision, &event);
        let plan = sluice_apply::plan(&self.cluster, &gathered.approved, &options).await?;
        let (release, acknowledges) = (gathered.release.clone(), gathered.acknowledges);
        drop(gathered);
        match sluice_apply::carry_out(&self.cluster, plan, release, &options, &told).await {
            Ok(applied) if applied.is_good() => {
                return Ok(self.end("warning", "rollback", &revision, "rolled back", Outcome::RolledBack));
            }
            Ok(applied) => self.tell_health(&revision, &applied),
            Err(error) => self.tell_hindrance(("rollback", acknowledges), &revision, error)?,
        }
        Ok(self.end("error", "rollback", &revision, "the rollback failed", Outcome::Failed))
    }

    /// Gathers an earlier release; what keeps it from that is told after these words.
    async fn earlier(&self, step: &str, words: &str, release: &Release) -> Result<Gathered, Outcome> {
        // What the later one took was given back if its health was waited for.
        self.room.enter().await;
        match self.gather(Some(release.revision.clone())).await {
            Ok(gathered) => {
                self.room.take(gathered.approved.manifests().len()).await;
                Ok(gathered)
            }
            Err(hindrance) => {
                let (_, message, outcome) = not_gathered(hindrance.exit());
                self.hindered(step, &release.revision, &format!("{words}: {message}"), &hindrance);
                Err(outcome)
            }
        }
    }

    /// Fetches, renders and judges on a thread that may block.
    async fn gather(&self, revision: Option<String>) -> Result<Gathered, Hindrance> {
        let (loaded, fetching) = (self.loaded.clone(), self.fetching);
        let (cluster, options) = (self.cluster.clone(), self.options(BTreeSet::new()));
        let (handle, room) = (Handle::current(), Arc::clone(&self.room));
        let work = tokio::task::spawn_blocking(move || {
            let reach = || {
                Ok(Reach { cluster: cluster.clone(), options: options.clone(), handle: handle.clone(), runtime: None })
            };
            gather(&loaded, fetching, revision.as_deref(), &reach, Some(room.pulse()))
        });
        work.await.unwrap_or_else(|_| {
            let message = String::from("the thread that judges came to a sudden end");
            let cause = Cause::Other { exit: Exit::Undecided, message, help: None };
            Err(Hindrance { revision: String::new(), cause })
        })
    }

    fn options(&self, acknowledged: BTreeSet<String>) -> Options {
        options(&self.loaded.application, &self.manager, acknowledged)
    }
}

/// How an earlier release is applied while Git has one that is given up.
fn way_back(bad: &Release, options: &Options) -> Options {
    Options { acknowledged: rollback::acknowledged(), quarantine: Some(bad.clone()), ..options.clone() }
}

/// Why there is no approved set: the step, the words, and what comes of it.
fn not_gathered(exit: Exit) -> (&'static str, &'static str, Outcome) {
    match exit {
        Exit::Violations => ("judge", "the gate denies", Outcome::Refused),
        Exit::Usage => ("read", "the source or the policy is wrong", Outcome::Refused),
        Exit::Clean | Exit::Undecided | Exit::Changes => {
            let message = "the source cannot be had, or the gate cannot decide; the last state stays";
            ("fetch", message, Outcome::Unreachable)
        }
    }
}
