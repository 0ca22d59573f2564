//! A plugin and its calls. Each call has an instance of its own, so that no answer depends on what ran before it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use sluice_wasm::ticker::{self, Running};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::answer::{Terms, broken, shown};
use crate::bindings::Exports;
use crate::call::{Call, Set};
use crate::context::Orders;
use crate::error::ConfigureError;
use crate::fault::Fault;
use crate::host::{Inner, describe_limits};
use crate::state::{MOST_OBJECTS, State, View};
use crate::trap;
use crate::types::{Checked, Description, Grants, Limits, Mutated, Roles, Severity};

static NOTHING: LazyLock<Arc<Set>> = LazyLock::new(Arc::default);

/// A component that keeps to the contract, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    host: Arc<Inner>,
    loaded: Arc<Loaded>,
}

/// What was found out about a component.
pub(crate) struct Loaded {
    pre: InstancePre<State>,
    exports: Exports,
    facts: Facts,
    description: Description,
    rules: HashMap<String, Severity>,
}

/// What a component's bytes say of it.
pub(crate) struct Facts {
    pub(crate) roles: Roles,
    pub(crate) imports: Vec<String>,
    pub(crate) asks_previous: bool,
    pub(crate) digest: String,
    pub(crate) size: usize,
}

impl Loaded {
    pub(crate) fn new(pre: InstancePre<State>, exports: Exports, facts: Facts) -> Self {
        Self { pre, exports, facts, description: Description::default(), rules: HashMap::new() }
    }

    pub(crate) fn describe(&mut self, description: Description) {
        self.rules = description.rules.iter().map(|rule| (rule.id.clone(), rule.severity)).collect();
        self.description = description;
    }

    /// Asks the plugin what it is.
    pub(crate) fn ask(&self, host: &Inner) -> Result<Description, Fault> {
        let view =
            View { set: NOTHING.clone(), context: None, orders: Arc::default(), grants: Arc::default(), now: host.now };
        let run = self.run(host, view, describe_limits(), |store, instance| self.exports.describe(store, instance))?;
        Ok(run.answer)
    }

    /// Makes an instance and lets `question` have it, within the limits.
    fn run<T>(
        &self,
        host: &Inner,
        view: View,
        limits: Limits,
        question: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
    ) -> Result<Run<T>, Fault> {
        let _permit = host.permits.take();
        let _running = Running::start().ok_or(Fault::NoThread)?;
        let ticks = ticker::ticks(limits.time);
        let mut store = Store::new(&host.engine, State::new(view, limits, ticker::now().saturating_add(ticks)));
        store.limiter(|state| &mut state.limiter);
        store.set_epoch_deadline(ticks);
        store.set_hostcall_fuel(usize::try_from(limits.output).unwrap_or(usize::MAX));
        let most = store.data().most_handles();
        store.set_max_component_handles(most);
        let instance = self.pre.instantiate(&mut store);
        match instance.and_then(|instance| question(&mut store, &instance)) {
            Ok(answer) => Ok(Run { answer, state: store.into_data() }),
            Err(error) => Err(trap::fault(&error, store.into_data())),
        }
    }
}

/// What is left of a call.
struct Run<T> {
    answer: T,
    state: State,
}

impl Plugin {
    pub(crate) fn new(host: Arc<Inner>, loaded: Loaded) -> Self {
        Self { host, loaded: Arc::new(loaded) }
    }

    /// `sha256:` and the digest of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.loaded.facts.digest
    }

    /// What it says about itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.loaded.description
    }

    /// What it can do.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.loaded.facts.roles
    }

    /// The interfaces that it imports, with their versions.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.loaded.facts.imports
    }

    /// Whether it may ask for an object as it was before.
    #[must_use]
    pub fn asks_previous(&self) -> bool {
        self.loaded.facts.asks_previous
    }

    /// The world of the contract that its exports fit.
    #[must_use]
    pub fn world(&self) -> &str {
        match self.loaded.facts.roles {
            Roles { validates: true, mutates: true } => "sluice:policy/policy@0.1.0",
            Roles { mutates: true, .. } => "sluice:policy/mutator@0.1.0",
            Roles { .. } => "sluice:policy/validator@0.1.0",
        }
    }

    /// Bytes of the component.
    #[must_use]
    pub fn size(&self) -> usize {
        self.loaded.facts.size
    }

    /// Gives it its settings, as JSON text, and hears whether it takes them.
    ///
    /// # Errors
    /// Where it refuses them, or fails.
    pub fn configure(&self, settings: &str, limits: Limits, grants: Grants) -> Result<Configured, ConfigureError> {
        let grants = Arc::new(grants);
        let view = View {
            set: NOTHING.clone(),
            context: None,
            orders: Arc::default(),
            grants: Arc::clone(&grants),
            now: self.host.now,
        };
        let configure =
            |store: &mut Store<State>, instance: &Instance| self.loaded.exports.configure(store, instance, settings);
        let run = self.loaded.run(&self.host, view, limits, configure)?;
        run.answer.map_err(ConfigureError::Settings)?;
        let (plugin, settings, orders) = (self.clone(), settings.to_owned(), Arc::default());
        Ok(Configured(Arc::new(Configuration { plugin, settings, limits, grants, orders })))
    }
}

/// A plugin with its settings, limits and grants, ready to be asked. Cheap to clone; may be asked on any thread.
#[derive(Clone)]
pub struct Configured(Arc<Configuration>);

struct Configuration {
    plugin: Plugin,
    settings: String,
    limits: Limits,
    grants: Arc<Grants>,
    orders: Arc<Orders>,
}

impl Configured {
    /// The plugin that this is.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.0.plugin
    }

    /// Has it judge the subjects of a call.
    ///
    /// # Errors
    /// Where it gives no answer, or one that breaks the contract.
    pub fn check(&self, call: &Call) -> Result<Checked, Fault> {
        let exports = &self.0.plugin.loaded.exports;
        let mut run = self.ask(call, |store, instance| exports.check(store, instance, &call.chosen))?;
        let findings = self.terms(call, &mut run.state).findings(run.answer)?;
        Ok(Checked { findings, log: run.state.into_log() })
    }

    /// Has it say what to change in the subjects of a call.
    ///
    /// # Errors
    /// Where it gives no answer, or one that breaks the contract.
    pub fn mutate(&self, call: &Call) -> Result<Mutated, Fault> {
        let exports = &self.0.plugin.loaded.exports;
        let mut run = self.ask(call, |store, instance| exports.mutate(store, instance, &call.chosen))?;
        let patches = self.terms(call, &mut run.state).patches(run.answer)?;
        Ok(Mutated { patches, log: run.state.into_log() })
    }

    fn terms<'a>(&'a self, call: &'a Call, state: &'a mut State) -> Terms<'a> {
        Terms { rules: &self.0.plugin.loaded.rules, chosen: &call.chosen, state }
    }

    /// A fresh instance, configured, then asked.
    fn ask<T>(
        &self,
        call: &Call,
        question: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<Result<T, String>>,
    ) -> Result<Run<T>, Fault> {
        let Configuration { plugin, settings, limits, grants, orders } = &*self.0;
        let objects = call.set.resources.len().max(call.context.as_ref().map_or(0, |set| set.resources.len()));
        if objects > MOST_OBJECTS {
            return Err(Fault::HandleLimit { limit: MOST_OBJECTS as u64 });
        }
        let view = View {
            set: Arc::clone(&call.set),
            context: call.context.clone(),
            orders: Arc::clone(orders),
            grants: Arc::clone(grants),
            now: plugin.host.now,
        };
        let run = plugin.loaded.run(&plugin.host, view, *limits, |store, instance| {
            match plugin.loaded.exports.configure(store, instance, settings)? {
                Ok(()) => question(store, instance),
                Err(_) => Err(broken("took these settings before, and refuses them now".to_owned()).into()),
            }
        })?;
        match run.answer {
            Ok(answer) => Ok(Run { answer, state: run.state }),
            // A plugin that has no memory left may be civil enough to say so itself.
            Err(_) if run.state.limiter.memory_denied => Err(Fault::OutOfMemory { limit: limits.memory }),
            Err(message) => Err(Fault::Undecided { message: shown(&message) }),
        }
    }
}
