//! The order of writes: what others need comes first, and goes last.

use crate::reference::Reference;

/// When an object is applied. Objects of one stage are applied side by side; deletions go the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Definitions of kinds; the next stage waits until they are established.
    Definitions,
    /// Namespaces.
    Namespaces,
    /// Classes, accounts and rights.
    Rights,
    /// Everything else.
    Objects,
    /// What stands in the way of writes: admission webhooks and policies, and API services.
    Admission,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Definitions, Self::Namespaces, Self::Rights, Self::Objects, Self::Admission];

    /// The stage of an object.
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        match (reference.group.as_str(), reference.kind.as_str()) {
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definitions,
            ("", "Namespace") => Self::Namespaces,
            ("", "ServiceAccount" | "ResourceQuota" | "LimitRange")
            | ("rbac.authorization.k8s.io", _)
            | ("storage.k8s.io", "StorageClass")
            | ("scheduling.k8s.io", "PriorityClass")
            | ("node.k8s.io", "RuntimeClass")
            | ("networking.k8s.io", "IngressClass")
            | ("gateway.networking.k8s.io", "GatewayClass") => Self::Rights,
            ("admissionregistration.k8s.io", _) | ("apiregistration.k8s.io", "APIService") => Self::Admission,
            (_, _) => Self::Objects,
        }
    }
}
