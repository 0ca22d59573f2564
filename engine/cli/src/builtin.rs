//! The plugins that come with the binary.

/// Name and component of each, sorted by name.
const PLUGINS: [(&str, &[u8]); 3] = [
    ("image-tags", include_bytes!(env!("SLUICE_GUEST_IMAGE_TAGS"))),
    ("kubernetes-schema", include_bytes!(env!("SLUICE_GUEST_KUBERNETES_SCHEMA"))),
    ("standard-labels", include_bytes!(env!("SLUICE_GUEST_STANDARD_LABELS"))),
];

/// The component of a built-in plugin.
pub(crate) fn find(name: &str) -> Option<&'static [u8]> {
    PLUGINS.iter().find(|(known, _)| *known == name).map(|(_, component)| *component)
}

/// The names of all of them, for messages.
pub(crate) fn names() -> String {
    PLUGINS.map(|(name, _)| format!("`{name}`")).join(", ")
}
