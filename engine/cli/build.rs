//! Finds the built-in plugins and the renderers, which `cargo xtask guests` compiles, and hands their paths to the crate.

use std::path::Path;

const RENDERERS: [&str; 2] = ["kustomize", "helm"];
const BUILT_IN: [&str; 3] = ["image-tags", "kubernetes-schema", "standard-labels"];

fn main() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
    for name in BUILT_IN {
        let file = guests.join(format!("{name}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            println!("cargo::error=the built-in plugin `{name}` is not compiled yet: run `cargo xtask guests` first");
        }
        let variable = name.to_uppercase().replace('-', "_");
        println!("cargo::rustc-env=SLUICE_GUEST_{variable}={}", file.display());
    }
    for name in RENDERERS {
        let file = guests.join(format!("renderers/{name}.wasm.zst"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            println!("cargo::error=the renderer `{name}` is not compiled yet: run `cargo xtask guests` first");
        }
        println!("cargo::rustc-env=SLUICE_RENDERER_{}={}", name.to_uppercase(), file.display());
    }
}
