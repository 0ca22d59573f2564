//! `sluice plugin …`: make, build, look at and test a policy of one's own. One file a command, in `plugin/`.

use crate::exit::Exit;

/// Make, build, look at and test policy plugins
#[derive(clap::Subcommand)]
pub(crate) enum Command {}

pub(crate) fn run(command: &Command) -> Exit {
    match *command {}
}
