//! The agent's memory over many applications: it grows with the largest one, not with their number.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Bench;
use super::apply::{OBJECTS, Plane, write, write_application};
use super::measure::{self, Cost};
use super::table::{Bound, Row};
use crate::process::capture;

/// Applications as large as the one that they are compared with.
const LARGE: usize = 10;
/// Applications of a few objects beside the large one.
const SMALL: usize = 20;
/// Objects of each of them.
const FEW: usize = 4;
/// Rounds with nothing to do.
const ROUNDS: usize = 3;

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let plane = Plane::start(bench.scratch.join("memory-plane"))?;
    let (large, small) = (bench.scratch.join("large"), bench.scratch.join("small"));
    write(&large, OBJECTS)?;
    write(&small, FEW)?;
    let folder = |name: &str, numbers: std::ops::Range<usize>, more: usize| -> Result<PathBuf> {
        let folder = bench.scratch.join(name);
        for number in numbers {
            write_application(&folder, &format!("{name}-large-{number}"), &large)?;
        }
        for number in 0..more {
            write_application(&folder, &format!("{name}-small-{number}"), &small)?;
        }
        Ok(folder)
    };
    // Each has namespaces of its own, so that it has a first round, which applies, and rounds with nothing to do.
    let folders = [folder("alone", 0..1, 0)?, folder("many", 0..LARGE, 0)?, folder("beside", 0..1, SMALL)?];
    let mut first = Vec::new();
    let mut later = Vec::new();
    for folder in &folders {
        make_namespaces(&plane, folder)?;
        let round = round(bench, &plane, folder);
        first.push(measure::of(&round, &[0])?.memory);
        let mut costs = Vec::new();
        for _ in 0..ROUNDS {
            costs.push(measure::of(&round, &[0])?);
        }
        later.push(costs.iter().map(|cost: &Cost| cost.memory).fold(0.0, f64::max));
    }
    let mut rows = Vec::new();
    for (what, memory) in [("first round", first), ("round with nothing to do", later)] {
        let [alone, many, beside] = memory.as_slice() else { anyhow::bail!("three were measured") };
        rows.push(Row::mebibytes(
            &format!("memory of a {what}, {LARGE} applications of 1,000 objects / 1"),
            *many,
            *alone,
            Bound::AtMost(1.3),
        ));
        rows.push(Row::mebibytes(
            &format!("memory of a {what}, 1 of 1,000 objects and {SMALL} small ones / that one"),
            *beside,
            *alone,
            Bound::AtMost(1.3),
        ));
    }
    Ok(rows)
}

fn round(bench: &Bench, plane: &Plane, folder: &Path) -> Command {
    let mut agent = Command::new(&bench.sluice);
    agent.args(["reconcile", "--once", "--listen", "off", "--config"]).arg(folder);
    agent.arg("--kubeconfig").arg(plane.kubeconfig()).env("XDG_CACHE_HOME", bench.scratch.join("cache"));
    agent
}

/// Makes the namespaces of the applications in a folder, which have their names.
fn make_namespaces(plane: &Plane, folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.path().file_stem().unwrap_or_default().to_owned();
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(plane.kubeconfig()).args(["create", "namespace"]).arg(name);
        capture(&mut command)?;
    }
    Ok(())
}
