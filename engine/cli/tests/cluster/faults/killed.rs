//! Fault 1: `kill -9` at every step, and at any moment.

use std::io::{PipeReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::seen::Seeing;
use super::{Foreign, is_owned, settles, until};
use crate::plane::{Shop, shared};
use crate::reconcile::{commit, from_git, round, round_with};

/// What a pipe takes before its writer has to wait, in bytes.
const PIPE: usize = 64 << 10;

/// A run whose standard output takes so many bytes and no more: it stands still where it would tell of the next step.
pub(super) struct Halted {
    pub(super) child: Child,
    output: PipeReader,
    room: usize,
}

impl Halted {
    /// Starts it, and waits until it stands still or has ended.
    pub(super) fn start(shop: &Shop<'_>, words: &[&str], room: usize) -> Result<Self> {
        Self::start_by(shop.command(words), room)
    }

    /// The same by a command.
    pub(super) fn start_by(mut command: Command, room: usize) -> Result<Self> {
        let (output, mut input) = std::io::pipe()?;
        input.write_all(&vec![b' '; PIPE - room])?;
        let child = command.stdout(Stdio::from(input)).stderr(Stdio::null()).spawn()?;
        drop(command);
        let mut halted = Self { child, output, room };
        until("the run stands still", || Ok(halted.waits_for_room()? || halted.child.try_wait()?.is_some()))?;
        Ok(halted)
    }

    /// Whether one of its threads waits in the kernel for room in the pipe.
    fn waits_for_room(&self) -> Result<bool> {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.child.id())) else { return Ok(false) };
        for thread in threads {
            let place = std::fs::read_to_string(thread?.path().join("wchan")).unwrap_or_default();
            if place.contains("pipe_write") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Kills it, and gives what it had told.
    pub(super) fn kill(mut self) -> Result<String> {
        self.child.kill()?;
        self.child.wait()?;
        self.told()
    }

    /// Lets it go on to its end, and gives its exit code and what it told.
    pub(super) fn go_on(mut self) -> Result<(i32, String)> {
        let told = self.told()?;
        Ok((self.child.wait()?.code().unwrap_or(-1), told))
    }

    fn told(&mut self) -> Result<String> {
        let mut told = String::new();
        self.output.read_to_string(&mut told)?;
        told.drain(..PIPE - self.room);
        Ok(told)
    }
}

/// The application at one of two commits: between them two objects change, two go and two come.
fn release(shop: &Shop<'_>, second: bool) -> Result<&'static [&'static str]> {
    let (names, others): (&'static [&'static str], _) =
        if second { (&["a", "b", "e", "f"], ["c", "d"]) } else { (&["a", "b", "c", "d"], ["e", "f"]) };
    for name in names {
        shop.config(name, if second { "second" } else { "first" })?;
    }
    for name in others {
        let _ = std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")));
    }
    Ok(names)
}

#[test]
fn fault_01_killed_at_every_step() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "killed", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    release(&shop, false)?;
    shop.ends(&["apply"], 0)?;
    release(&shop, true)?;
    let lines: Vec<usize> = shop.ends(&["apply"], 0)?.lines().map(|line| line.len() + 1).collect();
    ensure!(lines.len() == 9, "one line for each step: {lines:?}");

    for steps in 0..lines.len() {
        let first = release(&shop, false)?;
        settles(&shop, first).with_context(|| format!("before the kill at step {steps}"))?;
        let second = release(&shop, true)?;
        let run = Halted::start(&shop, &["apply"], lines.iter().take(steps).sum())?;
        let told = run.kill()?;
        ensure!(told.lines().count() == steps, "killed after {steps} steps, and it told {told:?}");
        is_owned(&shop)?;
        // Until the last write of the inventory the status says that the run is not over.
        let ends = if steps < 7 { 1 } else { 0 };
        let said = shop.ends(&["status"], ends)?;
        ensure!(ends == 0 || said.starts_with("application killed: applying"), "{said}");
        foreign.is_untouched(&shop)?;
        settles(&shop, second).with_context(|| format!("after the kill at step {steps}: {told}"))?;
    }
    foreign.is_untouched(&shop)
}

#[test]
fn fault_01_killed_while_it_deletes() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "killed-delete", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let line = "deleted ConfigMap killed-delete/a\n".len();
    for steps in 0..4 {
        let names = release(&shop, false)?;
        settles(&shop, names)?;
        let mut run = Halted::start(&shop, &["delete", "--yes"], steps * line)?;
        ensure!(!run.has_ended()?, "it has ended before step {steps}");
        run.kill()?;
        is_owned(&shop)?;
        let said = shop.ends(&["status"], 1)?;
        ensure!(said.starts_with("application killed-delete: deleting"), "{said}");
        // It can be gone on with, and it can be taken back.
        if steps % 2 == 0 {
            shop.ends(&["delete", "--yes"], 0)?;
            ensure!(super::there(&shop)?.is_empty() && shop.inventory()?.is_none());
        }
        foreign.is_untouched(&shop)?;
    }
    Ok(())
}

#[test]
fn fault_01_killed_while_it_adopts() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "killed-adopt", "  adopt: true\n")?;
    let path = "/api/v1/namespaces/killed-adopt/configmaps?fieldManager=kubectl-create";
    plane.make(path, r#"{"metadata":{"name":"one"},"data":{"value":"ours","old":"x"}}"#)?;
    shop.config("one", "ours")?;
    Halted::start(&shop, &["apply"], 0)?.kill()?;
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one"]));
    ensure!(shop.live("one")?.context("it is gone")?["data"]["old"] == "x", "it was killed too late");
    shop.ends(&["apply"], 0)?;
    let live = shop.live("one")?.context("it is gone")?;
    ensure!(live["data"] == serde_json::json!({ "value": "ours" }), "{live}");
    settles(&shop, &["one"])
}

/// The application stands at one revision, with another given up.
fn stands(shop: &Shop<'_>, phase: &str, release: &str, given_up: &str) -> Result<()> {
    let (_, said) = shop.sluice(&["status"])?;
    ensure!(said.starts_with(&format!("application {}: {phase}\n", shop.name)), "{said}");
    ensure!(said.contains(&format!("release     {release}")), "{release}: {said}");
    ensure!(said.contains(&format!("quarantined {given_up}")), "{given_up}: {said}");
    Ok(())
}

#[test]
fn fault_01_killed_while_it_goes_back() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "killed-back", "  wait: 5s\n  prune: true\n")?;
    let mut revisions = Vec::new();
    for value in ["first", "good", "bad"] {
        shop.config("one", value)?;
        revisions.push(commit(&shop, value)?);
        shop.ends(&["apply"], 0)?;
    }
    let [first, good, bad] = revisions.as_slice() else { anyhow::bail!("{revisions:?}") };
    // It says where it goes before it does.
    let said = format!("rolling back `killed-back` to {good}\n");
    ensure!(Halted::start(&shop, &["rollback"], said.len())?.kill()? == said);
    stands(&shop, "applying", good, bad)?;
    // The second time it goes on to where the first led, and the third further back; what Git has stays given up.
    shop.ends(&["rollback"], 0)?;
    ensure!(shop.live("one")?.context("it is gone")?["data"]["value"] == "good");
    stands(&shop, "applied", good, bad)?;
    shop.ends(&["rollback"], 0)?;
    ensure!(shop.live("one")?.context("it is gone")?["data"]["value"] == "first");
    stands(&shop, "applied", first, bad)?;
    let said = round(&shop, 1)?;
    ensure!(said.contains("\"step\":\"quarantine\""), "{said}");
    // To what was given up only when asked for by its name.
    shop.ends(&["rollback", "--to", bad], 0)?;
    let said = shop.ends(&["status"], 0)?;
    ensure!(said.contains(&format!("release     {bad}")) && !said.contains("quarantined"), "{said}");
    Ok(())
}

#[test]
fn fault_01_the_agent_ends_while_it_goes_back() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = from_git(plane, "ended-back", "  wait: 1s\n  onFailure: rollback\n  prune: true\n")?;
    shop.config("one", "1")?;
    shop.config("two", "1")?;
    let good = commit(&shop, "good")?;
    round(&shop, 0)?;
    // Nothing runs the pod here, and the way back makes the second ConfigMap anew.
    shop.config("one", "2")?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'registry.example.com/web:1.0.0'}]}\n",
    )?;
    let bad = commit(&shop, "bad")?;
    let seeing = Seeing::new(plane)?;
    let through = seeing.kubeconfig(&shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    seeing
        .lose(|method, path| method == "PATCH" && path.contains("/configmaps/two?") && !path.contains("dryRun"), true);
    let said = round_with(&shop, &["--patience", "3"], 1)?;
    shop.kubeconfig = direct;
    ensure!(seeing.told().0.len() == 1 && said.contains("goes back from"), "{said}");
    stands(&shop, "applying", &good, &bad)?;

    let said = round(&shop, 1)?;
    ensure!(said.contains("rolled back"), "{said}");
    stands(&shop, "applied", &good, &bad)?;
    for name in ["one", "two"] {
        ensure!(shop.live(name)?.context("it is gone")?["data"]["value"] == "1", "{name}: {said}");
    }
    let said = round(&shop, 1)?;
    ensure!(said.contains("\"step\":\"quarantine\""), "{said}");
    Ok(())
}

#[test]
fn fault_01_killed_at_any_moment() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "killed-often", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let seconds = std::env::var("SLUICE_KILL_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let started = Instant::now();
    let first = Instant::now();
    let names = release(&shop, false)?;
    settles(&shop, names)?;
    // Moments are spread over what a run takes: the settling above was four of them.
    let longest = u64::try_from(first.elapsed().as_millis())? / 3;
    let (mut seed, mut kills) = (0x2545_f491_u64, 0);
    while started.elapsed() < Duration::from_secs(seconds) {
        release(&shop, kills % 3 != 0)?;
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut run = shop.command(&["apply", "--quiet"]).stderr(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis((seed >> 33) % longest.max(1)));
        run.kill()?;
        run.wait()?;
        is_owned(&shop).with_context(|| format!("kill {kills}"))?;
        kills += 1;
    }
    println!("{kills} kills in {seconds} s");
    foreign.is_untouched(&shop)?;
    let names = release(&shop, true)?;
    settles(&shop, names)
}
