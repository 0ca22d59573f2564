//! What rendering costs as a whole process, beside the programs that it stands in for. The compiled renderers lie in the
//! cache before anything is measured.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Cost, in_turns};
use super::table::{Bound, Row};
use super::{Bench, DECIDED, ROUNDS, tree};
use crate::process::{capture, exists};
use crate::{setup, workspace};

/// Rounds of what takes some milliseconds.
const SMALL_ROUNDS: usize = 20;
const NO_KUBECTL: &str = "there is no kubectl on the PATH to compare with";

/// An overlay and a chart of a few objects.
pub fn small(bench: &Bench) -> Result<Vec<Row>> {
    let folder = workspace::root().join("tests/render");
    let (overlay, chart) = (folder.join("kustomize/patch-merge"), folder.join("helm/plain"));
    let pairs = [Pair::kubectl("small overlay", &overlay), Pair::helm("small chart", &chart)?];
    rows(bench, pairs, SMALL_ROUNDS, Bound::AtMost(1.0))
}

/// An overlay of 2 MB and a chart of some hundred objects, with the memory that they take.
pub fn large(bench: &Bench) -> Result<Vec<Row>> {
    let repository = tree::repository(&bench.scratch)?;
    let (overlay, chart) = (repository.join("large-overlay"), repository.join("large-chart"));
    tree::write_large_overlay(&overlay)?;
    tree::write_large_chart(&chart)?;
    let pairs = [Pair::kubectl("large overlay", &overlay), Pair::helm("large chart", &chart)?];
    rows(bench, pairs, ROUNDS, Bound::AtMost(4.0))
}

/// Twenty overlays of one repository, in one thread and in two.
pub fn overlays(bench: &Bench) -> Result<Vec<Row>> {
    let folder = tree::repository(&bench.scratch)?.join("overlays");
    tree::write_overlays(&folder)?;
    let [one, two] = [1, 2].map(|jobs| bench.check("images.yaml", &folder, jobs));
    in_turns(1, [&two], &DECIDED)?;
    let [one, two] = in_turns(SMALL_ROUNDS, [&one, &two], &DECIDED)?;
    Ok(vec![
        Row::seconds("check of 20 overlays, 1 thread / 2 threads", one.wall, two.wall, Bound::AtLeast(1.7)),
        Row::seconds("check of 20 overlays, 1 thread / 2 threads, CPU", one.cpu, two.cpu, Bound::None),
    ])
}

/// A folder, and the program that renders it besides ours; none where it is not there.
struct Pair<'a> {
    name: &'static str,
    folder: &'a Path,
    reference: Option<Command>,
    program: &'static str,
}

impl<'a> Pair<'a> {
    fn kubectl(name: &'static str, folder: &'a Path) -> Self {
        let mut command = Command::new("kubectl");
        command.arg("kustomize").arg(folder);
        let reference = exists("kubectl").then_some(command);
        Self { name, folder, reference, program: "kubectl kustomize" }
    }

    fn helm(name: &'static str, folder: &'a Path) -> Result<Self> {
        let mut command = Command::new(setup::helm::ready()?);
        command.args(["template", "bench"]).arg(folder);
        Ok(Self { name, folder, reference: Some(command), program: "helm template" })
    }
}

fn rows(bench: &Bench, pairs: [Pair<'_>; 2], rounds: usize, bound: Bound) -> Result<Vec<Row>> {
    let cap = bench.inside(&["limits"])?("render_memory")?;
    let mut rows = Vec::new();
    for Pair { name, folder, reference, program } in pairs {
        let mut ours = bench.render(folder);
        let objects = objects(&mut ours)?;
        let what = format!("{name} of {objects} objects / {program}");
        let ours = if let Some(mut reference) = reference {
            same(objects, &mut reference)?;
            let [ours, theirs] = in_turns(rounds, [&ours, &reference], &[0])?;
            rows.push(Row::seconds(&what, ours.wall, theirs.wall, bound));
            rows.push(Row::seconds(&format!("{what}, CPU"), ours.cpu, theirs.cpu, Bound::None));
            ours
        } else {
            rows.push(Row::left_out(&what, NO_KUBECTL));
            let [ours] = in_turns(rounds, [&ours], &[0])?;
            rows.push(Row::value(&format!("{name} of {objects} objects"), ours.wall, "s"));
            ours
        };
        let Cost { memory, .. } = ours;
        rows.push(Row::figure(&format!("{name}, memory at the peak (MiB)"), memory, Bound::AtMost(cap)));
    }
    Ok(rows)
}

impl Bench {
    /// A render of a folder.
    fn render(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.sluice);
        command.arg("render").arg(folder).env("XDG_CACHE_HOME", self.scratch.join("cache"));
        command
    }
}

/// How many objects a command prints.
fn objects(command: &mut Command) -> Result<usize> {
    let text = capture(command)?;
    let count = text.lines().filter(|line| line.starts_with("kind: ")).count();
    if count == 0 { bail!("{command:?} prints no object") } else { Ok(count) }
}

/// Two that do not make the same cannot be compared.
fn same(ours: usize, reference: &mut Command) -> Result<()> {
    let theirs = objects(reference).context("the reference fails")?;
    if ours == theirs { Ok(()) } else { bail!("sluice renders {ours} objects, and {reference:?} renders {theirs}") }
}
