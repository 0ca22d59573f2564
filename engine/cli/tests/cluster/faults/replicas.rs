//! Faults 5 and 21: two runs of one application at the same time, one that was stopped and goes on later, and a deletion in
//! the middle of an apply.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::killed::Halted;
use super::{Foreign, is_owned, is_settled, settles, signal, there};
use crate::plane::{Shop, shared};
use crate::reconcile::{commit, from_git, once, round};

#[test]
fn fault_05_two_at_once() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "two-at-once", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    // The other runs from another checkout, in which one object has another name.
    let other = tempfile::tempdir()?;
    std::fs::create_dir(other.path().join("deploy"))?;
    for file in ["app.yaml", "sluice.yaml"] {
        std::fs::copy(shop.path().join(file), other.path().join(file))?;
    }
    for round in 0..6 {
        let _ = std::fs::remove_file(shop.path().join(format!("deploy/round-{}.yaml", round - 1)));
        let _ = std::fs::remove_file(other.path().join(format!("deploy/other-{}.yaml", round - 1)));
        for name in ["one", "two", &format!("round-{round}")] {
            shop.config(name, &round.to_string())?;
            let text = std::fs::read_to_string(shop.path().join(format!("deploy/{name}.yaml")))?;
            let name = name.replace("round", "other");
            std::fs::write(other.path().join(format!("deploy/{name}.yaml")), text.replace("round", "other"))?;
        }
        let start = |folder: &Path| {
            shop.command(&["apply"]).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
        };
        let (one, other) = (start(shop.path())?, start(other.path())?);
        let mut good = 0;
        for run in [one, other] {
            let output = run.wait_with_output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            match output.status.code() {
                Some(0) => good += 1,
                Some(3) => ensure!(said.contains("another run is at work on `two-at-once`"), "{said}"),
                code => anyhow::bail!("{code:?}: {said}"),
            }
        }
        println!("round {round}: {good} came through");
        is_owned(&shop)?;
        settles(&shop, &["one", "two", &format!("round-{round}")])?;
    }
    foreign.is_untouched(&shop)
}

/// Requests that may not have left the process when it is stopped: one for each of its threads.
const MOST_UNDER_WAY: usize = 2;

#[test]
fn fault_05_a_run_that_was_stopped_does_not_write_what_is_old() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "stopped", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let names: Vec<String> = (0..30).map(|number| format!("object-{number:02}")).collect();
    let write = |value: &str| names.iter().try_for_each(|name| shop.config(name, value));
    write("old")?;
    shop.config("only-old", "old")?;
    let room = "inventory written\n".len() + 3 * "applied ConfigMap stopped/object-00\n".len();
    let run = Halted::start(&shop, &["apply"], room)?;
    signal(run.child.id(), "STOP")?;

    // Another goes on in its place, with the next commit.
    write("new")?;
    std::fs::remove_file(shop.path().join("deploy/only-old.yaml"))?;
    shop.ends(&["apply"], 0)?;
    std::thread::sleep(Duration::from_secs(2));
    signal(run.child.id(), "CONT")?;
    let (code, told) = run.go_on()?;
    ensure!(code == 3 && !told.contains("done"), "{code}: {told}");
    let mut old = Vec::new();
    for name in &names {
        let live = shop.live(name)?.with_context(|| format!("{name} is gone"))?;
        old.extend((live["data"]["value"] != "new").then_some(name));
    }
    // What was on its way out when the run was stopped cannot be called back; it asks before each further write.
    ensure!(old.len() <= MOST_UNDER_WAY, "written by the run that was stopped: {old:?}");
    is_owned(&shop)?;
    settles(&shop, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_05_another_run_is_no_outage() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "run-beside", "")?;
    shop.config("one", "1")?;
    commit(&shop, "1")?;
    // The agent stands still once it has told that it applies: its lines are as long in each round.
    let said = round(&shop, 0)?;
    let lines = said.lines().take_while(|line| !line.contains("\"applied ConfigMap"));
    let room = lines.map(|line| line.len() + 1).sum();
    shop.config("one", "2")?;
    commit(&shop, "2")?;
    let agent = Halted::start_by(once(&shop), room)?;
    shop.ends(&["apply"], 0)?;
    let (code, told) = agent.go_on()?;
    ensure!(code == 1 && told.contains("another run is at work on `run-beside`"), "{code}: {told}");
    ensure!(told.contains("\"busy; requests: "), "{told}");
    is_owned(&shop)?;
    round(&shop, 0)?;
    Ok(())
}

#[test]
fn fault_21_a_deletion_in_the_middle_of_an_apply() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "deleted-amid", "")?;
    let foreign = Foreign::new(&shop)?;
    let names: Vec<String> = (0..30).map(|number| format!("object-{number:02}")).collect();
    for (round, steps) in [0, 1, 12].into_iter().enumerate() {
        names.iter().try_for_each(|name| shop.config(name, &round.to_string()))?;
        let room = "inventory written\n".len() + steps * "applied ConfigMap deleted-amid/object-00\n".len();
        let run = Halted::start(&shop, &["apply"], room)?;
        shop.ends(&["delete", "--yes"], 0)?;
        ensure!(shop.inventory()?.is_none());
        let (code, told) = run.go_on()?;
        // What it still wrote has an owner, and the next deletion takes it along.
        ensure!(code == 3, "{code}: {told}");
        is_owned(&shop).with_context(|| format!("after {steps} steps: {told}"))?;
        shop.sluice(&["delete", "--yes"])?;
        ensure!(there(&shop)?.is_empty() && shop.inventory()?.is_none(), "after {steps} steps");
        foreign.is_untouched(&shop)?;
    }
    shop.ends(&["apply"], 0)?;
    is_settled(&shop, &names.iter().map(String::as_str).collect::<Vec<_>>())
}
