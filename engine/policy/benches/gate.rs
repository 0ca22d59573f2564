//! What the gate costs beside reading: `cargo bench -p sluice-policy --bench gate`. Times are the processor time of the
//! whole process, the best of several rounds, each compared with only building the trees of the same files.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "benches")]

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sluice_manifest::{Documents, Limits, Text};
use sluice_plugin::{Host, HostOptions};
use sluice_policy::{Gate, Input, PluginSource, Policy, RunOptions};

const OBJECT: &str = include_str!("../../manifest/benches/deployment.yaml");
const OBJECTS: usize = 10_000;
const PER_FILE: usize = 5;
const ROUNDS: usize = 5;

fn main() {
    let files = files_with("1.4.2");
    let mutable = files_with("latest");
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    println!("{OBJECTS} objects, {} files, {} KiB", files.len(), bytes >> 10);
    let trees = best(|| {
        for (name, text) in &files {
            let documents = Documents::from_bytes(name.as_str(), text.clone().into_bytes(), Limits::default());
            std::hint::black_box(documents.map(|document| document.resources.len()).sum::<usize>());
        }
    });
    println!("{:<44} {:>8.1} ms", "trees only", millis(trees));
    let labels = "{name: standard-labels, source: builtin:standard-labels, settings: {labels: {team: shop}}}";
    let tags = "{name: image-tags, source: builtin:image-tags}";
    let schema = "{name: kubernetes-schema, source: builtin:kubernetes-schema}";
    let never = "{name: image-tags, source: builtin:image-tags, match: {kind: None}}";
    let only = std::env::args().nth(1).unwrap_or_default();
    for (what, files, plugins) in [
        ("the gate, no plugin is given anything", &files, never.to_owned()),
        ("image-tags", &files, tags.to_owned()),
        ("image-tags, a finding in every object", &mutable, tags.to_owned()),
        ("kubernetes-schema", &files, schema.to_owned()),
        ("standard-labels, changes every object", &files, labels.to_owned()),
        ("all three", &files, format!("{labels}, {tags}, {schema}")),
    ] {
        if !what.contains(only.trim_start_matches("--bench")) {
            continue;
        }
        let Some(gate) = gate(&plugins) else { continue };
        let mut found = 0;
        let time = best(|| {
            let outcome = gate.run(inputs(files), &RunOptions { jobs: 1, ..RunOptions::default() });
            assert_eq!(outcome.verdict.summary.resources, OBJECTS as u64);
            found = outcome.verdict.summary.findings;
        });
        let more = time.saturating_sub(trees).as_secs_f64() * 1e6 / OBJECTS as f64;
        let ratio = time.as_secs_f64() / trees.as_secs_f64();
        let time = millis(time);
        println!("{what:<44} {time:>8.1} ms  {ratio:.2} × trees, {more:.2} µs an object more, {found} findings");
    }
}

/// Files of some Deployments each, one image of each with this tag.
fn files_with(tag: &str) -> Vec<(String, String)> {
    let one = |file: usize| {
        let objects = (0..PER_FILE).map(|object| {
            let name = format!("name: o{}-", file * PER_FILE + object);
            OBJECT.replacen("name: ", &name, 1).replace("/cart:1.4.2", &format!("/cart:{tag}"))
        });
        (format!("f{file}.yaml"), objects.collect::<Vec<_>>().join("---\n"))
    };
    (0..OBJECTS / PER_FILE).map(one).collect()
}

fn inputs(files: &[(String, String)]) -> Vec<Input> {
    files.iter().map(|(name, text)| Input::bytes(name.as_str(), text.clone().into_bytes())).collect()
}

fn gate(plugins: &str) -> Option<Gate> {
    let text = format!("apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{plugins}]\n");
    let policy = Policy::parse(&Arc::new(Text::new("sluice.yaml", text))).unwrap();
    let host = Host::new(&HostOptions { cache: None, now: SystemTime::UNIX_EPOCH, jobs: 1 }).unwrap();
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../target/guests");
    let resolve = |source: &PluginSource| match source {
        PluginSource::Builtin(name) => {
            std::fs::read(folder.join(format!("{name}.wasm"))).map(Cow::Owned).map_err(|error| error.to_string())
        }
        PluginSource::File(_) | PluginSource::Oci(_) => Err(String::new()),
    };
    match Gate::new(&policy, &host, &resolve, "2026-06-15T00:00:00Z".parse().unwrap()) {
        Ok(gate) => Some(gate),
        Err(errors) => {
            println!("left out: {}", errors.first().map_or("", |error| error.message.as_str()));
            None
        }
    }
}

fn best(mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let before = used();
        let start = Instant::now();
        work();
        best = best.min(match (before, used()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => start.elapsed(),
        });
    }
    best
}

/// Processor time of this process, in steps of 1/100 s at worst; none where the system does not tell.
fn used() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
