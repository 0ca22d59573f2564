//! What the tests have in common: the renderers, and trees of files to render.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use sluice_render::{
    FolderFiles, Guest, Helm, Limits, MemoryFiles, Method, Origins, RenderError, Rendered, Renderers, RenderersOptions,
};

/// The renderers of all tests but those that are about limits, so that each guest is loaded once.
pub(crate) static RENDERERS: LazyLock<Renderers> = LazyLock::new(|| renderers(Limits::default()));

/// 2026-01-31T12:00:00Z
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)
}

pub(crate) fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..").canonicalize().expect("a checkout")
}

/// A guest that `cargo xtask guests` made.
pub(crate) fn guest(name: &str) -> Option<Guest> {
    let path = root().join(format!("target/guests/renderers/{name}.wasm.zst"));
    let bytes =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask guests`", path.display()));
    Some(Guest { compressed: bytes.into(), digest: None })
}

/// Compiled guests are kept beside the tests' program, so that the second run of the tests does not compile.
pub(crate) fn options(limits: Limits) -> RenderersOptions {
    RenderersOptions {
        cache: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
        now: now(),
        limits,
        guests: Box::new(guest),
        on_compile: Box::new(|_| {}),
    }
}

pub(crate) fn renderers(limits: Limits) -> Renderers {
    let renderers = Renderers::new(options(limits)).expect("an engine");
    assert_eq!(renderers.notes(), [""; 0]);
    renderers
}

pub(crate) fn folder(path: &Path) -> Arc<FolderFiles> {
    Arc::new(FolderFiles::open(path).unwrap_or_else(|error| panic!("{error}")))
}

/// A tree of files out of paths and texts.
pub(crate) fn tree(files: &[(&str, &str)]) -> Arc<MemoryFiles> {
    Arc::new(files.iter().map(|(path, text)| (path, text.as_bytes().to_vec())).collect())
}

/// Renders a kustomization in memory.
pub(crate) fn kustomize(files: &[(&str, &str)], path: &str) -> Result<Rendered, RenderError> {
    RENDERERS.render(tree(files), path, &Method::Kustomize, Origins::None)
}

/// Renders a chart in memory.
pub(crate) fn helm(files: &[(&str, &str)], path: &str) -> Result<Rendered, RenderError> {
    RENDERERS.render(tree(files), path, &Method::Helm(Helm::default()), Origins::None)
}

/// Helm's own program, which `cargo xtask setup` compiles into the cache; with `CI=true` it must be there.
pub(crate) fn helm_program() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("SLUICE_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|folder| folder.join("sluice")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/sluice")));
    let program = cache.map(|cache| cache.join("helm/helm")).filter(|program| program.is_file());
    if program.is_none() {
        assert!(std::env::var_os("CI").is_none(), "helm is missing: run `cargo xtask setup`");
        eprintln!("left out: there is no helm to compare with; `cargo xtask setup` compiles one");
    }
    program
}

/// The folders of cases in `tests/render`.
pub(crate) fn cases(of: &str) -> (PathBuf, Vec<String>) {
    let folder = root().join("tests/render").join(of);
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    (folder, names)
}

/// Whether a program can be run; with `CI=true` it must be.
pub(crate) fn has(program: &str, arguments: &[&str]) -> bool {
    let works = std::process::Command::new(program).args(arguments).output();
    if works.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "`{program}` is missing");
    eprintln!("left out: there is no `{program}` to compare with");
    false
}

/// The third-party manifests; with `CI=true` they must be there.
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = root().join("../shared/corpus/manifests");
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    assert!(std::env::var_os("CI").is_none(), "the third-party data is missing: {}", folder.display());
    eprintln!("left out: there is no third-party data at {}", folder.display());
    None
}

/// The folders below this one, at any depth, that hold a file of this name, as paths from it.
pub(crate) fn holding(folder: &Path, file: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(&path).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else if entry.file_name() == file {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}
