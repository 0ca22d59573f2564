//! `sluice plugin …`: make, build, look at and test a policy of one's own. One file a command, in `plugin/`.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use sluice_plugin::{Host, HostOptions, Plugin};

use crate::exit::Exit;
use crate::output::complain;

mod build;
mod expected;
mod inspect;
mod new;
mod sdk;
mod test;
mod toolchain;

/// Make, build, look at and test policy plugins
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    New(new::Arguments),
    Build(build::Arguments),
    Inspect(inspect::Arguments),
    Test(test::Arguments),
}

pub(crate) fn run(command: &Command) -> Exit {
    let done = match command {
        Command::New(arguments) => new::run(arguments),
        Command::Build(arguments) => build::run(arguments),
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Test(arguments) => test::run(arguments),
    };
    done.unwrap_or_else(|stop| {
        complain(&stop.message, stop.help.as_deref());
        stop.exit
    })
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Stop {
    message: String,
    help: Option<String>,
    exit: Exit,
}

impl Stop {
    /// Something on the command line, or in a file, has to be put right.
    fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, exit: Exit::Usage }
    }

    /// Something that it needs did not work.
    fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, exit: Exit::Undecided }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Says on standard error what is being done.
fn note(line: &str) {
    // Standard error may be closed; there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// A file that cannot be read or written.
fn about(verb: &str, path: &Path, error: &std::io::Error) -> Stop {
    let path = path.display();
    if error.kind() == std::io::ErrorKind::NotFound {
        return Stop::usage(format!("there is no `{path}`"));
    }
    Stop::usage(format!("cannot {verb} `{path}`: {error}"))
}

/// Loads a component, without the cache: a plugin in the making changes with every build.
fn load(file: &Path) -> Result<Plugin, Stop> {
    let wasm = fs::read(file).map_err(|error| about("read", file, &error))?;
    load_from(file, &wasm)
}

/// Loads a component that is in that file, or will be.
fn load_from(file: &Path, wasm: &[u8]) -> Result<Plugin, Stop> {
    let options = HostOptions { cache: None, now: std::time::SystemTime::UNIX_EPOCH, jobs: 1 };
    let host = Host::new(&options).map_err(|error| Stop::failed(error.to_string()))?;
    host.load(wasm)
        .map_err(|error| Stop::usage(format!("cannot load `{}`: {error}", file.display())).help(error.help()))
}
