//! The gate: what CI, the sidecar and the agent all pass their manifests through. Files are read and judged in batches as
//! they stream through; what one object says of itself never depends on its batch, and the order of threads never
//! reaches the verdict.

mod batch;
mod collect;
mod conclude;
mod faults;
mod finding;
mod fix;
mod kinds;
mod load;
mod many;
mod mutate;
mod names;
mod pace;
mod past;
mod queue;
mod read;
mod rules;
mod settings;
mod whole;

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};

use sluice_manifest::{Limits as ReadLimits, Resource, Span, Text};
use sluice_plugin::{Call, Checked, Configured, Description, Fault, Host, KindSelector, Mutated, Roles, Scope};

use crate::approved::PluginDigests;
use crate::exceptions::Exceptions;
use crate::file::{PluginEntry, PluginSource, Policy};
pub use batch::BATCH;
use collect::Collected;
pub use past::Begun;
pub use read::TEMPLATE;
pub(crate) use rules::TOO_MANY;
pub use settings::check_settings;

use crate::{Approved, ConfigError, Input, Past, RuleInfo, Surroundings, Verdict};

/// A policy, ready to judge.
pub struct Gate {
    pub(crate) policy: Policy,
    pub(crate) plugins: Vec<Loaded>,
    pub(crate) exceptions: Exceptions,
    pub(crate) rules: Vec<RuleInfo>,
    /// The namespace of objects that name none, where it is known.
    pub(crate) namespace: Option<String>,
    /// Findings of the run so far, in all its sets.
    pub(crate) findings: AtomicU64,
}

/// How to run.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// How many threads read and judge.
    pub jobs: usize,
    /// What to keep.
    pub keep: Keep,
    /// Told how many files are done, from any thread.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
    /// What a document may cost.
    pub manifest_limits: ReadLimits,
    /// The objects before the change, for plugins that compare.
    pub base: Option<&'a dyn Past>,
    /// What stands beside the set, for plugins that ask about other objects; none where no cluster is connected.
    pub surroundings: Option<&'a Surroundings>,
}

/// What the plugins of a gate ask for beyond the set itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// The kinds of other objects, by the grants of the policy file; without repetition.
    pub kinds: Vec<KindSelector>,
    /// Whether any asks for objects as they were before.
    pub previous: bool,
}

/// What is left of the manifests after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: memory stays bounded, whatever the number of objects.
    Nothing,
    /// All objects, as the mutators left them.
    Set,
}

/// What becomes of a finding that is alike in several sets, as in the overlays of one base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// It is told once, for the first of them.
    Once,
    /// It is told for each of them.
    Each,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What was decided, and why.
    pub verdict: Verdict,
    /// What may go on: with [`Keep::Set`], where the decision is to allow.
    pub approved: Option<Approved>,
    /// All objects as the mutators left them, in the order of the sources; empty without [`Keep::Set`]. To look at:
    /// only [`Approved`] goes on.
    pub set: Vec<Arc<Resource>>,
    /// What each input held, in the order in which the inputs were given.
    pub inputs: Vec<InputOutcome>,
}

/// What an input held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputOutcome {
    /// Objects.
    pub resources: u64,
    /// Whether it, or a document of it, could not be read.
    pub failed: bool,
    /// Whether a document of it was skipped as a template: what it stands for is not known.
    pub templates: bool,
}

/// A set that was judged and waits for the others.
#[derive(Debug)]
pub struct Judged(Collected);

/// Why a set could not be made.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is wrong: lowercase, one line.
    pub message: String,
    /// What to do about it; empty for what the rule says.
    pub help: String,
    /// The file, and the place in it, where that is known.
    pub place: Option<(Arc<Text>, Span)>,
    /// More for `--verbose`: all that a renderer said.
    pub detail: Option<String>,
}

/// A plugin that is ready, with what the policy file says of it.
pub(crate) struct Loaded {
    pub(crate) entry: PluginEntry,
    pub(crate) description: Description,
    pub(crate) roles: Roles,
    pub(crate) rules: rules::Rules,
    pub(crate) asks_previous: bool,
    pub(crate) digests: PluginDigests,
    pub(crate) judge: Box<dyn Judge>,
}

/// What the gate asks of a plugin. A stub stands behind it in tests.
pub(crate) trait Judge: Send + Sync {
    fn check(&self, call: &Call) -> Result<Checked, Fault>;
    fn mutate(&self, call: &Call) -> Result<Mutated, Fault>;
}

impl Judge for Configured {
    fn check(&self, call: &Call) -> Result<Checked, Fault> {
        self.check(call)
    }

    fn mutate(&self, call: &Call) -> Result<Mutated, Fault> {
        self.mutate(call)
    }
}

/// Asked once: the standard library reads several files each time.
static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get));

impl Default for RunOptions<'_> {
    fn default() -> Self {
        Self {
            jobs: *CORES,
            keep: Keep::Nothing,
            progress: None,
            manifest_limits: ReadLimits::default(),
            base: None,
            surroundings: None,
        }
    }
}

/// Finds the component of a plugin; the error says in one line why it cannot be had.
pub type Resolve<'r> = dyn Fn(&PluginSource) -> Result<Cow<'static, [u8]>, String> + 'r;

impl Gate {
    /// Loads and configures the plugins of a policy. `now` is the time of the evaluation, on which exceptions expire.
    ///
    /// # Errors
    ///
    /// Every plugin that cannot be had, loaded or configured, and every name that its rules do not know, each with its
    /// line in the policy file.
    pub fn new(
        policy: &Policy,
        host: &Host,
        resolve: &Resolve<'_>,
        now: jiff::Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        let plugins = load::load(policy, host, resolve)?;
        Self::assemble(policy.clone(), plugins, now)
    }

    /// A gate of plugins that are ready.
    pub(crate) fn assemble(
        policy: Policy,
        plugins: Vec<Loaded>,
        now: jiff::Timestamp,
    ) -> Result<Self, Vec<ConfigError>> {
        let known: Vec<&str> = plugins.iter().flat_map(|plugin| plugin.rules.ids()).collect();
        let exceptions = Exceptions::new(&policy, &known, now)?;
        let mut rules: Vec<RuleInfo> = plugins.iter().flat_map(|plugin| plugin.rules.infos()).collect();
        rules.extend(rules::gate_rules());
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Self { policy, plugins, exceptions, rules, namespace: None, findings: AtomicU64::new(0) })
    }

    /// The same gate for a set that goes where objects that name no namespace come to be in this one. Plugins are given those
    /// that fit with it or without, and exceptions cover those that fit both ways.
    #[must_use]
    pub fn for_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self.exceptions.namespace.clone_from(&self.namespace);
        self
    }

    /// What its plugins ask for beyond the set.
    #[must_use]
    pub fn asks(&self) -> Asks {
        let mut asks = Asks::default();
        for plugin in &self.plugins {
            asks.previous |= plugin.asks_previous;
            let kinds = plugin.granted().iter().filter(|kind| !asks.kinds.contains(kind));
            asks.kinds.extend(kinds.cloned().collect::<Vec<_>>());
        }
        asks
    }

    /// Reads and judges. This is the one way through: the decision does not depend on `jobs`, nor on the order of the
    /// inputs.
    #[must_use]
    pub fn run(&self, inputs: Vec<Input>, options: &RunOptions<'_>) -> Outcome {
        self.conclude([self.judge(inputs, options)], options.keep, Alike::Once)
    }

    /// Reads and judges one of several sets that are decided together, such as the overlays of a repository. Each is
    /// whole by itself: the same object may be in two of them.
    #[must_use]
    pub fn judge(&self, inputs: Vec<Input>, options: &RunOptions<'_>) -> Judged {
        self.finish(self.begin(inputs, options), options)
    }

    /// Begins [`Self::judge`]: reads a set, and judges it as far as nobody asks what its objects were before.
    /// [`RunOptions::base`] is not asked yet.
    #[must_use]
    pub fn begin(&self, inputs: Vec<Input>, options: &RunOptions<'_>) -> Begun {
        let mut collected = queue::stream(self, inputs, options);
        collected.waiting.sort_by_key(|item| item.order);
        Begun(if collected.waiting.is_empty() { self.end(collected, options) } else { collected })
    }

    /// Judges the rest of a set, with the options that it was begun with.
    #[must_use]
    pub fn finish(&self, begun: Begun, options: &RunOptions<'_>) -> Judged {
        let Begun(collected) = begun;
        if collected.waiting.is_empty() {
            return Judged(collected);
        }
        Judged(self.end(past::judge_waiting(self, collected, options), options))
    }

    /// Judges a set as a whole, once all of its objects have come through.
    fn end(&self, collected: Collected, options: &RunOptions<'_>) -> Collected {
        let collected = faults::settle(self, collected);
        let collected = whole::judge_set(self, collected, options);
        conclude::close(self, collected)
    }

    /// A set that there is not, because it could not be rendered.
    #[must_use]
    pub fn failed(&self, failure: Failure) -> Begun {
        let mut collected = Collected::default();
        collected.drafts.push(finding::of_failure(failure));
        Begun(collected)
    }

    /// Decides about sets, in this order.
    #[must_use]
    pub fn conclude(&self, sets: impl IntoIterator<Item = Judged>, keep: Keep, alike: Alike) -> Outcome {
        conclude::conclude(self, sets.into_iter().map(|Judged(collected)| collected), keep, alike)
    }

    pub(crate) fn plugin(&self, index: usize) -> Option<&Loaded> {
        self.plugins.get(index)
    }

    /// Plugins that change objects, in the order of the file.
    pub(crate) fn mutators(&self) -> impl Iterator<Item = (usize, &Loaded)> {
        self.plugins.iter().enumerate().filter(|(_, plugin)| plugin.roles.mutates)
    }

    /// Plugins that judge objects, in the order of the file.
    pub(crate) fn validators(&self) -> impl Iterator<Item = (usize, &Loaded)> {
        self.plugins.iter().enumerate().filter(|(_, plugin)| plugin.roles.validates)
    }

    /// Whether nothing can be changed before everything has been read.
    pub(crate) fn mutates_whole_set(&self) -> bool {
        self.mutators().any(|(_, plugin)| plugin.sees_others())
    }
}

impl Loaded {
    /// Whether it looks at other objects than its subject, so that all of them must have been read before it is asked.
    pub(crate) fn sees_others(&self) -> bool {
        self.description.scope == Scope::Set || self.sees_context()
    }

    /// Whether it may ask for other objects.
    pub(crate) fn sees_context(&self) -> bool {
        !self.granted().is_empty()
    }

    /// The kinds of other objects that it may ask for: those that it says it will, each of which the policy file grants.
    pub(crate) fn granted(&self) -> &[KindSelector] {
        &self.description.context
    }

    pub(crate) fn name(&self) -> &str {
        &self.entry.name
    }
}

#[cfg(test)]
mod stub;
#[cfg(test)]
mod tests;
