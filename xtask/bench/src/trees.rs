//! Reading YAML: our trees with the place of every node, against `serde_yaml_ng` into values without places, and against
//! libyaml's events, of which nothing is made.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Deserialize;
use sluice_manifest::{Documents, Limits};

use crate::{Figures, best_of, events};

/// Rounds of a comparison.
const ROUNDS: usize = 5;

/// Builds the trees of all files, and the values of the same texts; both on one thread, from memory. Only texts that both
/// can read take part.
pub(crate) fn compare(files: &[PathBuf]) -> Result<Figures> {
    let mut texts = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        if values(&text).is_some() {
            texts.push(text);
        }
    }
    let (ours, theirs) = best_of(
        ROUNDS,
        || texts.iter().map(|text| trees(text.as_bytes().to_vec()).0).sum::<usize>(),
        || texts.iter().filter_map(|text| values(text)).map(|values| values.len()).sum::<usize>(),
    );
    let (beside_events, events) = best_of(
        ROUNDS,
        || texts.iter().map(|text| trees(text.as_bytes().to_vec()).0).sum::<usize>(),
        || texts.iter().map(|text| events::count(text)).sum::<usize>(),
    );
    let bytes: usize = texts.iter().map(String::len).sum();
    let memory: usize = texts.iter().map(|text| trees(text.as_bytes().to_vec()).1).sum();
    Ok(Figures::from([
        ("ours", ours),
        ("reference", theirs),
        ("beside_events", beside_events),
        ("events", events),
        ("bytes", bytes as f64),
        ("left_out", (files.len() - texts.len()) as f64),
        ("memory_ratio", memory as f64 / bytes as f64),
    ]))
}

/// Only reads the files and builds their trees, on some threads: the floor of a check.
pub(crate) fn only(files: &[PathBuf], jobs: usize) -> Result<Figures> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?;
    let started = Instant::now();
    let objects: usize =
        pool.install(|| files.par_iter().map(|path| fs::read(path).map_or(0, |bytes| trees(bytes).0)).sum());
    Ok(Figures::from([("seconds", started.elapsed().as_secs_f64()), ("objects", objects as f64)]))
}

/// The number of objects in a text, and the bytes that their trees hold.
fn trees(bytes: Vec<u8>) -> (usize, usize) {
    let documents = Documents::from_bytes("bench.yaml", bytes, Limits::default());
    documents.flat_map(|document| document.resources).fold((0, 0), |(objects, memory), resource| {
        (objects + 1, memory + std::hint::black_box(&resource).tree().size())
    })
}

/// The values of a text; none where `serde_yaml_ng` refuses it.
fn values(text: &str) -> Option<Vec<serde_json::Value>> {
    serde_yaml_ng::Deserializer::from_str(text).map(|document| serde_json::Value::deserialize(document).ok()).collect()
}
