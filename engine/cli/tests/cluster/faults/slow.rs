//! Fault 3: an API server that is slow to tell what policies ask of it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::agents::Agent;
use super::seen::{Seeing, Wanted, is};
use super::until;
use crate::context;
use crate::plane::{Shop, shared};

/// The reads of the application's own objects.
const OWN: Wanted = |method, path| method == "GET" && path.starts_with("/api/v1/namespaces/slow/configmaps/");

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[test]
fn fault_03_who_waits_for_the_past_holds_up_nobody_else() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut slow = context::shop(plane, "slow", "")?;
    let other = Shop::new(plane, "slow-other", "")?;
    NAMES.iter().try_for_each(|name| context::config(&slow, name, "1"))?;
    slow.ends(&["apply"], 0)?;
    other.config("one", "1")?;
    other.ends(&["apply"], 0)?;

    // Both under one agent, to whom the objects of the first are not told.
    std::fs::create_dir(slow.path().join("config"))?;
    for (shop, file) in [(&slow, "config/slow.yaml"), (&other, "config/other.yaml")] {
        let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
        let folder = shop.path().display();
        let text = text.replace("path: deploy", &format!("path: \"{folder}/deploy\""));
        slow.file(file, &text.replace("policy: ", &format!("policy: {folder}/")))?;
    }
    let seeing = Seeing::new(plane)?;
    slow.kubeconfig = seeing.kubeconfig(&slow)?;
    seeing.hold(OWN);
    context::config(&slow, "g", "1")?;
    let agent = Agent::start(&slow, &[])?;
    let asked = || {
        let lines = seeing.told().1;
        lines.into_iter().map(|(line, _)| line).filter(|line| is(line, OWN)).collect::<BTreeSet<String>>().len()
    };
    // All of them at once: none waits for the answer of another.
    until("all objects are asked for", || Ok(asked() == NAMES.len() + 1))?;
    other.config("one", "2")?;
    until("the other application is judged and applied", || {
        Ok(other.live("one")?.is_some_and(|live| live["data"]["value"] == "2"))
    })?;

    seeing.open();
    until("the first is judged and applied", || Ok(slow.live("g")?.is_some()))?;
    context::config(&slow, "a", "2")?;
    until("what it was is known", || Ok(agent.log()?.contains(r#"it was \"1\" and must stay so"#)))?;
    ensure!(slow.live("a")?.is_some_and(|live| live["data"]["key"] == "1"));
    Ok(())
}
