//! Fault 22: the clock of the machine jumps. The program is told another time by a library that comes before the system's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Foreign, settles};
use crate::plane::{Shop, shared, spoken};

/// A clock that is off by `SLUICE_TEST_CLOCK` seconds, for the time of day only.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t id, struct timespec *at) {
    int done = (int)syscall(SYS_clock_gettime, id, at);
    const char *off = getenv("SLUICE_TEST_CLOCK");
    if (done == 0 && id == CLOCK_REALTIME && off) at->tv_sec += atol(off);
    return done;
}
"#;

fn library(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, LIBRARY)?;
    let output = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output();
    let output = output.context("cannot start cc")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(library)
}

/// The year in which the release was applied, as the status says.
fn written(shop: &Shop<'_>) -> Result<i32> {
    let said = shop.ends(&["status"], 0)?;
    said.split(", of ").nth(1).and_then(|time| time.get(..4)?.parse().ok()).context(said.clone())
}

#[test]
fn fault_22_the_clock_jumps() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "clock", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let library = library(shop.path())?;
    let at = |off: i64, words: &[&str]| -> Result<(i32, String)> {
        let mut command = shop.command(words);
        let output = command.env("LD_PRELOAD", &library).env("SLUICE_TEST_CLOCK", off.to_string()).output()?;
        let said = spoken(&output);
        Ok((output.status.code().unwrap_or(-1), said))
    };
    shop.config("one", "1")?;
    shop.config("two", "1")?;
    settles(&shop, &["one", "two"])?;
    let now = written(&shop)?;
    let year = 366 * 24 * 3600;

    // A year ahead: nothing is written for the sake of the time, and what is to be done is done.
    let before = shop.live("one")?;
    let (code, said) = at(year, &["apply"])?;
    ensure!(code == 0 && said.starts_with("unchanged") && shop.live("one")? == before, "{code}: {said}");
    shop.config("one", "2")?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    let (code, said) = at(year, &["apply"])?;
    ensure!(code == 0 && shop.live("two")?.is_none(), "{code}: {said}");
    let then = written(&shop)?;
    ensure!(then == now + 1, "it was the year {now}, and then {then}");

    // And back again: the newer run is older by its time, and nothing goes by that.
    shop.config("one", "3")?;
    settles(&shop, &["one"])?;
    ensure!(shop.live("one")?.is_some_and(|live| live["data"]["value"] == "3"));

    // Before the certificates were made: the cluster cannot be trusted then, which is told, and nothing is lost.
    shop.config("one", "4")?;
    let (code, said) = at(-year, &["apply", "--patience", "2"])?;
    ensure!(code == 3 && said.contains("certificate"), "{code}: {said}");
    ensure!(shop.live("one")?.is_some_and(|live| live["data"]["value"] == "3"));
    settles(&shop, &["one"])?;
    foreign.is_untouched(&shop)
}
