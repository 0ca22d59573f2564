//! Git over SSH: OpenSSH's client, started here with every option that matters, ended at the deadline. It asks nobody
//! anything, accepts no unknown server, and without an explicit command reads no configuration file.

use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gix_transport::Protocol;
use gix_transport::client::blocking_io::Transport;
use gix_transport::client::git::{ConnectMode, blocking_io::Connection};

use super::line::Line;
use crate::error::FetchCause;
use crate::location::Shell;
use crate::program;
use crate::words::shown;

/// What the client may see of this process's environment.
const VARIABLES: [&str; 5] = ["HOME", "LOGNAME", "PATH", "SSH_AUTH_SOCK", "USER"];
/// The most that is kept of what it complains about.
const MOST_WORDS: u64 = 8 << 10;

/// A client that runs. It is ended when this is dropped.
pub(super) struct Running {
    child: Arc<Mutex<Child>>,
    words: Receiver<String>,
}

/// Starts the client, and Git's own program on the other side.
pub(super) fn connect(
    shell: &Shell,
    command: Option<&str>,
    line: &Arc<Line>,
) -> Result<(Box<dyn Transport + Send>, Running), FetchCause> {
    let mut child = client(shell, command, line)?.spawn().map_err(|error| FetchCause::Ssh(error.to_string()))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(FetchCause::Ssh("it has no streams".to_owned()));
    };
    let (sender, words) = sync_channel(1);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut stderr = stderr;
        drop(stderr.by_ref().take(MOST_WORDS).read_to_end(&mut bytes));
        drop(sender.send(String::from_utf8_lossy(&bytes).into_owned()));
        drop(std::io::copy(&mut stderr, &mut std::io::sink()));
    });
    let reader = Incoming::new(stdout, Arc::clone(line));
    let connection: Connection<Incoming, ChildStdin> = Connection::new(
        reader,
        stdin,
        Protocol::V2,
        shell.path.as_str(),
        None::<(String, Option<u16>)>,
        ConnectMode::Process,
        false,
    );
    Ok((Box::new(connection), Running { child: Arc::new(Mutex::new(child)), words }))
}

fn client(shell: &Shell, command: Option<&str>, line: &Line) -> Result<Command, FetchCause> {
    let words = match command {
        Some(text) => shlex::split(text).filter(|words| !words.is_empty()).ok_or(FetchCause::SshCommand)?,
        None => vec!["ssh".to_owned(), "-F".to_owned(), "none".to_owned()],
    };
    let (name, options) = words.split_first().ok_or(FetchCause::SshCommand)?;
    let path = program::find(name).ok_or_else(|| FetchCause::NoSsh(shown(name)))?;
    let mut client = Command::new(path);
    client.args(options).arg("-T");
    // OpenSSH takes the first value of an option: an explicit command has the say before these.
    let patience = format!("ConnectTimeout={}", line.deadline.left().as_secs().max(1));
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "PermitLocalCommand=no",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        "SendEnv=GIT_PROTOCOL",
        &patience,
    ] {
        client.args(["-o", option]);
    }
    if let Some(port) = shell.port {
        client.arg("-p").arg(port.to_string());
    }
    if let Some(user) = &shell.user {
        client.arg("-l").arg(user);
    }
    client.arg("--").arg(shell.host.trim_matches(['[', ']'])).arg(format!("git-upload-pack {}", quoted(&shell.path)));
    client.env_clear().env("GIT_PROTOCOL", "version=2").env("LC_ALL", "C");
    client.envs(VARIABLES.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(client)
}

/// A path as a shell on the other side reads it, all of it. A `~` at its start is for `git-upload-pack` itself.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', "'\\''"))
}

impl Running {
    pub(super) fn child(&self) -> Arc<Mutex<Child>> {
        Arc::clone(&self.child)
    }

    /// What the client complains about, once it has ended.
    pub(super) fn cause(&self, line: &Line) -> Option<FetchCause> {
        if line.deadline.is_over() {
            return None;
        }
        let words = self.words.recv_timeout(Duration::from_secs(2).min(line.deadline.left())).ok()?;
        let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(4)..).unwrap_or_default();
        (!last.is_empty()).then(|| FetchCause::Ssh(line.masked(&shown(&last.join("; ")))))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        drop(child.kill());
        drop(child.wait());
    }
}

/// What comes from the other side. It is waited for until the deadline, even if a program that the client started keeps the
/// stream open.
struct Incoming {
    chunks: Receiver<std::io::Result<Vec<u8>>>,
    current: Vec<u8>,
    at: usize,
    line: Arc<Line>,
}

impl Incoming {
    fn new(mut source: ChildStdout, line: Arc<Line>) -> Self {
        let (sender, chunks) = sync_channel(8);
        std::thread::spawn(move || {
            loop {
                let mut chunk = vec![0; 32 << 10];
                let read = source.read(&mut chunk);
                let end = !matches!(&read, Ok(1..));
                let message = read.map(|length| {
                    chunk.truncate(length);
                    chunk
                });
                if sender.send(message).is_err() || end {
                    return;
                }
            }
        });
        Incoming { chunks, current: Vec::new(), at: 0, line }
    }

    fn next(&mut self) -> std::io::Result<()> {
        self.current = match self.chunks.recv_timeout(self.line.deadline.left()) {
            Ok(chunk) => chunk?,
            Err(RecvTimeoutError::Disconnected) => Vec::new(),
            Err(RecvTimeoutError::Timeout) => {
                let cause = self.line.note(FetchCause::TimedOut(self.line.deadline.granted));
                return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, cause.to_string()));
            }
        };
        self.at = 0;
        self.line.count(self.current.len()).map_err(|cause| std::io::Error::other(cause.to_string()))
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.current.len() {
            self.next()?;
        }
        let mut rest = self.current.get(self.at..).unwrap_or_default();
        let length = rest.read(buffer)?;
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_the_other_side_as_they_are() {
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("/it's; rm"), "'/it'\\''s; rm'");
        assert_eq!(quoted("~me/x"), "'~me/x'");
        assert_eq!(quoted("~$(id)/x"), "'~$(id)/x'");
        assert_eq!(quoted("a"), "'a'");
    }
}
