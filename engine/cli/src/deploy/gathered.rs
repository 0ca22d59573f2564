//! From an application file to an approved set: fetch, render, judge. The same path as `sluice check`, with the set kept.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use sluice_apply::Release;
use sluice_policy::{Alike, Approved, Keep};
use sluice_source::{Checkout, RepoLocation, Request, SourceError};

use super::around::{Around, Reach};
use super::hindrance::{Cause, Hindrance};
use super::{Fetching, Loaded};
use crate::charts::Charts;
use crate::exit::Exit;
use crate::judging::{self, GateError, Passed};
use crate::looking::{self, LookError};
use crate::policy::ChoiceError;
use crate::progress::Pulse;
use crate::rendering::once::Turn;
use crate::source;

/// The trailer of a commit's message that acknowledges what the commit destroys.
const TRAILER: &str = "Sluice-Acknowledge";

/// Who judges. It takes all cores and most of the memory, so one application does at a time: the memory of the agent is
/// that of its largest application, whatever their number. Where a policy asks for `previous()`, a set that has been read
/// waits between two turns for what stands in its cluster and stays in memory, so there may be as many of them besides as
/// applications are worked on at once, `--concurrency` for each cluster.
static TURN: Mutex<()> = Mutex::new(());

fn turn(pulse: Option<&Pulse>) -> MutexGuard<'static, ()> {
    let _waits = pulse.map(Pulse::waiting);
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How somebody says that what a set would destroy is meant to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledges {
    /// By the message of the commit.
    Commit,
    /// By an option, as a folder has no commit.
    Option,
    /// Not at all, but for objects without data: the message of an older commit was meant for that commit.
    WayBack,
}

impl Acknowledges {
    /// What there is to do where a word is missing.
    pub(crate) fn help(self, word: &str) -> String {
        match self {
            Self::Commit => format!("if it is meant, write `{TRAILER}: {word}` in the commit's message"),
            Self::Option => format!("if it is meant, `sluice apply --acknowledge {word}`"),
            Self::WayBack => format!(
                "a way back acknowledges nothing but `prune`: delete it by hand, or go forward by a new commit whose message says `{TRAILER}: {word}`"
            ),
        }
    }
}

/// What may be applied.
pub(crate) struct Gathered {
    pub(crate) approved: Approved,
    pub(crate) release: Release,
    /// What the commit acknowledges.
    pub(crate) acknowledged: BTreeSet<String>,
    /// How more is acknowledged.
    pub(crate) acknowledges: Acknowledges,
}

impl Gathered {
    /// Digest of the approved set, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        HEXLOWER.encode(self.approved.set_digest())
    }
}

/// Fetches, renders and judges an application, at another revision than its own where one is given. The cluster is spoken to
/// only where a plugin asks about it. By the pulse, where one is given, it is seen to move.
pub(crate) fn gather(
    loaded: &Loaded,
    fetching: Fetching,
    revision: Option<&str>,
    reach: &dyn Fn() -> Result<Reach, Exit>,
    pulse: Option<&Pulse>,
) -> Result<Gathered, Hindrance> {
    let checkout = fetch(loaded, fetching, revision)
        .map_err(|error| Hindrance { revision: String::new(), cause: LookError::Source(error).into() })?;
    let commit = checkout.as_ref().and_then(Checkout::commit);
    judge(loaded, checkout.as_ref(), revision, reach, pulse)
        .map_err(|cause| Hindrance { revision: commit.map(|commit| commit.id.clone()).unwrap_or_default(), cause })
}

/// The tree of the revision that an application is judged at; none for a folder as it is.
fn fetch(loaded: &Loaded, fetching: Fetching, revision: Option<&str>) -> Result<Option<Checkout>, SourceError> {
    let source = &loaded.application.source;
    let (repo, revision) = match (&source.repo, revision) {
        (Some(repo), revision) => {
            // A folder of this machine is meant from the application file on, as all other paths in it.
            let location = RepoLocation::parse(repo).ok();
            let folder = location.as_ref().and_then(RepoLocation::folder).filter(|folder| folder.is_relative());
            let folder = folder.map(|folder| loaded.folder.join(folder).to_string_lossy().into_owned());
            (folder.unwrap_or_else(|| repo.clone()), revision.unwrap_or(&source.revision))
        }
        (None, Some(revision)) => (loaded.folder.join(&source.path).to_string_lossy().into_owned(), revision),
        (None, None) => return Ok(None),
    };
    let request = source::request(&repo, revision)?;
    Checkout::revision(&Request { timeout: fetching.timeout(), ..request }).map(Some)
}

fn judge(
    loaded: &Loaded,
    checkout: Option<&Checkout>,
    revision: Option<&str>,
    reach: &dyn Fn() -> Result<Reach, Exit>,
    pulse: Option<&Pulse>,
) -> Result<Gathered, Cause> {
    let application = &loaded.application;
    let named = application.policy.as_ref().map(|policy| loaded.folder.join(policy));
    let path = match (checkout, &application.source.repo) {
        (Some(_), Some(_)) => PathBuf::from(&application.source.path),
        (Some(_), None) => PathBuf::from("."),
        (None, _) => loaded.folder.join(&application.source.path),
    };
    // A policy file beside the application is the operator's; one in the source is everybody's who may write there.
    let charts = Charts::none(named.is_some());
    let render = application.render.clone();
    let (chosen, sets) = looking::look_as(checkout, &[path], named.as_deref(), &charts, render)?;
    let now = jiff::Timestamp::now();
    let jobs = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let gate = judging::open_gate(&chosen, now, jobs).map_err(|error| match error {
        GateError::Policy(errors) => LookError::Policy(ChoiceError::Invalid(errors)).into(),
        GateError::Failed(message) => failed(message),
    })?;
    let gate = gate.for_namespace(&application.destination.namespace);
    // A cluster that hangs holds up nobody but its own applications.
    let parts = usize::from(!sets.plain.is_empty()) + sets.groups.len() + sets.folders.len();
    let around = Around::of(&gate, parts == 1, reach)?;
    let judges = turn(pulse);
    let options = judging::Options {
        jobs,
        keep: Keep::Set,
        alike: Alike::Once,
        base: around.as_ref().map(|around| around as &dyn judging::Pasts),
        beside: around.as_ref().map(|around| &around.beside),
        turn: Turn::Alone,
        now: None,
        quiet: false,
        pulse,
    };
    let begun = judging::begin(&gate, sets, &options).map_err(|error| failed(error.to_string()))?;
    let asks = begun.asks();
    // Nobody waits for their turn while this one waits for its cluster.
    let _judges = match around.as_ref().filter(|_| !asks.is_empty()) {
        Some(around) => {
            drop(judges);
            around.read(&asks);
            turn(pulse)
        }
        None => judges,
    };
    let Passed { outcome, shares, .. } = judging::finish(&gate, begun, &options);
    if let Some(message) = judging::nothing(&shares, &outcome.inputs) {
        let help = "`allowEmpty: true` says of a path that is rendered that it may come to nothing";
        return Err(Cause::Other { exit: Exit::Usage, message, help: Some(help) });
    }
    let Some(approved) = outcome.approved else { return Err(Cause::Verdict(Box::new(outcome.verdict))) };
    let skipped = &outcome.verdict.summary.skipped;
    if let Some((place, _)) = skipped.iter().find(|(_, reason)| reason == sluice_policy::TEMPLATE) {
        let message = format!(
            "`{place}` is no YAML because of `{{{{ … }}}}` in it: what it stands for would be missing, and an object that was applied from it pruned"
        );
        let help = "mend it, or say in `render` of the policy file what renders it, or move it elsewhere";
        return Err(Cause::Other { exit: Exit::Undecided, message, help: Some(help) });
    }
    if let Some((place, _)) = skipped.iter().find(|(_, reason)| reason == sluice_report::NOT_CHECKED_OUT) {
        let message = format!(
            "`{place}` is tracked by Git and not checked out: it would be missing, and an object that was applied from it pruned"
        );
        let help = "`git sparse-checkout disable` checks out all, and `git submodule update --init` submodules, or name the \
            repository in `source`: a commit has all but submodules";
        return Err(Cause::Other { exit: Exit::Undecided, message, help: Some(help) });
    }
    let commit = checkout.and_then(Checkout::commit);
    let release = Release {
        revision: commit.map(|commit| commit.id.clone()).unwrap_or_default(),
        digest: String::new(),
        time: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    let trailers = commit.map(|commit| commit.trailers.as_slice()).unwrap_or_default();
    let words = trailers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(TRAILER));
    let acknowledged = words.flat_map(|(_, value)| value.split([',', ' '])).filter(|word| !word.is_empty());
    let acknowledges = match (commit, revision) {
        (_, Some(_)) => Acknowledges::WayBack,
        (Some(_), None) => Acknowledges::Commit,
        (None, None) => Acknowledges::Option,
    };
    Ok(Gathered { approved, release, acknowledged: acknowledged.map(String::from).collect(), acknowledges })
}

fn failed(message: String) -> Cause {
    Cause::Other { exit: Exit::Undecided, message, help: None }
}
