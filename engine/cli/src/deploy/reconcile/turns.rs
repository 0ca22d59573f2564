//! The rounds that are at work, and whether each of them moves. How long one lasts says nothing: it may wait for the health of
//! what it has written, or for a slow cluster. One that moves asks its cluster for something or judges something now and then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sluice_apply::{Cluster, Counts};

use super::room::Room;

/// The rounds that are at work.
#[derive(Default)]
pub(super) struct Turns(Mutex<BTreeMap<String, Turn>>);

struct Turn {
    began: Instant,
    cluster: Cluster,
    room: Arc<Room>,
    /// What was seen of it last, and when that was new.
    seen: Signs,
    moved: Instant,
}

/// By what it is seen that a round moves.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Signs {
    asked: Counts,
    judged: u64,
}

/// A round at work, for as long as this lives.
pub(crate) struct AtWork<'t> {
    turns: &'t Turns,
    application: String,
}

impl Turns {
    /// Notes that a round of an application has begun.
    pub(super) fn begin(&self, application: &str, cluster: &Cluster, room: &Arc<Room>) -> AtWork<'_> {
        let (now, cluster) = (Instant::now(), cluster.clone());
        let turn = Turn { began: now, seen: Signs::of(&cluster, room), cluster, room: Arc::clone(room), moved: now };
        self.turns().insert(application.to_owned(), turn);
        AtWork { turns: self, application: application.to_owned() }
    }

    /// Of each round at work, how long it has lasted.
    pub(super) fn lasting(&self) -> BTreeMap<String, Duration> {
        self.turns().iter().map(|(application, turn)| (application.clone(), turn.began.elapsed())).collect()
    }

    /// Looks at all of them, and gives those that have not moved for so long, with the time.
    pub(super) fn stalled(&self, limit: Duration) -> Vec<(String, Duration)> {
        let mut stalled = Vec::new();
        for (application, turn) in self.turns().iter_mut() {
            let seen = Signs::of(&turn.cluster, &turn.room);
            // One judges at a time, and the others wait for it: it is that one which may be stuck.
            if seen != turn.seen || turn.room.pulse().waits() {
                (turn.seen, turn.moved) = (seen, Instant::now());
            }
            let still = turn.moved.elapsed();
            if still >= limit {
                stalled.push((application.clone(), still));
            }
        }
        stalled
    }

    fn turns(&self) -> MutexGuard<'_, BTreeMap<String, Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signs {
    fn of(cluster: &Cluster, room: &Room) -> Self {
        Self { asked: cluster.own_counts(), judged: room.pulse().beats() }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.turns.turns().remove(&self.application);
    }
}
