//! Where a resource comes from: a handle of the host in the sandbox, a tape natively, so that unit tests need no host.

#[cfg(target_family = "wasm")]
pub(crate) use sandbox::Source;
#[cfg(not(target_family = "wasm"))]
pub(crate) use stub::Source;

#[cfg(target_family = "wasm")]
mod sandbox {
    use crate::bindings::sluice::policy::manifests::Manifest;
    use crate::resource::{Identity, Selected};

    pub(crate) struct Source(pub(crate) Manifest);

    impl Source {
        pub(crate) fn tape(&self) -> Vec<u8> {
            self.0.tape()
        }

        pub(crate) fn get(&self, pointer: &str) -> Option<String> {
            self.0.get(pointer)
        }

        pub(crate) fn select(&self, path: &str) -> Result<Vec<Selected>, String> {
            let nodes = self.0.select(path)?;
            Ok(nodes.into_iter().map(|node| Selected { pointer: node.pointer, json: node.value }).collect())
        }

        pub(crate) fn json(&self) -> String {
            self.0.json()
        }

        pub(crate) fn identity(&self) -> Identity {
            let identity = self.0.identity();
            Identity {
                api_version: identity.api_version,
                kind: identity.kind,
                namespace: identity.namespace,
                name: identity.name,
            }
        }

        pub(crate) fn previous(&self) -> Option<Self> {
            self.0.previous().map(Self)
        }
    }
}

#[cfg(not(target_family = "wasm"))]
mod stub {
    use crate::native;
    use crate::resource::{Identity, Selected};
    use crate::tape::{Node, Tape};

    #[derive(Clone)]
    pub(crate) struct Source {
        tape: Tape,
        previous: Option<Box<Source>>,
    }

    impl Source {
        pub(crate) fn new(tape: Tape) -> Self {
            Self { tape, previous: None }
        }

        pub(crate) fn set_previous(&mut self, previous: Self) {
            self.previous = Some(Box::new(previous));
        }

        pub(crate) fn tape(&self) -> Vec<u8> {
            self.tape.as_bytes().to_vec()
        }

        pub(crate) fn get(&self, pointer: &str) -> Option<String> {
            self.tape.root().pointer(pointer).map(native::json)
        }

        pub(crate) fn select(&self, path: &str) -> Result<Vec<Selected>, String> {
            native::select(self.tape.root(), path)
        }

        pub(crate) fn json(&self) -> String {
            native::json(self.tape.root())
        }

        pub(crate) fn identity(&self) -> Identity {
            let text = |pointer: &str| self.tape.root().pointer(pointer).and_then(Node::as_str).map(String::from);
            Identity {
                api_version: text("/apiVersion").unwrap_or_default(),
                kind: text("/kind").unwrap_or_default(),
                namespace: text("/metadata/namespace").filter(|namespace| !namespace.is_empty()),
                name: text("/metadata/name").unwrap_or_default(),
            }
        }

        pub(crate) fn previous(&self) -> Option<Self> {
            self.previous.as_deref().cloned()
        }
    }
}
