//! Faults 2 and 3: the API server or etcd dies, stands still, or has too much to do. On a control plane of their own, one
//! after the other.

mod agent;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Foreign, is_owned, is_settled, settles, until};
use crate::plane::{Plane, Shop};

/// The control plane that these tests break, for one at a time.
fn own() -> Result<Option<(&'static Plane, MutexGuard<'static, ()>)>> {
    static PLANE: OnceLock<Result<Option<Plane>, String>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    match PLANE.get_or_init(|| Plane::start("").map_err(|error| format!("{error:#}"))) {
        Ok(Some(plane)) => {
            // Whatever the test before has left.
            for name in ["etcd", "kube-apiserver"] {
                let _ = plane.signal(name, "CONT");
            }
            plane.up("")?;
            Ok(Some((plane, turn)))
        }
        Ok(None) => Ok(None),
        Err(error) => Err(anyhow::anyhow!("{error}")),
    }
}

/// How long a server stands still, unless `SLUICE_STOPPED_SECONDS` says otherwise.
fn stopped() -> Duration {
    let seconds = std::env::var("SLUICE_STOPPED_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    Duration::from_secs(seconds)
}

const OBJECTS: usize = 120;

fn names() -> Vec<String> {
    (0..OBJECTS).map(|number| format!("object-{number:03}")).collect()
}

fn write(shop: &Shop<'_>, value: &str) -> Result<()> {
    names().iter().try_for_each(|name| shop.config(name, value))
}

/// Starts an apply, and waits until it has written so many objects.
fn apply_until(shop: &Shop<'_>, words: &[&str], objects: usize) -> Result<Child> {
    let mut child = shop.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    for _ in 0..=objects {
        let line = lines.next().context("it ended early")??;
        ensure!(line.starts_with("applied ") || line == "inventory written", "{line}");
    }
    // The rest is read, so that it is not held up.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(child)
}

/// Waits for the end of a run, which has to come within a minute longer than a server stands still.
fn said(mut child: Child) -> Result<(i32, String)> {
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() > stopped() + Duration::from_secs(60) {
            child.kill()?;
            anyhow::bail!("the run does not end: {}", String::from_utf8_lossy(&child.wait_with_output()?.stderr));
        }
        sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn all(shop: &Shop<'_>, check: fn(&Shop<'_>, &[&str]) -> Result<()>) -> Result<()> {
    let names = names();
    check(shop, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn fault_02_the_api_server_is_killed_while_applying() -> Result<()> {
    let Some((plane, _turn)) = own()? else { return Ok(()) };
    let shop = Shop::new(plane, "server-killed", "")?;
    let foreign = Foreign::new(&shop)?;
    write(&shop, "1")?;
    let child = apply_until(&shop, &["apply"], 3)?;
    plane.signal("kube-apiserver", "KILL")?;
    sleep(Duration::from_millis(500));
    plane.up("")?;
    // It is there again within the patience of the run, which goes on and ends well.
    let (code, words) = said(child)?;
    ensure!(code == 0, "{code}: {words}");
    foreign.is_untouched(&shop)?;
    all(&shop, is_settled)
}

#[test]
fn fault_02_the_api_server_stands_still() -> Result<()> {
    let Some((plane, _turn)) = own()? else { return Ok(()) };
    stands_still(plane, "kube-apiserver", "server-stopped")
}

#[test]
fn fault_03_etcd_stands_still() -> Result<()> {
    let Some((plane, _turn)) = own()? else { return Ok(()) };
    stands_still(plane, "etcd", "etcd-stopped")
}

fn stands_still(plane: &Plane, process: &str, name: &str) -> Result<()> {
    let shop = Shop::new(plane, name, "")?;
    let foreign = Foreign::new(&shop)?;
    write(&shop, "1")?;
    let started = Instant::now();
    let child = apply_until(&shop, &["apply", "--patience", "3"], 3)?;
    plane.signal(process, "STOP")?;
    // Longer than it is patient: it gives up in time, whatever the number of objects, and says what it does not know.
    let (code, words) = said(child)?;
    ensure!(
        code == 3 && words.contains("no answer from") && words.contains("what became of the last request"),
        "{code}: {words}"
    );
    ensure!(started.elapsed() < Duration::from_secs(30), "it took {:?}", started.elapsed());
    sleep(stopped().saturating_sub(started.elapsed()));
    let status = shop.ends(&["status", "--patience", "2"], 3)?;
    ensure!(status.contains("no answer from"), "{status}");
    plane.signal(process, "CONT")?;
    plane.up("")?;
    is_owned(&shop)?;
    let status = shop.ends(&["status"], 1)?;
    ensure!(status.contains(": applying"), "{status}");
    all(&shop, settles)?;
    foreign.is_untouched(&shop)?;

    // Shorter than it is patient: the run itself goes on.
    write(&shop, "2")?;
    let patience = (stopped().as_secs() + 45).to_string();
    let child = apply_until(&shop, &["apply", "--patience", &patience], 3)?;
    plane.signal(process, "STOP")?;
    sleep(stopped());
    plane.signal(process, "CONT")?;
    let (code, words) = said(child)?;
    ensure!(code == 0, "{code}: {words}");
    all(&shop, is_settled)?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_03_a_storm_of_429() -> Result<()> {
    let Some((plane, _turn)) = own()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "storm", "")?;
    plane.namespace("sluice-system")?;
    // Members of `system:masters` are never told to wait, so it is somebody else who may do everything.
    shop.kubeconfig = super::rights::user(plane, shop.path(), "busy")?;
    super::rights::may_all(plane, "busy")?;
    let names: Vec<String> = names().into_iter().take(12).collect();
    names.iter().try_for_each(|name| shop.config(name, "1"))?;
    plane.signal("kube-apiserver", "KILL")?;
    sleep(Duration::from_millis(300));
    let flags = "--enable-priority-and-fairness=false --max-requests-inflight=2 --max-mutating-requests-inflight=2";
    plane.up_with("", flags)?;
    let log = || std::fs::read_to_string(plane.state.join("kube-apiserver.log"));
    until("the account is known", || Ok(shop.sluice(&["plan", "--patience", "5"])?.0 == 0))?;
    shop.ends(&["apply"], 0)?;
    let metrics = plane.ask("GET", "/metrics", None)?.1;
    let refused =
        metrics.lines().any(|line| line.starts_with("apiserver_request_total") && line.contains("code=\"429\""));
    ensure!(refused, "nobody was told to wait: {}", log()?.lines().last().unwrap_or_default());
    is_settled(&shop, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    plane.signal("kube-apiserver", "KILL")?;
    sleep(Duration::from_millis(300));
    plane.up("")
}
