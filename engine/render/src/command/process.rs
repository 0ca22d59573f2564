//! One process and all its children: limits that the system keeps, a clock that we keep, and nobody left behind.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Command, End, Ended};

/// How often a process is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// How long a pipe may stay open after its process has ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes kept of standard error.
const MOST_ERRORS: u64 = 64 << 10;
/// Largest file that it may write.
const MOST_FILE: u64 = 1 << 30;
/// Most files that it may have open.
const MOST_OPEN: u64 = 1024;

/// Runs a program in a folder until it ends, prints too much or takes too long.
pub(super) fn run(command: &Command, folder: &Path, most_output: u64) -> io::Result<Ended> {
    let mut child = start(command, folder)?;
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let output = collect(output, most_output)?;
    let errors = collect(errors, MOST_ERRORS)?;
    let end = wait(&mut child, Instant::now() + command.timeout);
    // Its children too: whoever started something in the background waits for nobody.
    let _ = killpg(group, Signal::SIGKILL);
    let _ = child.wait();
    let (output, errors) = (collected(&output).transpose()?, collected(&errors));
    let end = match (&output, end?) {
        (None, End::Success) => End::Held,
        (Some(output), _) if output.len() as u64 > most_output => End::TooLong,
        (_, end) => end,
    };
    let errors = errors.and_then(io::Result::ok);
    Ok(Ended { end, output: output.unwrap_or_default(), errors: errors.unwrap_or_default() })
}

fn start(command: &Command, folder: &Path) -> io::Result<Child> {
    let mut process = std::process::Command::new(&command.program);
    process.args(&command.arguments).current_dir(folder).env_clear().process_group(0);
    if let Some(path) = std::env::var_os("PATH") {
        process.env("PATH", path);
    }
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let limits = [
        (Resource::RLIMIT_AS, command.memory),
        (Resource::RLIMIT_CPU, command.timeout.as_secs().saturating_add(1)),
        (Resource::RLIMIT_FSIZE, MOST_FILE),
        (Resource::RLIMIT_NOFILE, MOST_OPEN),
        (Resource::RLIMIT_CORE, 0),
    ];
    let limit = move || -> io::Result<()> {
        for (what, most) in limits {
            setrlimit(what, most, most)?;
        }
        Ok(())
    };
    #[expect(unsafe_code, reason = "limits have to be set in the new process, before the program is loaded")]
    // SAFETY: between fork and exec the closure calls `setrlimit` and nothing else, which is safe there: it allocates
    // nothing, takes no lock and touches no memory but its own copy of the numbers.
    unsafe {
        process.pre_exec(limit);
    }
    process.spawn()
}

/// Reads a pipe on a thread of its own, up to a limit and one byte more. Then the pipe is closed, which ends who still writes.
fn collect(pipe: Option<impl Read + Send + 'static>, most: u64) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = channel();
    let read = move || {
        let mut bytes = Vec::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(most + 1).read_to_end(&mut bytes));
        let _ = sender.send(read.map(|_| bytes));
    };
    std::thread::Builder::new().name("sluice-command".to_owned()).spawn(read)?;
    Ok(receiver)
}

/// All that a pipe gave; none where somebody who left the group holds on to it, so that it has no end.
fn collected(pipe: &Receiver<io::Result<Vec<u8>>>) -> Option<io::Result<Vec<u8>>> {
    pipe.recv_timeout(PATIENCE).ok()
}

/// Waits for the end of a process, or for a reason to end it.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<End> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ended(status));
        }
        if Instant::now() >= deadline {
            return Ok(End::TimedOut);
        }
        std::thread::sleep(LOOK);
    }
}

fn ended(status: ExitStatus) -> End {
    if status.success() { End::Success } else { End::Failure(status.to_string()) }
}
