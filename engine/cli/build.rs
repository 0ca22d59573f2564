//! Sees that the built-in plugins and the renderers are there, which `cargo xtask guests` compiles.

use std::path::PathBuf;

const RENDERERS: [&str; 2] = ["kustomize", "helm"];
const BUILT_IN: [&str; 3] = ["image-tags", "kubernetes-schema", "standard-labels"];

fn main() {
    // Read when the script runs: one target folder may serve several checkouts, and then the script was compiled elsewhere.
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let plugins = BUILT_IN.map(|name| (format!("the built-in plugin `{name}`"), format!("{name}.wasm")));
    let renderers = RENDERERS.map(|name| (format!("the renderer `{name}`"), format!("renderers/{name}.wasm.zst")));
    let digests = RENDERERS.map(|name| (format!("the renderer `{name}`"), format!("renderers/{name}.digest")));
    for (what, file) in plugins.into_iter().chain(renderers).chain(digests) {
        // From the package's folder, as `include_bytes!` has it too.
        let file = format!("../../target/guests/{file}");
        println!("cargo::rerun-if-changed={file}");
        if !package.join(&file).is_file() {
            println!("cargo::error={what} is not compiled yet: run `cargo xtask guests` first");
        }
    }
}
