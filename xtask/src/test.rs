//! `cargo xtask test`: sets up what is missing, builds the guests and runs every test there is. The last line counts them.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::iter::Sum;
use std::ops::AddAssign;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::go;
use crate::guests::{self, Guest};
use crate::process::{cargo, programs, say};
use crate::setup::{Choice, Toolchain, control_plane, helm};
use crate::workspace;

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Where the compiler for the guests comes from
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,
}

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// Runs every test.
pub fn run(args: &Args) -> Result<()> {
    let started = Instant::now();
    let toolchain = Toolchain::ready(args.toolchain)?;
    guests::build(&toolchain, guests::Languages::All)?;
    helm::ready()?;
    let plane = control_plane::ready()?;

    let root = workspace::root();
    let mut suites = vec![
        Suite::new("the engine, the command line and xtask", &root, &["--workspace", "--release"])
            .with("SLUICE_CONTROL_PLANE", &plane),
        Suite::new("the Rust SDK", &root.join("sdk/rust"), &["--workspace"]).native(),
    ];
    let guests = guests::all()?;
    let plugins = guests.iter().filter(|guest| guest.folder.starts_with(root.join("plugins")));
    let mut suite = Suite::new("the plugins, natively", &root.join("plugins"), &["--lib"]).native();
    suite.arguments.extend(plugins.flat_map(|guest| ["--package".to_owned(), guest.name.clone()]));
    suites.push(suite);

    let mut counts = Counts::default();
    let mut broken = Vec::new();
    for suite in suites {
        say(format!("testing {}", suite.what));
        let what = suite.what;
        let (seen, succeeded) = suite.run()?;
        counts += seen;
        if !succeeded {
            broken.push(what);
        }
    }
    let (seen, succeeded) = fixtures(&guests)?;
    counts += seen;
    if !succeeded {
        broken.push("the plugins' fixtures");
    }

    let (seen, succeeded) = go::test()?;
    counts += seen;
    if !succeeded {
        broken.push("the Go modules of the renderers");
    }

    say(format!("tested in {} s", started.elapsed().as_secs()));
    if counts.ignored > 0 {
        say(format!("{} tests are marked as ignored", counts.ignored));
    }
    for what in &broken {
        say(format!("failed: {what}"));
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if broken.is_empty() && counts.failed == 0 { Ok(()) } else { bail!("not all tests passed") }
}

/// One run of `cargo test`.
struct Suite {
    what: &'static str,
    command: Command,
    arguments: Vec<String>,
}

impl Suite {
    fn new(what: &'static str, folder: &Path, arguments: &[&str]) -> Self {
        let command = cargo(folder, &["test", "--no-fail-fast", "--quiet"]);
        Self { what, command, arguments: arguments.iter().map(|text| (*text).to_owned()).collect() }
    }

    fn with(mut self, variable: &str, value: &Path) -> Self {
        self.command.env(variable, value);
        self
    }

    /// For the workspaces that are compiled for this machine only to be tested.
    fn native(mut self) -> Self {
        self.command.env("CARGO_TARGET_DIR", workspace::root().join("target/guests-build/native"));
        self
    }

    fn run(self) -> Result<(Counts, bool)> {
        let Self { mut command, arguments, .. } = self;
        counted(command.args(arguments).args(["--", "--show-output"]))
    }
}

/// Runs a command, passes on what it prints and adds up its lines `test result: …`. Of what tests print that pass, only what
/// they leave out is told, once.
fn counted(command: &mut Command) -> Result<(Counts, bool)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo gives no output")?;
    let mut counts = Counts::default();
    let mut left_out = BTreeSet::new();
    let mut is_of_passed = false;
    for line in BufReader::new(output).lines() {
        let line = line?;
        is_of_passed = match line.as_str() {
            "successes:" => true,
            "failures:" => false,
            line => is_of_passed && !line.starts_with("test result: "),
        };
        if is_of_passed {
            left_out.extend(line.starts_with("left out: ").then_some(line));
            continue;
        }
        if let Some(seen) = result_line(&line) {
            counts += seen;
        }
        if !is_empty_suite(&line) {
            println!("{line}");
        }
    }
    left_out.into_iter().for_each(say);
    Ok((counts, child.wait()?.success()))
}

/// Lines that say only that a file holds no tests.
fn is_empty_suite(line: &str) -> bool {
    line.is_empty() || line == "running 0 tests" || line.starts_with("test result: ok. 0 passed; 0 failed; 0 ignored")
}

/// Reads a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn result_line(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let part = numbers.split("; ").find(|part| part.ends_with(word))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Some(Counts { passed: number(" passed")?, failed: number(" failed")?, ignored: number(" ignored")? })
}

/// Runs `sluice plugin test` over the guests that bring fixtures. Each guest counts as one test.
fn fixtures(guests: &[Guest]) -> Result<(Counts, bool)> {
    let mut counts = Counts::default();
    for plugin in guests.iter().filter(|guest| guest.folder.join("fixtures").is_dir()) {
        say(format!("testing the fixtures of {}", plugin.name));
        let component = workspace::components().join(format!("{}.wasm", plugin.name));
        let mut command = Command::new(programs()?.join("sluice"));
        command.args(["plugin", "test", "--plugin"]).arg(component).current_dir(&plugin.folder);
        let passed = command.stdin(Stdio::null()).status().context("cannot start sluice")?.success();
        counts += Counts { passed: passed.into(), failed: (!passed).into(), ignored: 0 };
    }
    Ok((counts, counts.failed == 0))
}

#[cfg(test)]
mod tests {
    use super::{Counts, is_empty_suite, result_line};

    #[test]
    fn result_lines_are_added_up() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s";
        assert_eq!(result_line(line), Some(Counts { passed: 12, failed: 3, ignored: 1 }));
        assert_eq!(result_line("test checks::works ... ok"), None);
        assert_eq!(result_line("test result: unheard of"), None);
    }

    #[test]
    fn only_suites_without_tests_are_silent() {
        assert!(is_empty_suite("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"));
        assert!(!is_empty_suite("test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out"));
    }
}
