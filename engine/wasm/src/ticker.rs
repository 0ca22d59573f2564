//! The clock of deadlines: one thread for the whole process that counts ticks of 10 ms and tells every engine. It starts
//! with the first call, sleeps while nothing runs, and keeps no process alive.
//!
//! A tick is at least 10 ms. A process that is stopped or starved does not make up for lost ticks, so no guest is ever
//! called slow because its host did not run.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// The time between two ticks.
const TICK: Duration = Duration::from_millis(10);
/// Ticks without a call after which the thread goes to sleep.
const IDLE_TICKS: u32 = 50;

static TICKS: AtomicU64 = AtomicU64::new(0);
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ASLEEP: AtomicBool = AtomicBool::new(false);
static ENGINES: Mutex<Vec<EngineWeak>> = Mutex::new(Vec::new());
static THREAD: Slot = Slot(OnceLock::new());

/// Ticks since the first call.
#[must_use]
pub fn now() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

/// Ticks that a call of this length may take, counted from the next tick.
#[must_use]
pub fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX / 4).min(u64::MAX / 4) + 1
}

/// Tells the clock of an engine.
pub fn register(engine: &Engine) {
    ENGINES.lock().unwrap_or_else(PoisonError::into_inner).push(engine.weak());
}

/// Keeps the clock going.
pub struct Running(());

impl Running {
    /// Starts or wakes the clock; none where the system gives no thread, and so no deadline could be kept.
    #[must_use]
    pub fn start() -> Option<Self> {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        let running = Self(());
        let thread = THREAD.get_or_start(spawn)?;
        if ASLEEP.swap(false, Ordering::SeqCst) {
            thread.unpark();
        }
        Some(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The thread, once there is one.
struct Slot(OnceLock<Thread>);

/// Held by who starts the thread, so that there are never two.
static STARTS: Mutex<()> = Mutex::new(());

impl Slot {
    /// A system that gave no thread may give one the next time: only what was had is kept.
    fn get_or_start(&self, start: impl FnOnce() -> Option<Thread>) -> Option<&Thread> {
        if let Some(thread) = self.0.get() {
            return Some(thread);
        }
        let _starts = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.get().is_none() {
            // Nobody else sets it meanwhile.
            let _ = self.0.set(start()?);
        }
        self.0.get()
    }
}

fn spawn() -> Option<Thread> {
    let builder = std::thread::Builder::new().name("sluice-ticker".to_owned()).stack_size(64 << 10);
    builder.spawn(run).ok().map(|handle| handle.thread().clone())
}

fn run() {
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        TICKS.fetch_add(1, Ordering::Relaxed);
        ENGINES.lock().unwrap_or_else(PoisonError::into_inner).retain(|engine| match engine.upgrade() {
            Some(engine) => {
                engine.increment_epoch();
                true
            }
            None => false,
        });
        idle = if RUNNING.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
        if idle > IDLE_TICKS {
            idle = 0;
            ASLEEP.store(true, Ordering::SeqCst);
            // A call that began since then has either seen `ASLEEP` and unparks, or is seen here.
            while ASLEEP.load(Ordering::SeqCst) && RUNNING.load(Ordering::SeqCst) == 0 {
                std::thread::park();
            }
            ASLEEP.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_could_not_be_had_is_asked_for_again_and_one_is_enough() {
        let slot = Slot(OnceLock::new());
        assert!(slot.get_or_start(|| None).is_none());
        let first = slot.get_or_start(|| Some(std::thread::current())).unwrap().id();
        assert_eq!(slot.get_or_start(|| None).unwrap().id(), first);
    }
}
