//! From a core module that knows nothing of components to a component of the contract, and the guests that are written as
//! text because no compiler would write them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::write_if_changed;
use crate::process::say;
use crate::workspace;

/// The world that the modules are made for.
const WORLD: &str = "validator";
/// Where the guests in text are.
const TEXTS: &str = "tests/languages/text";

/// Makes a component of a module; `adapters` give it what it imports and the contract has not.
pub fn component(mut module: Vec<u8>, adapters: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(contract())?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module)?;
    for (name, adapter) in adapters {
        encoder.adapter(name, adapter)?;
    }
    encoder.encode().context("is no component of the contract")
}

/// Encodes the guests that are written as text: modules become components, components stay what they are.
pub fn texts() -> Result<()> {
    let folder = workspace::root().join(TEXTS);
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let bytes = text(&path).with_context(|| workspace::shown(&path))?;
        let name = path.with_extension("wasm");
        let out = workspace::components().join(name.file_name().context("a file without a name")?);
        if write_if_changed(&out, &bytes)? {
            say(format!("wrote {}", workspace::shown(&out)));
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<Vec<u8>> {
    let bytes = wat::parse_file(path)?;
    // The header of a component differs from that of a module in the last four bytes.
    if bytes.get(4..8) == Some(&[1, 0, 0, 0]) { component(bytes, &[]) } else { Ok(bytes) }
}

/// The folder of the contract.
pub fn contract() -> std::path::PathBuf {
    workspace::root().join("wit/0.1.0")
}
