//! What a process costs: wall time, CPU time and memory at its peak. A child that waits for one process alone tells them.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::process::programs;

/// What a process cost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of CPU, over all threads, in the program and the kernel.
    pub cpu: f64,
    /// Memory at the peak, in MiB.
    pub memory: f64,
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
}

/// Options of the command behind [`of`].
#[derive(clap::Args)]
pub struct Args {
    #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs one command and prints what it cost: the child of [`of`].
pub fn run(args: &Args) -> Result<()> {
    let (program, arguments) = args.command.split_first().context("nothing to measure")?;
    let started = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    let cost = Cost { wall, cpu, memory: usage.max_rss() as f64 / 1024.0, code: status.code().unwrap_or(-1) };
    println!("{}", serde_json::to_string(&cost)?);
    Ok(())
}

/// What a command costs, which has to end with one of these exit codes.
pub fn of(command: &Command, codes: &[i32]) -> Result<Cost> {
    // By its folder: building the programs has replaced the file of the program that runs.
    let mut child = Command::new(programs()?.join("xtask"));
    child.arg("measure").arg("--").arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    let output = child.stderr(Stdio::inherit()).output().context("cannot measure")?;
    let cost: Cost = serde_json::from_slice(&output.stdout).context("cannot read what was measured")?;
    if !codes.contains(&cost.code) {
        bail!("{command:?} ended with exit code {}", cost.code);
    }
    Ok(cost)
}

/// The best of some runs, by wall time.
pub fn best_of(rounds: usize, command: &Command, codes: &[i32]) -> Result<Cost> {
    let mut best: Option<Cost> = None;
    for _ in 0..rounds {
        let cost = of(command, codes)?;
        best = Some(best.filter(|best| best.wall <= cost.wall).unwrap_or(cost));
    }
    best.context("no run was asked for")
}

/// The least times and the most memory of each of some commands, which run in turns: what disturbs the machine disturbs all.
pub fn in_turns<const N: usize>(rounds: usize, commands: [&Command; N], codes: &[i32]) -> Result<[Cost; N]> {
    let mut best = [Cost { wall: f64::MAX, cpu: f64::MAX, memory: 0.0, code: -1 }; N];
    for _ in 0..rounds {
        for (command, best) in commands.into_iter().zip(&mut best) {
            let Cost { wall, cpu, memory, code } = of(command, codes)?;
            *best = Cost { wall: best.wall.min(wall), cpu: best.cpu.min(cpu), memory: best.memory.max(memory), code };
        }
    }
    Ok(best)
}

/// Seconds until a number of runs of a command are done that begin at once, the best of some rounds. Set against one run alone
/// it says what the machine gives to processes that share nothing; its cores may be halves of one.
pub fn at_once(rounds: usize, runs: usize, command: &Command, codes: &[i32]) -> Result<f64> {
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let costs = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..runs).map(|_| scope.spawn(|| of(command, codes))).collect();
            runs.into_iter().map(|run| run.join().map_err(|_| anyhow!("a run was lost"))?).collect::<Result<Vec<_>>>()
        })?;
        best = best.min(costs.iter().map(|cost| cost.wall).fold(0.0, f64::max));
    }
    Ok(best)
}
