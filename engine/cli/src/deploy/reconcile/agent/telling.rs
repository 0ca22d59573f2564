//! What a round says of itself in the agent's log.

use sluice_apply::{Action, Applied, ApplyError, Counts, Event, Health, StoreError};

use super::Agent;
use crate::deploy::gathered::Acknowledges;
use crate::deploy::hindrance::{Hindrance, Reasons};
use crate::deploy::reconcile::log::Line;
use crate::deploy::reconcile::outcome::Outcome;
use crate::deploy::{ending, show};

impl Agent {
    /// Tells that the round is over, and what it has asked of the cluster.
    pub(in super::super) fn told(&self, outcome: Outcome) {
        let Counts { reads, dry_runs, writes } = self.cluster.own_counts();
        let message = format!("{}; requests: reads={reads} dryRuns={dry_runs} writes={writes}", outcome.name());
        self.log("info", "round", "", &message);
    }

    /// Tells what keeps a plan from being carried out.
    pub(super) fn tell_hindrance(
        &self,
        (step, acknowledges): (&str, Acknowledges),
        revision: &str,
        error: ApplyError,
    ) -> Result<(), StoreError> {
        match error {
            ApplyError::Store(error) => return Err(error),
            ApplyError::Refused(plan) => {
                for object in &plan.steps {
                    if let Action::Refused { message, .. } = &object.action {
                        let reasons = Reasons::of_step(object).unwrap_or_default();
                        self.line("error", step, revision, &format!("{}: {message}", object.reference), &reasons);
                    }
                }
            }
            ApplyError::Blast(_, blast) => {
                for gate in &blast.gates {
                    let message = format!("{}; not acknowledged: {}", gate.message, acknowledges.help(gate.word));
                    self.log("error", step, revision, &message);
                }
            }
        }
        Ok(())
    }

    /// Tells which objects are not as they should be.
    pub(super) fn tell_health(&self, revision: &str, applied: &Applied) {
        for (reference, health) in applied.health.iter().filter(|(_, health)| *health != Health::Current) {
            self.log("error", "health", revision, &format!("{reference}: {}", show::health(health)));
        }
    }

    pub(super) fn event(&self, revision: &str, event: &Event) {
        match event {
            Event::Begun => {
                ending::begun();
                self.log("info", "inventory", revision, "written; applying");
            }
            Event::Written(reference) => self.log("info", "apply", revision, &format!("applied {reference}")),
            Event::Failed(failure) => {
                let message = format!("{}: {}", failure.reference, failure.message);
                self.line("error", "apply", revision, &message, &Reasons::of_failure(failure));
            }
            Event::Deleted(reference) => self.log("info", "prune", revision, &format!("deleted {reference}")),
            Event::Going(reference, reason) => self.log("info", "prune", revision, &format!("{reference}: {reason}")),
            Event::Released(reference, reason) => {
                self.log("info", "prune", revision, &format!("released {reference}: {reason}"));
            }
            Event::NotDeleted(reference, message) => {
                self.log("error", "prune", revision, &format!("{reference}: {message}"));
            }
            Event::Waiting => self.room.give_back(),
            Event::Health(reference, health) => {
                self.log("info", "health", revision, &format!("{reference}: {}", show::health(health)));
            }
            Event::Ended => self.log("info", "inventory", revision, "written; done"),
        }
    }

    pub(super) fn log(&self, level: &str, step: &str, revision: &str, message: &str) {
        self.log.write(level, &self.loaded.application.name, step, revision, message);
    }

    /// Tells why there is no approved set.
    pub(super) fn hindered(&self, step: &str, revision: &str, message: &str, hindrance: &Hindrance) {
        self.line("error", step, revision, message, &hindrance.reasons());
    }

    pub(super) fn line(&self, level: &str, step: &str, revision: &str, message: &str, reasons: &Reasons) {
        let application = &self.loaded.application.name;
        self.log.line(&Line { level, application, step, revision, message, reasons });
    }

    pub(super) fn end(&self, level: &str, step: &str, revision: &str, message: &str, outcome: Outcome) -> Outcome {
        self.log(level, step, revision, message);
        outcome
    }
}
