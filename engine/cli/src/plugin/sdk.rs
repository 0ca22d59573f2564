//! The sources of the Rust SDK, which `plugin new` writes beside a plugin: the SDK is in no registry yet.

/// A file of the SDK, below `sdk/rust`.
macro_rules! files {
    ($($path:literal),* $(,)?) => {
        /// Path and content of each file.
        pub(super) const SDK: &[(&str, &[u8])] = &[
            $(($path, include_bytes!(concat!("../../../../sdk/rust/", $path))),)*
        ];
    };
}

files![
    "Cargo.toml",
    "macros/Cargo.toml",
    "macros/src/declare.rs",
    "macros/src/gather.rs",
    "macros/src/lib.rs",
    "src/alike.rs",
    "src/bindings.rs",
    "src/container.rs",
    "src/context.rs",
    "src/encode.rs",
    "src/finding.rs",
    "src/guest.rs",
    "src/image.rs",
    "src/labels.rs",
    "src/lib.rs",
    "src/memory.rs",
    "src/native.rs",
    "src/plugin.rs",
    "src/quantity.rs",
    "src/resource.rs",
    "src/rule.rs",
    "src/source.rs",
    "src/tape.rs",
    "src/testing.rs",
    "src/volume.rs",
    "src/wildcard.rs",
    "src/worlds/mutator",
    "src/worlds/policy",
    "src/worlds/validator",
    "wit/policy.wit",
    "wit/tape.md",
];

#[cfg(test)]
mod tests {

    use std::collections::BTreeSet;
    use std::path::Path;

    use super::SDK;

    #[test]
    fn every_source_file_is_written() {
        let root = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../sdk/rust");
        let mut there = BTreeSet::from(["Cargo.toml".to_owned(), "macros/Cargo.toml".to_owned()]);
        for folder in ["macros/src", "src", "src/worlds", "wit"] {
            for entry in root.join(folder).read_dir().unwrap() {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                // Tests of the SDK stay in its repository.
                if !entry.path().is_dir() && !name.ends_with("_tests.rs") {
                    there.insert(format!("{folder}/{name}"));
                }
            }
        }
        let written: BTreeSet<String> = SDK.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(written, there);
    }
}
