//! `cargo xtask`: the one door to every chore of this repository. CI calls nothing else.
//!
//! Each command is a file. A command says in plain lines what it does while it works, and leaves everything that it
//! downloads in a cache outside the checkout.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod guests;
mod process;
mod setup;
mod workspace;

/// Every chore of the Sluice repository.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compile every plugin and fixture to a component in target/guests
    Guests(guests::Args),
    /// Put what is missing to build and test into the cache
    Setup(setup::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Guests(args) => guests::run(&args),
        Command::Setup(args) => setup::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
