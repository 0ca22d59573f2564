//! The pipeline from sets to a verdict, which every command that judges goes through: render, read, judge, decide.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sluice_manifest::{Span, Text};
use sluice_policy::{Base, Failure, Gate, Input, Judged, Keep, Outcome, RunOptions};
use sluice_render::{LoadError, RenderError};

use crate::progress::Progress;
use crate::rendering::Rendering;
use crate::sets::{Folder, Group, Sets, Share};

/// How to judge.
pub(crate) struct Options<'a> {
    pub(crate) jobs: usize,
    pub(crate) keep: Keep,
    /// The objects before the change.
    pub(crate) base: Option<&'a Base>,
    /// What templates see of the time.
    pub(crate) now: SystemTime,
    pub(crate) quiet: bool,
}

/// What came of judging.
pub(crate) struct Passed {
    pub(crate) outcome: Outcome,
    pub(crate) shares: Vec<Share>,
}

/// Renders what has to be rendered and judges everything.
///
/// # Errors
/// Where the renderers cannot run at all. A folder that cannot be rendered is a finding, and the verdict is undecided.
pub(crate) fn pass(gate: &Gate, sets: Sets, options: &Options<'_>) -> Result<Passed, LoadError> {
    let Sets { plain, groups, folders, shares, skipped, root } = sets;
    let grouped: usize = groups.iter().map(|group| group.inputs.len()).sum();
    let mut done = plain.len() as u64;
    let progress = Progress::new(done + (grouped + folders.len()) as u64, options.quiet);
    let step = |done: u64| progress.reached(done);
    let run = RunOptions { jobs: options.jobs, keep: options.keep, base: options.base, ..RunOptions::default() };
    let mut judged = Vec::with_capacity(1 + folders.len());
    if !plain.is_empty() {
        judged.push(gate.judge(plain, &RunOptions { progress: Some(&step), ..run }));
    }
    for Group { name, inputs, allow_empty, entry, .. } in groups {
        let (before, count) = (done, inputs.len() as u64);
        let set = gate.judge(inputs, &RunOptions { progress: Some(&|more| step(before + more)), ..run });
        judged.push(if set.is_empty() && !allow_empty { gate.failed(empty(&name, entry)) } else { set });
        done += count;
    }
    let mut warnings = Vec::new();
    if let Some(root) = root.filter(|_| !folders.is_empty()) {
        let rendering = Rendering::new(root, options.now)?;
        let count = AtomicU64::new(done);
        for (set, told) in
            side_by_side(gate, &rendering, &folders, &run, &|| step(count.fetch_add(1, Ordering::Relaxed) + 1))
        {
            judged.push(set);
            warnings.extend(told);
        }
    }
    progress.finish();
    let mut outcome = gate.conclude(judged, options.keep);
    outcome.verdict.log.extend(warnings);
    outcome.verdict.summary.skipped.extend(skipped);
    outcome.verdict.summary.skipped.sort();
    Ok(Passed { outcome, shares })
}

/// That a folder which is read as it is holds nothing.
fn empty(name: &str, entry: (Arc<Text>, Span)) -> Failure {
    let error = RenderError::Empty { renderer: String::from("plain"), path: name.to_owned() };
    let message = format!("cannot render `{name}`: {error}");
    Failure { message, help: error.help().to_owned(), place: Some(entry), detail: None }
}

type Done = (Judged, Vec<(String, String)>);

/// Each folder on one thread, as many of them at once as there are jobs; a single one has all threads for judging.
fn side_by_side(
    gate: &Gate,
    rendering: &Rendering,
    folders: &[Folder],
    run: &RunOptions<'_>,
    step: &(dyn Fn() + Sync),
) -> Vec<Done> {
    let threads = run.jobs.clamp(1, folders.len().max(1));
    let each = RunOptions { jobs: if threads == 1 { run.jobs } else { 1 }, ..*run };
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Done>>> = Mutex::new(folders.iter().map(|_| None).collect());
    let work = || {
        while let Some((index, folder)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, folders.get(i)?)))
        {
            let done = one(gate, rendering, folder, &each);
            if let Some(place) = results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *place = Some(done);
            }
            step();
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        work();
        // What a thread that came to a sudden end leaves out is told below.
        others.into_iter().for_each(|other| drop(other.join()));
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let lost = |folder: &Folder| {
        let message = format!("`{}` was lost: its thread came to a sudden end", folder.name);
        (gate.failed(Failure { message, help: String::new(), place: None, detail: None }), Vec::new())
    };
    results.into_iter().zip(folders).map(|(done, folder)| done.unwrap_or_else(|| lost(folder))).collect()
}

fn one(gate: &Gate, rendering: &Rendering, folder: &Folder, run: &RunOptions<'_>) -> Done {
    match rendering.render(folder) {
        Ok(rendered) => {
            let warnings = rendered.warnings.into_iter().map(|line| (folder.name.clone(), line)).collect();
            (gate.judge(vec![Input::text(rendered.text)], run), warnings)
        }
        Err(failure) => (gate.failed(failure), Vec::new()),
    }
}
