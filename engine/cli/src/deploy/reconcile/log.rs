//! One line of JSON for each step.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::deploy::hindrance::Reasons;

/// Writes the lines.
#[derive(Default)]
pub(crate) struct Log(Mutex<()>);

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
        let _one_at_a_time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever read the log has gone; the work goes on.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}
