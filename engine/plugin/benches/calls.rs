//! What a call costs, and what a start costs. Needs the components of `cargo xtask guests`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use divan::{Bencher, counter::ItemsCount};
use sluice_manifest::{Resource, Span, Text, Tree};
use sluice_plugin::{Call, Configured, Grants, Host, HostOptions, Limits, Set};

const BATCH: usize = 100;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static TWIN: LazyLock<Configured> = LazyLock::new(|| configured("twin", "{}"));
static HOSTILE: LazyLock<Configured> = LazyLock::new(|| configured("hostile", "{}"));
static IDLE: LazyLock<Call> = LazyLock::new(|| call(0));
static FULL: LazyLock<Call> = LazyLock::new(|| call(BATCH));

fn main() {
    LazyLock::force(&TWIN);
    divan::main();
}

fn host() -> Host {
    let cache = Some(FOLDER.path().to_owned());
    Host::new(&HostOptions { cache, now: SystemTime::UNIX_EPOCH, jobs: 2 }).expect("a host")
}

fn guest(name: &str) -> Vec<u8> {
    let path =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join(format!("../../target/guests/{name}.wasm"));
    std::fs::read(path).expect("run `cargo xtask guests`")
}

fn configured(name: &str, settings: &str) -> Configured {
    let plugin = host().load(&guest(name)).expect("loads");
    plugin.configure(settings, Limits::default(), Grants::default()).expect("takes its settings")
}

fn text(name: &str) -> String {
    let container = |index: usize| {
        format!(
            r#"{{"name":"c{index}","image":"ghcr.io/acme/{name}:1.{index}","ports":[{{"containerPort":8080}}],
            "resources":{{"requests":{{"cpu":"100m","memory":"64Mi"}},"limits":{{"memory":"128Mi"}}}},
            "livenessProbe":{{"httpGet":{{"path":"/healthz","port":8080}},"periodSeconds":10}}}}"#
        )
    };
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"{name}","namespace":"shop",
        "labels":{{"app":"{name}","app.kubernetes.io/part-of":"shop"}}}},"spec":{{"replicas":3,
        "selector":{{"matchLabels":{{"app":"{name}"}}}},"template":{{"metadata":{{"labels":{{"app":"{name}"}}}},
        "spec":{{"serviceAccountName":"default","containers":[{},{},{}]}}}}}}}}"#,
        container(0),
        container(1),
        container(2)
    )
}

fn call(objects: usize) -> Call {
    let object = |index: usize| {
        let json = text(&format!("d{index}"));
        let tree = Tree::from_json(Arc::new(Text::new("bench", "")), Span::default(), &json).expect("JSON");
        Arc::new(Resource::new(tree).expect("an object"))
    };
    let resources: Vec<Arc<Resource>> = (0..objects).map(object).collect();
    Call { chosen: (0..objects as u32).collect(), set: Arc::new(Set { resources, ..Set::default() }), context: None }
}

/// A fresh instance that is configured and given nothing.
#[divan::bench]
fn instance() {
    black_box(TWIN.check(&IDLE).unwrap());
}

/// The same on two threads at once: it must scale.
#[divan::bench(threads = [1, 2])]
fn instances_side_by_side() {
    black_box(HOSTILE.check(&IDLE).unwrap());
}

/// One `select` an object, which is how rules are written.
#[divan::bench]
fn batch_of_select(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BATCH)).bench(|| black_box(TWIN.check(&FULL).unwrap()));
}

/// Identity, `select`, `get` and the whole JSON text of an object, and a finding with a fix for each.
#[divan::bench]
fn batch_of_everything(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BATCH)).bench(|| black_box(HOSTILE.check(&FULL).unwrap()));
}

/// What a native rule pays that parses each object for itself, without the rule.
#[divan::bench]
fn native_parse(bencher: Bencher<'_, '_>) {
    let texts: Vec<String> = (0..BATCH).map(|index| text(&format!("d{index}"))).collect();
    bencher.counter(ItemsCount::new(BATCH)).bench(|| {
        let parse = |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap();
        texts.iter().map(parse).collect::<Vec<_>>()
    });
}

#[divan::bench(args = [1, 2, 64])]
fn engine(jobs: usize) {
    black_box(Host::new(&HostOptions { cache: None, now: SystemTime::UNIX_EPOCH, jobs }).unwrap());
}

/// From nothing to a plugin that can be asked, when it was compiled before.
#[divan::bench(args = ["twin", "hostile", "javascript", "python"])]
fn load_cached(bencher: Bencher<'_, '_>, name: &str) {
    let wasm = guest(name);
    let host = host();
    host.load(&wasm).unwrap();
    bencher.bench(|| black_box(host.load(&wasm).unwrap()));
}

#[divan::bench(args = ["twin"], sample_count = 5, sample_size = 1)]
fn load_compiling(bencher: Bencher<'_, '_>, name: &str) {
    let wasm = guest(name);
    let host = Host::new(&HostOptions { cache: None, now: SystemTime::UNIX_EPOCH, jobs: 2 }).unwrap();
    bencher.bench(|| black_box(host.load(&wasm).unwrap()));
}
