//! The binary `sluice`: parses the command line and hands over to one module a command. Without the feature `apply` it has
//! those that judge, and none that speaks with a cluster.
#![cfg_attr(not(feature = "apply"), allow(dead_code, reason = "some of what serves all commands is for those"))]

mod bases;
mod builtin;
mod charts;
mod check;
mod completions;
#[cfg(feature = "apply")]
mod deploy;
mod diff;
mod exit;
mod inputs;
mod judging;
mod looking;
mod manner;
mod memory;
mod output;
mod placed;
mod plugin;
mod policy;
mod progress;
mod reading;
mod render;
mod rendering;
mod root;
mod schema;
mod sets;
mod source;

use clap::{Parser, Subcommand};

use exit::Exit;

/// The gate between Git and a Kubernetes cluster
///
/// Sluice reads Kubernetes manifests, runs sandboxed WebAssembly policies over them and says, for each thing that is
/// wrong, the line it stands in and what to type instead.
#[derive(Parser)]
#[command(name = "sluice", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  clean: nothing denies
  1  violations: at least one finding denies
  2  usage or configuration: a wrong option, a bad policy file, no manifest found
  3  could not decide: a plugin failed or a file could not be read, so nothing passes";

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Render(render::Arguments),
    Diff(diff::Arguments),
    #[cfg(feature = "apply")]
    Plan(deploy::plan::Arguments),
    #[cfg(feature = "apply")]
    Apply(deploy::apply::Arguments),
    #[cfg(feature = "apply")]
    Status(deploy::status::Arguments),
    #[cfg(feature = "apply")]
    Rollback(deploy::rollback::Arguments),
    #[cfg(feature = "apply")]
    Reconcile(deploy::reconcile::Arguments),
    #[cfg(feature = "apply")]
    Delete(deploy::delete::Arguments),
    #[command(subcommand)]
    Plugin(plugin::Command),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
}

fn main() -> Exit {
    let command = Arguments::parse().command;
    if matches!(command, Command::Check(_) | Command::Render(_) | Command::Diff(_)) {
        memory::keep();
    }
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Plan(arguments) => deploy::plan::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Apply(arguments) => deploy::apply::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Status(arguments) => deploy::status::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Rollback(arguments) => deploy::rollback::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Reconcile(arguments) => deploy::reconcile::run(&arguments),
        #[cfg(feature = "apply")]
        Command::Delete(arguments) => deploy::delete::run(&arguments),
        Command::Plugin(command) => plugin::run(&command),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
