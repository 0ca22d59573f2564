//! Faults 3 and 4, one request at a time: a way to the API server that sees each request, and either carries out the one
//! that is looked for and loses its answer, or does not carry it out and asks to come back later.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::served::{head, header};
use super::{Foreign, is_owned, is_settled, settles};
use crate::plane::{Plane, Shop, shared};

/// After how many seconds a request that is asked to come back may come back. Without being asked it would come sooner.
const LATER: u64 = 2;

/// A request by its method and its path with the query.
pub(super) type Wanted = fn(&str, &str) -> bool;

/// What comes between Sluice and the API server. Sluice speaks to it without TLS.
pub(super) struct Seeing {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Whose answer is lost next.
    wanted: Option<Wanted>,
    /// Who is asked next to come back later, with which status.
    later: Option<(Wanted, u16)>,
    /// Who is answered each time with a status and a body, in place of the API server.
    answered: Option<(Wanted, u16, &'static str)>,
    /// Who waits until everything is let through.
    held: Option<Wanted>,
    /// Whether nothing comes through any more once an answer was lost.
    ends: bool,
    is_over: bool,
    /// What came in and when, a line each, and the answer that was lost.
    seen: Vec<(String, Instant)>,
    lost: Vec<String>,
}

impl Seeing {
    pub(super) fn new(plane: &Plane) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let this = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let (state, server, pki) = (Arc::clone(&this.state), plane.server()?, plane.state.join("pki"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, server, pki) = (Arc::clone(&state), server.clone(), pki.clone());
                // Connections that Sluice gives up are no fault of the test.
                std::thread::spawn(move || drop(pass(stream, &server, &pki, &state)));
            }
        });
        Ok(this)
    }

    pub(super) fn kubeconfig(&self, shop: &Shop<'_>) -> Result<std::path::PathBuf> {
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: seen\ncontexts: [{{name: seen, context: {{cluster: seen, user: seen}}}}]\n\
             clusters: [{{name: seen, cluster: {{server: \"http://127.0.0.1:{}\"}}}}]\nusers: [{{name: seen, user: {{}}}}]\n",
            self.port
        );
        shop.file("seen", &text)?;
        Ok(shop.path().join("seen"))
    }

    /// Loses the next answer to such a request, and all that comes after it where `ends` says so.
    pub(super) fn lose(&self, wanted: Wanted, ends: bool) {
        *self.state() = State { wanted: Some(wanted), ends, ..State::default() };
    }

    /// Answers the next such request with a status, and with a wish to come back later.
    pub(super) fn refuse(&self, wanted: Wanted, status: u16) {
        *self.state() = State { later: Some((wanted, status)), ..State::default() };
    }

    /// Answers all such requests with a status and a body, in place of the API server.
    pub(super) fn answer(&self, wanted: Wanted, status: u16, body: &'static str) {
        *self.state() = State { answered: Some((wanted, status, body)), ..State::default() };
    }

    /// Keeps all such requests waiting until everything is let through.
    pub(super) fn hold(&self, wanted: Wanted) {
        *self.state() = State { held: Some(wanted), ..State::default() };
    }

    /// Lets everything through.
    pub(super) fn open(&self) {
        *self.state() = State::default();
    }

    /// The answers that were lost, and what came in.
    pub(super) fn told(&self) -> (Vec<String>, Vec<(String, Instant)>) {
        let state = self.state();
        (state.lost.clone(), state.seen.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries out one request by means of curl, and gives the answer back unless it is to be lost.
fn pass(mut stream: TcpStream, server: &str, pki: &std::path::Path, state: &Mutex<State>) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (line, headers) = head(&mut reader)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().context("no method")?, words.next().context("no path")?);
    let mut body = vec![0; header(&headers, "content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let (loses, later, answered) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(!state.is_over, "nothing comes through any more");
        state.seen.push((format!("{method} {path}"), Instant::now()));
        let later = state.later.filter(|(wanted, _)| wanted(method, path)).map(|(_, status)| status);
        if later.is_some() {
            state.later = None;
        }
        let loses = state.wanted.is_some_and(|wanted| wanted(method, path));
        if loses {
            (state.wanted, state.is_over) = (None, state.ends);
        }
        (loses, later, state.answered.filter(|(wanted, _, _)| wanted(method, path)))
    };
    let is_held = || {
        let held = state.lock().unwrap_or_else(PoisonError::into_inner).held;
        held.is_some_and(|wanted| wanted(method, path))
    };
    while is_held() {
        std::thread::sleep(Duration::from_millis(50));
    }
    if let Some((_, status, body)) = answered {
        let length = body.len();
        return Ok(write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?);
    }
    if let Some(status) = later {
        let body =
            format!(r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"later","code":{status}}}"#);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\nRetry-After: {LATER}\r\nContent-Type: application/json\r\n");
        return Ok(write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")?);
    }
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "20", "-X", method, "-w", "\n%{http_code}", "--cacert"]).arg(pki.join("ca.crt"));
    curl.arg("--cert").arg(pki.join("admin.crt")).arg("--key").arg(pki.join("admin.key"));
    for name in ["content-type", "accept"] {
        curl.arg("-H").arg(format!("{name}: {}", header(&headers, name)));
    }
    if !body.is_empty() {
        curl.args(["--data-binary", "@-"]);
    }
    let mut curl = curl.arg(format!("{server}{path}")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    curl.stdin.take().context("no input")?.write_all(&body)?;
    let output = curl.wait_with_output()?.stdout;
    let end = output.iter().rposition(|byte| *byte == b'\n').context("no status")?;
    let (body, status) = (&output[..end], std::str::from_utf8(&output[end + 1..])?);
    if loses {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lost.push(format!("{status} {}", String::from_utf8_lossy(body)));
        return Ok(());
    }
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream.write_all(body)?)
}

pub(super) const INVENTORIES: &str = "/api/v1/namespaces/sluice-system/configmaps";

/// The writes of a run, each with how often it is sent where its answer is lost. Those of the inventory say which write they
/// are, so that one that was carried out is known again; the others may be sent twice.
const WRITES: [(&str, Wanted); 4] = [
    ("the first write of the inventory", |method, path| method == "POST" && path.starts_with(INVENTORIES)),
    ("the apply of an object", |method, path| {
        method == "PATCH" && path.contains("/configmaps/two?") && !path.contains("dryRun")
    }),
    ("the deletion of an object", |method, path| method == "DELETE" && path.contains("/configmaps/gone")),
    ("the last write of the inventory", |method, path| method == "PUT" && path.starts_with(INVENTORIES)),
];

/// Whether a line of what came in is the request that is looked for.
pub(super) fn is(line: &str, wanted: Wanted) -> bool {
    line.split_once(' ').is_some_and(|(method, path)| wanted(method, path))
}

/// Brings the application to where a run does all of the writes: with no inventory, or with an object that is to go.
fn prepare(shop: &Shop<'_>, what: &str, value: &str) -> Result<()> {
    shop.sluice(&["delete", "--yes"])?;
    ensure!(shop.inventory()?.is_none(), "before {what} there is an inventory");
    let gone = shop.path().join("deploy/gone.yaml");
    shop.config("one", "before")?;
    shop.config("two", "before")?;
    if what.contains("deletion") {
        shop.config("gone", "before")?;
        shop.ends(&["apply"], 0)?;
        std::fs::remove_file(gone)?;
    }
    shop.config("one", value)?;
    shop.config("two", value)
}

#[test]
fn fault_04_the_answer_to_one_write_is_lost() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "lost-one", "  prune: true\n")?;
    plane.namespace("sluice-system")?;
    let foreign = Foreign::new(&shop)?;
    let seeing = Seeing::new(plane)?;
    let through = seeing.kubeconfig(&shop)?;
    let direct = shop.kubeconfig.clone();
    for (what, wanted) in WRITES {
        prepare(&shop, what, what)?;
        seeing.lose(wanted, false);
        shop.kubeconfig.clone_from(&through);
        let said = shop.ends(&["apply"], 0).with_context(|| format!("lost: {what}"))?;
        shop.kubeconfig.clone_from(&direct);
        let (lost, seen) = seeing.told();
        ensure!(lost.len() == 1 && lost[0].starts_with('2'), "{what} was not carried out: {lost:?}");
        let sent = seen.iter().filter(|(line, _)| is(line, wanted)).count();
        ensure!(sent == 2, "{what} is sent {sent} times: {seen:#?}");
        ensure!(said.contains("applied: 2 objects"), "{what}: {said}");
        // What was written the first time was not written once more.
        if what.contains("apply") {
            let version = shop.live("two")?.context("it is gone")?["metadata"]["resourceVersion"].clone();
            let answer: serde_json::Value = serde_json::from_str(&lost[0][4..])?;
            ensure!(answer["metadata"]["resourceVersion"] == version, "it was written twice");
        }
        is_settled(&shop, &["one", "two"]).with_context(|| format!("lost: {what}"))?;
        ensure!(shop.live("two")?.context("it is gone")?["data"]["value"] == what);
    }
    foreign.is_untouched(&shop)
}

#[test]
fn fault_04_the_answer_is_lost_and_nothing_comes_after_it() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "lost-all", "  prune: true\n")?;
    plane.namespace("sluice-system")?;
    let foreign = Foreign::new(&shop)?;
    let seeing = Seeing::new(plane)?;
    let through = seeing.kubeconfig(&shop)?;
    let direct = shop.kubeconfig.clone();
    for (number, (what, wanted)) in WRITES.into_iter().enumerate() {
        prepare(&shop, what, what)?;
        seeing.lose(wanted, true);
        shop.kubeconfig.clone_from(&through);
        let said = shop.ends(&["apply", "--patience", "1"], 3).with_context(|| format!("lost: {what}"))?;
        shop.kubeconfig.clone_from(&direct);
        let (lost, _) = seeing.told();
        ensure!(lost.len() == 1, "{what} was not carried out: {lost:?}");
        ensure!(said.contains("no answer from") && said.contains("what became of the last request"), "{what}: {said}");
        seeing.open();
        // The inventory is there, with all that may be, and of the objects those that the run had come to.
        let owned = shop.inventory()?.with_context(|| format!("{what}: there is no inventory"))?;
        ensure!(owned.iter().any(|name| name == "one") && owned.iter().any(|name| name == "two"), "{owned:?}");
        is_owned(&shop)?;
        if number == 0 {
            ensure!(super::there(&shop)?.is_empty(), "objects were written before the inventory was known to be there");
        }
        // Only where the last write was carried out the run is over, as the status says.
        let last = number + 1 == WRITES.len();
        let status = shop.ends(&["status"], i32::from(!last))?;
        ensure!(last || status.starts_with("application lost-all: applying"), "{what}: {status}");
        settles(&shop, &["one", "two"]).with_context(|| format!("lost: {what}"))?;
        foreign.is_untouched(&shop)?;
    }
    Ok(())
}

#[test]
fn fault_03_a_server_that_asks_to_come_back_later() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "later", "  prune: true\n")?;
    plane.namespace("sluice-system")?;
    let seeing = Seeing::new(plane)?;
    let through = seeing.kubeconfig(&shop)?;
    let direct = shop.kubeconfig.clone();
    for (number, (what, wanted)) in WRITES.into_iter().enumerate() {
        prepare(&shop, what, what)?;
        let status = if number % 2 == 0 { 429 } else { 503 };
        seeing.refuse(wanted, status);
        shop.kubeconfig.clone_from(&through);
        shop.ends(&["apply"], 0).with_context(|| format!("{status} for {what}"))?;
        shop.kubeconfig.clone_from(&direct);
        let (_, seen) = seeing.told();
        let times: Vec<Instant> = seen.iter().filter(|(line, _)| is(line, wanted)).map(|(_, time)| *time).collect();
        ensure!(times.len() == 2, "{what} is sent {} times: {seen:#?}", times.len());
        let pause = times[1] - times[0];
        ensure!(pause >= Duration::from_secs(LATER), "{what} comes back after {pause:?}, and {LATER} s were asked for");
        is_settled(&shop, &["one", "two"])?;
    }
    Ok(())
}

/// Answers one request with 404, as what stands before an API server does that knows no way on, and runs Sluice.
fn not_found(shop: &mut Shop<'_>, seeing: &Seeing, wanted: Wanted, words: &[&str], code: i32) -> Result<String> {
    let through = seeing.kubeconfig(shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    seeing.refuse(wanted, 404);
    let said = shop.ends(words, code);
    shop.kubeconfig = direct;
    let (_, seen) = seeing.told();
    ensure!(seen.iter().any(|(line, _)| is(line, wanted)), "it was not asked for: {seen:#?}");
    said
}

#[test]
fn fault_04_something_in_between_answers_that_it_is_not_found() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "between", "  prune: true\n")?;
    let seeing = Seeing::new(plane)?;
    let foreign = Foreign::new(&shop)?;
    shop.config("moves", "1")?;
    shop.config("stays", "1")?;
    shop.ends(&["apply"], 0)?;
    let next = Shop::new(plane, "between-next", "  adopt: true\n")?;
    let text = std::fs::read_to_string(shop.path().join("deploy/moves.yaml"))?;
    next.file("deploy/moves.yaml", &text.replace("{name: moves}", "{name: moves, namespace: between}"))?;
    next.ends(&["apply"], 0)?;

    // It does not follow that nobody else has it.
    std::fs::remove_file(shop.path().join("deploy/moves.yaml"))?;
    let of_others: Wanted = |method, path| method == "GET" && path.starts_with(INVENTORIES) && path.contains("limit=");
    not_found(&mut shop, &seeing, of_others, &["apply"], 3)?;
    ensure!(shop.live("moves")?.is_some(), "what another application has was deleted");
    shop.ends(&["apply"], 0)?;
    ensure!(shop.live("moves")?.is_some());

    // Nor that the application was never applied.
    let own: Wanted = |method, path| method == "GET" && path.starts_with(INVENTORIES) && !path.contains("limit=");
    for words in [&["status"] as &[&str], &["delete", "--yes"], &["apply"]] {
        let said = not_found(&mut shop, &seeing, own, words, 3)?;
        ensure!(said.contains("something between here and the cluster"), "{said}");
    }

    // Nor that an object is not there.
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: foreign}\ndata: {ours: x}\n";
    shop.file("deploy/foreign.yaml", text)?;
    let object: Wanted = |method, path| method == "GET" && path.ends_with("/configmaps/foreign");
    let said = not_found(&mut shop, &seeing, object, &["apply"], 1)?;
    ensure!(said.contains("cannot read ConfigMap between/foreign"), "{said}");
    std::fs::remove_file(shop.path().join("deploy/foreign.yaml"))?;
    is_settled_but(&shop, &["moves", "stays"], &["stays"])?;
    foreign.is_untouched(&shop)
}

/// The cluster has these ConfigMaps, of which these are the application's, and there is nothing to do.
fn is_settled_but(shop: &Shop<'_>, there: &[&str], owned: &[&str]) -> Result<()> {
    let names: Vec<String> = super::there(shop)?.into_iter().collect();
    ensure!(names == there, "{names:?}");
    ensure!(shop.inventory()?.is_some_and(|names| names == owned));
    ensure!(shop.ends(&["apply"], 0)?.contains("unchanged: "));
    Ok(())
}

#[test]
fn fault_06_somebody_writes_what_is_being_taken_over() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "taken-amid", "  adopt: true\n")?;
    let seeing = Seeing::new(plane)?;
    let path = "/api/v1/namespaces/taken-amid/configmaps?fieldManager=kubectl-create";
    plane.make(path, r#"{"metadata":{"name":"one"},"data":{"value":"before","old":"x"}}"#)?;
    shop.config("one", "ours")?;
    let migration: Wanted =
        |method, path| method == "PATCH" && path.contains("/configmaps/one?") && !path.contains("force");
    let through = seeing.kubeconfig(&shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    seeing.refuse(migration, 409);
    shop.ends(&["apply"], 0)?;
    shop.kubeconfig = direct;
    let (_, seen) = seeing.told();
    ensure!(seen.iter().filter(|(line, _)| is(line, migration)).count() == 2, "{seen:#?}");
    let live = shop.live("one")?.context("it is gone")?;
    ensure!(live["data"] == serde_json::json!({ "value": "ours" }), "{live}");
    is_settled(&shop, &["one"])
}
