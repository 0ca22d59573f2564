//! The contract is one for every language: the fixtures in JavaScript, Python and Go, with and without WASI, give what
//! their twin in Rust gives, and so does the twin as a build for WASI. `cargo xtask guests` builds them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use sluice_manifest::{Identity, Resource, Text, read_value};
use sluice_plugin::{
    Call, ConfigureError, Configured, Fault, Grants, Host, HostOptions, KindSelector, Limits, Plugin, Set, Severity,
};

const OBJECTS: [&str; 5] = [
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec:\n  replicas: 3\n  template:\n    \
     spec:\n      initContainers: [{name: wait, image: 'busybox'}]\n      containers:\n      - {name: cart, image: \
     'ghcr.io/acme/cart:latest'}\n      - {name: proxy, image: 'localhost:5000/envoy'}\n      - {name: fixed, image: \
     'ghcr.io/acme/log:1.2.3'}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: süß-日本-🦀, namespace: gone}\nspec:\n  containers:\n  - {name: a, image: \
     'nginx:latest'}\n  - {name: b, image: 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000'}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: empty}\nspec: {}\n",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: clean, namespace: shop}\nspec:\n  template:\n    spec:\n      \
     containers:\n      - {name: a, image: 'postgres:17.2'}\n",
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
];

/// Each fixture with the languages' own name. The first is what the others are compared with.
const FIXTURES: [&str; 8] = ["twin", WASIP2, "javascript", "javascript-wasi", "python", "python-wasi", "go", "go-wasi"];
/// The twin, built for WASI. The only one that may be missing in CI too: not every compiler has the target.
const WASIP2: &str = "wasip2";

/// Settings of which each makes the fixture walk another way.
const SETTINGS: [&str; 4] =
    ["{}", r#"{"exempt":["busybox","nginx:latest"]}"#, r#"{"namespaces":true}"#, r#"{"exempt":"busybox"}"#];

fn object(text: &str) -> Arc<Resource> {
    let tree = read_value(Arc::new(Text::new("object.yaml", text)), sluice_manifest::Limits::default()).unwrap();
    Arc::new(Resource::new(tree).unwrap())
}

fn target() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../target")
}

type Named = (&'static str, Plugin);

/// The fixtures, in the order of [`FIXTURES`]; none where they were not built, which only a person may do. They are
/// compiled once for all tests, which takes a while for Python.
fn plugins() -> Option<&'static [Named]> {
    static PLUGINS: OnceLock<Option<Vec<Named>>> = OnceLock::new();
    PLUGINS.get_or_init(load).as_deref()
}

fn load() -> Option<Vec<Named>> {
    let cache = Some(target().join("guests-compiled"));
    let host = Host::new(&HostOptions { cache, now: SystemTime::UNIX_EPOCH, jobs: 2 }).unwrap();
    let mut plugins = Vec::new();
    for name in FIXTURES {
        let path = target().join("guests").join(name).with_extension("wasm");
        match fs::read(&path) {
            Ok(bytes) => plugins.push((name, host.load(&bytes).unwrap_or_else(|error| panic!("{name}: {error:?}")))),
            Err(error) if name != WASIP2 && std::env::var_os("CI").is_some() => panic!("{}: {error}", path.display()),
            Err(_) => println!("left out: {name}, because `cargo xtask guests` has not built it"),
        }
    }
    (plugins.first()?.0 == "twin").then_some(plugins)
}

fn call() -> Call {
    let resources: Vec<Arc<Resource>> = OBJECTS.iter().map(|text| object(text)).collect();
    let mut previous = vec![None; resources.len()];
    previous[1] = Some(Arc::clone(&resources[1]));
    let set = Arc::new(Set { resources, previous, ..Set::default() });
    Call { set: Arc::clone(&set), chosen: vec![3, 0, 1, 2], context: Some(set) }
}

fn grants() -> Grants {
    let namespaces = KindSelector { group: String::new(), version: "v1".to_owned(), kind: "Namespace".to_owned() };
    Grants { context: vec![namespaces], ..Grants::default() }
}

/// Time enough for a machine that is busy: this is about answers, not about speed.
fn configure(plugin: &Plugin, settings: &str, grants: Grants) -> Result<Configured, ConfigureError> {
    plugin.configure(settings, Limits { time: Duration::from_secs(30), ..Limits::default() }, grants)
}

#[test]
fn every_language_gives_the_same_answers() {
    let Some(plugins) = plugins() else { return };
    let call = call();
    let (_, twin) = &plugins[0];
    for (name, plugin) in plugins {
        assert_eq!(plugin.description(), twin.description(), "{name} describes itself otherwise");
        assert_eq!(plugin.roles(), twin.roles(), "{name}");
        for settings in SETTINGS {
            let answer = |plugin: &Plugin| match configure(plugin, settings, grants()) {
                Ok(configured) => Ok(configured.check(&call)),
                Err(ConfigureError::Settings(errors)) => Err(errors),
                Err(error) => panic!("{name} with {settings}: {error}"),
            };
            assert_eq!(answer(plugin), answer(twin), "{name} with {settings}");
        }
    }
}

#[test]
fn the_twin_finds_what_is_there() {
    let Some(plugins) = plugins() else { return };
    let (_, twin) = &plugins[0];
    let checked = configure(twin, r#"{"namespaces":true}"#, grants()).unwrap().check(&call()).unwrap();
    let seen: Vec<_> = checked.findings.iter().map(|f| (f.subject, f.rule.as_str(), f.pointer.as_str())).collect();
    let expected = [
        (1, "mutable-tag", "/spec/template/spec/initContainers/0/image"),
        (1, "mutable-tag", "/spec/template/spec/containers/0/image"),
        (1, "mutable-tag", "/spec/template/spec/containers/1/image"),
        (2, "mutable-tag", "/spec/containers/0/image"),
        (2, "unknown-namespace", "/metadata/namespace"),
    ];
    assert_eq!(sorted(seen), sorted(expected.to_vec()));
    let last = checked.findings.iter().find(|finding| finding.subject == 2).unwrap();
    assert_eq!(last.message, "`nginx:latest` can change under no replicas");
    assert_eq!(last.severity, Severity::Warning, "the pod was there before");
    assert_eq!(checked.log.len(), 4, "one line for each subject: {:?}", checked.log);
}

#[test]
fn every_language_is_refused_what_was_not_granted() {
    let Some(plugins) = plugins() else { return };
    for (name, plugin) in plugins {
        let configured = configure(plugin, r#"{"namespaces":true}"#, Grants::default()).unwrap();
        match configured.check(&call()) {
            Err(Fault::Undecided { message }) => {
                assert!(message.contains("is not granted to this plugin"), "{name}: {message}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn only_the_builds_without_stubs_import_wasi() {
    let Some(plugins) = plugins() else { return };
    for (name, plugin) in plugins {
        let imports_wasi = plugin.imports().iter().any(|import| import.starts_with("wasi:"));
        let expected = name.ends_with("-wasi") || *name == WASIP2;
        assert_eq!(imports_wasi, expected, "{name} imports {:?}", plugin.imports());
    }
}

#[test]
fn a_namespace_is_found_by_its_identity() {
    let identity = object(OBJECTS[4]).identity().clone();
    let expected =
        Identity { api_version: "v1".into(), kind: "Namespace".into(), namespace: None, name: "shop".into() };
    assert_eq!(identity, expected);
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}
