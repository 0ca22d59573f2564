//! From an application file to an approved set: fetch, render, judge. The same path as `sluice check`, with the set kept.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use sluice_apply::Release;
use sluice_policy::{Alike, Approved, Keep, Verdict};
use sluice_report::{Format, Options, Verbosity};
use sluice_source::{Checkout, RepoLocation, Request};

use super::around::{Around, Reach};
use super::{Fetching, Loaded};
use crate::charts::Charts;
use crate::exit::Exit;
use crate::judging::{self, GateError, Passed};
use crate::looking;
use crate::output::{self, Color};
use crate::policy::{self, ChoiceError};
use crate::rendering::once::Turn;
use crate::source;

/// The trailer of a commit's message that acknowledges what the commit destroys.
const TRAILER: &str = "Sluice-Acknowledge";

/// Who judges. It takes all cores and most of the memory, so one application does at a time: the memory of the agent is
/// that of its largest application, whatever their number. Where a policy asks for `previous()`, a set that has been read
/// waits between two turns for what stands in its cluster and stays in memory, so there may be as many of them besides as
/// applications are worked on at once, `--concurrency` for each cluster.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
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

/// Why there is no approved set.
pub(crate) enum Stop {
    /// It was told.
    Told(Exit),
    /// The gate does not let it pass: the commit, which is empty for a folder, and what it says.
    Verdict(String, Box<Verdict>),
}

impl From<Exit> for Stop {
    fn from(exit: Exit) -> Self {
        Self::Told(exit)
    }
}

impl Stop {
    /// Tells it as `sluice check` does.
    pub(crate) fn tell(&self, color: Color) -> Exit {
        let verdict = match self {
            Self::Told(exit) => return *exit,
            Self::Verdict(_, verdict) => verdict,
        };
        let report = Options {
            format: Format::Human,
            color: color.applies(&io::stderr()),
            verbosity: Verbosity::Normal,
            width: None,
            tool_version: env!("CARGO_PKG_VERSION"),
            jobs: 1,
        };
        // Standard error may be closed; the exit code says it all the same.
        let _ = sluice_report::write(verdict, &report, &mut io::stderr().lock());
        verdict.decision.into()
    }
}

/// Fetches, renders and judges an application, at another revision than its own where one is given. What keeps it from
/// being applied is told as `sluice check` tells it. The cluster is spoken to only where a plugin asks about it.
pub(crate) fn gather(
    loaded: &Loaded,
    fetching: Fetching,
    revision: Option<&str>,
    color: Color,
    reach: &dyn Fn() -> Result<Reach, Exit>,
) -> Result<Gathered, Exit> {
    judge(loaded, fetching, revision, reach).map_err(|stop| stop.tell(color))
}

/// As [`gather`], without a word about what the gate says.
pub(crate) fn judge(
    loaded: &Loaded,
    fetching: Fetching,
    revision: Option<&str>,
    reach: &dyn Fn() -> Result<Reach, Exit>,
) -> Result<Gathered, Stop> {
    let application = &loaded.application;
    let beside = |path: &str| loaded.folder.join(path);
    let checkout = match (&application.source.repo, revision) {
        (Some(repo), revision) => {
            let revision = revision.unwrap_or(&application.source.revision);
            // A folder of this machine is meant from the application file on, as all other paths in it.
            let location = RepoLocation::parse(repo).ok();
            let folder = location.as_ref().and_then(RepoLocation::folder).filter(|folder| folder.is_relative());
            let folder = folder.map(|folder| loaded.folder.join(folder).to_string_lossy().into_owned());
            Some(checkout(&folder.unwrap_or_else(|| repo.clone()), revision, fetching)?)
        }
        (None, Some(revision)) => {
            Some(checkout(&beside(&application.source.path).to_string_lossy(), revision, fetching)?)
        }
        (None, None) => None,
    };
    let named = application.policy.as_ref().map(|policy| loaded.folder.join(policy));
    let path = match (&checkout, &application.source.repo) {
        (Some(_), Some(_)) => PathBuf::from(&application.source.path),
        (Some(_), None) => PathBuf::from("."),
        (None, _) => beside(&application.source.path),
    };
    // A policy file beside the application is the operator's; one in the source is everybody's who may write there.
    let charts = Charts::none(named.is_some());
    let render = application.render.clone();
    let (chosen, sets) = looking::look_as(checkout.as_ref(), &[path], named.as_deref(), &charts, render)
        .map_err(|error| error.tell())?;
    let now = jiff::Timestamp::now();
    let jobs = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let gate = judging::open_gate(&chosen, now, jobs).map_err(|error| match error {
        GateError::Policy(errors) => policy::tell(&ChoiceError::Invalid(errors)),
        GateError::Failed(message) => failed(&message),
    })?;
    let gate = gate.for_namespace(&application.destination.namespace);
    // A cluster that hangs holds up nobody but its own applications.
    let parts = usize::from(!sets.plain.is_empty()) + sets.groups.len() + sets.folders.len();
    let around = Around::of(&gate, parts == 1, reach)?;
    let judges = turn();
    let options = judging::Options {
        jobs,
        keep: Keep::Set,
        alike: Alike::Once,
        base: around.as_ref().map(|around| around as &dyn judging::Pasts),
        beside: around.as_ref().map(|around| &around.beside),
        turn: Turn::Alone,
        now: None,
        quiet: false,
    };
    let begun = judging::begin(&gate, sets, &options).map_err(|error| failed(&error.to_string()))?;
    let asks = begun.asks();
    // Nobody waits for their turn while this one waits for its cluster.
    let _judges = match around.as_ref().filter(|_| !asks.is_empty()) {
        Some(around) => {
            drop(judges);
            around.read(&asks);
            turn()
        }
        None => judges,
    };
    let Passed { outcome, shares, .. } = judging::finish(&gate, begun, &options);
    if let Some(message) = judging::nothing(&shares, &outcome.inputs) {
        output::complain(
            &message,
            Some("`allowEmpty: true` says of a path that is rendered that it may come to nothing"),
        );
        return Err(Exit::Usage.into());
    }
    let commit = checkout.as_ref().and_then(Checkout::commit);
    let id = commit.map(|commit| commit.id.clone()).unwrap_or_default();
    let Some(approved) = outcome.approved else { return Err(Stop::Verdict(id, Box::new(outcome.verdict))) };
    let skipped = &outcome.verdict.summary.skipped;
    if let Some((place, _)) = skipped.iter().find(|(_, reason)| reason == sluice_policy::TEMPLATE) {
        let message = format!(
            "`{place}` is no YAML because of `{{{{ … }}}}` in it: what it stands for would be missing, and an object that was applied from it pruned"
        );
        output::complain(
            &message,
            Some("mend it, or say in `render` of the policy file what renders it, or move it elsewhere"),
        );
        return Err(Exit::Undecided.into());
    }
    let release = Release { revision: id, digest: String::new(), time: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() };
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

fn checkout(repo: &str, revision: &str, fetching: Fetching) -> Result<Checkout, Exit> {
    source::request(repo, revision)
        .and_then(|request| Checkout::revision(&Request { timeout: fetching.timeout(), ..request }))
        .map_err(|error| source::tell(&error))
}

fn failed(message: &str) -> Exit {
    output::complain(message, None);
    Exit::Undecided
}
