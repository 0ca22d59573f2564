//! One line of JSON for each step.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::output;

/// Writes the lines, and knows whether one could not be written.
#[derive(Default)]
pub(crate) struct Log(Mutex<bool>);

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'a str,
    application: &'a str,
    step: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    revision: &'a str,
    message: &'a str,
}

impl Log {
    /// Writes a line. `level` is `info`, `warning` or `error`.
    pub(crate) fn write(&self, level: &str, application: &str, step: &str, revision: &str, message: &str) {
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let line = Line { time, level, application, step, revision, message };
        let Ok(text) = serde_json::to_string(&line) else { return };
        // One at a time.
        let mut is_lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whatever becomes of the log, the work goes on.
        if let Err(error) = writeln!(std::io::stdout().lock(), "{text}") {
            *is_lost |= !output::is_broken_pipe(&error);
        }
    }

    /// Whether a line could not be written, though somebody wants it.
    pub(crate) fn is_lost(&self) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
