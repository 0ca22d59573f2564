//! A progress bar on a terminal, for runs that take more than a second; silence elsewhere, but for the pulse by which a round of
//! an agent is seen to move.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a run may take before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// By what a run is seen from outside to move. Each has its own: that others move says nothing of it.
#[derive(Default)]
pub(crate) struct Pulse {
    beats: AtomicU64,
    waits: AtomicBool,
}

impl Pulse {
    /// How often anything was reached.
    pub(crate) fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    /// Whether it is waited for others to be through.
    pub(crate) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Notes that it is waited for others, for as long as what is given lives.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        self.waits.store(true, Ordering::Relaxed);
        Waiting(self)
    }

    fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// That a run waits for others.
pub(crate) struct Waiting<'p>(&'p Pulse);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // That it is over is a sign too: perhaps nobody has looked while it lasted.
        self.0.beat();
        self.0.waits.store(false, Ordering::Relaxed);
    }
}

pub(crate) struct Progress<'p> {
    files: u64,
    started: Instant,
    shown: bool,
    bar: OnceLock<ProgressBar>,
    pulse: Option<&'p Pulse>,
}

impl<'p> Progress<'p> {
    pub(crate) fn new(files: u64, quiet: bool, pulse: Option<&'p Pulse>) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        Self { files, started: Instant::now(), shown, bar: OnceLock::new(), pulse }
    }

    /// That so many files are done.
    pub(crate) fn reached(&self, done: u64) {
        if let Some(pulse) = self.pulse {
            pulse.beat();
        }
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

#[cfg(test)]
mod tests {
    use super::{Progress, Pulse};

    #[test]
    fn who_moves_or_waits_says_so_of_itself_alone() {
        let (one, other) = (Pulse::default(), Pulse::default());
        let progress = Progress::new(1, true, Some(&one));
        progress.reached(1);
        assert_eq!((one.beats(), other.beats()), (1, 0));
        let waiting = other.waiting();
        assert_eq!((one.waits(), other.waits()), (false, true));
        drop(waiting);
        assert!(!other.waits());
        assert_eq!((one.beats(), other.beats()), (1, 1), "that it is over is a sign of moving");
    }
}
