//! `sluice completions`: what a shell needs to complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::Exit;
use crate::output;

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
    output::print(&String::from_utf8_lossy(&text))
}
