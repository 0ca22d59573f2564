//! What the gate itself costs, without a sandbox: `cargo test --release -- --ignored --nocapture cost`.

use std::time::{Duration, Instant};

use sluice_manifest::{Documents, Limits, Operation};

use crate::gate::stub::{Stub, finds, gate, policy};
use crate::{Gate, Input, RunOptions};

const OBJECT: &str = include_str!("../../../../manifest/benches/deployment.yaml");
const OBJECTS: u32 = 10_000;

fn best(mut work: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let best: Duration = (0..9).map(round).min().unwrap_or_default();
    best.as_secs_f64() * 1e6 / f64::from(OBJECTS)
}

#[test]
#[ignore = "a measurement"]
fn the_gate_alone() {
    let object = |index: u32| OBJECT.replacen("name: ", &format!("name: o{index}-"), 1);
    let files: Vec<String> =
        (0..OBJECTS / 5).map(|file| (0..5).map(|at| object(file * 5 + at)).collect::<Vec<_>>().join("---\n")).collect();
    let trees = best(|| {
        for text in &files {
            let documents = Documents::from_bytes("x", text.clone().into_bytes(), Limits::default());
            std::hint::black_box(documents.map(|document| document.resources.len()).sum::<usize>());
        }
    });
    eprintln!("{:<34} {trees:.2} µs an object", "trees");
    let run = |what: &str, gate: &Gate| {
        let time = best(|| {
            let inputs = files.iter().enumerate().map(|(at, text)| Input::bytes(at.to_string(), text.clone().into()));
            let _ = gate.run(inputs.collect(), &RunOptions { jobs: 1, ..RunOptions::default() });
        });
        eprintln!("{what:<34} {:.2} µs an object more", time - trees);
    };
    let idle = || Stub::check(|_| Ok(Vec::new()));
    run("one idle validator", &gate(policy(&["a"], ""), &[idle()]));
    run("three idle validators", &gate(policy(&["a", "b", "c"], ""), &[idle(), idle(), idle()]));
    run("an idle mutator", &gate(policy(&["a"], ""), &[Stub::mutate(|_| Ok(Vec::new()))]));
    let label = Stub::mutate(|resource| {
        let there = resource.root().at("/metadata/labels/team").is_some();
        let add = || Operation::Add { pointer: "/metadata/labels/team".into(), value: r#""x""#.into() };
        Ok(if there { Vec::new() } else { vec![add()] })
    });
    run("a mutator that sets a label", &gate(policy(&["a"], ""), &[label]));
    run("a finding in each", &gate(policy(&["a"], ""), &[finds("/spec/template/spec/containers/0/image", "wrong")]));
}
