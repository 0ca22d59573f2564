//! A running agent: its log, what it serves, and its memory.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::git::git;
use crate::plane::Shop;

/// An agent over the folder `config` beside an application. It ends with its value.
pub(crate) struct Agent {
    child: Child,
    log: PathBuf,
    address: String,
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

impl Agent {
    /// Starts it with a round each second and these words more.
    pub(crate) fn start(shop: &Shop<'_>, words: &[&str]) -> Result<Self> {
        Self::start_by(shop, Command::new(env!("CARGO_BIN_EXE_sluice")), words)
    }

    /// The same by a command that takes the words of Sluice and becomes Sluice.
    pub(crate) fn start_by(shop: &Shop<'_>, mut command: Command, words: &[&str]) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let path = shop.path().join("log");
        let log = std::fs::File::create(&path)?;
        command.args(["reconcile", "--config", "config", "--interval", "1", "--listen", &address]);
        command.args(words).arg("--kubeconfig").arg(&shop.kubeconfig).current_dir(shop.path());
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { child, log: path, address })
    }

    /// All that it said.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    /// What it serves under a path, with the status; empty where it does not answer.
    pub(crate) fn ask(&self, path: &str) -> Result<String> {
        let mut command = Command::new("curl");
        let output =
            command.args(["-sS", "-i", "--max-time", "5", &format!("http://{}{path}", self.address)]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether `/readyz` says that it is ready.
    pub(crate) fn is_ready(&self) -> Result<bool> {
        Ok(self.ask("/readyz")?.starts_with("HTTP/1.1 200"))
    }

    /// Whether the metrics say that an application is as it should be; none where they say nothing of it.
    pub(crate) fn is_good(&self, application: &str) -> Result<Option<bool>> {
        let start = format!("sluice_application_good{{application=\"{application}\"}} ");
        Ok(self.ask("/metrics")?.lines().find_map(|line| line.strip_prefix(&start).map(|value| value == "1")))
    }

    /// How many rounds of an application came to this, by the metrics.
    pub(crate) fn rounds(&self, application: &str, outcome: &str) -> Result<u64> {
        let start = format!("sluice_rounds_total{{application=\"{application}\",outcome=\"{outcome}\"}} ");
        let metrics = self.ask("/metrics")?;
        Ok(metrics.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap_or_default())
    }

    /// Sends it a signal, and waits for its end.
    pub(crate) fn ends(&mut self, signal: &str) -> Result<ExitStatus> {
        Command::new("kill").arg(format!("-{signal}")).arg(self.id().to_string()).status()?;
        Ok(self.child.wait()?)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its memory at the peak, in MiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no memory")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? >> 10)
    }
}

/// A repository beside an application, with the branch `main`, and a folder `config` for the agent.
pub(crate) fn repository(shop: &Shop<'_>) -> Result<()> {
    std::fs::create_dir_all(shop.path().join("repo/deploy"))?;
    std::fs::create_dir(shop.path().join("config"))?;
    git(&shop.path().join("repo"), &["init", "-q", "-b", "main"]).map(drop)
}

/// Commits the ConfigMap `one` with a value.
pub(crate) fn commit(shop: &Shop<'_>, value: &str) -> Result<()> {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{value: \"{value}\"}}\n");
    shop.file("repo/deploy/one.yaml", &text)?;
    let message = value.get(..40).unwrap_or(value);
    save(shop, message)
}

/// Commits whatever has changed.
pub(crate) fn save(shop: &Shop<'_>, message: &str) -> Result<()> {
    git(&shop.path().join("repo"), &["add", "-A"])?;
    git(&shop.path().join("repo"), &["commit", "-qm", message]).map(drop)
}

/// Writes the application file for the agent and for the other commands: from a repository, and with these words more in
/// its destination.
pub(crate) fn application(shop: &Shop<'_>, repo: &str, destination: &str) -> Result<()> {
    let text = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  \
         source: {{repo: \"{repo}\", revision: main, path: deploy}}\n  policy: ../sluice.yaml\n  \
         destination: {{namespace: {name}{destination}}}\n  prune: true\n",
        name = shop.name,
    );
    shop.file("config/app.yaml", &text)?;
    shop.file("app.yaml", &text.replace("../", ""))
}

/// The value of the ConfigMap `one` in the cluster; empty where it is not there.
pub(crate) fn value(shop: &Shop<'_>) -> Result<String> {
    let live = shop.live("one")?;
    Ok(live.and_then(|live| live["data"]["value"].as_str().map(String::from)).unwrap_or_default())
}
