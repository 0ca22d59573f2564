//! Write Sluice policies in Rust: a function that looks at a resource and returns findings.

#[cfg(not(target_family = "wasm"))]
mod encode;
pub mod tape;
