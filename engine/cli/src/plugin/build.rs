//! `sluice plugin build`: from a crate to a component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use sluice_plugin::Plugin;
use wit_component::ComponentEncoder;

use super::toolchain::{TARGET, Toolchain};
use super::{Stop, about, load_from, note};
use crate::exit::Exit;

/// Build a plugin written in Rust into a component
///
/// Compiles the crate to WebAssembly, wraps it as a component and checks that it keeps to the contract.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder with the plugin's Cargo.toml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Where the component goes [default: NAME.wasm in the folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Stop> {
    let (file, plugin) = build(&arguments.folder, arguments.output.as_deref())?;
    let size = plugin.size().div_ceil(1024);
    note(&format!("wrote {} ({size} KB, {})", file.display(), plugin.digest()));
    Ok(Exit::Clean)
}

/// Builds the plugin in a folder; gives the file of the component, and the plugin. What does not keep to the contract is not
/// written.
pub(super) fn build(folder: &Path, output: Option<&Path>) -> Result<(PathBuf, Plugin), Stop> {
    if !folder.join("Cargo.toml").is_file() {
        return Err(Stop::usage(format!("there is no Cargo.toml in `{}`", folder.display()))
            .help("name the folder of a plugin, or make one: `sluice plugin new my-policy`"));
    }
    let toolchain = Toolchain::find(folder)?;
    let (name, module) = compile(folder, &toolchain)?;
    let bytes = fs::read(&module).map_err(|error| about("read", &module, &error))?;
    let component = ComponentEncoder::default()
        .module(&bytes)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| {
            Stop::usage(format!("`{name}` does not fit the contract: {error:#}"))
                .help("a plugin exports `#[policy]`, `#[mutator]` or `plugin!`, once")
        })?;
    let file = output.map_or_else(|| folder.join(format!("{name}.wasm")), Path::to_path_buf);
    let plugin = load_from(&file, &component)?;
    fs::write(&file, component).map_err(|error| about("write", &file, &error))?;
    Ok((file, plugin))
}

/// What cargo says while it builds; the rest of its messages is of no interest.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        target: Target,
        manifest_path: PathBuf,
        filenames: Vec<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Compiles the crate; gives its name and its core module.
fn compile(folder: &Path, toolchain: &Toolchain) -> Result<(String, PathBuf), Stop> {
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--lib", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    toolchain.apply(&mut command);
    let output = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Stop::failed(format!("cannot start `cargo`: {error}")))?;
    if !output.status.success() {
        return Err(Stop::usage("the plugin does not compile").help("cargo says above what is wrong"));
    }
    let manifest = folder.join("Cargo.toml").canonicalize().map_err(|error| about("find", folder, &error))?;
    let mut messages =
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
    let module = messages.find_map(|line| match serde_json::from_str(&line).ok()? {
        Message::CompilerArtifact { target, manifest_path, filenames }
            if target.kind.iter().any(|kind| kind == "cdylib")
                && manifest_path.canonicalize().is_ok_and(|path| path == manifest) =>
        {
            let wasm = filenames.into_iter().find(|file| file.extension().is_some_and(|it| it == "wasm"))?;
            Some((target.name, wasm))
        }
        Message::CompilerArtifact { .. } | Message::Other => None,
    });
    let (name, module) = module.ok_or_else(|| {
        Stop::usage("the crate makes no WebAssembly module")
            .help("add to its Cargo.toml: `[lib]` with `crate-type = [\"cdylib\"]`")
    })?;
    Ok((name.replace('_', "-"), module))
}
