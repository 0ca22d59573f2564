//! Runs a program that answers soon: with no environment but what is given, a deadline, and a bounded answer.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::deadline::Deadline;

/// The most that is taken of what a program writes.
const LONGEST: u64 = 64 << 10;

/// What a program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Where `name` is found: at the path that it is, or in the folders of `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Runs `program` with an environment that says only that the time is UTC and the language plain. The error is in words.
pub(crate) fn run(program: &Path, args: &[&OsStr], input: &[u8], deadline: Deadline) -> Result<Answer, String> {
    let mut command = Command::new(program);
    command.args(args).env_clear().env("LC_ALL", "C").env("TZ", "UTC0").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot be run: {error}"))?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // A program that does not read its input is told from its answer, not from this.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let status = wait(&mut child, deadline)?;
    let left = deadline.left().max(Duration::from_millis(100));
    let said = |answer: Receiver<String>| answer.recv_timeout(left).unwrap_or_default();
    Ok(Answer { status, stdout: said(stdout), stderr: said(stderr) })
}

fn collect(source: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut source) = source {
            drop(source.by_ref().take(LONGEST).read_to_end(&mut bytes));
            drop(std::io::copy(&mut source, &mut std::io::sink()));
        }
        drop(sender.send(String::from_utf8_lossy(&bytes).into_owned()));
    });
    receiver
}

fn wait(child: &mut Child, deadline: Deadline) -> Result<ExitStatus, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if deadline.is_over() => {
                drop(child.kill());
                drop(child.wait());
                return Err(format!("did not answer within {:?}", deadline.granted));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let deadline = Deadline::after(Duration::from_millis(50));
        let error = run(Path::new("/bin/sleep"), &[OsStr::new("60")], b"", deadline).unwrap_err();
        assert_eq!(error, "did not answer within 50ms");
    }

    #[test]
    fn a_program_sees_no_environment() {
        let answer = run(&find("env").unwrap(), &[], b"", Deadline::after(Duration::from_secs(20))).unwrap();
        let mut lines: Vec<&str> = answer.stdout.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["LC_ALL=C", "TZ=UTC0"]);
    }
}
