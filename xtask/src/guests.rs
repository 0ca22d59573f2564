//! `cargo xtask guests`: compiles the workspace of the guests and leaves a component per plugin in `target/guests`, and the
//! renderers beside them.
//!
//! It writes a file only when its content changes, so that what embeds the components is not compiled again for nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use wit_component::ComponentEncoder;

use crate::process::{capture, cargo, say};
use crate::setup::{Choice, Toolchain};
use crate::workspace;

mod encode;
mod languages;
mod renderers;

pub use renderers::go_version;

/// The target that imports nothing but the contract.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The target that people choose who follow the documents of Rust: its standard library imports WASI.
pub const WASI_TARGET: &str = "wasm32-wasip2";

/// Options of `cargo xtask guests`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the compiler comes from
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
    /// Leave out the fixtures in other languages than Rust
    #[arg(long)]
    rust_only: bool,
}

/// Which guests to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Languages {
    /// Those in Rust and the renderers: all that the program embeds.
    Rust,
    /// The fixtures in other languages, and for WASI, too.
    All,
}

/// A crate that becomes a component.
pub struct Guest {
    /// Its package, and the name of its component.
    pub name: String,
    /// Where its `Cargo.toml` lies.
    pub folder: PathBuf,
    id: String,
}

/// Compiles all guests.
pub fn run(args: &Args) -> Result<()> {
    build(&Toolchain::ready(args.toolchain)?, if args.rust_only { Languages::Rust } else { Languages::All })
}

/// Compiles the guests that are not up to date.
pub fn build(toolchain: &Toolchain, which: Languages) -> Result<()> {
    rust(toolchain)?;
    encode::texts()?;
    renderers::build()?;
    match which {
        Languages::Rust => Ok(()),
        Languages::All => languages::build(toolchain),
    }
}

/// Compiles the guests that are written in Rust.
fn rust(toolchain: &Toolchain) -> Result<()> {
    let guests = all()?;
    say(format!("compiling {} guests of plugins/Cargo.toml to {TARGET}", guests.len()));
    let (modules, compiled) = compile(toolchain)?;

    let out = workspace::components();
    fs::create_dir_all(out.join(".stamps"))?;
    let mut refused = Vec::new();
    for guest in &guests {
        let done = match modules.get(&guest.id) {
            Some(module) => encode(&guest.name, module, &out),
            None => Err(anyhow!("did not compile")),
        };
        if let Err(error) = done {
            refused.push(format!("{}: {error:#}", guest.name));
        }
    }
    if !refused.is_empty() || !compiled {
        bail!("{} of {} guests are not ready:\n  {}", refused.len(), guests.len(), refused.join("\n  "));
    }
    say(format!("{} guests are ready in {}", guests.len(), workspace::shown(&out)));
    Ok(())
}

/// Every crate of the guests' workspace that becomes a component, because it is a `cdylib`.
pub fn all() -> Result<Vec<Guest>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        id: String,
        name: String,
        manifest_path: PathBuf,
        targets: Vec<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        kind: Vec<String>,
    }
    let folder = workspace::root().join("plugins");
    let text = capture(&mut cargo(&folder, &["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("cannot read the output of cargo metadata")?;
    let is_guest = |package: &Package| package.targets.iter().any(|target| target.kind.iter().any(|k| k == "cdylib"));
    let guests = metadata.packages.into_iter().filter(is_guest).map(|package| {
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path).to_path_buf();
        Guest { name: package.name, folder, id: package.id }
    });
    Ok(guests.collect())
}

/// Compiles the workspace. Gives the core module of each package that compiled, by package id, and whether all did.
fn compile(toolchain: &Toolchain) -> Result<(BTreeMap<String, PathBuf>, bool)> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        #[serde(default)]
        package_id: String,
        #[serde(default)]
        filenames: Vec<PathBuf>,
    }
    let arguments = ["build", "--workspace", "--release", "--keep-going", "--target", TARGET];
    let mut command = cargo_for(toolchain, &arguments);
    command.args(["--quiet", "--message-format", "json-render-diagnostics"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start cargo")?;

    let mut modules = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Message>(line) else { continue };
        if message.reason != "compiler-artifact" {
            continue;
        }
        let is_module = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
        if let Some(file) = message.filenames.into_iter().find(is_module) {
            modules.insert(message.package_id, file);
        }
    }
    Ok((modules, output.status.success()))
}

/// A cargo command in the workspace of the guests.
fn cargo_for(toolchain: &Toolchain, arguments: &[&str]) -> Command {
    let mut command = cargo(&workspace::root().join("plugins"), arguments);
    toolchain.apply(&mut command);
    command.env("CARGO_TARGET_DIR", compiled(toolchain));
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// Where a compiler leaves what it made of the guests.
fn compiled(toolchain: &Toolchain) -> PathBuf {
    workspace::root().join("target/guests-build").join(toolchain.name())
}

/// Turns a core module into a component, unless the module is the one of the last time.
fn encode(name: &str, module: &Path, out: &Path) -> Result<()> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let (component, stamp) = (out.join(format!("{name}.wasm")), out.join(".stamps").join(name));
    if component.is_file() && fs::read_to_string(&stamp).is_ok_and(|known| known == digest) {
        return Ok(());
    }
    let encoded = ComponentEncoder::default().module(&bytes).and_then(|encoder| encoder.validate(true).encode());
    let encoded = encoded.context("is no component of the contract")?;
    if write_if_changed(&component, &encoded)? {
        say(format!("wrote {} ({} KB)", workspace::shown(&component), encoded.len().div_ceil(1024)));
    }
    write_if_changed(&stamp, digest.as_bytes())?;
    Ok(())
}

/// Replaces a file in one step, and only when its content differs. `true` where it did.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|known| known == content) {
        return Ok(false);
    }
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    #[cfg(unix)]
    fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}
