//! What may go on to a cluster, and nothing else may: the manifests that a run let through, with the digests that say
//! what was judged and by what. Only the gate can make one.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sluice_manifest::{Identity, Resource};

/// The manifests that the gate let through, as the mutators left them.
///
/// There is no way to make one but to pass the gate with [`Keep::Set`](crate::Keep::Set):
///
/// ```compile_fail
/// let smuggled = sluice_policy::Approved { manifests: vec![], set_digest: [0; 32], plugins: vec![] };
/// ```
///
/// ```compile_fail
/// let smuggled = sluice_policy::Approved::new(vec![], vec![]);
/// ```
///
/// ```compile_fail
/// let smuggled = sluice_policy::Approved::default();
/// ```
///
/// What it holds can be read:
///
/// ```
/// fn names(approved: &sluice_policy::Approved) -> Vec<&str> {
///     approved.manifests().iter().map(|manifest| manifest.identity().name.as_str()).collect()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Approved {
    manifests: Vec<Arc<Resource>>,
    set_digest: [u8; 32],
    plugins: Vec<PluginDigests>,
}

/// What a plugin was when it judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginDigests {
    /// Its name in the policy file.
    pub name: String,
    /// Digest of the component.
    pub component: String,
    /// SHA-256 of its settings, in lowercase hexadecimal. Alike for settings that are alike, however laid out.
    pub settings: String,
}

impl Approved {
    pub(crate) fn new(manifests: Vec<Arc<Resource>>, plugins: Vec<PluginDigests>) -> Self {
        let set_digest = set_digest(&manifests);
        Self { manifests, set_digest, plugins }
    }

    /// The objects, in the order of the sources.
    #[must_use]
    pub fn manifests(&self) -> &[Arc<Resource>] {
        &self.manifests
    }

    /// SHA-256 over the identity and the digest of every object; the order of the objects does not matter.
    #[must_use]
    pub fn set_digest(&self) -> &[u8; 32] {
        &self.set_digest
    }

    /// The plugins that judged, in the order of the policy file.
    #[must_use]
    pub fn plugins(&self) -> &[PluginDigests] {
        &self.plugins
    }
}

fn set_digest(manifests: &[Arc<Resource>]) -> [u8; 32] {
    let mut objects: Vec<(&Identity, [u8; 32])> =
        manifests.iter().map(|manifest| (manifest.identity(), manifest.root().digest())).collect();
    objects.sort_unstable();
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for (identity, digest) in objects {
        part(identity.api_version.as_bytes());
        part(identity.kind.as_bytes());
        part(identity.namespace.as_deref().unwrap_or_default().as_bytes());
        part(identity.name.as_bytes());
        part(&digest);
    }
    hash.finalize().into()
}
