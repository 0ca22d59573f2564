//! `cargo xtask bench`: the speed that the project promises, as ratios within one run. Absolute figures say little on a
//! machine that does other things too; a ratio of two runs in turns says more.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::guests::{self, Languages};
use crate::process::{build_programs, capture, programs, say};
use crate::setup::{Choice, Toolchain};
use crate::workspace;

mod apply;
mod corpus;
mod kubeconform;
pub mod measure;
mod memory;
mod reading;
mod rendering;
mod table;
mod tree;

use corpus::Corpus;
use table::{Bound, Row, Table};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Only the rows whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Objects of the large runs
    #[arg(long, default_value_t = 10_000)]
    objects: usize,
    /// Keep the folder with the input
    #[arg(long)]
    keep: bool,
    /// End with an error when a target is missed
    #[arg(long)]
    strict: bool,
}

/// Rounds of each measurement; the best counts.
const ROUNDS: usize = 5;
/// Exit codes of a check that came to a verdict, and of one that met unreadable documents as well.
const DECIDED: [i32; 3] = [0, 1, 3];

/// What the measurements share.
struct Bench {
    sluice: PathBuf,
    inside: PathBuf,
    scratch: PathBuf,
    single: Corpus,
    double: Corpus,
}

type Measurement = fn(&Bench) -> Result<Vec<Row>>;

/// The measurements that need the large input.
const OF_CORPUS: [&str; 6] = ["trees", "check", "scaling", "image-tags", "kubernetes-schema", "render-large"];

/// The measurements, by the name that `--only` looks at.
const MEASUREMENTS: [(&str, Measurement); 13] = [
    ("trees", trees),
    ("check", check),
    ("scaling", scaling),
    ("image-tags", image_tags),
    ("kubernetes-schema", kubernetes_schema),
    ("small-file", small_file),
    ("second-run", second_run),
    ("reading", reading::rows),
    ("render-small", rendering::small),
    ("render-large", rendering::large),
    ("render-overlays", rendering::overlays),
    ("apply", apply::apply),
    ("applications", memory::rows),
];

/// Measures and prints the table.
pub fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    guests::build(&Toolchain::ready(Choice::Auto)?, Languages::Rust)?;
    build_programs(&root)?;

    let folder = tempfile::Builder::new().prefix("sluice-bench-").disable_cleanup(args.keep).tempdir()?;
    let is_asked = |name: &str| args.only.as_deref().is_none_or(|only| name.contains(only));
    if !MEASUREMENTS.iter().any(|(name, _)| is_asked(name)) {
        let names: Vec<&str> = MEASUREMENTS.iter().map(|(name, _)| *name).collect();
        bail!("nothing is measured under that name; there are {}", names.join(", "));
    }
    let has_corpus = corpus::is_there();
    let (mut single, mut double) = (Corpus::none(folder.path()), Corpus::none(folder.path()));
    if has_corpus && OF_CORPUS.into_iter().any(is_asked) {
        single = corpus::write(&folder.path().join("single"), args.objects)?;
        double = corpus::write(&folder.path().join("double"), args.objects * 2)?;
        let (objects, size) = (args.objects, single.bytes as f64 / 1e6);
        say(format!("input: about {objects} objects, {size:.1} MB, in {}", folder.path().display()));
    }

    let programs = programs()?;
    let (sluice, inside) = (programs.join("sluice"), programs.join("sluice-bench"));
    let bench = Bench { sluice, inside, scratch: folder.path().to_path_buf(), single, double };
    bench.write_policies()?;

    let mut table = Table::default();
    for (name, measurement) in MEASUREMENTS {
        if !has_corpus && OF_CORPUS.contains(&name) && is_asked(name) {
            table.push(Row::left_out(name, "the third-party manifests are not beside the checkout"));
        } else if is_asked(name) {
            say(format!("measuring {name}"));
            match measurement(&bench) {
                Ok(rows) => rows.into_iter().for_each(|row| table.push(row)),
                Err(error) => table.fail(name, &error),
            }
        }
    }
    println!("\n{table}");
    if args.strict && !table.all_met() { bail!("a target was missed") } else { Ok(()) }
}

impl Bench {
    fn write_policies(&self) -> Result<()> {
        let head = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n";
        let images = "- name: image-tags\n  source: builtin:image-tags\n";
        let labels =
            "- name: standard-labels\n  source: builtin:standard-labels\n  settings: {labels: {team: bench}}\n";
        let schema = format!(
            "- name: kubernetes-schema\n  source: builtin:kubernetes-schema\n  settings: {{version: \"{}\", \
             missingSchemas: ignore}}\n",
            kubeconform::KUBERNETES
        );
        std::fs::write(self.scratch.join("three.yaml"), format!("{head}{labels}{images}{schema}"))?;
        std::fs::write(self.scratch.join("images.yaml"), format!("{head}{images}"))?;
        std::fs::write(self.scratch.join("schema.yaml"), format!("{head}{schema}"))?;
        Ok(())
    }

    /// A check of a folder with a policy of the scratch folder.
    fn check(&self, policy: &str, path: &Path, jobs: usize) -> Command {
        let mut command = Command::new(&self.sluice);
        command.arg("check").arg("--policy").arg(self.scratch.join(policy)).args(["--format", "json", "--jobs"]);
        command.arg(jobs.to_string()).arg("--output").arg(self.scratch.join("report.json")).arg(path);
        command.env("XDG_CACHE_HOME", self.scratch.join("cache"));
        command
    }

    /// Runs a check once, and looks at its report: one whose plugins did not come to an end measures nothing.
    fn warm(&self, command: &Command) -> Result<()> {
        measure::of(command, &DECIDED)?;
        let report = std::fs::read_to_string(self.scratch.join("report.json"))?;
        if report.contains("\"sluice/plugin-") {
            bail!("a plugin failed in the check that is measured: see {}", self.scratch.join("report.json").display());
        }
        Ok(())
    }

    /// A figure that `sluice-bench` prints.
    fn inside(&self, arguments: &[&str]) -> Result<impl Fn(&str) -> Result<f64> + use<>> {
        let text = capture(Command::new(&self.inside).args(arguments))?;
        let figures: std::collections::BTreeMap<String, f64> = serde_json::from_str(&text)?;
        Ok(move |name: &str| figures.get(name).copied().with_context(|| format!("sluice-bench does not tell {name}")))
    }

    fn single(&self) -> Result<&str> {
        self.single.folder.to_str().context("the scratch folder is no text")
    }
}

fn trees(bench: &Bench) -> Result<Vec<Row>> {
    let told = bench.inside(&["trees", bench.single()?])?;
    let what = "trees with spans / serde_yaml_ng into values, 1 thread";
    let events = "trees with spans / libyaml's events alone, 1 thread";
    Ok(vec![
        Row::seconds(what, told("ours")?, told("reference")?, Bound::AtMost(1.0)),
        Row::seconds(events, told("beside_events")?, told("events")?, Bound::None),
        Row::figure("memory of the trees / input", told("memory_ratio")?, Bound::AtMost(3.0)),
    ])
}

fn check(bench: &Bench) -> Result<Vec<Row>> {
    let command = bench.check("three.yaml", &bench.single.folder, 2);
    bench.warm(&command)?;
    let mut floor = Command::new(&bench.inside);
    floor.args(["only-trees", bench.single()?, "2"]);
    // In turns: what disturbs the machine disturbs both.
    let (mut ours, mut reference, mut cpu, mut memory) = (f64::MAX, f64::MAX, f64::MAX, 0.0_f64);
    for _ in 0..ROUNDS {
        let cost = measure::of(&command, &DECIDED)?;
        (ours, cpu, memory) = (ours.min(cost.wall), cpu.min(cost.cpu), memory.max(cost.memory));
        reference = reference.min(measure::of(&floor, &[0])?.wall);
    }
    Ok(vec![
        Row::seconds("check with three plugins / only trees, 2 threads", ours, reference, Bound::AtMost(1.5)),
        Row::value("check with three plugins, CPU", cpu, "s"),
        Row::figure("check, memory at the peak (MiB)", memory, Bound::AtMost(64.0)),
    ])
}

fn scaling(bench: &Bench) -> Result<Vec<Row>> {
    let commands = [
        bench.check("three.yaml", &bench.single.folder, 2),
        bench.check("three.yaml", &bench.double.folder, 2),
        bench.check("three.yaml", &bench.single.folder, 1),
    ];
    let mut best = [f64::MAX; 3];
    for _ in 0..=ROUNDS {
        for (command, best) in commands.iter().zip(&mut best) {
            *best = best.min(measure::of(command, &DECIDED)?.wall);
        }
    }
    let [two_threads, double, one_thread] = best;
    let two_processes = measure::at_once(ROUNDS, 2, &bench.check("three.yaml", &bench.single.folder, 1), &DECIDED)?;
    Ok(vec![
        Row::seconds("twice the objects / once", double, two_threads, Bound::Between(1.7, 2.3)),
        Row::seconds("1 thread / 2 threads", one_thread, two_threads, Bound::AtLeast(1.7)),
        Row::seconds(
            "two checks in turn / at once, 1 thread each (what the machine gives)",
            one_thread * 2.0,
            two_processes,
            Bound::None,
        ),
    ])
}

fn image_tags(bench: &Bench) -> Result<Vec<Row>> {
    let component = workspace::components().join("image-tags.wasm");
    let told = bench.inside(&["images", bench.single()?, component.to_str().context("no text")?])?;
    let (sandboxed, native) = (told("found_sandboxed")?, told("found_native")?);
    if sandboxed == 0.0 || sandboxed != native {
        bail!("the plugin found {sandboxed} tags that can move, and the same rule natively {native}");
    }
    let micros = 1e6 / told("objects")?;
    let (ours, reference) = (told("ours")? * micros, told("reference")? * micros);
    Ok(vec![Row::micros(
        "image-tags sandboxed / natively from JSON text, an object",
        ours,
        reference,
        Bound::AtMost(1.0),
    )])
}

fn kubernetes_schema(bench: &Bench) -> Result<Vec<Row>> {
    let kubeconform = kubeconform::ready()?;
    let reference = kubeconform.command(&bench.single.folder);
    let ours = bench.check("schema.yaml", &bench.single.folder, 2);
    bench.warm(&ours)?;
    let (ours, reference) = (measure::best_of(ROUNDS, &ours, &DECIDED)?, measure::best_of(3, &reference, &[0, 1])?);
    Ok(vec![
        Row::seconds("kubeconform / kubernetes-schema", reference.wall, ours.wall, Bound::AtLeast(5.0)),
        Row::seconds("kubeconform / kubernetes-schema, CPU", reference.cpu, ours.cpu, Bound::None),
    ])
}

fn small_file(bench: &Bench) -> Result<Vec<Row>> {
    let file = workspace::root().join("examples/shop/cart.yaml");
    let command = bench.check("three.yaml", &file, 2);
    measure::of(&command, &DECIDED)?;
    let cost = measure::best_of(20, &command, &DECIDED)?;
    Ok(vec![Row::figure("one small file, warm cache, whole process (ms)", cost.wall * 1e3, Bound::AtMost(10.0))])
}

fn second_run(bench: &Bench) -> Result<Vec<Row>> {
    let file = workspace::root().join("examples/shop/cart.yaml");
    let mut command = bench.check("three.yaml", &file, 2);
    let cache = bench.scratch.join("cold");
    command.env("XDG_CACHE_HOME", &cache);
    let first = measure::of(&command, &DECIDED)?;
    let written = newest(&cache)?;
    let second = measure::of(&command, &DECIDED)?;
    let compiled = if newest(&cache)? == written { 0.0 } else { 1.0 };
    Ok(vec![
        Row::seconds("first run, which compiles / second run", first.wall, second.wall, Bound::None),
        Row::figure("components that the second run compiled", compiled, Bound::AtMost(0.0)),
    ])
}

/// The time of the newest file below a folder.
fn newest(folder: &Path) -> Result<Option<std::time::SystemTime>> {
    let mut latest = None;
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let time = if path.is_dir() { newest(&path)? } else { Some(path.metadata()?.modified()?) };
        latest = latest.max(time);
    }
    Ok(latest)
}
