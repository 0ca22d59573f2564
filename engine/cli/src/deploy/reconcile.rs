//! `sluice reconcile`: the agent. Again and again it brings every application of a folder to where Git says.

mod agent;
mod files;
mod log;
mod outcome;
mod room;
mod serve;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_apply::Cluster;
use tokio::task::JoinSet;

use super::way::Way;
use super::{Fetching, ending};
use crate::exit::Exit;
use crate::output;
use agent::Agent;
use files::{APPLICATION, Found, Other, Wrong};
use log::{Line, Log};
use outcome::Outcome;
use room::{Capacity, Room};
use serve::Board;

/// Keep applications as Git says: fetch, render, judge, apply and watch, again and again
///
/// Reads every application file of a folder, anew in each round, so that changes are taken up without a restart. Writes one
/// line of JSON for each step to standard output; where something denies or is wrong, its `reasons` say what and where.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  with --once, every application is as it should be; else, it was told to end
  1  with --once, an application is not
  2  usage or configuration
  3  with --once, it was interrupted, or its log cannot be written")]
pub(crate) struct Arguments {
    /// The folder with the application files
    #[arg(long, value_name = "DIR")]
    config: PathBuf,
    /// Time between two rounds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    interval: u64,
    /// End after one round: 0 where every application is as it should be
    #[arg(long)]
    once: bool,
    /// Where /healthz, /readyz and /metrics are served; `off` for nowhere
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9809")]
    listen: String,
    /// Say no at /healthz once a round has not moved for this long: asked its cluster nothing and judged nothing
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    stall_timeout: u64,
    /// Applications of one cluster that are worked on at once, those apart that wait for health
    #[arg(long, value_name = "N", default_value_t = 4)]
    concurrency: usize,
    #[command(flatten)]
    fetching: Fetching,
    #[command(flatten)]
    way: Way,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    crate::memory::give_back();
    let runtime = match ending::runtime() {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let exit = runtime.block_on(async {
        tokio::select! {
            exit = rounds(arguments) => exit,
            () = ending::interrupted() => {
                // A single round has not said of every application that it is as it should be.
                if arguments.once {
                    ending::tell();
                    Exit::Undecided
                } else {
                    Exit::Clean
                }
            }
        }
    });
    // What still runs is left where it is: the inventories say so.
    runtime.shutdown_timeout(Duration::from_millis(200));
    exit
}

async fn rounds(arguments: &Arguments) -> Exit {
    let board = Arc::new(Board::new(Duration::from_secs(arguments.stall_timeout.max(1))));
    if arguments.listen != "off" {
        let Ok(address) = arguments.listen.parse::<SocketAddr>() else {
            output::complain(&format!("`{}` is no address", arguments.listen), Some("write `127.0.0.1:9809` or `off`"));
            return Exit::Usage;
        };
        let listener = match tokio::net::TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                output::complain(&format!("cannot listen at {address}: {error}"), Some("name another with --listen"));
                return Exit::Usage;
            }
        };
        tokio::spawn(serve::serve(listener, Arc::clone(&board)));
    }
    let log = Arc::new(Log::default());
    let interval = Duration::from_secs(arguments.interval.max(1));
    // Each cluster has room of its own, so that one that does not answer holds up nobody else's applications.
    let mut clusters: BTreeMap<Option<String>, (Cluster, Capacity)> = BTreeMap::new();
    let mut work: JoinSet<(String, bool)> = JoinSet::new();
    let mut busy: BTreeSet<String> = BTreeSet::new();
    let mut skipped: BTreeSet<Other> = BTreeSet::new();
    // Of which application a file spoke when it was read last.
    let mut known: BTreeMap<PathBuf, String> = BTreeMap::new();
    loop {
        let mut whole = true;
        board.looks(interval);
        let (files, others) = match files::list(&arguments.config) {
            Ok(found) => found,
            Err(error) => {
                output::complain(
                    &format!("cannot read `{}`: {error}", arguments.config.display()),
                    Some("name a folder with application files"),
                );
                return Exit::Usage;
            }
        };
        for other in others {
            if skipped.insert(other.clone()) {
                let (file, kind) = other;
                let message = format!("it is left out: it has the kind `{kind}`, and not `{APPLICATION}`");
                log.write("info", &file.display().to_string(), "read", "", &message);
            }
        }
        if files.is_empty() && arguments.once {
            let message = format!("no application is in `{}`", arguments.config.display());
            output::complain(&message, Some("name a folder with application files: `kind: Application`"));
            return Exit::Usage;
        }
        let mut names = BTreeSet::new();
        let Found { ready, wrong } = files::read(files, &arguments.way, &mut known);
        for Wrong { application, step, message, reasons } in wrong {
            log.line(&Line {
                level: "error",
                application: &application,
                step,
                revision: "",
                message: &message,
                reasons: &reasons,
            });
            whole = false;
            // What is at work by the file as it was before tells for itself.
            if names.insert(application.clone()) && !busy.contains(&application) {
                board.note(&application, &Outcome::Unread, None);
            }
        }
        for loaded in ready {
            let name = loaded.application.name.clone();
            names.insert(name.clone());
            // One that is still at work is left to it.
            if !busy.insert(name.clone()) {
                continue;
            }
            let context = arguments.way.context(&loaded.application);
            let (cluster, capacity) = match clusters.get(&context) {
                Some(known) => known.clone(),
                None => match arguments.way.connect(context.clone()).await {
                    Ok(cluster) => {
                        let known = (cluster, Capacity::new(arguments.concurrency));
                        clusters.entry(context.clone()).or_insert(known).clone()
                    }
                    Err(error) => {
                        log.write("error", &name, "connect", "", &error.to_string());
                        board.note(&name, &Outcome::Unread, None);
                        busy.remove(&name);
                        whole = false;
                        continue;
                    }
                },
            };
            let (manager, fetching) = (arguments.way.field_manager.clone(), arguments.fetching);
            let (cluster, room) = (cluster.apart(), Arc::new(Room::of(capacity)));
            let agent = Agent { loaded, fetching, cluster, manager, log: Arc::clone(&log), room };
            let (board, place) = (Arc::clone(&board), context.unwrap_or_default());
            work.spawn(async move {
                agent.room.enter().await;
                let at_work = board.at_work(&name, &agent.cluster, &agent.room);
                let outcome = agent.round().await;
                drop(at_work);
                agent.room.give_back();
                agent.told(outcome);
                board.note(&name, &outcome, Some((place, agent.cluster.counts())));
                (name, outcome.is_good())
            });
        }
        board.keep(&names);
        if busy.is_empty() {
            board.ready();
        }
        if arguments.once {
            while let Some(done) = work.join_next().await {
                whole &= done.is_ok_and(|(_, is_good)| is_good);
            }
            if log.is_lost() {
                output::complain("cannot write the log: lines of it are lost", None);
                return Exit::Undecided;
            }
            return if whole { Exit::Clean } else { Exit::Violations };
        }
        let next = tokio::time::sleep(interval);
        tokio::pin!(next);
        loop {
            tokio::select! {
                () = &mut next => break,
                Some(done) = work.join_next(), if !work.is_empty() => match done {
                    Ok((name, _)) => drop(busy.remove(&name)),
                    // A round that came to a sudden end: everything is tried again.
                    Err(_) => busy.clear(),
                },
            }
        }
    }
}
