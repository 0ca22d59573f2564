//! Fault 2 for the agent: an API server that stands still, beside another cluster that does not.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{own, stopped};
use crate::faults::agents::{self, Agent, commit, value};
use crate::faults::{Foreign, is_owned, until};
use crate::plane::{Plane, Shop, shared};

/// A kubeconfig with two clusters, each under a context of its name.
fn both(shop: &Shop<'_>, planes: [(&str, &Plane); 2]) -> Result<std::path::PathBuf> {
    let mut parts = [String::new(), String::new(), String::new()];
    for (name, plane) in planes {
        let (pki, server) = (plane.state.join("pki").display().to_string(), plane.server()?);
        parts[0].push_str(&format!("- {{name: {name}, context: {{cluster: {name}, user: {name}}}}}\n"));
        parts[1].push_str(&format!(
            "- {{name: {name}, cluster: {{server: \"{server}\", certificate-authority: {pki}/ca.crt}}}}\n"
        ));
        parts[2].push_str(&format!(
            "- {{name: {name}, user: {{client-certificate: {pki}/admin.crt, client-key: {pki}/admin.key}}}}\n"
        ));
    }
    let [contexts, clusters, users] = parts;
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: still\ncontexts:\n{contexts}clusters:\n{clusters}users:\n{users}"
    );
    shop.file("both", &text)?;
    Ok(shop.path().join("both"))
}

/// More applications on the cluster that stands still than are worked on at once.
const MORE: usize = 2;

#[test]
fn fault_02_the_agent_and_an_api_server_that_stands_still() -> Result<()> {
    let Some((plane, _turn)) = own()? else { return Ok(()) };
    let Some(well) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "agent-still", "")?;
    let foreign = Foreign::new(&shop)?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    // One cluster stands still, with several applications, and on another one goes on.
    let repo = shop.path().join("repo").display().to_string();
    agents::application(&shop, &repo, ", context: still")?;
    let text = std::fs::read_to_string(shop.path().join("config/app.yaml"))?;
    for number in 0..MORE {
        let name = format!("agent-still-{number}");
        plane.namespace(&name)?;
        shop.file(&format!("config/{number}.yaml"), &text.replace("agent-still", &name))?;
    }
    let other = Shop::new(well, "agent-well", "")?;
    let well_text = text.replace("agent-still", "agent-well").replace("context: still", "context: well");
    shop.file("config/well.yaml", &well_text)?;
    shop.kubeconfig = both(&shop, [("still", plane), ("well", well)])?;
    let agent = Agent::start(&shop, &["--concurrency", "1", "--patience", "5"])?;
    until("the first commit is on both", || Ok(value(&shop)? == "1" && value(&other)? == "1"))?;
    until("the agent says so", || Ok(agent.is_good("agent-still")? == Some(true)))?;

    let (before, memory) = (shop.live("one")?, agent.memory()?);
    let started = Instant::now();
    plane.signal("kube-apiserver", "STOP")?;
    commit(&shop, "2")?;
    // The other cluster's application does not wait until all that are held up have given up, each after five seconds.
    until("the second commit is where the server answers", || Ok(value(&other)? == "2"))?;
    let mut given_up = agent.rounds("agent-still", "unreachable")?;
    for number in 0..MORE {
        given_up += agent.rounds(&format!("agent-still-{number}"), "unreachable")?;
    }
    ensure!(given_up < 2, "{given_up} rounds of the other cluster came first");
    // The log and the metrics tell of them.
    until("a round is told", || Ok(agent.rounds("agent-still", "unreachable")? > 0))?;
    ensure!(agent.log()?.contains("no answer from https://127.0.0.1:"), "{}", agent.log()?);
    ensure!(agent.is_good("agent-still")? == Some(false), "{}", agent.ask("/metrics")?);
    until("the other is told to be good", || Ok(agent.is_good("agent-well")? == Some(true)))?;
    ensure!(agent.is_ready()?, "{}", agent.ask("/readyz")?);
    sleep(stopped().saturating_sub(started.elapsed()));
    commit(&shop, "3")?;
    until("the third commit is where the server answers", || Ok(value(&other)? == "3"))?;

    // Where no application is left that can be looked after, the agent is not ready.
    std::fs::remove_file(shop.path().join("config/well.yaml"))?;
    until("the agent is not ready", || Ok(!agent.is_ready()?))?;
    ensure!(agent.ask("/readyz")?.contains("does not answer"), "{}", agent.ask("/readyz")?);
    ensure!(agent.ask("/healthz")?.starts_with("HTTP/1.1 200"));
    let grown = agent.memory()?.saturating_sub(memory);
    println!("stopped for {:?}; the memory of the agent at its peak grew by {grown} MiB", started.elapsed());
    ensure!(grown < 64, "the agent's memory grew by {grown} MiB");

    plane.signal("kube-apiserver", "CONT")?;
    plane.up("")?;
    // Nothing was done blindly meanwhile: what is there is what was there, or the next commit by way of a new round.
    let now = shop.live("one")?.context("it is gone")?;
    ensure!(Some(&now) == before.as_ref() || now["data"]["value"] == "3", "{now}");
    until("the last commit is there", || Ok(value(&shop)? == "3"))?;
    until("the agent is ready", || Ok(agent.is_ready()? && agent.is_good("agent-still")? == Some(true)))?;
    for number in 0..MORE {
        let path = format!("/api/v1/namespaces/agent-still-{number}/configmaps/one");
        until("the others follow", || Ok(plane.get(&path)?.is_some_and(|live| live["data"]["value"] == "3")))?;
    }
    sleep(Duration::from_secs(1));
    is_owned(&shop)?;
    foreign.is_untouched(&shop)
}
