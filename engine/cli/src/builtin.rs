//! The plugins that come with the binary.

/// Name and component of each, sorted by name.
const PLUGINS: [(&str, &[u8]); 3] = [
    ("image-tags", include_bytes!("../../../target/guests/image-tags.wasm")),
    ("kubernetes-schema", include_bytes!("../../../target/guests/kubernetes-schema.wasm")),
    ("standard-labels", include_bytes!("../../../target/guests/standard-labels.wasm")),
];

/// The component of a built-in plugin.
pub(crate) fn find(name: &str) -> Option<&'static [u8]> {
    PLUGINS.iter().find(|(known, _)| *known == name).map(|(_, component)| *component)
}

/// The names of all of them, for messages.
pub(crate) fn names() -> String {
    PLUGINS.map(|(name, _)| format!("`{name}`")).join(", ")
}
