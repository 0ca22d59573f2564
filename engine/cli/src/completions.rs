//! `sluice completions`: what a shell needs to complete the command line.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::Exit;

/// Print the completions for a shell
///
/// For bash: `sluice completions bash > ~/.local/share/bash-completion/completions/sluice`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Arguments::command(), "sluice", &mut text);
    // A reader that has gone away wants no more.
    let _ = io::Write::write_all(&mut io::stdout(), &text);
    Exit::Clean
}
