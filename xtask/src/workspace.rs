//! Where things are: the checkout, the cache outside of it, and what lies in both.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the checkout. `cargo run` says where this package lies now, which may not be where it was compiled.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map(Path::to_path_buf).unwrap_or(package)
}

/// The folder for everything that is downloaded or built once: `$SLUICE_CACHE`, else `$XDG_CACHE_HOME/sluice`, else
/// `~/.cache/sluice`. It is created.
pub fn cache() -> Result<PathBuf> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = named("SLUICE_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|folder| folder.join("sluice")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/sluice")))
        .context("no cache folder: set SLUICE_CACHE to one")?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create the cache folder {}", folder.display()))?;
    folder.canonicalize().with_context(|| format!("cannot open the cache folder {}", folder.display()))
}

/// Where `guests` leaves the finished components.
pub fn components() -> PathBuf {
    root().join("target/guests")
}

/// A path as a person would write it: from the root of the checkout where it lies inside.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Whether this run is an automatic one, where nothing may be left out.
pub fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}
