//! One line of JSON for each step.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Writes the lines.
#[derive(Default)]
pub(crate) struct Log(Mutex<()>);

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
        let _one_at_a_time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever read the log has gone; the work goes on.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}
