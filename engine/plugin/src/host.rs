//! From the bytes of a component to a plugin that can be called: checked against the contract, compiled or taken from the
//! cache, linked, and asked what it is.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use sluice_wasm::{Cache, Permits, ticker};
use wasmtime::Engine;
use wasmtime::component::types::{self, ComponentItem};
use wasmtime::component::{Component, Linker};

use crate::bindings::{self, Exports, PACKAGE, PREVIOUS, VERSION};
use crate::describe;
use crate::engine;
use crate::error::{HostError, LoadError};
use crate::plugin::{Facts, Loaded, Plugin};
use crate::state::State;
use crate::types::{Description, Limits, Roles};
use crate::weight;

/// How a [`Host`] works.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The folder that compiled code is kept in; none for no cache. See [`crate::default_cache_dir`].
    pub cache: Option<PathBuf>,
    /// What plugins that look at a clock see: it stands still at this time.
    pub now: SystemTime,
    /// Most calls at once; further ones wait.
    pub jobs: usize,
}

/// The sandbox. Cheap to clone; one serves a whole process.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) permits: Permits,
    pub(crate) now: SystemTime,
    cache: Option<Cache>,
    notes: Vec<String>,
    plain: Linker<State>,
    #[cfg_attr(not(feature = "wasi"), expect(dead_code, reason = "without WASI there is one linker"))]
    wasi: OnceLock<Linker<State>>,
}

impl Host {
    /// Makes the engine and its pool of instances.
    ///
    /// # Errors
    /// Where the machine cannot run the engine. A cache folder that cannot be used is no error, but a note.
    pub fn new(options: &HostOptions) -> Result<Self, HostError> {
        let jobs = options.jobs.clamp(1, 512);
        let engine = engine::new(jobs).map_err(|error| HostError::Engine { message: format!("{error:#}") })?;
        ticker::register(&engine);
        let mut plain = Linker::new(&engine);
        bindings::link(&mut plain).map_err(|error| HostError::Engine { message: format!("{error:#}") })?;
        let (cache, notes) = match options.cache.as_deref().map(|folder| Cache::open(folder, &engine)) {
            None => (None, Vec::new()),
            Some(Ok(cache)) => (Some(cache), Vec::new()),
            Some(Err(note)) => (None, vec![note]),
        };
        let permits = Permits::new(jobs);
        Ok(Self(Arc::new(Inner { engine, permits, now: options.now, cache, notes, plain, wasi: OnceLock::new() })))
    }

    /// Words about the cache for who runs with `--verbose`: why it is not used.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// Makes a plugin of a component.
    ///
    /// # Errors
    /// Where the bytes are no component that keeps to the contract.
    pub fn load(&self, wasm: &[u8]) -> Result<Plugin, LoadError> {
        self.load_as(wasm, &sluice_wasm::sha256(wasm))
    }

    /// Makes a plugin of a component whose digest is known already, such as one that is part of the program: hashing
    /// a large one again at each start would be felt.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_as(&self, wasm: &[u8], digest: &str) -> Result<Plugin, LoadError> {
        let inner = &self.0;
        if let Some((component, description)) = inner.known(digest) {
            let mut loaded = inner.link(component, digest, wasm.len())?;
            loaded.describe(description);
            return Ok(Plugin::new(inner.clone(), loaded));
        }
        let component = compile(&inner.engine, wasm)?;
        let mut loaded = inner.link(component.clone(), digest, wasm.len())?;
        let description = loaded.ask(inner).map_err(LoadError::Describe)?;
        if let Some(message) = describe::problem(&description) {
            return Err(LoadError::Description { message });
        }
        if let Some(cache) = &inner.cache {
            cache.put(digest, &component, &serde_json::to_vec(&description).unwrap_or_default());
        }
        loaded.describe(description);
        Ok(Plugin::new(inner.clone(), loaded))
    }
}

impl Inner {
    /// What the cache has of a component: the code, and the description as the note beside it. One that would not be taken
    /// today, which an earlier version has left behind, is not taken from here either.
    fn known(&self, digest: &str) -> Option<(Component, Description)> {
        let entry = self.cache.as_ref()?.get(&self.engine, digest)?;
        let description = serde_json::from_slice(&entry.note).ok()?;
        describe::problem(&description).is_none().then_some((entry.code, description))
    }

    /// Links a component with what it imports: the contract, and WASI only where it asks for it.
    fn link(&self, component: Component, digest: &str, size: usize) -> Result<Loaded, LoadError> {
        let ty = component.component_type();
        let imports: Vec<String> = ty.imports(&self.engine).map(|(name, _)| name.to_owned()).collect();
        for name in &imports {
            known_import(name)?;
        }
        let asks_previous = asks_previous(&self.engine, &ty);
        let exports: Vec<&str> = ty.exports(&self.engine).map(|(name, _)| name).collect();
        let roles = roles(&exports)?;
        let linker = if imports.iter().any(|name| is_wasi(name)) { self.wasi_linker()? } else { &self.plain };
        let pre =
            linker.instantiate_pre(&component).map_err(|error| LoadError::Link { message: root_cause(&error) })?;
        let exports = Exports::new(&pre).map_err(|error| LoadError::Link { message: root_cause(&error) })?;
        if exports.roles() != roles {
            return Err(LoadError::Link { message: "an exported interface differs from the contract".to_owned() });
        }
        let facts = Facts { roles, imports, asks_previous, digest: digest.to_owned(), size };
        Ok(Loaded::new(pre, exports, facts))
    }

    #[cfg(feature = "wasi")]
    fn wasi_linker(&self) -> Result<&Linker<State>, LoadError> {
        if let Some(linker) = self.wasi.get() {
            return Ok(linker);
        }
        let mut linker = self.plain.clone();
        crate::wasi::link(&mut linker).map_err(|error| LoadError::Link { message: root_cause(&error) })?;
        Ok(self.wasi.get_or_init(|| linker))
    }

    #[cfg(not(feature = "wasi"))]
    fn wasi_linker(&self) -> Result<&Linker<State>, LoadError> {
        Ok(&self.plain)
    }
}

fn compile(engine: &Engine, wasm: &[u8]) -> Result<Component, LoadError> {
    // The eight bytes that WebAssembly begins with: magic, then version and layer.
    match wasm.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => {}
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => return Err(LoadError::CoreModule),
        _ => return Err(LoadError::NotWasm),
    }
    if let Some(message) = weight::problem(wasm) {
        return Err(LoadError::Invalid { message });
    }
    Component::from_binary(engine, wasm).map_err(|error| LoadError::Invalid { message: root_cause(&error) })
}

fn known_import(name: &str) -> Result<(), LoadError> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    if let Some(interface) = interface.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')) {
        if !compatible(version) {
            return Err(LoadError::ContractVersion { import: name.to_owned(), version: VERSION });
        }
        if ["types", "manifests", "context", "log"].contains(&interface) {
            return Ok(());
        }
    }
    if is_wasi(name) {
        let known = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
        if cfg!(feature = "wasi") && known.iter().any(|prefix| name.starts_with(prefix)) && version.starts_with("0.2") {
            return Ok(());
        }
    }
    Err(LoadError::UnknownImport { import: name.to_owned() })
}

/// Whether a plugin made for this version of the contract can be served: before 1.0, the minor version must be the same.
fn compatible(version: &str) -> bool {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    minor(version) == minor(VERSION)
}

fn is_wasi(name: &str) -> bool {
    name.starts_with("wasi:")
}

fn roles(exports: &[&str]) -> Result<Roles, LoadError> {
    let has = |interface: &str| {
        let prefix = format!("{PACKAGE}/{interface}@");
        exports.iter().any(|name| name.strip_prefix(&prefix).is_some_and(compatible))
    };
    let newer = exports.iter().find(|name| {
        let ours =
            name.strip_prefix(PACKAGE).and_then(|rest| rest.strip_prefix('/')).and_then(|rest| rest.split_once('@'));
        ours.is_some_and(|(_, version)| !compatible(version))
    });
    if let Some(name) = newer {
        return Err(LoadError::ContractVersion { import: (*name).to_owned(), version: VERSION });
    }
    let roles = Roles { validates: has("validation"), mutates: has("mutation") };
    if !has("plugin") || (!roles.validates && !roles.mutates) {
        let exports = exports.iter().map(|name| (*name).to_owned()).collect();
        return Err(LoadError::WrongWorld { exports });
    }
    Ok(roles)
}

/// The innermost words of an error, which say what is wrong and not where the engine noticed.
pub(crate) fn root_cause(error: &wasmtime::Error) -> String {
    crate::log::one_line(&error.root_cause().to_string())
}

/// What `describe` may cost.
pub(crate) fn describe_limits() -> Limits {
    Limits { output: 1 << 20, ..Limits::default() }
}

/// Whether a component imports the function by which it asks for an object as it was before. Components name the functions
/// of an interface that they call and no others.
fn asks_previous(engine: &Engine, ty: &types::Component) -> bool {
    ty.imports(engine).any(|(_, item)| {
        let ComponentItem::ComponentInstance(interface) = item.ty else { return false };
        interface.exports(engine).any(|(name, _)| name == PREVIOUS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_that_would_not_be_taken_is_not_taken_from_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let options = HostOptions { cache: Some(folder.path().to_owned()), now: SystemTime::UNIX_EPOCH, jobs: 1 };
        let host = Host::new(&options).unwrap();
        let inner = &host.0;
        let component = Component::from_binary(&inner.engine, b"\0asm\x0d\0\x01\0").unwrap();
        let mut description = Description { name: "plain".into(), version: "1.0.0".into(), ..Description::default() };
        for (name, is_known) in [("plain", true), ("\u{1b}[2J", false)] {
            description.name = name.to_owned();
            let note = serde_json::to_vec(&description).unwrap();
            inner.cache.as_ref().unwrap().put("sha256:0", &component, &note);
            assert_eq!(inner.known("sha256:0").is_some(), is_known, "{name}");
        }
    }
}
