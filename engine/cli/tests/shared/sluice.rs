//! The program as tests run it.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::Result;

/// Runs it in a folder, and gives its exit code and what it wrote to its output and to where errors go.
pub(crate) fn sluice(folder: &Path, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_sluice")).args(arguments).current_dir(folder).output()?;
    Ok((status.code(), String::from_utf8(stdout)?, String::from_utf8(stderr)?))
}
