//! The bindings of the contract, and the only place that knows their types: everything that leaves is the crate's own.
//!
//! One binding of the widest world serves every plugin; what a component has is found from its exports.

use std::sync::Arc;

use sluice_manifest::{Identity, Operation};
use wasmtime::component::{HasSelf, Instance, InstancePre, Linker, Resource};
use wasmtime::{Store, StoreContextMut};

use crate::answer::{RawFinding, RawPatch};
use crate::state::State;
use crate::types::{Description, KindSelector, Roles, Rule, Scope, SettingsError, Severity};

use handle::Manifest;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "sluice:policy/policy",
        imports: { default: trappable },
        with: { "sluice:policy/manifests.manifest": super::handle::Manifest },
    });
}

use generated::exports::sluice::policy::{mutation, plugin, validation};
use generated::sluice::policy::{context, log, manifests, types};

mod handle {
    /// Never built: it types the handle, whose rep is all there is to it.
    #[expect(unreachable_pub, reason = "the generated code re-exports it; this module is private")]
    pub enum Manifest {}
}

/// The function by which a plugin asks for an object as it was before.
pub(crate) const PREVIOUS: &str = "[method]manifest.previous";

/// The interface of objects, and the function by which a plugin asks for a whole one.
const MANIFESTS: &str = "sluice:policy/manifests@0.1.0";
const TAPE: &str = "[method]manifest.tape";

/// The package that a plugin imports from, with the version that this host speaks.
pub(crate) const PACKAGE: &str = "sluice:policy";
/// The released version that this host speaks.
pub(crate) const VERSION: &str = "0.1.0";

/// Defines the interfaces of the contract.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    generated::Policy::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    // The generated code takes bytes of its own for each answer; a tape is shared by all who ask for it.
    linker.allow_shadowing(true);
    let tape = |mut store: StoreContextMut<'_, State>,
                (handle,): (Resource<Manifest>,)|
     -> wasmtime::Result<(Arc<[u8]>,)> { Ok((store.data_mut().tape_of(handle.rep())?,)) };
    linker.instance(MANIFESTS)?.func_wrap(TAPE, tape)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Where a component keeps its exports.
pub(crate) struct Exports {
    plugin: plugin::GuestIndices,
    validation: Option<validation::GuestIndices>,
    mutation: Option<mutation::GuestIndices>,
}

impl Exports {
    /// Looks the exports up; none where the component does not export `plugin` as the contract says.
    pub(crate) fn new(pre: &InstancePre<State>) -> wasmtime::Result<Self> {
        Ok(Self {
            plugin: plugin::GuestIndices::new(pre)?,
            validation: validation::GuestIndices::new(pre).ok(),
            mutation: mutation::GuestIndices::new(pre).ok(),
        })
    }

    pub(crate) fn roles(&self) -> Roles {
        Roles { validates: self.validation.is_some(), mutates: self.mutation.is_some() }
    }

    pub(crate) fn describe(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Description> {
        let guest = self.plugin.load(&mut *store, instance)?;
        guest.call_describe(store).map(description)
    }

    pub(crate) fn configure(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        settings: &str,
    ) -> wasmtime::Result<Result<(), Vec<SettingsError>>> {
        let guest = self.plugin.load(&mut *store, instance)?;
        let answer = guest.call_configure(store, settings)?;
        Ok(answer.map_err(|errors| errors.into_iter().map(settings_error).collect()))
    }

    pub(crate) fn check(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        subjects: &[u32],
    ) -> wasmtime::Result<Result<Vec<RawFinding>, String>> {
        let indices = self.validation.as_ref().ok_or_else(|| wasmtime::Error::msg("exports no `validation`"))?;
        let guest = indices.load(&mut *store, instance)?;
        let answer = guest.call_check(store, &handles(subjects))?;
        Ok(answer.map(|findings| findings.into_iter().map(finding).collect()))
    }

    pub(crate) fn mutate(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
        subjects: &[u32],
    ) -> wasmtime::Result<Result<Vec<RawPatch>, String>> {
        let indices = self.mutation.as_ref().ok_or_else(|| wasmtime::Error::msg("exports no `mutation`"))?;
        let guest = indices.load(&mut *store, instance)?;
        let answer = guest.call_mutate(store, &handles(subjects))?;
        Ok(answer.map(|patches| patches.into_iter().map(patch).collect()))
    }
}

fn handles(subjects: &[u32]) -> Vec<Resource<Manifest>> {
    subjects.iter().map(|rep| Resource::new_own(*rep)).collect()
}

fn description(raw: types::Description) -> Description {
    Description {
        name: raw.name,
        version: raw.version,
        scope: match raw.scope {
            types::Scope::Resource => Scope::Resource,
            types::Scope::Set => Scope::Set,
        },
        kinds: raw.kinds.into_iter().map(selector).collect(),
        rules: raw.rules.into_iter().map(rule).collect(),
        settings_schema: raw.settings_schema,
        context: raw.context.into_iter().map(selector).collect(),
    }
}

fn selector(raw: types::KindSelector) -> KindSelector {
    KindSelector { group: raw.group, version: raw.version, kind: raw.kind }
}

fn rule(raw: types::Rule) -> Rule {
    Rule { id: raw.id, severity: severity(raw.severity), summary: raw.summary, help: raw.help, url: raw.url }
}

fn severity(raw: types::Severity) -> Severity {
    match raw {
        types::Severity::Info => Severity::Info,
        types::Severity::Warning => Severity::Warning,
        types::Severity::Error => Severity::Error,
    }
}

fn settings_error(raw: types::SettingsError) -> SettingsError {
    SettingsError { pointer: raw.pointer, message: raw.message }
}

fn finding(raw: types::Finding) -> RawFinding {
    RawFinding {
        subject: raw.subject,
        rule: raw.rule,
        pointer: raw.pointer,
        message: raw.message,
        severity: raw.severity.map(severity),
        fix: raw.fix.into_iter().map(operation).collect(),
    }
}

fn patch(raw: types::Patch) -> RawPatch {
    RawPatch {
        subject: raw.subject,
        rule: raw.rule,
        reason: raw.reason,
        operations: raw.operations.into_iter().map(operation).collect(),
    }
}

fn operation(raw: types::Operation) -> Operation {
    match raw {
        types::Operation::Add(node) => Operation::Add { pointer: node.pointer, value: node.value },
        types::Operation::Replace(node) => Operation::Replace { pointer: node.pointer, value: node.value },
        types::Operation::Remove(pointer) => Operation::Remove { pointer },
    }
}

impl types::Host for State {}
impl manifests::Host for State {}

impl log::Host for State {
    fn write(&mut self, message: String) -> wasmtime::Result<()> {
        self.in_time()?;
        self.log.write(&message);
        Ok(())
    }
}

impl manifests::HostManifest for State {
    fn identity(&mut self, handle: Resource<Manifest>) -> wasmtime::Result<types::Identity> {
        let identity = self.identity_of(handle.rep())?;
        Ok(types::Identity {
            api_version: identity.api_version.clone(),
            kind: identity.kind.clone(),
            namespace: identity.namespace.clone(),
            name: identity.name.clone(),
        })
    }

    fn json(&mut self, handle: Resource<Manifest>) -> wasmtime::Result<String> {
        self.json_of(handle.rep())
    }

    fn get(&mut self, handle: Resource<Manifest>, pointer: String) -> wasmtime::Result<Option<String>> {
        self.value_of(handle.rep(), &pointer)
    }

    fn select(
        &mut self,
        handle: Resource<Manifest>,
        path: String,
    ) -> wasmtime::Result<Result<Vec<types::Node>, String>> {
        let mut nodes = Vec::new();
        let answer = self.select_of(handle.rep(), &path, &mut |pointer, value| {
            nodes.push(types::Node { pointer: pointer.to_owned(), value });
        })?;
        Ok(answer.map(|()| nodes))
    }

    fn tape(&mut self, handle: Resource<Manifest>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.tape_of(handle.rep())?.to_vec())
    }

    fn previous(&mut self, handle: Resource<Manifest>) -> wasmtime::Result<Option<Resource<Manifest>>> {
        Ok(self.previous_of(handle.rep())?.map(Resource::new_own))
    }

    /// The handle is an index into a set that outlives the call: there is nothing to free.
    fn drop(&mut self, _: Resource<Manifest>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl context::Host for State {
    fn get(&mut self, object: types::Identity) -> wasmtime::Result<Result<Option<Resource<Manifest>>, String>> {
        let wanted = Identity {
            api_version: object.api_version,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
        };
        Ok(self.context_get(&wanted)?.map(|found| found.map(Resource::new_own)))
    }

    fn list(
        &mut self,
        kinds: types::KindSelector,
        namespace: Option<String>,
    ) -> wasmtime::Result<Result<Vec<Resource<Manifest>>, String>> {
        let answer = self.context_list(&selector(kinds), namespace.as_deref())?;
        Ok(answer.map(|found| found.into_iter().map(Resource::new_own).collect()))
    }
}
