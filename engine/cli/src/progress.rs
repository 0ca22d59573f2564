//! A progress bar on a terminal, for runs that take more than a second; silence elsewhere, but for a count of all that was
//! reached, by which an agent is seen to move.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a run may take before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often anything was reached.
static ALL: AtomicU64 = AtomicU64::new(0);

/// How often anything was reached by any run of this program until now.
pub(crate) fn all() -> u64 {
    ALL.load(Ordering::Relaxed)
}

pub(crate) struct Progress {
    files: u64,
    started: Instant,
    shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(files: u64, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Self { files, started: Instant::now(), shown, bar: OnceLock::new() }
    }

    /// That so many files are done.
    pub(crate) fn reached(&self, done: u64) {
        ALL.fetch_add(1, Ordering::Relaxed);
        if self.shown && self.started.elapsed() > PATIENCE {
            self.bar.get_or_init(|| bar(self.files)).set_position(done);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(files: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(files), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("checking {bar:30} {pos}/{len} files, {eta} left") {
        bar.set_style(style);
    }
    bar
}
