//! The builds that leave something out: each compiles, and the library that others embed brings none of what a program that
//! speaks with servers needs.

use anyhow::{Result, bail};

use crate::process::{capture, cargo, run, say};
use crate::workspace;

/// The library that others embed.
const LIBRARY: &str = "sluice-policy";
/// What stands on it: without default features of either it is checked along with it, and wasmtime once for both.
const PROGRAM: &str = "sluice";
/// What the library does without, with all that begins like it.
const SERVERS: [&str; 6] = ["tokio", "kube", "gix", "hyper", "rustls", "wasmtime-wasi"];

/// Compiles them, as far as it takes to know that they compile.
pub fn check() -> Result<()> {
    say("checking the builds that leave something out");
    let root = workspace::root();
    let tree = ["tree", "--package", LIBRARY, "--no-default-features", "--edges", "normal", "--prefix", "none"];
    let tree = capture(&mut cargo(&root, &tree))?;
    let brought = forbidden(&tree);
    if !brought.is_empty() {
        bail!("{LIBRARY} without its default features brings {}", brought.join(", "));
    }
    run(&mut cargo(&root, &["check", "--quiet", "--release", "--package", PROGRAM, "--no-default-features"]))
}

/// What there must not be among the lines of a tree.
fn forbidden(tree: &str) -> Vec<&str> {
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    let mut found: Vec<&str> = names.filter(|name| SERVERS.iter().any(|server| name.starts_with(server))).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::forbidden;

    #[test]
    fn what_speaks_with_servers_is_found() {
        let tree = "sluice-policy v0.1.0 (/engine/policy)\nserde v1.0.1 (*)\ntokio v1.54.1\ntokio v1.54.1 (*)\ngix-hash v0.1.0\n";
        assert_eq!(forbidden(tree), ["gix-hash", "tokio"]);
        assert!(forbidden("sluice-policy v0.1.0\nwasmtime v48.0.8\n").is_empty());
    }
}
