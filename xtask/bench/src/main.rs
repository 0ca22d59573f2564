//! Measures what a process does inside, against what others would do with the same input. Prints one line of JSON a run;
//! `cargo xtask bench` makes the table of them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

mod events;
mod images;
mod read;
mod trees;

/// Seconds and other figures of a run, by name.
type Figures = BTreeMap<&'static str, f64>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let figures = match words.as_slice() {
        ["trees", folder] => trees::compare(&files(Path::new(folder))?)?,
        ["only-trees", folder, jobs] => trees::only(&files(Path::new(folder))?, jobs.parse()?)?,
        ["images", folder, component] => images::compare(&files(Path::new(folder))?, Path::new(component))?,
        ["read", folder] => read::compare(Path::new(folder))?,
        ["limits"] => limits(),
        _ => bail!(
            "usage: sluice-bench trees FOLDER | only-trees FOLDER JOBS | images FOLDER COMPONENT | read NEW-FOLDER | limits"
        ),
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// The cap on the memory of one render, in MiB.
fn limits() -> Figures {
    let memory = sluice_render::Limits::default().memory;
    Figures::from([("render_memory", memory as f64 / f64::from(1 << 20))])
}

/// The YAML files below a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Runs both in turns and gives the best time of each, in seconds: what disturbs a machine disturbs both.
fn best_of<A, B>(rounds: usize, mut first: impl FnMut() -> A, mut second: impl FnMut() -> B) -> (f64, f64) {
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..rounds {
        let started = Instant::now();
        drop(std::hint::black_box(first()));
        best.0 = best.0.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        drop(std::hint::black_box(second()));
        best.1 = best.1.min(started.elapsed().as_secs_f64());
    }
    best
}

/// What a piece of work costs.
#[derive(Clone, Copy)]
struct Cost {
    /// Seconds from start to end.
    wall: f64,
    /// Seconds of CPU, over all threads, in the program and the kernel.
    cpu: f64,
}

/// Runs all in turns and gives the least cost of each.
fn costs_of<const N: usize>(rounds: usize, mut work: [&mut dyn FnMut() -> Result<()>; N]) -> Result<[Cost; N]> {
    let mut best = [Cost { wall: f64::MAX, cpu: f64::MAX }; N];
    for _ in 0..rounds {
        for (work, best) in work.iter_mut().zip(&mut best) {
            let (started, before) = (Instant::now(), cpu()?);
            work()?;
            *best = Cost { wall: best.wall.min(started.elapsed().as_secs_f64()), cpu: best.cpu.min(cpu()? - before) };
        }
    }
    Ok(best)
}

/// Seconds of CPU that this process has used.
fn cpu() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
