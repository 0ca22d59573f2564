//! Ends a fetch at its deadline, whatever it waits for.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::Interrupt;
use crate::deadline::Deadline;

/// Watches until it is dropped.
pub(super) struct Watchdog {
    interrupt: Interrupt,
    _stop: Sender<()>,
}

impl Watchdog {
    /// At the deadline, work is told to stop and the program on the line is ended.
    pub(super) fn watch(deadline: Deadline, child: Option<Arc<Mutex<Child>>>) -> Self {
        let interrupt = Interrupt::new(AtomicBool::new(false));
        let (stop, stopped) = channel::<()>();
        std::thread::spawn({
            let interrupt = Arc::clone(&interrupt);
            move || {
                if stopped.recv_timeout(deadline.left()) == Err(RecvTimeoutError::Timeout) {
                    interrupt.store(true, Ordering::Relaxed);
                    if let Some(child) = child {
                        drop(child.lock().unwrap_or_else(PoisonError::into_inner).kill());
                    }
                }
            }
        });
        Watchdog { interrupt, _stop: stop }
    }

    pub(super) fn interrupt(&self) -> Interrupt {
        Arc::clone(&self.interrupt)
    }
}
