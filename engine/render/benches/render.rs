//! What a render costs, beside the tools that it stands in for: `cargo bench -p sluice-render`.

#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a bench may fail loudly")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use sluice_render::{
    Files, FolderFiles, Guest, Helm, Limits, MemoryFiles, Method, Origins, Renderers, RenderersOptions,
};

/// Overlays that are rendered side by side.
const OVERLAYS: usize = 20;

static RENDERERS: LazyLock<Renderers> = LazyLock::new(renderers);

fn main() {
    LazyLock::force(&RENDERERS);
    divan::main();
}

fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo")).join("../..")
}

fn renderers() -> Renderers {
    let guest = |name: &str| {
        let read =
            |end: &str| std::fs::read(root().join(format!("target/guests/renderers/{name}.{end}"))).expect("a guest");
        let digest = String::from_utf8(read("digest")).expect("text");
        Some(Guest { compressed: read("wasm.zst").into(), digest: Some(digest.into()) })
    };
    let options = RenderersOptions {
        cache: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")),
        now: SystemTime::UNIX_EPOCH,
        limits: Limits::default(),
        guests: Box::new(guest),
        on_compile: Box::new(|_| {}),
    };
    Renderers::new(options).expect("an engine")
}

fn folder(path: &str) -> Arc<dyn Files> {
    Arc::new(FolderFiles::open(&root().join(path)).expect("a folder"))
}

fn render(renderers: &Renderers, files: &Arc<dyn Files>, path: &str, method: &Method) -> u64 {
    renderers.render(files.clone(), path, method, Origins::None).unwrap_or_else(|error| panic!("{error}")).memory
}

fn native(program: &str, arguments: &[&str], path: &str) {
    let mut command = Command::new(program);
    let status = command.args(arguments).current_dir(root().join(path)).stdout(Stdio::null()).status();
    assert!(status.expect(program).success());
}

const OVERLAY: &str = "tests/render/kustomize";
const CHARTS: &str = "tests/render/helm";

/// A program that has rendered before on this machine: it maps the compiled guest and renders.
#[divan::bench(sample_count = 30)]
fn small_overlay_in_a_new_process(bencher: divan::Bencher<'_, '_>) {
    let files = folder(OVERLAY);
    render(&RENDERERS, &files, "patch-merge", &Method::Kustomize);
    bencher.bench_local(|| render(&renderers(), &files, "patch-merge", &Method::Kustomize));
}

#[divan::bench(sample_count = 30)]
fn small_overlay(bencher: divan::Bencher<'_, '_>) {
    let files = folder(OVERLAY);
    bencher.bench_local(|| render(&RENDERERS, &files, "patch-merge", &Method::Kustomize));
}

#[divan::bench(sample_count = 30)]
fn small_overlay_by_kubectl() {
    native("kubectl", &["kustomize", "patch-merge"], OVERLAY);
}

#[divan::bench(sample_count = 30)]
fn small_chart_in_a_new_process(bencher: divan::Bencher<'_, '_>) {
    let files = folder(CHARTS);
    render(&RENDERERS, &files, "plain", &Method::Helm(Helm::default()));
    bencher.bench_local(|| render(&renderers(), &files, "plain", &Method::Helm(Helm::default())));
}

#[divan::bench(sample_count = 30)]
fn small_chart(bencher: divan::Bencher<'_, '_>) {
    let files = folder(CHARTS);
    bencher.bench_local(|| render(&RENDERERS, &files, "plain", &Method::Helm(Helm::default())));
}

#[divan::bench(sample_count = 30)]
fn small_chart_by_helm() {
    native(&helm(), &["template", "plain"], CHARTS);
}

fn helm() -> String {
    let home = std::env::var("HOME").expect("a home");
    std::env::var("SLUICE_CACHE").unwrap_or_else(|_| format!("{home}/.cache/sluice")) + "/helm/helm"
}

/// 1.9 MB of manifests, most of them CRDs.
fn large() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let install = root().join("../shared/corpus/manifests/argo-cd/install.yaml");
    std::fs::copy(install, folder.path().join("install.yaml")).expect("the third-party manifests");
    let kustomization = "namespace: argocd\nresources: [install.yaml]\nlabels: [{pairs: {a: b}}]\n";
    std::fs::write(folder.path().join("kustomization.yaml"), kustomization).expect("a file");
    folder
}

#[divan::bench(sample_count = 5)]
fn large_overlay(bencher: divan::Bencher<'_, '_>) {
    let folder = large();
    let files: Arc<dyn Files> = Arc::new(FolderFiles::open(folder.path()).expect("a folder"));
    let mut memory = 0;
    bencher.bench_local(|| memory = render(&RENDERERS, &files, "", &Method::Kustomize));
    println!("memory: {} MiB", memory >> 20);
}

#[divan::bench(sample_count = 5)]
fn large_overlay_by_kubectl(bencher: divan::Bencher<'_, '_>) {
    let folder = large();
    let path = folder.path().to_str().expect("a path").to_owned();
    bencher.bench_local(|| native("kubectl", &["kustomize", &path], "."));
}

/// Twenty overlays of one base, on so many threads.
#[divan::bench(sample_count = 10, args = [1, 2])]
fn twenty_overlays(bencher: divan::Bencher<'_, '_>, threads: usize) {
    let base = std::fs::read(root().join(OVERLAY).join("base/deployment.yaml")).expect("a file");
    let mut tree = MemoryFiles::default();
    tree.insert("base/kustomization.yaml", &b"resources: [a.yaml]\n"[..]);
    tree.insert("base/a.yaml", base);
    for index in 0..OVERLAYS {
        let text = format!("resources: [../base]\nnamePrefix: o{index}-\nreplicas: [{{name: web, count: {index}}}]\n");
        tree.insert(&format!("o{index}/kustomization.yaml"), text.into_bytes());
    }
    let files: Arc<dyn Files> = Arc::new(tree);
    bencher.bench_local(|| {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= OVERLAYS {
                            return;
                        }
                        render(&RENDERERS, &files, &format!("o{index}"), &Method::Kustomize);
                    }
                });
            }
        });
    });
}
