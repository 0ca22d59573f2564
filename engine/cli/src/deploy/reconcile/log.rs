//! One line of JSON for each step.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::deploy::hindrance::Reasons;
use crate::output;

/// Writes the lines, and knows whether one could not be written.
#[derive(Default)]
pub(crate) struct Log(Mutex<bool>);

/// What a line says. `level` is `info`, `warning` or `error`.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) level: &'a str,
    pub(crate) application: &'a str,
    pub(crate) step: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) revision: &'a str,
    pub(crate) message: &'a str,
    #[serde(flatten)]
    pub(crate) reasons: &'a Reasons,
}

#[derive(Serialize)]
struct Timed<'a> {
    time: String,
    #[serde(flatten)]
    line: &'a Line<'a>,
}

impl Log {
    /// Writes a line without reasons.
    pub(crate) fn write(&self, level: &str, application: &str, step: &str, revision: &str, message: &str) {
        self.line(&Line { level, application, step, revision, message, reasons: &Reasons::default() });
    }

    /// Writes a line.
    pub(crate) fn line(&self, line: &Line<'_>) {
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let Ok(text) = serde_json::to_string(&Timed { time, line }) else { return };
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
