//! What the tests have in common: a host, the hostile plugin in a mode, and objects to judge.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use sluice_manifest::{Resource, Span, Text, Tree};
use sluice_plugin::{Call, Checked, Configured, Fault, Grants, Host, HostOptions, Limits, Mutated, Plugin, Set};

/// The host of all tests but those that are about hosts, so that each component is compiled once.
pub(crate) static HOST: LazyLock<Host> = LazyLock::new(|| host(None));
pub(crate) static HOSTILE: LazyLock<Plugin> = LazyLock::new(|| HOST.load(&guest("hostile")).expect("loads"));

pub(crate) fn host(cache: Option<PathBuf>) -> Host {
    Host::new(&HostOptions { cache, now: now(), jobs: 4 }).expect("a host")
}

/// 2026-01-31T12:00:00.000000005Z
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_769_860_800, 5)
}

/// The bytes of a component that `cargo xtask guests` made.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let path =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join(format!("../../target/guests/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask guests`", path.display()))
}

pub(crate) fn resource(json: &str) -> Arc<Resource> {
    let text = Arc::new(Text::new("test.yaml", json));
    let tree = Tree::from_json(text, Span { start: 0, end: 0 }, json).expect("JSON");
    Arc::new(Resource::new(tree).expect("an object"))
}

pub(crate) fn deployment(name: &str) -> Arc<Resource> {
    resource(&format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"{name}","namespace":"shop"}},
            "spec":{{"template":{{"spec":{{"containers":[{{"name":"a","image":"nginx:1"}},{{"name":"b","image":"b"}}]}}}}}}}}"#
    ))
}

/// A call about these objects, all of them.
pub(crate) fn call(resources: Vec<Arc<Resource>>) -> Call {
    let chosen = (0..resources.len() as u32).collect();
    Call { set: Arc::new(Set { resources, ..Set::default() }), chosen, context: None }
}

pub(crate) fn deployments(count: usize) -> Call {
    call((0..count).map(|index| deployment(&format!("d{index}"))).collect())
}

/// Short enough to wait for, long enough for a machine that is busy.
pub(crate) fn limits() -> Limits {
    Limits { memory: 32 << 20, time: Duration::from_millis(1500), output: 16 << 20 }
}

pub(crate) fn hostile(mode: &str) -> Configured {
    hostile_with(mode, limits(), Grants::default())
}

pub(crate) fn hostile_with(mode: &str, limits: Limits, grants: Grants) -> Configured {
    HOSTILE.configure(&format!(r#"{{"mode":"{mode}"}}"#), limits, grants).expect("takes its settings")
}

pub(crate) fn check(mode: &str) -> Result<Checked, Fault> {
    hostile(mode).check(&deployments(2))
}

pub(crate) fn mutate(mode: &str) -> Result<Mutated, Fault> {
    hostile(mode).mutate(&deployments(2))
}

/// The message of the contract that was broken.
pub(crate) fn broken<T: std::fmt::Debug>(answer: Result<T, Fault>) -> String {
    match answer {
        Err(Fault::Contract { message }) => message,
        other => panic!("not a broken contract: {other:?}"),
    }
}
