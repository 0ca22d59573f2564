//! Containers of every kind of workload.

use crate::finding::Finding;
use crate::image::Image;
use crate::resource::Resource;
use crate::tape::{Items, Kind, Node};

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Runs before the others.
    Init,
    /// Runs as long as the pod.
    Main,
    /// Added to a running pod for debugging.
    Ephemeral,
}

impl ContainerKind {
    const ALL: [Self; 3] = [Self::Init, Self::Main, Self::Ephemeral];

    /// The field of the pod that holds them: `initContainers`.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Main => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

/// One container of a workload.
#[derive(Clone)]
pub struct Container<'r> {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its image; empty where it has none.
    pub image: Image<'r>,
    /// What it is for.
    pub kind: ContainerKind,
    resource: &'r Resource,
    node: Node<'r>,
    pod: &'static str,
    index: usize,
}

impl<'r> Container<'r> {
    /// A field of the container, such as `securityContext`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Node<'r>> {
        self.node.get(field)
    }

    /// The container on the tape.
    #[must_use]
    pub fn node(&self) -> Node<'r> {
        self.node
    }

    /// RFC 6901 pointer to the container.
    #[must_use]
    pub fn pointer(&self) -> String {
        pointer(self.pod, self.kind, self.index)
    }

    /// A finding about one of its fields (`image`, `securityContext/privileged`), or about the container where the field
    /// is missing.
    pub fn finding(&self, field: &str, message: impl Into<String>) -> Finding {
        let below = if field.is_empty() { String::new() } else { format!("/{field}") };
        self.resource.finding_below(self.pointer(), self.node, &below, message)
    }
}

fn pointer(pod: &str, kind: ContainerKind, index: usize) -> String {
    format!("{pod}/{}/{index}", kind.field())
}

/// The containers of a pod.
#[derive(Clone)]
pub struct Containers<'r> {
    resource: &'r Resource,
    pod: &'static str,
    spec: Option<Node<'r>>,
    kinds: std::slice::Iter<'static, ContainerKind>,
    kind: ContainerKind,
    items: std::iter::Enumerate<std::iter::Flatten<std::option::IntoIter<Items<'r>>>>,
}

impl Resource {
    /// The containers of the pod that it runs, init and ephemeral ones too; none for kinds that run no containers.
    ///
    /// What has the shape of no container becomes a finding of the rule that asked.
    pub fn containers(&self) -> Containers<'_> {
        let pod = self.pod_spec_pointer();
        Containers {
            resource: self,
            pod: pod.unwrap_or_default(),
            spec: pod.and_then(|pod| self.object_at(pod)),
            kinds: ContainerKind::ALL.iter(),
            kind: ContainerKind::Init,
            items: None.into_iter().flatten().enumerate(),
        }
    }
}

impl<'r> Containers<'r> {
    fn container(&self, index: usize, node: Node<'r>) -> Option<Container<'r>> {
        let place = || pointer(self.pod, self.kind, index);
        if node.kind() != Kind::Object {
            self.resource.is_malformed(place(), "an object", node);
            return None;
        }
        let text = |field: &str| match node.get(field) {
            None => Some(""),
            Some(value) if value.is_null() => Some(""),
            Some(value) => value.as_str().or_else(|| {
                self.resource.is_malformed(format!("{}/{field}", place()), "a string", value);
                None
            }),
        };
        Some(Container {
            name: text("name")?.to_owned(),
            image: Image::new(text("image")?),
            kind: self.kind,
            resource: self.resource,
            node,
            pod: self.pod,
            index,
        })
    }
}

impl<'r> Iterator for Containers<'r> {
    type Item = Container<'r>;

    fn next(&mut self) -> Option<Container<'r>> {
        loop {
            while let Some((index, node)) = self.items.next() {
                if let Some(container) = self.container(index, node) {
                    return Some(container);
                }
            }
            let spec = self.spec?;
            self.kind = *self.kinds.next()?;
            let list = spec.get(self.kind.field());
            if let Some(list) = list.filter(|list| !matches!(list.kind(), Kind::Array | Kind::Null)) {
                self.resource.is_malformed(format!("{}/{}", self.pod, self.kind.field()), "a list", list);
            }
            self.items = list.map(Node::items).into_iter().flatten().enumerate();
        }
    }
}
