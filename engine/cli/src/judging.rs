//! The pipeline from sets to a verdict, which every command that judges goes through: render, read, judge, decide.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_manifest::{Identity, Span, Text};
use sluice_plugin::{Host, HostOptions};
use sluice_policy::{
    Alike, ConfigError, Failure, Gate, Input, InputOutcome, Judged, Keep, Outcome, Past, PluginSource, RunOptions,
    Surroundings,
};
use sluice_render::{LoadError, Origins, RenderError};
use sluice_source::Checkout;

use crate::policy::{self, Chosen};
use crate::progress::{Progress, Pulse};
use crate::rendering::Rendering;
use crate::rendering::once::Turn;
use crate::sets::{Folder, Group, Sets, Share};

/// How to judge.
pub(crate) struct Options<'a> {
    pub(crate) jobs: usize,
    pub(crate) keep: Keep,
    pub(crate) alike: Alike,
    /// The objects before the change.
    pub(crate) base: Option<&'a dyn Pasts>,
    /// What stands in the cluster beside the sets.
    pub(crate) beside: Option<&'a Surroundings>,
    /// Whether there is another side that renders the same folders.
    pub(crate) turn: Turn<'a>,
    /// What templates see of the time; none for what [`clock`] says.
    pub(crate) now: Option<SystemTime>,
    pub(crate) quiet: bool,
    /// By what it is seen to move, where somebody looks.
    pub(crate) pulse: Option<&'a Pulse>,
}

/// The past of every set.
pub(crate) trait Pasts: Sync {
    /// The past of a set by the name under which it was rendered; that of plain manifests is empty.
    fn of(&self, set: &str) -> &dyn Past;
}

/// What came of judging.
pub(crate) struct Passed {
    pub(crate) outcome: Outcome,
    pub(crate) shares: Vec<Share>,
    /// The names of the texts of which nothing or not all could be read: files, and what should have been rendered.
    pub(crate) failed: BTreeSet<String>,
    /// The names of the files in which a document was skipped as a template.
    pub(crate) templates: BTreeSet<String>,
}

/// What to write where a time is none.
pub(crate) const TIME_HELP: &str = "write --now 2027-01-31 or --now 2027-01-31T12:00:00Z";

/// The time of the evaluation: as it was given, else the present.
pub(crate) fn evaluation_time(given: Option<&str>) -> Result<jiff::Timestamp, String> {
    let Some(given) = given else {
        return Ok(jiff::Timestamp::now());
    };
    let date =
        |text: &str| text.parse::<jiff::civil::Date>().and_then(|date| date.to_zoned_datetime(jiff::tz::TimeZone::UTC));
    let time = given.parse::<jiff::Timestamp>().or_else(|_| date(given).map(|zoned| zoned.timestamp()));
    time.map_err(|_| format!("`{given}` is no time"))
}

/// What templates see of the time where nothing else is said: when the commit was made, so that a revision renders to the
/// same bytes on any day. A folder has no time of its own; it is always the same for it.
pub(crate) fn clock(checkout: &Checkout) -> SystemTime {
    let seconds = checkout.commit().and_then(|commit| u64::try_from(commit.time).ok()).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

/// Why there is no gate.
pub(crate) enum GateError {
    /// The policy file is wrong.
    Policy(Vec<ConfigError>),
    Failed(String),
}

/// Makes the plugins of a policy ready.
pub(crate) fn open_gate(chosen: &Chosen, now: jiff::Timestamp, jobs: usize) -> Result<Gate, GateError> {
    let clock = SystemTime::try_from(now).map_err(|error| GateError::Failed(error.to_string()))?;
    let options = HostOptions { cache: sluice_plugin::default_cache_dir(), now: clock, jobs };
    let host = Host::new(&options).map_err(|error| GateError::Failed(error.to_string()))?;
    let resolve = |source: &PluginSource| policy::resolve(source, &chosen.file);
    Gate::new(&chosen.policy, &host, &resolve, now).map_err(GateError::Policy)
}

/// Renders what has to be rendered and judges everything.
///
/// # Errors
/// Where the renderers cannot run at all. A folder that cannot be rendered is a finding, and the verdict is undecided.
pub(crate) fn pass(gate: &Gate, sets: Sets, options: &Options<'_>) -> Result<Passed, LoadError> {
    Ok(finish(gate, begin(gate, sets, options)?, options))
}

/// Sets that were rendered and read. What needs no past is judged.
pub(crate) struct Begun {
    /// What was not rendered, one after the other.
    plain: Vec<sluice_policy::Begun>,
    /// What was rendered, with its name.
    rendered: Vec<(String, sluice_policy::Begun)>,
    shares: Vec<Share>,
    skipped: Vec<(String, String)>,
    /// What the inputs of the outcome are called.
    names: Vec<Arc<str>>,
    failed: BTreeSet<String>,
    /// What the renderers want people to know.
    warnings: Vec<(String, String)>,
}

impl Begun {
    /// The objects that the past is asked about before they are judged: each once.
    pub(crate) fn asks(&self) -> Vec<Identity> {
        let sets = self.plain.iter().chain(self.rendered.iter().map(|(_, set)| set));
        let each: BTreeSet<&Identity> = sets.flat_map(sluice_policy::Begun::asks).collect();
        each.into_iter().cloned().collect()
    }
}

/// Renders what has to be rendered, reads everything, and judges what needs no past.
///
/// # Errors
/// As [`pass`].
pub(crate) fn begin(gate: &Gate, sets: Sets, options: &Options<'_>) -> Result<Begun, LoadError> {
    let Sets { plain, groups, folders, shares, skipped, root } = sets;
    let grouped: usize = groups.iter().map(|group| group.inputs.len()).sum();
    let mut done = plain.len() as u64;
    let progress = Progress::new(done + (grouped + folders.len()) as u64, options.quiet, options.pulse);
    let step = |done: u64| progress.reached(done);
    let run = options.run("");
    let mut begun = Begun {
        plain: Vec::new(),
        rendered: Vec::new(),
        shares,
        skipped,
        names: plain.iter().map(|input| Arc::clone(input.name())).collect(),
        failed: BTreeSet::new(),
        warnings: Vec::new(),
    };
    if !plain.is_empty() {
        begun.plain.push(gate.begin(plain, &RunOptions { progress: Some(&step), ..run }));
    }
    for Group { name, inputs, allow_empty, entry, .. } in groups {
        let (before, count) = (done, inputs.len() as u64);
        let read: Vec<Arc<str>> = inputs.iter().map(|input| Arc::clone(input.name())).collect();
        let set = gate.begin(inputs, &RunOptions { progress: Some(&|more| step(before + more)), ..run });
        if set.is_empty() && !allow_empty {
            begun.plain.push(gate.failed(empty(&name, entry)));
            begun.failed.insert(name);
        } else {
            begun.plain.push(set);
            begun.names.extend(read);
        }
        done += count;
    }
    if let Some(root) = root.filter(|_| !folders.is_empty()) {
        let now = options.now.unwrap_or_else(|| clock(root.checkout()));
        let rendering = Rendering::new(root, now, options.turn)?;
        let count = AtomicU64::new(done);
        let work = |folder: &Folder, jobs: usize| {
            let run = RunOptions { jobs, ..options.run(&folder.name) };
            let read = read(gate, &rendering, folder, &run);
            step(count.fetch_add(1, Ordering::Relaxed) + 1);
            read
        };
        for (folder, read) in folders.iter().zip(side_by_side(options.jobs, folders.iter().collect(), work)) {
            let name = folder.name.clone();
            let Read { set, told } = read.unwrap_or_else(|| Read { set: gate.failed(lost(&name)), told: None });
            match told {
                Some(told) => {
                    begun.names.push(name.as_str().into());
                    begun.warnings.extend(told);
                }
                None => drop(begun.failed.insert(name.clone())),
            }
            begun.rendered.push((name, set));
        }
    }
    progress.finish();
    Ok(begun)
}

/// Judges what needs a past, and decides.
pub(crate) fn finish(gate: &Gate, begun: Begun, options: &Options<'_>) -> Passed {
    let Begun { plain, rendered, shares, skipped, mut names, mut failed, warnings } = begun;
    let mut judged: Vec<Judged> = plain.into_iter().map(|set| gate.finish(set, &options.run(""))).collect();
    let rendered_names: Vec<String> = rendered.iter().map(|(name, _)| name.clone()).collect();
    let work = |(name, set): (String, sluice_policy::Begun), jobs: usize| {
        gate.finish(set, &RunOptions { jobs, ..options.run(&name) })
    };
    for (name, set) in rendered_names.iter().zip(side_by_side(options.jobs, rendered, work)) {
        judged.push(set.unwrap_or_else(|| {
            // It leaves no input, so its name must not stand where that of the next one belongs.
            names.retain(|known| **known != **name);
            failed.insert(name.clone());
            gate.finish(gate.failed(lost(name)), &options.run(""))
        }));
    }
    let mut outcome = gate.conclude(judged, options.keep, options.alike);
    let held = || names.iter().zip(&outcome.inputs);
    failed.extend(held().filter(|(_, held)| held.failed).map(|(name, _)| name.to_string()));
    let templates = held().filter(|(_, held)| held.templates).map(|(name, _)| name.to_string()).collect();
    outcome.verdict.log.extend(warnings);
    outcome.verdict.summary.skipped.extend(skipped);
    outcome.verdict.summary.skipped.sort();
    Passed { outcome, shares, failed, templates }
}

impl<'a> Options<'a> {
    /// How to judge the set of this name.
    fn run(&self, set: &str) -> RunOptions<'a> {
        RunOptions {
            jobs: self.jobs,
            keep: self.keep,
            base: self.base.map(|bases| bases.of(set)),
            surroundings: self.beside,
            ..RunOptions::default()
        }
    }
}

/// That a path holds no manifest, and what it holds instead; none where every path holds one. `known` is what each of the
/// files holds that are read as they are.
pub(crate) fn nothing(shares: &[Share], known: &[InputOutcome]) -> Option<String> {
    shares.iter().find_map(|Share { path, inputs, folders, again }| {
        let held = known.get(inputs.clone()).unwrap_or_default();
        let is_empty = *folders == 0 && !again && held.iter().all(|input| input.resources == 0 && !input.failed);
        is_empty.then(|| format!("`{}` holds no manifest{}", path.display(), seen(held)))
    })
}

/// What was there instead of manifests.
fn seen(held: &[InputOutcome]) -> String {
    let templates = held.iter().filter(|input| input.templates).count();
    match (held.len(), templates) {
        (0, _) => String::from(": there is no .yaml, .yml or .json file in it"),
        (1, 0) => String::from(": the one file read has none"),
        (1, _) => String::from(": the one file read is a template, which is judged with the whole folder of its chart"),
        (files, 0) => format!(": none of the {files} files read has one"),
        (files, _) => format!(
            ": of the {files} files read {templates} look like templates, which are judged with the whole folder of their \
             chart"
        ),
    }
}

/// That a folder which is read as it is holds nothing.
fn empty(name: &str, entry: (Arc<Text>, Span)) -> Failure {
    let error = RenderError::Empty { renderer: String::from("plain"), path: name.to_owned() };
    let message = format!("cannot render `{name}`: {error}");
    Failure { message, help: error.help().to_owned(), place: Some(entry), detail: None }
}

/// A folder that was looked at.
struct Read {
    set: sluice_policy::Begun,
    /// What the renderer wants people to know; none where nothing was rendered.
    told: Option<Vec<(String, String)>>,
}

fn read(gate: &Gate, rendering: &Rendering<'_>, folder: &Folder, run: &RunOptions<'_>) -> Read {
    match rendering.render(folder, Origins::Positions) {
        Ok(rendered) => {
            let warnings = rendered.warnings.into_iter().map(|line| (folder.name.clone(), line)).collect();
            let set = gate.begin(vec![Input::text(rendered.text)], run);
            // A text may have lines and hold no object: an empty list, or `null`.
            if set.is_empty() && !folder.allow_empty {
                return Read { set: gate.failed(rendering.empty(folder)), told: None };
            }
            Read { set, told: Some(warnings) }
        }
        Err(failure) => Read { set: gate.failed(failure), told: None },
    }
}

/// That a thread came to a sudden end.
fn lost(name: &str) -> Failure {
    let message = format!("`{name}` was lost: its thread came to a sudden end");
    Failure { message, help: String::new(), place: None, detail: None }
}

/// Works on each folder on one thread, on as many of them at once as there are jobs; a single one has all threads for
/// itself. None for what a thread that came to a sudden end leaves out.
fn side_by_side<T: Send, R: Send>(jobs: usize, folders: Vec<T>, work: impl Fn(T, usize) -> R + Sync) -> Vec<Option<R>> {
    let threads = jobs.clamp(1, folders.len().max(1));
    let jobs = if threads == 1 { jobs } else { 1 };
    sluice_policy::side_by_side(threads, folders, |folder| work(folder, jobs))
}

#[cfg(test)]
mod tests;
