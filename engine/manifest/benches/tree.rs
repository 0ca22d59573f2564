//! Reading the third-party manifests, ten thousand documents of them: our trees, `serde_yaml_ng` into
//! `serde_json::Value`, and nothing but libyaml's events, in turn in one run. Prints milliseconds and ratios.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a measurement")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use sluice_manifest::{Documents, Limits, Text};

#[path = "../../../xtask/bench/src/events.rs"]
mod events;

const BYTES: usize = 20 << 20;
const ROUNDS: usize = 7;

fn main() {
    let Some(files) = corpus() else { return };
    let size: usize = files.iter().map(String::len).sum();
    let texts: Vec<Arc<Text>> = files.iter().map(|file| Arc::new(Text::new("bench", file.as_str()))).collect();
    let (mut ours, mut serde, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(time(|| texts.iter().map(trees).sum()));
        serde.push(time(|| files.iter().map(|file| serde_values(file)).sum()));
        events.push(time(|| files.iter().map(|file| events::count(file)).sum()));
    }
    let held: usize = texts.iter().map(memory).sum();
    let (ours, serde, events) = (least(&ours), least(&serde), least(&events));
    println!("{} files, {} documents with objects, {} bytes, least of {ROUNDS}", files.len(), ours.1, size);
    println!("sluice trees          {:>8.1} ms", ours.0);
    println!("serde_yaml_ng values  {:>8.1} ms   ours is {:.2} of it", serde.0, ours.0 / serde.0);
    println!("libyaml events        {:>8.1} ms   ours is {:.2} of it", events.0, ours.0 / events.0);
    println!("memory of the trees   {:>8.2} of the input", held as f64 / size as f64);
}

/// The corpus over and over, with names that differ.
fn corpus() -> Option<Vec<String>> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/corpus/manifests");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "the third-party data is missing: {}", folder.display());
        println!("left out: there is no third-party data at {}", folder.display());
        return None;
    }
    let mut originals = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![folder];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            originals.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    originals.sort();
    // The one file of custom resource definitions is as large as everything else ten times over: keep its share.
    let (large, small): (Vec<_>, Vec<_>) = originals.into_iter().partition(|(_, content)| content.len() > 500_000);
    let mut files = Vec::new();
    let mut size = 0;
    for round in 0.. {
        let all = small.iter().chain(large.iter().filter(|_| round % 12 == 0));
        for (_, content) in all {
            files.push(content.replace("\n  name: ", &format!("\n  name: r{round}-")));
            size += files[files.len() - 1].len();
        }
        if size >= BYTES {
            return Some(files);
        }
    }
    None
}

fn time(work: impl FnOnce() -> usize) -> (f64, usize) {
    let start = Instant::now();
    let count = black_box(work());
    let elapsed: Duration = start.elapsed();
    (elapsed.as_secs_f64() * 1_000.0, count)
}

fn least(times: &[(f64, usize)]) -> (f64, usize) {
    times.iter().copied().min_by(|left, right| left.0.total_cmp(&right.0)).unwrap()
}

fn trees(text: &Arc<Text>) -> usize {
    Documents::new(Arc::clone(text), Limits::default()).map(|document| document.resources.len()).sum()
}

fn memory(text: &Arc<Text>) -> usize {
    let documents = Documents::new(Arc::clone(text), Limits::default());
    documents.flat_map(|document| document.resources).map(|resource| resource.tree().size()).sum()
}

fn serde_values(file: &str) -> usize {
    let documents = serde_yaml_ng::Deserializer::from_str(file);
    // It ends for good at the first document that it refuses.
    documents.map_while(|document| serde_json::Value::deserialize(document).ok()).map(black_box).count()
}
