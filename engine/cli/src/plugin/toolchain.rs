//! Finds a compiler that knows the target of plugins: the one in use, with the target added by rustup where it is
//! missing, else the one that `cargo xtask setup` has put into the cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Stop, note};

/// The target that imports nothing but the contract.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Which compiler builds plugins.
pub(super) enum Toolchain {
    /// The one that cargo takes by itself.
    Own,
    /// The `rustc` in the cache.
    Cached(PathBuf),
}

impl Toolchain {
    /// Finds one. Looked for from `folder`, whose `rust-toolchain.toml` holds.
    pub(super) fn find(folder: &Path) -> Result<Self, Stop> {
        if !answers(Command::new("cargo").arg("--version")) {
            return Err(Stop::usage("plugins in Rust are built by `cargo`, which is not found")
                .help("install Rust: https://rustup.rs"));
        }
        if has_target(folder) {
            return Ok(Self::Own);
        }
        let rustup = |arguments: &[&str]| answers(Command::new("rustup").args(arguments).current_dir(folder));
        if rustup(&["--version"]) {
            note(&format!("adding the target {TARGET} with rustup"));
            if rustup(&["target", "add", TARGET]) && has_target(folder) {
                return Ok(Self::Own);
            }
        }
        match cached().filter(|rustc| rustc.is_file()) {
            Some(rustc) => Ok(Self::Cached(rustc)),
            None => Err(Stop::usage(format!("the Rust compiler in use has no standard library for {TARGET}")).help(
                format!("run `rustup target add {TARGET}`; where rustup has no way to its server, `cargo xtask setup` in a checkout of Sluice prepares a compiler"),
            )),
        }
    }

    /// Makes a cargo command use it.
    pub(super) fn apply(&self, command: &mut Command) {
        if let Self::Cached(rustc) = self {
            command.env("RUSTC", rustc).env_remove("RUSTC_WRAPPER").env_remove("RUSTUP_TOOLCHAIN");
        }
    }
}

fn answers(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn has_target(folder: &Path) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let output = Command::new(rustc).args(arguments).current_dir(folder).stderr(Stdio::null()).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else { return false };
    let library = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    library.read_dir().is_ok_and(|mut files| {
        files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
    })
}

/// Where `cargo xtask setup` keeps the compiler that it makes.
fn cached() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("SLUICE_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|folder| folder.join("sluice")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/sluice")))?;
    Some(cache.join("guest-rust/rustc"))
}
