//! `cargo xtask demo`: from a fresh clone to findings: sets up what is missing, builds Sluice and checks the example shop.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::guests::{self, Languages};
use crate::process::{build_programs, programs, say};
use crate::setup::{Choice, Toolchain};
use crate::workspace;

/// Options of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {}

/// Builds Sluice and checks the example.
pub fn run(_args: &Args) -> Result<()> {
    let root = workspace::root();
    guests::build(&Toolchain::ready(Choice::Auto)?, Languages::Rust)?;
    build_programs(&root)?;

    let words = ["check", "--policy", "examples/shop/sluice.yaml", "examples/shop"];
    say(format!("sluice {}", words.join(" ")));
    println!();
    let mut sluice = Command::new(programs()?.join("sluice"));
    let status = sluice.args(words).current_dir(&root).status().context("cannot start sluice")?;
    println!();
    match status.code() {
        Some(1) => say("exit code 1: the shop is wrong on purpose, and each finding says what to type"),
        code => bail!("the example should end with exit code 1, and ended with {code:?}"),
    }
    Ok(())
}
