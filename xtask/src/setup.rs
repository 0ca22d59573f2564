//! `cargo xtask setup`: puts whatever is missing into the cache, and nothing outside of it but the compiler's own target.
//!
//! Each part has a stamp that names its version: a second run finds the stamp and does nothing.

use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use crate::guests::{self, Languages};
use crate::process::say;

pub mod control_plane;
pub mod helm;
pub mod languages;
pub mod lint_tools;
mod private;
mod toolchain;

pub use toolchain::Toolchain;

/// Options of `cargo xtask setup`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the compiler for the guests comes from
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// Where the compiler for the guests comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// The compiler in use where it has the target or rustup can add it, else one from Debian's packages
    #[default]
    Auto,
    /// The compiler in use
    Rustup,
    /// One from Debian's packages, in the cache, without root
    Private,
}

/// Sets up everything that the tests and the lints need.
pub fn run(args: &Args) -> Result<()> {
    let toolchain = Toolchain::ready(args.toolchain)?;
    say(format!("guests are compiled by {toolchain}"));
    languages::javascript()?;
    languages::python()?;
    lint_tools::ready()?;
    helm::ready()?;
    control_plane::ready()?;
    guests::build(&toolchain, Languages::Rust)
}

/// Waits until no other run works on a folder of the cache; for as long as the file is open none does.
pub fn alone(folder: &Path, what: &str) -> Result<fs::File> {
    fs::create_dir_all(folder.parent().unwrap_or(folder))?;
    let mut lock = folder.as_os_str().to_owned();
    lock.push(".lock");
    let lock = fs::File::create(lock)?;
    if lock.try_lock().is_err() {
        say(format!("waiting for another run: {what}"));
        lock.lock()?;
    }
    Ok(lock)
}

/// The file that says which version of a piece of work a folder of the cache holds.
const STAMP: &str = "ready";

/// Whether this version of a piece of work is there.
pub fn is_done(folder: &Path, version: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|known| known == version)
}

/// Does a piece of work once: skipped when the stamp in the folder says that this version is there. A folder without
/// its stamp is left over from a broken run, and made anew. Checkouts share the cache: of two runs at once one waits.
pub fn once(folder: &Path, version: &str, what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if is_done(folder, version) {
        return Ok(());
    }
    let _alone = alone(folder, what)?;
    if is_done(folder, version) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let started = std::time::Instant::now();
    say(what);
    work()?;
    fs::write(folder.join(STAMP), version)?;
    say(format!("{what}: done in {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}
