//! Chooses the compiler for the guests: the one in use when it knows the target, else a private one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Choice, private};
use crate::guests::{TARGET, WASI_TARGET};
use crate::process::{capture, exists, say, succeeds_within};
use crate::workspace;

/// How long `rustup target add` may take; where there is no way to its server, it can hang for longer than anyone waits.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// A compiler that can build guests.
#[derive(Clone, Debug)]
pub enum Toolchain {
    /// The compiler that runs this program too.
    Own,
    /// A compiler in the cache: the path of its `rustc`.
    Private(PathBuf),
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => write!(f, "the Rust toolchain in use"),
            Self::Private(rustc) => write!(f, "{}", rustc.display()),
        }
    }
}

impl Toolchain {
    /// Makes sure that there is one.
    pub fn ready(choice: Choice) -> Result<Self> {
        match choice {
            Choice::Auto if own_has(TARGET)? => Ok(Self::Own),
            // Where it was needed once there is no way to rustup's server, which would be waited for each time.
            Choice::Auto if !private::is_ready(&workspace::cache()?) && rustup_adds(TARGET)? => Ok(Self::Own),
            Choice::Auto | Choice::Private => Ok(Self::Private(private::ready(&workspace::cache()?)?)),
            Choice::Rustup if own_has(TARGET)? || rustup_adds(TARGET)? => Ok(Self::Own),
            Choice::Rustup => bail!("the Rust toolchain in use lacks {TARGET}, and rustup cannot add it"),
        }
    }

    /// Whether it builds for WASI too. The private one does not: there the standard library would need a libc that has no
    /// package, and the target is only that of a fixture.
    pub fn has_wasi(&self) -> Result<bool> {
        match self {
            Self::Own => Ok(own_has(WASI_TARGET)? || rustup_adds(WASI_TARGET)?),
            Self::Private(_) => Ok(false),
        }
    }

    /// A folder name, so that what two compilers built does not mix.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Private(_) => "private",
        }
    }

    /// Makes a cargo command use it.
    pub fn apply(&self, command: &mut Command) {
        if let Self::Private(rustc) = self {
            command.env("RUSTC", rustc).env_remove("RUSTC_WRAPPER").env_remove("RUSTUP_TOOLCHAIN");
        }
    }
}

/// Whether the compiler in use has the standard library of a target.
fn own_has(target: &str) -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = capture(Command::new(rustc).args(["--print", "sysroot"]))?;
    Ok(has_core(&Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib")))
}

/// Whether a folder of libraries holds `core`.
pub fn has_core(folder: &Path) -> bool {
    let is_core = |name: &str| name.starts_with("libcore-") && name.ends_with(".rlib");
    std::fs::read_dir(folder)
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_core)))
}

fn rustup_adds(target: &str) -> Result<bool> {
    if !exists("rustup") {
        return Ok(false);
    }
    say(format!("adding the target {target} with rustup"));
    let added = succeeds_within(Command::new("rustup").args(["target", "add", target]), RUSTUP_LIMIT);
    let there = added && own_has(target)?;
    if !there {
        say("rustup cannot add it here");
    }
    Ok(there)
}
