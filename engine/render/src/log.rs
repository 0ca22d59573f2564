//! What a guest wrote to standard output and standard error, up to a limit; the rest is taken and forgotten.

use crate::wasi::from_the_root;

/// Bytes kept.
const MOST_BYTES: usize = 64 << 10;

/// The words of one run.
#[derive(Debug, Default)]
pub(crate) struct Log(Vec<u8>);

impl Log {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let room = MOST_BYTES.saturating_sub(self.0.len());
        self.0.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// The lines, without what a terminal could take for a command.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = from_the_root(&String::from_utf8_lossy(&self.0));
        let lines = text.lines().map(|line| line.trim_end().replace(char::is_control, " "));
        lines.filter(|line| !line.is_empty()).collect()
    }
}
