//! Faults 20 and 21: commits that come faster than rounds, and an application that is suspended and resumed.

use std::process::{Child, Stdio};

use anyhow::{Result, ensure};

use super::{Foreign, git, is_owned, until};
use crate::plane::{Plane, Shop, shared};

/// An agent over one application whose source is a repository.
struct Kept<'p> {
    shop: Shop<'p>,
    agent: Child,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let _ = (self.agent.kill(), self.agent.wait());
    }
}

impl<'p> Kept<'p> {
    fn new(plane: &'p Plane, name: &str) -> Result<Self> {
        let shop = Shop::new(plane, name, "")?;
        std::fs::create_dir_all(shop.path().join("repo/deploy"))?;
        git(&shop.path().join("repo"), &["init", "-q", "-b", "main"])?;
        commit(&shop, "1")?;
        std::fs::create_dir(shop.path().join("config"))?;
        write(&shop)?;
        let log = std::fs::File::create(shop.path().join("log"))?;
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(["reconcile", "--config", "config", "--interval", "1", "--listen", "off", "--kubeconfig"]);
        command.arg(&plane.kubeconfig).current_dir(shop.path()).stdin(Stdio::null());
        let agent = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { shop, agent })
    }

    fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.shop.path().join("log"))?)
    }

    fn value(&self) -> Result<String> {
        let live = self.shop.live("one")?;
        Ok(live.and_then(|live| live["data"]["value"].as_str().map(String::from)).unwrap_or_default())
    }
}

/// Writes the application file into the folder of the agent.
fn write(shop: &Shop<'_>) -> Result<()> {
    let text = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  \
         source: {{repo: \"{repo}\", revision: main, path: deploy}}\n  policy: ../sluice.yaml\n  \
         destination: {{namespace: {name}}}\n  prune: true\n",
        name = shop.name,
        repo = shop.path().join("repo").display()
    );
    shop.file("config/app.yaml", &text)?;
    shop.file("app.yaml", &text.replace("../", ""))
}

fn commit(shop: &Shop<'_>, value: &str) -> Result<()> {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{value: \"{value}\"}}\n");
    shop.file("repo/deploy/one.yaml", &text)?;
    save(shop, value)
}

fn save(shop: &Shop<'_>, message: &str) -> Result<()> {
    git(&shop.path().join("repo"), &["add", "-A"])?;
    git(&shop.path().join("repo"), &["commit", "-qm", message]).map(drop)
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
    until("the broken commit is told", || Ok(kept.log()?.contains("the gate denies")))?;
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
    ensure!(kept.value()? == "1", "{}", kept.log()?);
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one"]));
    write(shop)?;
    until("the second commit is there", || Ok(kept.value()? == "2"))?;
    is_owned(shop)?;
    foreign.is_untouched(shop)
}
