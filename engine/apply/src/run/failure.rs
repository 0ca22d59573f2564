//! What could not be written or deleted, and how it is told.

use std::sync::PoisonError;

use super::{Event, Run};
use crate::desired::Desired;
use crate::error::ClusterError;
use crate::live::Live;
use crate::place::Place;
use crate::reference::Reference;

/// An object that could not be written or deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The object.
    pub reference: Reference,
    /// Why.
    pub message: String,
    /// What to do about it; empty where nothing can be said.
    pub help: String,
    /// Where somebody wrote what keeps it from being written: the field, where one is named, else the object's name; none of
    /// what is no longer in the set.
    pub place: Option<Place>,
}

impl Run<'_> {
    /// Tells that an object of the set could not be written.
    pub(super) fn failed(&self, desired: &Desired, message: String) -> Option<Live> {
        self.not_written(desired, message, String::new())
    }

    /// Tells that the API server does not let an object of the set be written.
    pub(super) fn refused(&self, desired: &Desired, error: &ClusterError) -> Option<Live> {
        self.not_written(desired, error.to_string(), error.help())
    }

    fn not_written(&self, desired: &Desired, message: String, help: String) -> Option<Live> {
        let place = Some(Place::of(&desired.resource, &message));
        let failure = Failure { reference: desired.reference.clone(), message, help, place };
        self.note_failure(failure.clone());
        (self.told)(Event::Failed(failure));
        None
    }

    /// Tells that an object that is no longer in the set could not be deleted.
    pub(super) fn not_deleted(&self, reference: &Reference, message: &str) {
        let (reference, message) = (reference.clone(), message.to_owned());
        self.note_failure(Failure {
            reference: reference.clone(),
            message: message.clone(),
            help: String::new(),
            place: None,
        });
        (self.told)(Event::NotDeleted(reference, message));
    }

    fn note_failure(&self, failure: Failure) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push(failure);
        failures.sort();
    }
}
