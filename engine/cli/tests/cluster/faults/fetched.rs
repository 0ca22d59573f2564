//! Fault 16 through the agent: packs that come in drop by drop or damaged, and disks that are full. Nothing changes in the
//! cluster, the log says what to do, and the round after it is good.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::agents::{self, Agent, commit, value};
use super::served::{Served, Way};
use super::{Foreign, is_owned, until};
use crate::plane::{Plane, Shop, shared, spoken};

/// An application from a repository over HTTP, with its first commit.
fn from_http<'p>(plane: &'p Plane, name: &str) -> Result<(Shop<'p>, Served)> {
    let shop = Shop::new(plane, name, "")?;
    agents::repository(&shop)?;
    commit(&shop, "1")?;
    let served = Served::start(shop.path())?;
    agents::application(&shop, &served.url("repo"), "")?;
    Ok((shop, served))
}

/// What must be as it was after a fetch that failed.
fn state(shop: &Shop<'_>) -> Result<impl PartialEq + std::fmt::Debug> {
    Ok((super::there(shop)?, shop.inventory()?, shop.live("one")?))
}

/// Noise, so that a pack is about as long as its text. It is the same each time.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut text = String::new();
    while text.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{:016x}", state ^ (state >> 29)));
    }
    text
}

/// The agent, whose caches are in a folder of the application.
fn command(shop: &Shop<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.env("XDG_CACHE_HOME", shop.path().join("cache"));
    command
}

#[test]
fn fault_16_the_agent_and_a_pack_that_comes_in_badly() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let (shop, served) = from_http(plane, "packs")?;
    let foreign = Foreign::new(&shop)?;
    let agent = Agent::start_by(&shop, command(&shop), &["--fetch-timeout", "2"])?;
    until("the first commit is there", || Ok(value(&shop)? == "1"))?;
    let ways = [
        (Way::Drip(12), "it was not complete after 2s", "raise the time-out if the repository is large"),
        (Way::Flip(40), "what came in is damaged", "look at the server, and at what lies between"),
        (Way::Cut(40), "could not be fetched", ""),
    ];
    for (number, (way, words, help)) in ways.into_iter().enumerate() {
        let before = state(&shop)?;
        let (lost, said) = (agent.rounds("packs", "unreachable")?, agent.log()?.len());
        served.set(way);
        commit(&shop, &format!("after {way:?}"))?;
        until("two rounds have failed", || Ok(agent.rounds("packs", "unreachable")? >= lost + 2))?;
        let log = agent.log()?.split_off(said);
        ensure!(log.contains(words) && log.contains(help), "{way:?} is not told by `{words}`, `{help}`:\n{log}");
        ensure!(log.contains("the last state stays"), "{log}");
        ensure!(agent.is_good("packs")? == Some(false) && !agent.is_ready()?, "{}", agent.ask("/readyz")?);
        ensure!(state(&shop)? == before, "after {number} faults the cluster is not as it was");
        served.set(Way::Whole);
        until("the commit is there", || Ok(value(&shop)? == format!("after {way:?}")))?;
        until("the agent says so", || Ok(agent.is_good("packs")? == Some(true) && agent.is_ready()?))?;
    }
    is_owned(&shop)?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_16_a_pack_that_is_damaged_anywhere() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let (shop, served) = from_http(plane, "damaged")?;
    let foreign = Foreign::new(&shop)?;
    let apply = |code: i32| -> Result<String> {
        let output = shop.command(&["apply"]).env("XDG_CACHE_HOME", shop.path().join("cache")).output()?;
        let said = spoken(&output);
        ensure!(output.status.code() == Some(code), "{:?}: {said}", output.status.code());
        Ok(said)
    };
    apply(0)?;
    let length = served.pack();
    ensure!(length > 100, "the pack has {length} bytes");
    let before = state(&shop)?;
    for at in (0..length - 8).step_by((length / 40).max(1)) {
        // Each time from nothing, so that the whole pack comes.
        std::fs::remove_dir_all(shop.path().join("cache/sluice/git"))?;
        served.set(Way::Flip(at));
        let said = apply(3).with_context(|| format!("with byte {at} of {length} turned over"))?;
        ensure!(said.contains("could not be fetched") && said.contains("help: "), "{said}");
        ensure!(state(&shop)? == before, "byte {at}: the cluster is not as it was");
    }
    served.set(Way::Whole);
    apply(0)?;
    foreign.is_untouched(&shop)
}

/// A command that gets a small disk of its own at a folder and then becomes the agent; none where this machine does not let
/// one be made.
fn on_a_small_disk(shop: &Shop<'_>) -> Result<Option<Command>> {
    let disk = shop.path().join("disk");
    std::fs::create_dir_all(&disk)?;
    let words = ["-rm", "sh", "-c", "mount -t tmpfs -o size=8m sluice \"$0\" && exec \"$@\""];
    let mut probe = Command::new("unshare");
    let output = probe.args(words).arg(&disk).arg("true").stdin(Stdio::null()).output();
    let why = match output {
        Ok(output) if output.status.success() => {
            let mut command = Command::new("unshare");
            command.args(words).arg(&disk).arg(env!("CARGO_BIN_EXE_sluice"));
            command.env("XDG_CACHE_HOME", &disk).env("TMPDIR", &disk);
            return Ok(Some(command));
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    eprintln!("left out: no small disk can be made here (`unshare -rm` and a tmpfs): {why}");
    Ok(None)
}

#[test]
fn fault_16_the_agent_and_a_disk_that_is_full() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let (shop, _served) = from_http(plane, "full-disk")?;
    let foreign = Foreign::new(&shop)?;
    let Some(command) = on_a_small_disk(&shop)? else { return Ok(()) };
    let agent = Agent::start_by(&shop, command, &[])?;
    until("the first commit is there", || Ok(value(&shop)? == "1"))?;

    let before = state(&shop)?;
    let disk = format!("/proc/{}/root{}", agent.id(), shop.path().join("disk").display());
    let filling = std::path::Path::new(&disk).join("filling");
    let mut file = std::fs::File::create(&filling).context("the disk of the agent is out of reach")?;
    while file.write_all(&[0; 512]).is_ok() {}
    drop(file);
    let second = noise(300_000);
    commit(&shop, &second)?;
    until("two rounds have failed", || Ok(agent.rounds("full-disk", "unreachable")? >= 2))?;
    let log = agent.log()?;
    ensure!(log.contains("there is no room for the repository at `"), "{log}");
    ensure!(log.contains("make room there, or name another folder"), "{log}");
    ensure!(log.contains("No space left on device"), "{log}");
    ensure!(agent.is_good("full-disk")? == Some(false) && !agent.is_ready()?);
    ensure!(state(&shop)? == before, "the cluster is not as it was");

    std::fs::remove_file(&filling)?;
    until("the second commit is there", || Ok(value(&shop)? == second))?;
    until("the agent says so", || Ok(agent.is_good("full-disk")? == Some(true) && agent.is_ready()?))?;
    is_owned(&shop)?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_16_files_may_not_grow() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let (shop, _served) = from_http(plane, "no-room")?;
    let foreign = Foreign::new(&shop)?;
    // No file may grow beyond 1 or 2 MiB, whatever the shell takes for a block. Less would not do for what is only in memory.
    let apply = |limit: &str, cache: &str| -> Result<(i32, String)> {
        let plain = shop.command(&["apply"]);
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"", limit]).arg(plain.get_program());
        command.args(plain.get_args()).current_dir(shop.path()).env("XDG_CACHE_HOME", shop.path().join(cache));
        let output = command.stdin(Stdio::null()).output()?;
        let said = spoken(&output);
        Ok((output.status.code().unwrap_or(-1), said))
    };
    let (code, said) = apply("2048", "small")?;
    ensure!(code == 0 && value(&shop)? == "1", "{code}: {said}");
    shop.file("repo/noise", &noise(6_000_000))?;
    commit(&shop, "2")?;
    let before = state(&shop)?;
    for cache in ["small", "new"] {
        let (code, said) = apply("2048", cache)?;
        ensure!(code == 3 && said.contains("there is no room for the repository at `"), "{code}: {said}");
        ensure!(said.contains("make room there, or name another folder"), "{said}");
        ensure!(state(&shop)? == before, "the cluster is not as it was");
    }
    let (code, said) = apply("unlimited", "small")?;
    ensure!(code == 0 && value(&shop)? == "2", "{code}: {said}");
    is_owned(&shop)?;
    foreign.is_untouched(&shop)
}
