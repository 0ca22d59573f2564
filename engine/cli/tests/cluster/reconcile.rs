//! The agent: rounds, order, drift, rollback, and what it serves.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::plane::{Plane, Shop, shared, spoken};

pub(crate) fn git(shop: &Shop<'_>, arguments: &[&str]) -> Result<String> {
    crate::git::git(shop.path(), arguments)
}

pub(crate) fn commit(shop: &Shop<'_>, message: &str) -> Result<String> {
    git(shop, &["add", "deploy"])?;
    git(shop, &["commit", "-qm", message])?;
    git(shop, &["rev-parse", "HEAD"])
}

/// An application whose source is the repository around its folder.
pub(crate) fn from_git<'p>(plane: &'p Plane, name: &str, spec: &str) -> Result<Shop<'p>> {
    let shop = Shop::new(plane, name, "")?;
    application(&shop, spec)?;
    git(&shop, &["init", "-q", "-b", "main"])?;
    Ok(shop)
}

pub(crate) fn application(shop: &Shop<'_>, spec: &str) -> Result<()> {
    let text = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  \
         source: {{repo: {repo}, revision: main, path: deploy}}\n  policy: sluice.yaml\n  \
         destination: {{namespace: {name}}}\n{spec}",
        name = shop.name,
        repo = shop.path().display()
    );
    shop.file("app.yaml", &text)
}

/// The agent, for one round over the application's folder.
pub(crate) fn round(shop: &Shop<'_>, code: i32) -> Result<String> {
    round_with(shop, &[], code)
}

/// The agent for one round, not started yet.
pub(crate) fn once(shop: &Shop<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["reconcile", "--once", "--listen", "off", "--config", ".", "--kubeconfig"]).arg(&shop.kubeconfig);
    command.current_dir(shop.path()).stdin(Stdio::null());
    command
}

/// The same, with these words more.
pub(crate) fn round_with(shop: &Shop<'_>, words: &[&str], code: i32) -> Result<String> {
    let output = once(shop).args(words).output()?;
    let said = spoken(&output);
    ensure!(output.status.code() == Some(code), "the round ended with {:?}, not {code}:\n{said}", output.status.code());
    Ok(said)
}

#[test]
fn a_commit_is_applied_once_and_drift_is_told_or_undone() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-drift", "  prune: true\n")?;
    shop.config("one", "1")?;
    let first = commit(&shop, "first")?;
    let said = round(&shop, 0)?;
    assert!(said.contains("\"applied ConfigMap agent-drift/one\"") && said.contains(&first), "{said}");
    let before = shop.live("one")?.unwrap();
    let said = round(&shop, 0)?;
    assert!(said.contains("\"unchanged\""), "{said}");
    assert_eq!(shop.live("one")?.unwrap(), before);

    plane.merge(&shop.path_of("one"), r#"{"data":{"value":"theirs"}}"#)?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"drift\""), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "theirs");
    application(&shop, "  prune: true\n  drift: correct\n")?;
    round(&shop, 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "1");
    plane.remove(&shop.path_of("one"))?;
    round(&shop, 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "1");
    Ok(())
}

#[test]
fn environments_go_in_order() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-dev", "  wait: 5s\n")?;
    plane.namespace("agent-staging")?;
    shop.config("one", "1")?;
    let staging = std::fs::read_to_string(shop.path().join("app.yaml"))?.replace("agent-dev}", "agent-staging}");
    shop.file("a-staging.yaml", &format!("{staging}  after: [agent-dev]\n"))?;
    commit(&shop, "first")?;
    let place = "/api/v1/namespaces/agent-staging/configmaps/one";
    // Staging is looked at before dev is healthy at this revision, at the latest in the second round it follows.
    let _ = round(&shop, 1).or_else(|_| round(&shop, 0))?;
    round(&shop, 0)?;
    assert_eq!(plane.get(place)?.context("staging follows")?["data"]["value"], "1");
    // Dev is broken at the next revision: staging stays.
    shop.config("one", "2")?;
    shop.file("deploy/broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken}\ndato: {}\n")?;
    commit(&shop, "broken")?;
    let said = round(&shop, 1)?;
    assert!(
        said.contains("waits until `agent-dev` is healthy at this revision: it was last healthy at another"),
        "{said}"
    );
    assert_eq!(plane.get(place)?.unwrap()["data"]["value"], "1");

    // Nor does it come out of turn by another command.
    git(&shop, &["rm", "-q", "deploy/broken.yaml"])?;
    commit(&shop, "mended")?;
    for (name, reason) in
        [("agent-dev", "it was last healthy at another"), ("agent-nowhere", "it has no inventory here")]
    {
        shop.file("app.yaml", &format!("{staging}  after: [{name}]\n"))?;
        let words = format!("`{name}` has to be healthy at this revision first: {reason}");
        for command in [&["apply"] as &[&str], &["apply", "--dry-run"], &["plan"]] {
            let said = shop.ends(command, 1)?;
            assert!(said.contains(&words), "{said}");
        }
        let said = shop.command(&["plan", "--format", "json"]).output()?.stdout;
        let plan: serde_json::Value = serde_json::from_slice(&said)?;
        assert!(plan["applicable"] == false && plan["waitsFor"][0]["application"] == name, "{plan}");
        assert_eq!(plane.get(place)?.unwrap()["data"]["value"], "1");
    }
    Ok(())
}

#[test]
fn nothing_comes_after_what_is_healthy_no_more() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-sick", "  wait: 1s\n")?;
    plane.namespace("agent-sick-next")?;
    shop.file(
        "deploy/claim.yaml",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
         storageClassName: none\n  resources: {requests: {storage: 1Gi}}\n",
    )?;
    shop.config("other", "1")?;
    let revision = commit(&shop, "first")?;
    let first = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    let next = format!("{}  after: [agent-sick]\n", first.replace("agent-sick}", "agent-sick-next}"));
    let run = |text: &str, words: &[&str], code: i32| {
        shop.file("app.yaml", text)?;
        shop.ends(words, code)
    };
    // In place of the controller, which does not run here.
    let claim = |phase: &str| {
        let path = "/api/v1/namespaces/agent-sick/persistentvolumeclaims/data/status";
        plane.merge(path, &format!(r#"{{"status":{{"phase":"{phase}"}}}}"#))
    };
    run(&first, &["apply"], 1)?;
    for _ in 0..2 {
        claim("Bound")?;
        run(&first, &["apply"], 0)?;
        run(&next, &["plan"], 0)?;
        // The same revision as before, seen again.
        claim("Lost")?;
        run(&first, &["apply"], 1)?;
        for words in ["plan", "apply"] {
            let said = run(&next, &[words], 1)?;
            assert!(said.contains("`agent-sick` has to be healthy") && said.contains("when last seen"), "{said}");
        }
        // It stays what can be gone back to.
        let said = run(&first, &["status"], 1)?;
        assert!(said.contains(&format!("healthy     {revision}")), "{said}");
    }

    // Each round sees anew what others have changed: what comes after it goes by the last one.
    claim("Bound")?;
    run(&first, &["apply"], 0)?;
    plane.merge(&shop.path_of("other"), r#"{"data":{"value":"theirs"}}"#)?;
    for (phase, code) in [("Lost", 1), ("Bound", 0), ("Lost", 1)] {
        claim(phase)?;
        shop.file("app.yaml", &first)?;
        let said = round(&shop, 1)?;
        assert!(said.contains("\"step\":\"drift\""), "{said}");
        run(&next, &["plan"], code)?;
    }
    plane.merge(&shop.path_of("other"), r#"{"data":{"value":"1"}}"#)?;

    // What others have broken is told as drift, and no less seen.
    claim("Bound")?;
    run(&first, &["apply"], 0)?;
    run(&next, &["plan"], 0)?;
    plane.remove("/api/v1/namespaces/agent-sick/persistentvolumeclaims/data")?;
    shop.file("app.yaml", &first)?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"drift\""), "{said}");
    let said = run(&next, &["plan"], 1)?;
    assert!(said.contains("`agent-sick` has to be healthy") && said.contains("when last seen"), "{said}");
    Ok(())
}

#[test]
fn a_round_counts_its_own_requests() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-counts", "")?;
    plane.namespace("agent-counts-idle")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    shop.file("idle.yaml", &text.replace("agent-counts}", "agent-counts-idle}").replace("path: deploy", "path: idle"))?;
    std::fs::create_dir(shop.path().join("idle"))?;
    for number in 0..20 {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: idle-{number}}}\n");
        shop.file(&format!("idle/{number}.yaml"), &text)?;
    }
    git(&shop, &["add", "idle"])?;
    commit(&shop, "idle")?;
    round(&shop, 0)?;
    // One has work, and the other runs beside it.
    for number in 0..20 {
        shop.config(&format!("one-{number}"), "1")?;
    }
    commit(&shop, "second")?;
    let said = round(&shop, 0)?;
    let ends = |name: &str| {
        let mut lines = said.lines().filter(|line| line.contains("\"step\":\"round\""));
        lines.find(|line| line.contains(&format!("\"{name}\""))).unwrap_or_default().to_owned()
    };
    assert!(ends("agent-counts-idle").contains("unchanged; requests: reads="), "{said}");
    // Both note the revision before and after, and one of them has twenty objects to write.
    assert!(ends("agent-counts-idle").contains(" writes=2\""), "{said}");
    assert!(ends("agent-counts").contains(" writes=22\""), "{said}");
    Ok(())
}

#[test]
fn values_of_a_secret_are_not_told() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-secret", "")?;
    shop.file("deploy/pin.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: pin}\nstringData: {pin: 12345}\n")?;
    commit(&shop, "first")?;
    let plan = shop.ends(&["plan"], 1)?;
    let json = shop.ends(&["plan", "--format", "json"], 1)?;
    for said in [plan, json, round(&shop, 1)?] {
        assert!(said.contains(".stringData.pin: expected string") && !said.contains("12345"), "{said}");
    }
    Ok(())
}

#[test]
fn it_is_as_patient_as_it_is_told() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-patience", "")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    let config = std::fs::read_to_string(&plane.kubeconfig)?.replace(&plane.server()?, "https://127.0.0.1:1");
    let nowhere = plane.state.join("nowhere");
    std::fs::write(&nowhere, config)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["reconcile", "--once", "--listen", "off", "--config", ".", "--patience", "1"]);
    let output = command.arg("--kubeconfig").arg(nowhere).current_dir(shop.path()).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    // It is told how long was tried: 45 seconds, if nobody says anything else.
    assert!(
        said.contains("no answer from https://127.0.0.1:1 for ")
            && !said.contains(" for 4")
            && !said.contains(" for 0"),
        "{said}"
    );
    Ok(())
}

/// A running agent.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, path: &str) -> Result<String> {
    let output =
        Command::new("curl").args(["-sS", "-i", "--max-time", "5", &format!("http://{address}{path}")]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn it_serves_metrics_takes_up_changes_and_ends_when_asked() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-runs", "")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["reconcile", "--interval", "1", "--listen", &address, "--config", "."]);
    command
        .arg("--kubeconfig")
        .arg(&plane.kubeconfig)
        .current_dir(shop.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut agent = Running(command.spawn()?);
    let mut lines = BufReader::new(agent.0.stdout.take().context("no output")?).lines();
    let mut until = |words: &str| -> Result<()> {
        let started = Instant::now();
        for line in lines.by_ref() {
            if line?.contains(words) {
                return Ok(());
            }
            ensure!(started.elapsed() < Duration::from_secs(60), "`{words}` does not come");
        }
        anyhow::bail!("the agent ended before `{words}`")
    };
    until("applied ConfigMap agent-runs/one")?;
    until("\"unchanged\"")?;
    assert!(ask(&address, "/healthz")?.starts_with("HTTP/1.1 200"));
    assert!(ask(&address, "/readyz")?.starts_with("HTTP/1.1 200"));
    let metrics = ask(&address, "/metrics")?;
    assert!(metrics.contains("sluice_application_good{application=\"agent-runs\"} 1"), "{metrics}");
    assert!(ask(&address, "/else")?.starts_with("HTTP/1.1 404"));

    // A commit, and then a stricter policy, without a restart.
    shop.config("one", "2")?;
    commit(&shop, "second")?;
    until("applied ConfigMap agent-runs/one")?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "2");
    shop.file("sluice.yaml", "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: nothing\n")?;
    until("the source or the policy is wrong")?;

    let status = Command::new("kill").arg(agent.0.id().to_string()).status()?;
    ensure!(status.success());
    let started = Instant::now();
    let code = agent.0.wait()?.code();
    assert_eq!(code, Some(0));
    assert!(started.elapsed() < Duration::from_secs(10));
    Ok(())
}
