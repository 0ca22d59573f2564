//! /healthz, /readyz and /metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluice_apply::{Cluster, Counts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::outcome::Outcome;
use super::room::Room;
use super::turns::{AtWork, Turns};

/// Longest request that is read, in bytes.
const LONGEST: usize = 8 << 10;
/// Time for a request.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is told of the agent.
pub(crate) struct Board {
    told: Mutex<Told>,
    turns: Turns,
    /// After how long without a sign of moving something is taken for stuck.
    stall: Duration,
}

struct Told {
    is_ready: bool,
    /// When the folder of applications was looked into last, and how long after that it is due again.
    looked: (Instant, Duration),
    rounds: BTreeMap<(String, &'static str), u64>,
    last: BTreeMap<String, (Outcome, i64)>,
    /// By the context of the cluster: what was asked of each until now.
    counts: BTreeMap<String, Counts>,
}

impl Board {
    pub(crate) fn new(stall: Duration) -> Self {
        let looked = (Instant::now(), Duration::ZERO);
        let (rounds, last, counts) = Default::default();
        Self {
            told: Mutex::new(Told { is_ready: false, looked, rounds, last, counts }),
            turns: Turns::default(),
            stall,
        }
    }

    /// Notes that a round of an application is at work, for as long as what is given lives.
    pub(crate) fn at_work(&self, application: &str, cluster: &Cluster, room: &Arc<Room>) -> AtWork<'_> {
        self.turns.begin(application, cluster, room)
    }

    /// Notes that the folder of applications is looked into, and how long after that it is due again.
    pub(crate) fn looks(&self, interval: Duration) {
        self.told().looked = (Instant::now(), interval);
    }

    /// Notes what came of a round, and by context what was asked of its cluster until then.
    pub(crate) fn note(&self, application: &str, outcome: &Outcome, counts: Option<(String, Counts)>) {
        let mut told = self.told();
        *told.rounds.entry((application.to_owned(), outcome.name())).or_default() += 1;
        told.last.insert(application.to_owned(), (*outcome, jiff::Timestamp::now().as_second()));
        told.counts.extend(counts);
        told.is_ready = true;
    }

    /// Says that nothing is at work, and a first round is over.
    pub(crate) fn ready(&self) {
        self.told().is_ready = true;
    }

    /// Forgets applications whose files are gone.
    pub(crate) fn keep(&self, names: &BTreeSet<String>) {
        self.told().last.retain(|name, _| names.contains(name));
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metrics(&self) -> String {
        let told = self.told();
        // Of an application that was never read, the path of its file is told.
        let label = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let mut out = String::from("# TYPE sluice_rounds_total counter\n");
        // Writing to a string cannot fail.
        for ((application, outcome), count) in &told.rounds {
            let application = label(application);
            let _ = writeln!(out, "sluice_rounds_total{{application=\"{application}\",outcome=\"{outcome}\"}} {count}");
        }
        out.push_str("# TYPE sluice_application_good gauge\n");
        for (application, (outcome, _)) in &told.last {
            let (application, good) = (label(application), u8::from(outcome.is_good()));
            let _ = writeln!(out, "sluice_application_good{{application=\"{application}\"}} {good}");
        }
        out.push_str("# TYPE sluice_last_round_timestamp_seconds gauge\n");
        for (application, (_, time)) in &told.last {
            let application = label(application);
            let _ = writeln!(out, "sluice_last_round_timestamp_seconds{{application=\"{application}\"}} {time}");
        }
        out.push_str("# TYPE sluice_round_seconds gauge\n");
        for (application, lasting) in self.turns.lasting() {
            let (application, seconds) = (label(&application), lasting.as_secs());
            let _ = writeln!(out, "sluice_round_seconds{{application=\"{application}\"}} {seconds}");
        }
        out.push_str("# TYPE sluice_api_requests_total counter\n");
        let sum = |of: fn(&Counts) -> u64| told.counts.values().map(of).sum::<u64>();
        let sums = [("read", sum(|of| of.reads)), ("dry_run", sum(|of| of.dry_runs)), ("write", sum(|of| of.writes))];
        for (kind, count) in sums {
            let _ = writeln!(out, "sluice_api_requests_total{{kind=\"{kind}\"}} {count}");
        }
        out
    }

    /// Why the agent is not ready; none where it is.
    fn unready(&self) -> Option<&'static str> {
        let told = self.told();
        if !told.is_ready {
            return Some("no round is over yet\n");
        }
        let is_lost = |(outcome, _): &(Outcome, i64)| matches!(outcome, Outcome::Unreachable | Outcome::Unread);
        let all_lost = !told.last.is_empty() && told.last.values().all(is_lost);
        all_lost
            .then_some("no application can be looked after: its file is wrong, or Git or its cluster does not answer; the log says which\n")
    }

    /// What is stuck, for good as far as can be seen; none where everything moves.
    fn stuck(&self) -> Option<String> {
        let (looked, due) = self.told().looked;
        let mut out = String::new();
        // Writing to a string cannot fail.
        for (application, still) in self.turns.stalled(self.stall) {
            let _ = writeln!(out, "the round of `{application}` has not moved for {} s", still.as_secs());
        }
        if looked.elapsed().saturating_sub(due) >= self.stall {
            let _ =
                writeln!(out, "the folder of applications was not looked into for {} s", looked.elapsed().as_secs());
        }
        (!out.is_empty()).then_some(out)
    }

    fn answer(&self, path: &str) -> (&'static str, String) {
        match path {
            "/healthz" => match self.stuck() {
                None => ("200 OK", String::from("ok\n")),
                Some(what) => ("503 Service Unavailable", what),
            },
            "/readyz" => match self.unready() {
                None => ("200 OK", String::from("ok\n")),
                Some(why) => ("503 Service Unavailable", why.to_owned()),
            },
            "/metrics" => ("200 OK", self.metrics()),
            _ => ("404 Not Found", String::from("there are /healthz, /readyz and /metrics\n")),
        }
    }
}

/// Answers requests for as long as it is asked.
pub(crate) async fn serve(listener: TcpListener, board: Arc<Board>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let board = Arc::clone(&board);
            tokio::spawn(async move {
                // Whoever asks too slowly gets no answer.
                let _ = tokio::time::timeout(PATIENCE, one(stream, &board)).await;
            });
        } else {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn one(mut stream: TcpStream, board: &Board) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0_u8; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") && request.len() < LONGEST {
        match stream.read(&mut piece).await? {
            0 => break,
            read => request.extend_from_slice(piece.get(..read).unwrap_or_default()),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let mut words = text.split_whitespace();
    let (status, body) = match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => board.answer(path),
        (_, _) => ("405 Method Not Allowed", String::from("only GET is answered\n")),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
