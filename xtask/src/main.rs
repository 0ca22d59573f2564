//! `cargo xtask`: the one door to every chore of this repository. CI calls nothing else.
//!
//! Each command is a file. A command says in plain lines what it does while it works, and leaves everything that it
//! downloads in a cache outside the checkout.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod demo;
mod fix;
mod go;
mod guests;
mod lint;
mod openapi;
mod process;
mod setup;
mod test;
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
    /// Measure the speed, as ratios
    Bench(bench::Args),
    /// Build Sluice and check the example shop
    Demo(demo::Args),
    /// Run every test
    Test(test::Args),
    /// Tell everything that is wrong without running a test
    Lint(lint::Args),
    /// Repair what can be repaired without thinking
    Fix(fix::Args),
    /// Make the data of kubernetes-schema out of Kubernetes' own documents
    Openapi(openapi::Args),
    #[command(hide = true)]
    Measure(bench::measure::Args),
    /// Put what is missing to build and test into the cache
    Setup(setup::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Guests(args) => guests::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Measure(args) => bench::measure::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Openapi(args) => openapi::run(&args),
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
