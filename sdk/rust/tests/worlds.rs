//! The types of the worlds, which `__export!` puts into a component, are those of the WIT. With `UPDATE=1` they are
//! written anew.
#![cfg(not(target_family = "wasm"))]
use std::path::PathBuf;

use wit_component::StringEncoding;
use wit_parser::Resolve;

#[test]
fn the_types_of_the_worlds_are_those_of_the_wit() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(root.join("wit")).unwrap();
    for name in ["validator", "mutator", "policy"] {
        let world = resolve.select_world(&[package], Some(name)).unwrap();
        let encoded = wit_component::metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).unwrap();
        let file = root.join("src/worlds").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &encoded).unwrap();
        }
        let known = std::fs::read(&file).unwrap();
        assert!(known == encoded, "src/worlds/{name} is not the WIT's: run the test with UPDATE=1");
    }
}
