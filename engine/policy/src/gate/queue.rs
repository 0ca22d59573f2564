//! Threads: each takes some files, reads them, and judges their objects in batches. Where a thread has nothing left to read,
//! it takes over batches of a thread that is still reading. Which files are taken together, and so what goes into a batch,
//! depends on the set alone: a plugin that breaks the contract, and says of an object what depends on its neighbours, says
//! the same again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::vec;

use super::batch::{self, BATCH, Failures};
use super::collect::{Collected, Draft, Item};
use super::kinds::Kinds;
use super::read::{self, Turn};
use super::rules::INTERNAL;
use super::{Gate, RunOptions, finding};
use crate::Input;
use crate::threads::on_threads;

/// Most threads.
const MAX_JOBS: usize = 256;

/// Parts that the files of a set come in, where there are enough of them: more than there are threads on most machines.
const PARTS: usize = 64;
/// Fewest files of a part: each has a last batch that is not full, and a call costs as much as some objects.
const FEWEST: usize = 4;

/// What there is to do.
struct Queue {
    work: Mutex<Work>,
    changed: Condvar,
    /// Threads that wait for work.
    waiting: AtomicUsize,
    done: AtomicU64,
    failures: Failures,
}

struct Work {
    parts: vec::IntoIter<Vec<Turn>>,
    batches: VecDeque<Vec<Item>>,
    /// Threads that read, and may give batches away.
    reading: usize,
}

enum Task {
    Read(Vec<Turn>),
    Judge(Vec<Item>),
}

/// Reads and judges all inputs.
pub(crate) fn stream(gate: &Gate, inputs: Vec<Input>, options: &RunOptions<'_>) -> Collected {
    let turns = in_order(inputs);
    let names: Vec<Arc<str>> = turns.iter().map(|turn| Arc::clone(turn.input.name())).collect();
    let work = Work { parts: in_parts(turns).into_iter(), batches: VecDeque::new(), reading: 0 };
    let mut collected = run(gate, work, names.len() + 1, options);
    collected.file_names = names;
    collected
}

/// Has objects changed and judged that have been read.
pub(crate) fn pass_all(gate: &Gate, items: Vec<Item>, options: &RunOptions<'_>) -> Collected {
    in_batches(gate, items, options, batch::pass)
}

/// Has objects judged that have been read and changed.
pub(crate) fn validate_all(gate: &Gate, items: Vec<Item>, options: &RunOptions<'_>) -> Collected {
    in_batches(gate, items, options, batch::validate)
}

fn in_batches(
    gate: &Gate,
    items: Vec<Item>,
    options: &RunOptions<'_>,
    work: fn(&Gate, Vec<Item>, &Failures, &mut Collected),
) -> Collected {
    let failures = Failures::new(gate);
    let batches = Mutex::new(batches_of(items).into_iter());
    let threads = options.jobs.clamp(1, MAX_JOBS);
    in_threads(threads, || {
        let mut collected = Collected::default();
        loop {
            let next = lock(&batches).next();
            let Some(items) = next else { return collected };
            work(gate, items, &failures, &mut collected);
        }
    })
}

fn batches_of(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut batches = Vec::with_capacity(items.len() / BATCH + 1);
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() {
        batches.push(items.by_ref().take(BATCH).collect());
    }
    batches
}

/// By name, so that the order in which inputs are given does not matter.
fn in_order(inputs: Vec<Input>) -> Vec<Turn> {
    let mut turns: Vec<Turn> =
        inputs.into_iter().enumerate().map(|(given, input)| Turn { given, file: 0, input }).collect();
    turns.sort_by(|one, other| one.input.name().cmp(other.input.name()));
    for (index, turn) in turns.iter_mut().enumerate() {
        turn.file = index as u32;
    }
    turns
}

/// The files that are read one after the other. It never matters how many threads there are.
fn in_parts(turns: Vec<Turn>) -> Vec<Vec<Turn>> {
    let size = turns.len().div_ceil(PARTS).clamp(FEWEST, BATCH);
    let mut turns = turns.into_iter().peekable();
    let mut parts = Vec::new();
    while turns.peek().is_some() {
        parts.push(turns.by_ref().take(size).collect());
    }
    parts
}

fn run(gate: &Gate, work: Work, most: usize, options: &RunOptions<'_>) -> Collected {
    let queue = Queue {
        work: Mutex::new(work),
        changed: Condvar::new(),
        waiting: AtomicUsize::new(0),
        done: AtomicU64::new(0),
        failures: Failures::new(gate),
    };
    in_threads(options.jobs.clamp(1, MAX_JOBS).min(most), || worker(gate, &queue, options))
}

/// Runs the same work on a number of threads, and puts together what they gathered.
fn in_threads(threads: usize, work: impl Fn() -> Collected + Sync) -> Collected {
    let gathered = on_threads(threads, work);
    let lost = gathered.iter().filter(|gathered| gathered.is_none()).count();
    let mut gathered = gathered.into_iter().flatten();
    let mut collected = gathered.next().unwrap_or_default();
    gathered.for_each(|more| collected.absorb(more));
    collected.drafts.extend((0..lost).map(|_| Draft {
        finding: finding::gate_finding(&INTERNAL, String::from("a thread of the gate came to a sudden end")),
        from: None,
        undecided: true,
        met: Vec::new(),
    }));
    collected
}

fn worker(gate: &Gate, queue: &Queue, options: &RunOptions<'_>) -> Collected {
    let mut collected = Collected::default();
    let mut kinds = Kinds::default();
    while let Some(task) = queue.next() {
        match task {
            Task::Judge(items) => batch::pass(gate, items, &queue.failures, &mut collected),
            Task::Read(part) => read_part(gate, queue, part, options, &mut kinds, &mut collected),
        }
    }
    collected.kinds.extend(kinds.into_plans());
    collected
}

/// Reads files and judges their objects, in batches of their own.
fn read_part(
    gate: &Gate,
    queue: &Queue,
    part: Vec<Turn>,
    options: &RunOptions<'_>,
    kinds: &mut Kinds,
    collected: &mut Collected,
) {
    let mut pending: Vec<Item> = Vec::new();
    let reading = Reading(queue);
    for turn in part {
        read::read(gate, turn, options, collected, |collected, order, resource| {
            let plan = kinds.plan(gate, options.keep, resource.identity());
            let waits = options.base.is_some() && plan.has_past;
            let item = Item { order, plan, resource: resource.into(), changes: None, previous: None };
            if waits {
                collected.waiting.push(item);
                return;
            }
            pending.push(item);
            if pending.len() >= BATCH {
                queue.judge(gate, std::mem::replace(&mut pending, Vec::with_capacity(BATCH)), collected);
            }
        });
        let done = queue.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = options.progress {
            progress(done);
        }
    }
    // Nothing more is given away.
    drop(reading);
    if !pending.is_empty() {
        batch::pass(gate, pending, &queue.failures, collected);
    }
}

impl Queue {
    /// The next thing to do; none once all is done or in hands.
    fn next(&self) -> Option<Task> {
        let mut work = lock(&self.work);
        loop {
            if let Some(items) = work.batches.pop_front() {
                return Some(Task::Judge(items));
            }
            if let Some(part) = work.parts.next() {
                work.reading += 1;
                return Some(Task::Read(part));
            }
            if work.reading == 0 {
                return None;
            }
            self.waiting.fetch_add(1, Ordering::Relaxed);
            work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Has a full batch judged, by a thread that waits or by this one.
    fn judge(&self, gate: &Gate, items: Vec<Item>, collected: &mut Collected) {
        if let Some(items) = self.give_away(items) {
            batch::pass(gate, items, &self.failures, collected);
        }
    }

    /// Gives a batch to a thread that waits; back where none does.
    fn give_away(&self, items: Vec<Item>) -> Option<Vec<Item>> {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return Some(items);
        }
        let mut work = lock(&self.work);
        if work.batches.len() >= self.waiting.load(Ordering::Relaxed) {
            return Some(items);
        }
        work.batches.push_back(items);
        self.changed.notify_one();
        None
    }

    fn has_read(&self) {
        let mut work = lock(&self.work);
        work.reading = work.reading.saturating_sub(1);
        if work.reading == 0 {
            self.changed.notify_all();
        }
    }
}

/// A thread that reads, until it has read or come to a sudden end: the others wait for it.
struct Reading<'q>(&'q Queue);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.has_read();
    }
}

/// What the lock guards is whole at every moment, so a thread that came to a sudden end does no harm.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
