//! The renderers: kustomize and Helm, as their Go modules compile them for the sandbox, warmed up and compressed. Built
//! once into the cache, under a digest of all that they are made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::write_if_changed;
use crate::process::{capture, cargo, exists, programs, run, say};
use crate::{setup, workspace};

const NAMES: [&str; 2] = ["kustomize", "helm"];
/// What goes into a renderer besides its own folder: the protocol, and what takes the snapshot, as far as it shapes it.
const SHARED: [&str; 3] = ["renderers/protocol", "engine/render/src", "xtask/snapshot/src"];

/// Builds the renderers that are not in the cache, and lays all of them where the command line embeds them from.
pub fn build() -> Result<()> {
    for name in NAMES {
        let digest = digest(name)?;
        let folder = workspace::cache()?.join("renderers").join(name);
        let file = format!("{name}.wasm.zst");
        setup::once(&folder, &digest, &format!("compiling the renderer {name} with go"), || {
            compile(name, &folder, &folder.join(&file))
        })?;
        let out = workspace::components().join("renderers").join(&file);
        let content = fs::read(folder.join(&file)).with_context(|| format!("cannot read {}", folder.display()))?;
        if write_if_changed(&out, &content)? {
            say(format!("wrote {} ({} KB)", workspace::shown(&out), content.len().div_ceil(1024)));
        }
    }
    Ok(())
}

fn compile(name: &str, folder: &Path, out: &Path) -> Result<()> {
    if !exists("go") {
        bail!("the renderer {name} is written in Go: install Go 1.26 or later (https://go.dev/dl) and run this again");
    }
    let module = folder.join("module.wasm");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o"]).arg(&module).arg(".");
    go.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOFLAGS", "-mod=readonly").env("GOWORK", "off");
    capture(go.current_dir(workspace::root().join("renderers").join(name)))?;
    say("compiling sluice-snapshot (some minutes the first time)");
    // With the features that the tests take, so that wasmtime is compiled once.
    let arguments = ["build", "--release", "--workspace", "--bin", "sluice-snapshot", "--test", "contract"];
    run(&mut cargo(&workspace::root(), &arguments))?;
    say(format!("warming {name} up"));
    run(Command::new(programs()?.join("sluice-snapshot")).arg(&module).arg(out))?;
    fs::remove_file(&module).context("cannot remove what was compiled")
}

/// Over every file that shapes a renderer, and the compiler.
fn digest(name: &str) -> Result<String> {
    let mut files = Vec::new();
    for folder in SHARED.into_iter().chain([format!("renderers/{name}").as_str()]) {
        files_below(&workspace::root().join(folder), &mut files)?;
    }
    files.sort();
    let mut hasher = Sha256::new();
    for path in files {
        hasher.update(workspace::shown(&path));
        hasher.update([0]);
        hasher.update(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    if exists("go") {
        hasher.update(capture(Command::new("go").arg("version"))?);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "testdata" {
            files_below(&path, files)?;
        } else if path.is_file() && !name.ends_with("_test.go") {
            files.push(path);
        }
    }
    Ok(())
}
