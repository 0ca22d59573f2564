//! The renderers: kustomize and helm, compiled by Go to WebAssembly, warmed up and written down as they are then. The work
//! is done in the cache, once for each state of the sources; `target/guests/renderers` gets the result.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::write_if_changed;
use crate::process::{capture, cargo, exists, programs, run, say};
use crate::setup::once;
use crate::workspace;

/// The modules in `renderers/`, which are the names of the guests, and what each is tried on when it is written down.
const RENDERERS: [(&str, &[&str]); 2] = [
    (
        "kustomize",
        &[
            "kustomize/patch-merge",
            "kustomize/generators",
            "kustomize/affixes",
            "kustomize/namespace",
            "kustomize/replicas",
        ],
    ),
    ("helm", &["helm/plain", "helm/values"]),
];
/// Where that lies.
const SAMPLES: &str = "tests/render";
/// What a renderer is made of besides its module: the sandbox that it is warmed up in, and what writes it down.
const INGREDIENTS: [&str; 9] = [
    "renderers/protocol",
    "xtask/snapshot",
    "xtask/src/guests/renderers.rs",
    "engine/render/src/engine.rs",
    "engine/render/src/guest.rs",
    "engine/render/src/touched.rs",
    "engine/render/src/warm.rs",
    "engine/render/src/wasi.rs",
    "engine/render/src/wasi",
];

/// Makes the renderers that are not up to date.
pub fn build() -> Result<()> {
    let go = go_version()?;
    let out = workspace::components().join("renderers");
    for (name, samples) in RENDERERS {
        let folder = workspace::cache()?.join("renderers").join(name);
        let version = version(name, &go)?;
        once(&folder, &version, &format!("building the renderer {name} (about a minute)"), || {
            make(name, &folder, samples)
        })?;
        let compressed = fs::read(compressed(name, &folder))?;
        let digest: String = Sha256::digest(&compressed).iter().map(|byte| format!("{byte:02x}")).collect();
        if write_if_changed(&out.join(format!("{name}.wasm.zst")), &compressed)? {
            say(format!("wrote {} ({} KB)", workspace::shown(&out.join(name)), compressed.len().div_ceil(1024)));
        }
        write_if_changed(&out.join(format!("{name}.digest")), format!("sha256:{digest}").as_bytes())?;
    }
    Ok(())
}

/// What `go version` says; an error with the remedy where there is no Go.
pub fn go_version() -> Result<String> {
    if !exists("go") {
        bail!(
            "there is no `go` on the PATH, which compiles the renderers kustomize and helm: install Go 1.26 or newer \
             (https://go.dev/dl, or your system's package)"
        );
    }
    capture(Command::new("go").args(["env", "GOVERSION"]))
}

fn compressed(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.wasm.zst"))
}

fn make(name: &str, folder: &Path, samples: &[&str]) -> Result<()> {
    let module = folder.join(format!("{name}.wasm"));
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o"]).arg(&module).arg(".");
    go.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOFLAGS", "-mod=readonly -buildvcs=false");
    capture(go.current_dir(workspace::root().join("renderers").join(name)))?;
    let mut snapshot = Command::new(snapshot_program()?);
    snapshot.arg(&module).arg(compressed(name, folder)).arg(name).arg(workspace::root().join(SAMPLES)).args(samples);
    capture(snapshot.env("RUST_BACKTRACE", "0"))?;
    fs::remove_file(module)?;
    Ok(())
}

/// Compiles the program that writes renderers down. With fewer packages cargo would choose other features for some
/// dependencies, and compile wasmtime once more; with the command line among them it would ask for the renderers first.
fn snapshot_program() -> Result<PathBuf> {
    let arguments = ["build", "--release", "--quiet", "--workspace", "--exclude", "sluice"];
    let mut build = cargo(&workspace::root(), &arguments);
    run(build.args(["--bin", "sluice-snapshot", "--test", "contract"]))?;
    Ok(programs()?.join("sluice-snapshot"))
}

/// A digest of everything that a renderer is made of.
fn version(name: &str, go: &str) -> Result<String> {
    let root = workspace::root();
    let mut files = Vec::new();
    let module = format!("renderers/{name}");
    for part in INGREDIENTS.into_iter().chain([module.as_str()]) {
        walk(&root.join(part), &mut files)?;
    }
    files.sort();
    let mut hasher = Sha256::new();
    hasher.update(go);
    hasher.update(engine_version(&fs::read_to_string(root.join("Cargo.lock"))?));
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.update(format!("\n{} {}\n", workspace::shown(&file), content.len()));
        hasher.update(content);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The version of wasmtime in a lock file.
fn engine_version(lock: &str) -> &str {
    lock.split("name = \"wasmtime\"\n").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default()
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        walk(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::engine_version;

    #[test]
    fn the_engine_is_part_of_what_a_renderer_is_made_of() {
        let lock = "[[package]]\nname = \"wasmtime\"\nversion = \"48.0.8\"\nsource = \"x\"\n";
        assert_eq!(engine_version(lock), "version = \"48.0.8\"");
        assert_eq!(engine_version(""), "");
    }
}
