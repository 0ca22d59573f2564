//! A component of a policy in Go, in the steps that `wit-bindgen go` asks of everyone: a module for WASI preview 1, the world
//! that it is made for written into it, and an adapter to what it shall import.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;

use crate::guests::encode;
use crate::process::capture;

/// Changes when the steps below change, so that an older result is made anew.
pub const RECIPE: &str = "1";

/// The adapter that answers by itself what Go asks of WASI.
const NO_WASI: &str = include_str!("no_wasi.wat");

/// Builds the module in a folder.
pub fn component(source: &Path, out: &Path, stubbed: bool) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let module = folder.path().join("module.wasm");
    let mut go = Command::new("go");
    // Without the last flag the linker refuses the allocator that bindings bring along.
    go.args(["build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w -checklinkname=0", "-o"])
        .arg(&module)
        .arg(".");
    go.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOFLAGS", "-mod=readonly -buildvcs=false");
    capture(go.current_dir(source))?;

    let none = wat::parse_str(NO_WASI)?;
    let adapter = if stubbed { none.as_slice() } else { WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER };
    let encoded = encode::component(fs::read(&module)?, &[("wasi_snapshot_preview1", adapter)])?;
    fs::write(out, encoded).with_context(|| format!("cannot write {}", out.display()))
}
