//! Credentials of a helper: a program that a kubeconfig names under `exec`, as
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins> says.

use std::io::IsTerminal;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use kube::config::{ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::error::Elapsed;

/// The most that is read of what a helper writes, in bytes.
const LONGEST: usize = 1 << 20;
/// How long its last words are waited for once it has ended.
const LAST_MOMENT: Duration = Duration::from_millis(100);
/// The most characters that are told of its last words.
const LAST_WORDS: usize = 300;

/// What a helper gives: a token, a pair of a certificate and its key (PEM), or both.
pub(super) struct Credentials {
    pub(super) token: Option<String>,
    pub(super) pair: Option<(String, String)>,
    /// Until when they hold.
    pub(super) until: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    api_version: &'a str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the helper. One that may speak to a person at a terminal has all the time of that person; any other is ended with
/// all that it has started when its time is over. Says in words why there are no credentials, and never what it printed on
/// standard output.
pub(super) async fn ask(exec: &ExecConfig, patience: Duration) -> Result<Credentials, String> {
    let program = exec.command.as_deref().ok_or("the kubeconfig has an `exec` without a `command`")?;
    let fails = |why: String| format!("the credential helper `{program}` {why}");
    let version = exec.api_version.as_deref().ok_or("the kubeconfig has an `exec` without an `apiVersion`")?;
    let is_terminal = std::io::stdin().is_terminal();
    let interactive = match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::IfAvailable) | None => is_terminal,
        Some(ExecInteractiveMode::Always) if is_terminal => true,
        Some(ExecInteractiveMode::Always) => return Err(fails(String::from("wants a terminal, and there is none"))),
    };
    let spec = Spec { interactive, cluster: exec.cluster.as_ref() };
    let request = Request { api_version: version, kind: "ExecCredential", spec };
    let request = serde_json::to_string(&request).map_err(|error| fails(format!("cannot be asked: {error}")))?;

    let mut command = Command::new(program);
    command.args(exec.args.iter().flatten()).kill_on_drop(true).stdout(Stdio::piped());
    let named = exec.env.iter().flatten().filter_map(|one| Some((one.get("name")?, one.get("value")?)));
    command.envs(named).env("KUBERNETES_EXEC_INFO", request);
    if interactive {
        command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    } else {
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    }
    let child = command.spawn().map_err(|error| {
        let hint = exec.install_hint.as_deref().map(|hint| format!("; {}", printable(hint))).unwrap_or_default();
        fails(format!("cannot be run: {error}{hint}"))
    })?;
    let said = if interactive { Ok(said(child).await) } else { within(patience, child).await };
    let Ok(said) = said else {
        return Err(fails(format!("has not ended within {} s", patience.as_secs())));
    };
    let (status, output, errors) = said.map_err(|error| fails(format!("cannot be heard: {error}")))?;
    if !status.success() {
        let last = String::from_utf8_lossy(&errors);
        let last = last.lines().rev().find(|line| !line.trim().is_empty()).map(printable);
        return Err(fails(format!("failed ({status}){}", last.map(|it| format!(": {it}")).unwrap_or_default())));
    }
    read(&output, version).map_err(fails)
}

/// Waits for the end of a program that leads a group of its own. Where nobody waits any more, the group is ended.
async fn within(patience: Duration, child: Child) -> Result<std::io::Result<Said>, Elapsed> {
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
    let said = tokio::time::timeout(patience, said(child)).await?;
    // What a helper that has done its work leaves behind, to be asked the next time, may stay.
    group.0 = None;
    Ok(said)
}

struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Whoever has ended already is gone.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

type Said = (ExitStatus, Vec<u8>, Vec<u8>);

/// Waits for the end of a program, and gives what it said. What it leaves behind may hold its standard error open for as long as
/// it likes: then what came until a moment after the end is all.
async fn said(mut child: Child) -> std::io::Result<Said> {
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let status = {
        let done = async { tokio::join!(all(output, &mut said), child.wait()) };
        let mut complains = pin!(all(errors, &mut complained));
        let mut done = pin!(done);
        let (said, status) = tokio::select! {
            ended = &mut done => {
                if let Ok(heard) = tokio::time::timeout(LAST_MOMENT, complains).await {
                    heard?;
                }
                ended
            }
            heard = &mut complains => {
                heard?;
                done.await
            }
        };
        said?;
        status?
    };
    Ok((status, said, complained))
}

/// Reads all of a stream, and keeps no more of it than is read of a helper: what is longer is read on and dropped. What was read
/// is there also where nobody waits for the end.
async fn all(stream: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(mut stream) = stream else { return Ok(()) };
    let mut piece = vec![0; 8 << 10];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        let room = LONGEST.saturating_sub(bytes.len());
        bytes.extend(piece.iter().take(read.min(room)));
    }
}

fn read(output: &[u8], version: &str) -> Result<Credentials, String> {
    // What the parser says could hold some of it.
    let response: Response =
        serde_json::from_slice(output).map_err(|_| String::from("printed no ExecCredential as JSON"))?;
    if response.kind.as_deref() != Some("ExecCredential") {
        return Err(String::from("printed no ExecCredential"));
    }
    if response.api_version.as_deref() != Some(version) {
        return Err(format!("printed another version of ExecCredential than `{version}`, which the kubeconfig names"));
    }
    let status = response.status.ok_or("printed an ExecCredential without a `status`")?;
    let pair = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (_, _) => {
            return Err(String::from("printed one of `clientCertificateData` and `clientKeyData` without the other"));
        }
    };
    let token = status.token.filter(|token| !token.is_empty());
    if token.is_none() && pair.is_none() {
        return Err(String::from("printed neither a token nor a certificate"));
    }
    let until = status.expiration_timestamp.map(|time| time.parse());
    let until = until.transpose().map_err(|_| String::from("printed an `expirationTimestamp` that is no time"))?;
    Ok(Credentials { token, pair, until })
}

/// A line of somebody else's, for a log.
fn printable(line: &str) -> String {
    let line = line.trim();
    let short: String = line.chars().take(LAST_WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests;
