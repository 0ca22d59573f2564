//! Git as all tests run it: with nothing of this machine's configuration.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// When everything is committed, so that a commit has the same name on any day.
const DATE: &str = "2026-01-01T00:00:00Z";

/// Runs git in a folder, and gives what it said.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]);
    command.args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.env("GIT_AUTHOR_DATE", DATE).env("GIT_COMMITTER_DATE", DATE);
    let output = command.output().context("cannot start git")?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
