//! Many applications under one agent: who takes long holds up nobody else, and what is stuck is told.

use anyhow::{Result, ensure};

use super::agents::Agent;
use super::seen::{Seeing, Wanted};
use super::until;
use crate::plane::{Shop, shared};

/// Puts the application file of one into the folder of applications beside another.
fn put(beside: &Shop<'_>, shop: &Shop<'_>) -> Result<()> {
    let (text, folder) = (std::fs::read_to_string(shop.path().join("app.yaml"))?, shop.path().display());
    let text = text.replace("path: deploy", &format!("path: \"{folder}/deploy\""));
    let text = text.replace("policy: ", &format!("policy: {folder}/"));
    std::fs::create_dir_all(beside.path().join("config"))?;
    beside.file(&format!("config/{}.yaml", shop.name), &text)
}

/// How long the round of an application has lasted, by the metrics; none where none is at work.
fn lasts(agent: &Agent, application: &str) -> Result<Option<u64>> {
    let start = format!("sluice_round_seconds{{application=\"{application}\"}} ");
    let metrics = agent.ask("/metrics")?;
    Ok(metrics.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()))
}

#[test]
fn who_waits_for_health_holds_up_nobody_else() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    // Nobody makes pods of it here.
    let sick = Shop::new(plane, "turns-sick", "  wait: 10m\n")?;
    let well = Shop::new(plane, "turns-well", "")?;
    sick.file(
        "deploy/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
         template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: registry.example.com/web:1.4.2}]}\n",
    )?;
    put(&sick, &sick)?;
    let agent = Agent::start(&sick, &["--concurrency", "1", "--stall-timeout", "6"])?;
    until("it waits for health", || Ok(agent.log()?.contains("Deployment.apps turns-sick/web: in progress")))?;

    for value in ["1", "2"] {
        well.config("one", value)?;
        put(&sick, &well)?;
        until("the other is applied", || Ok(well.live("one")?.is_some_and(|live| live["data"]["value"] == value)))?;
    }
    // What takes long moves all the same.
    until("it has taken long", || Ok(lasts(&agent, "turns-sick")?.is_some_and(|seconds| seconds > 8)))?;
    let said = agent.ask("/healthz")?;
    ensure!(said.starts_with("HTTP/1.1 200"), "{said}");
    Ok(())
}

/// Reads of the ConfigMap `one`.
const READ: Wanted = |method, path| method == "GET" && path.ends_with("/turns-stuck/configmaps/one");

#[test]
fn a_round_that_does_not_move_is_told() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "turns-stuck", "")?;
    let beside = Shop::new(plane, "turns-beside", "")?;
    for shop in [&shop, &beside] {
        shop.config("one", "1")?;
    }
    put(&shop, &shop)?;
    put(&shop, &beside)?;
    let seeing = Seeing::new(plane)?;
    shop.kubeconfig = seeing.kubeconfig(&shop)?;
    seeing.hold(READ);
    let agent = Agent::start(&shop, &["--stall-timeout", "2"])?;
    // That another goes round and round says nothing of it.
    until("the other goes round", || Ok(agent.rounds("turns-beside", "unchanged")? > 2))?;
    until("it is told", || {
        let said = agent.ask("/healthz")?;
        Ok(said.starts_with("HTTP/1.1 503") && said.contains("the round of `turns-stuck` has not moved for "))
    })?;
    seeing.open();
    until("it moves again", || Ok(shop.live("one")?.is_some() && agent.ask("/healthz")?.starts_with("HTTP/1.1 200")))
}
