//! What waits for a cluster, and how it ends before its time: on Ctrl-C and SIGTERM, whatever the program is at.

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch::{Receiver, channel};

use crate::exit::Exit;
use crate::output;

/// Whether an inventory was written: from then on there is something to go on from.
static HAS_BEGUN: AtomicBool = AtomicBool::new(false);

/// Time for a command to end by itself once it is told to: what waits for a cluster hears it at once.
const GRACE: Duration = Duration::from_millis(500);

/// Runs what waits for a cluster. On Ctrl-C it is left where it is: the inventory says so, and the next run goes on.
pub(crate) fn waiting<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        tokio::select! {
            // Whoever is told to end before it has begun does not begin.
            biased;
            () = told_to_end() => {
                tell();
                Err(Exit::Undecided)
            }
            done = work => done,
        }
    });
    // What looks up a name, or runs a program to log in, has no end that could be waited for.
    runtime.shutdown_background();
    done
}

/// The threads that wait for a cluster.
pub(super) fn runtime() -> Result<Runtime, Exit> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        output::complain(&format!("cannot start threads for the network: {error}"), None);
        Exit::Undecided
    })
}

/// Comes once somebody wants a command to end, be it before this was asked. Who has asked once is heard from then on, between
/// two waits too: a signal that the program takes care of ends nothing by itself any more, and it never gives it back.
async fn told_to_end() {
    static TOLD: OnceLock<Receiver<bool>> = OnceLock::new();
    let mut told = TOLD.get_or_init(listen).clone();
    if told.wait_for(|told| *told).await.is_err() {
        // Nobody listens, so the signals end the program as they always do.
        std::future::pending::<()>().await;
    }
}

/// Starts the thread that hears the signals. It ends the program where nobody else does.
fn listen() -> Receiver<bool> {
    let (sender, receiver) = channel(false);
    let listens = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(interrupted());
        sender.send_replace(true);
        std::thread::sleep(GRACE);
        tell();
        std::process::exit(Exit::Undecided.code().into());
    };
    // Without the thread the sender is gone, which says that nobody listens.
    let _ = std::thread::Builder::new().name(String::from("signals")).spawn(listens);
    receiver
}

/// Notes that an inventory was written, and objects may be from now on.
pub(super) fn begun() {
    HAS_BEGUN.store(true, Ordering::Relaxed);
}

/// Says once that the program was told to end, and what it leaves behind.
pub(super) fn tell() {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if !IS_TOLD.swap(true, Ordering::Relaxed) {
        if HAS_BEGUN.load(Ordering::Relaxed) {
            output::complain("interrupted; the inventory holds what was begun", Some("run again to go on from there"));
        } else {
            output::complain("interrupted; no object was touched", None);
        }
    }
}

/// Comes once somebody wants the program to end.
pub(super) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
