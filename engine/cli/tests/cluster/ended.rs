//! Commands that somebody tells to end.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use anyhow::{Result, ensure};

use crate::faults::{signal, until};
use crate::plane::{Shop, shared, spoken};
use crate::reconcile::{commit, from_git, once};

/// A command that waits for a Git server, and what it says.
struct Waiting<'s> {
    child: Child,
    shop: &'s Shop<'s>,
}

impl<'s> Waiting<'s> {
    /// Starts it where the application's server takes a connection and says nothing, and waits until it is asked. Longer than
    /// this fetch takes nobody waits, so a command that hears nothing tells of the server.
    fn start(shop: &'s Shop<'s>, mut command: Command) -> Result<Self> {
        let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
        let repo = shop.path().display().to_string();
        shop.file("app.yaml", &text.replace(&repo, "ssh://git@git.example.com/shop.git"))?;
        shop.file("silent.sh", "touch asked; exec sleep 12\n")?;
        let script = format!("sh {repo}/silent.sh");
        command.env("SLUICE_GIT_SSH_COMMAND", script).args(["--fetch-timeout", "10"]).stdout(Stdio::null());
        // A pipe would be held open by what the command leaves behind.
        let child = command.stderr(File::create(shop.path().join("said"))?).spawn()?;
        until("the Git server is asked", || Ok(shop.path().join("asked").exists()))?;
        Ok(Self { child, shop })
    }

    /// Tells it to end, and gives its exit code and what it said.
    fn ended(mut self) -> Result<(Option<i32>, String)> {
        signal(self.child.id(), "TERM")?;
        let code = self.child.wait()?.code();
        Ok((code, std::fs::read_to_string(self.shop.path().join("said"))?))
    }
}

#[test]
fn a_way_back_is_told_to_end_while_it_fetches() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "ended-back", "")?;
    let mut commits = Vec::new();
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commits.push(commit(&shop, value)?);
        shop.ends(&["apply"], 0)?;
    }
    let command = shop.command(&["rollback", "--to", &commits[0]]);
    let (code, said) = Waiting::start(&shop, command)?.ended()?;
    ensure!(code == Some(3) && said.contains("interrupted; no object was touched"), "{code:?}: {said}");
    ensure!(shop.live("one")?.is_some_and(|live| live["data"]["value"] == "2"), "it was applied");
    Ok(())
}

#[test]
fn a_single_round_that_is_told_to_end_is_no_success() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "ended-once", "")?;
    let (code, said) = Waiting::start(&shop, once(&shop))?.ended()?;
    ensure!(code == Some(3) && said.contains("interrupted; no object was touched"), "{code:?}: {said}");
    Ok(())
}

#[test]
fn an_apply_that_is_told_to_end_says_that_it_has_begun() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ended-begun", "  wait: 60s\n")?;
    // Nobody schedules pods here, so it waits for this one.
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'registry.example.com/web:1.0.0'}]}\n",
    )?;
    let child = shop.command(&["apply"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    until("the pod is there", || Ok(plane.get("/api/v1/namespaces/ended-begun/pods/web")?.is_some()))?;
    signal(child.id(), "TERM")?;
    let output = child.wait_with_output()?;
    let said = spoken(&output);
    ensure!(
        output.status.code() == Some(3) && said.contains("interrupted; the inventory holds what was begun"),
        "{:?}: {said}",
        output.status
    );
    Ok(())
}
