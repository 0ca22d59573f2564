//! `cargo xtask demo`: from a fresh clone to findings: sets up what is missing, builds Sluice and checks the example shop.

use anyhow::{Context, Result, bail};

use crate::guests::{self, Languages};
use crate::process::{cargo, run as run_command, say};
use crate::setup::{Choice, Toolchain};
use crate::workspace;

/// Options of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {}

/// Builds Sluice and checks the example.
pub fn run(_args: &Args) -> Result<()> {
    let root = workspace::root();
    guests::build(&Toolchain::ready(Choice::Auto)?, Languages::Rust)?;
    say("compiling sluice (some minutes the first time)");
    run_command(&mut cargo(&root, &["build", "--release", "--package", "sluice"]))?;

    let words = ["check", "--policy", "examples/shop/sluice.yaml", "examples/shop"];
    say(format!("sluice {}", words.join(" ")));
    println!();
    let mut sluice = cargo(&root, &["run", "--quiet", "--release", "--package", "sluice", "--"]);
    let status = sluice.args(words).status().context("cannot start sluice")?;
    println!();
    match status.code() {
        Some(1) => say("exit code 1: the shop is wrong on purpose, and each finding says what to type"),
        code => bail!("the example should end with exit code 1, and ended with {code:?}"),
    }
    Ok(())
}
