//! Faults 20 and 21: commits that come faster than rounds, and an application that is suspended and resumed.

use anyhow::{Result, ensure};

use super::agents::{self, Agent, commit, save};
use super::{Foreign, is_owned, until};
use crate::plane::{Plane, Shop, shared};

/// An agent over one application whose source is a repository.
struct Kept<'p> {
    agent: Agent,
    shop: Shop<'p>,
}

impl<'p> Kept<'p> {
    fn new(plane: &'p Plane, name: &str) -> Result<Self> {
        let shop = Shop::new(plane, name, "")?;
        agents::repository(&shop)?;
        commit(&shop, "1")?;
        write(&shop)?;
        Ok(Self { agent: Agent::start(&shop, &[])?, shop })
    }

    fn value(&self) -> Result<String> {
        agents::value(&self.shop)
    }
}

/// Writes the application file into the folder of the agent.
fn write(shop: &Shop<'_>) -> Result<()> {
    // From the application file on.
    agents::application(shop, "../repo", "")
}

#[test]
fn fault_20_commits_come_faster_than_rounds() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let kept = Kept::new(plane, "fast")?;
    let shop = &kept.shop;
    let foreign = Foreign::new(shop)?;
    until("the first commit is there", || Ok(kept.value()? == "1"))?;
    for number in 2..=30 {
        commit(shop, &number.to_string())?;
    }
    until("the last commit is there", || Ok(kept.value()? == "30"))?;

    // One that is broken in between: it is told, and nothing of it gets through.
    shop.file(
        "repo/deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx:latest}]}\n",
    )?;
    commit(shop, "broken")?;
    until("the broken commit is told", || Ok(kept.agent.log()?.contains("the gate denies")))?;
    ensure!(kept.value()? == "30");
    std::fs::remove_file(shop.path().join("repo/deploy/pod.yaml"))?;
    commit(shop, "31")?;
    until("the commit after it is there", || Ok(kept.value()? == "31"))?;

    // And one whose next comes before anybody could look at it.
    shop.file("repo/deploy/one.yaml", "a: [\n")?;
    save(shop, "broken")?;
    commit(shop, "32")?;
    until("the commit after it is there", || Ok(kept.value()? == "32"))?;
    is_owned(shop)?;
    until("the status is good", || Ok(shop.sluice(&["status"])?.0 == 0))?;
    foreign.is_untouched(shop)
}

#[test]
fn fault_21_suspended_and_resumed() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let kept = Kept::new(plane, "suspended")?;
    let shop = &kept.shop;
    let foreign = Foreign::new(shop)?;
    until("the first commit is there", || Ok(kept.value()? == "1"))?;
    // Without its file an application is left as it is: nothing is applied, and nothing is deleted.
    std::fs::remove_file(shop.path().join("config/app.yaml"))?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    commit(shop, "2")?;
    std::thread::sleep(std::time::Duration::from_secs(3));
    ensure!(kept.value()? == "1", "{}", kept.agent.log()?);
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one"]));
    write(shop)?;
    until("the second commit is there", || Ok(kept.value()? == "2"))?;
    is_owned(shop)?;
    foreign.is_untouched(shop)
}

#[test]
fn an_application_file_that_is_wrong_is_told_to_who_watches() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "agent-unread", "")?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    shop.file("config/app.yaml", "kind: Application\nspec: [\n")?;
    let agent = Agent::start(&shop, &[])?;
    // Nothing is known of it but its file, and there is nothing else to be ready for.
    until("the file is told", || Ok(agent.is_good("config/app.yaml")? == Some(false)))?;
    ensure!(agent.ask("/readyz")?.contains("its file is wrong"), "{}", agent.ask("/readyz")?);
    write(&shop)?;
    until("it is good", || Ok(agent.is_good("agent-unread")? == Some(true)))?;
    ensure!(agent.is_ready()?);
    ensure!(agent.is_good("config/app.yaml")?.is_none(), "{}", agent.ask("/metrics")?);
    // From now on its name is known, and an alarm on it rings.
    shop.file("config/app.yaml", "kind: Application\nspec: [\n")?;
    until("it is told by its name", || Ok(agent.is_good("agent-unread")? == Some(false)))?;
    ensure!(agent.rounds("agent-unread", "unread")? > 0 && !agent.is_ready()?);
    Ok(())
}
