//! `sluice-snapshot MODULE OUT RENDERER FOLDER PATH…`: warms a renderer up in the sandbox that it will run in, writes it down
//! as it is then, tries it on the paths of a folder to see which of its memory it writes to, and compresses it. What a render would set up each time is then done once. `cargo xtask guests` runs it; it is a program of
//! its own so that `cargo xtask` needs no engine.

use std::fs;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, Result, anyhow, bail};
use sluice_render::warm::{self, Sample, Value, Warm};
use wasm_encoder::{CustomSection, Section};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

mod segments;

/// The function that warms a renderer up.
const WARM: &str = "warm";
/// Of zstd. Higher ones gain little and take minutes.
const LEVEL: i32 = 19;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = || arguments.next();
    let (Some(module), Some(out), Some(renderer), Some(folder)) = (next(), next(), next(), next()) else {
        bail!("usage: sluice-snapshot MODULE OUT RENDERER FOLDER PATH…");
    };
    let paths: Vec<String> = arguments.map(|path| path.to_string_lossy().into_owned()).collect();
    let wasm = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut snapshot = snapshot(&segments::merge(&wasm)?)?;
    let samples: Vec<Sample<'_>> = paths.iter().map(|path| Sample { root: Path::new(&folder), path }).collect();
    let touched = warm::touched(&snapshot, &renderer.to_string_lossy(), &samples);
    let (name, data) = touched.map_err(|error| anyhow!("{error}"))?;
    CustomSection { name: name.into(), data: data.into() }.append_to(&mut snapshot);
    let compressed = zstd::encode_all(&*snapshot, LEVEL)?;
    fs::write(&out, compressed).with_context(|| format!("cannot write {}", out.display()))
}

/// The module as it is once it is warm.
fn snapshot(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    wizer.init_func(WARM);
    let (context, instrumented) = wizer.instrument(wasm).map_err(|error| anyhow!("{error:#}"))?;
    let warm = Warm::up(&instrumented).map_err(|error| anyhow!("{error}"))?;
    at_once(wizer.snapshot(&context, &mut State(warm)))?.map_err(|error| anyhow!("{error:#}"))
}

/// What the snapshot is made of.
struct State(Warm);

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        match self.0.global(name) {
            Some(Value::I32(value)) => SnapshotVal::I32(value),
            Some(Value::I64(value)) => SnapshotVal::I64(value),
            Some(Value::F32(bits)) => SnapshotVal::F32(bits),
            Some(Value::F64(bits)) => SnapshotVal::F64(bits),
            None => unreachable!("`{name}` was exported a moment ago"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        contents(self.0.memory(name).unwrap_or_default());
    }
}

/// The result of a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => bail!("the snapshot waits for something"),
    }
}
