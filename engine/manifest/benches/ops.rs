//! What rules and patches cost on a Deployment of 2 KB: `cargo bench -p sluice-manifest --bench ops`.
#![expect(clippy::unwrap_used, reason = "benches")]

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use sluice_manifest::{Limits, Operation, Path, Resource, Text, Tree, read_value};

const DEPLOYMENT: &str = include_str!("deployment.yaml");

fn main() {
    divan::main();
}

fn tree() -> Tree {
    read_value(Arc::new(Text::new("deployment.yaml", DEPLOYMENT)), Limits::default()).unwrap()
}

#[divan::bench]
fn tape(bencher: Bencher<'_, '_>) {
    let tree = tree();
    let mut room = Vec::new();
    bencher.bench_local(|| black_box(tree.write_tape(&mut room, u64::MAX).map(<[u8]>::len)));
}

#[divan::bench]
fn json(bencher: Bencher<'_, '_>) {
    let tree = tree();
    let mut out = String::new();
    bencher.bench_local(|| {
        out.clear();
        tree.root().write_json(&mut out);
        black_box(out.len())
    });
}

#[divan::bench]
fn serde_json_of_the_same(bencher: Bencher<'_, '_>) {
    let value = tree().root().to_value();
    let mut out = Vec::new();
    bencher.bench_local(|| {
        out.clear();
        serde_json::to_writer(&mut out, &value).unwrap();
        black_box(out.len())
    });
}

#[divan::bench]
fn yaml(bencher: Bencher<'_, '_>) {
    let tree = tree();
    let mut out = String::new();
    bencher.bench_local(|| {
        out.clear();
        tree.root().write_yaml(&mut out);
        black_box(out.len())
    });
}

#[divan::bench]
fn digest(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench_local(|| black_box(tree.root().digest()));
}

#[divan::bench]
fn clone(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench_local(|| black_box(tree.clone()));
}

#[divan::bench(args = [
    "$.spec.template.spec['containers','initContainers'][*].image",
    "$.metadata.labels['app.kubernetes.io/name']",
    "$..image",
    "$..*",
])]
fn select(bencher: Bencher<'_, '_>, path: &str) {
    let tree = tree();
    let path = Path::parse(path).unwrap();
    bencher.bench_local(|| {
        let mut bytes = 0;
        path.select(tree.root(), &mut |pointer, _| bytes += pointer.len());
        black_box(bytes)
    });
}

#[divan::bench]
fn at(bencher: Bencher<'_, '_>) {
    let tree = tree();
    bencher.bench_local(|| black_box(tree.root().at(black_box("/spec/template/spec/containers/0/image")).is_some()));
}

#[divan::bench(args = [1, 3, 10])]
fn labels_added(bencher: Bencher<'_, '_>, count: usize) {
    let tree = tree();
    let label =
        |n| Operation::Add { pointer: format!("/metadata/labels/example.com~1l{n}"), value: "\"shop\"".to_owned() };
    let operations: Vec<Operation> = (0..count).map(label).collect();
    bencher.bench_local(|| black_box(tree.patched(&operations).unwrap()));
}

#[divan::bench]
fn image_replaced(bencher: Bencher<'_, '_>) {
    let tree = tree();
    let pointer = "/spec/template/spec/containers/0/image".to_owned();
    let operations = [Operation::Replace { pointer, value: "\"cart:2\"".to_owned() }];
    bencher.bench_local(|| black_box(tree.patched(&operations).unwrap()));
}

#[divan::bench]
fn redacted(bencher: Bencher<'_, '_>) {
    let resource = Resource::new(tree()).unwrap();
    bencher.bench_local(|| black_box(resource.redacted()));
}
