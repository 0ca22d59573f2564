//! Fault 4: the answer to a write is lost after it was done. A proxy between Sluice and the API server cuts connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};

use super::{Foreign, is_settled};
use crate::plane::{Plane, Shop, shared};

/// What comes between Sluice and the API server. It does not see into TLS.
pub(super) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Pieces of answers that still pass before one is lost with its connection; negative for none.
    left: AtomicI64,
    /// Connections that are still refused.
    refused: AtomicI64,
    cuts: AtomicU64,
}

impl Proxy {
    pub(super) fn new(plane: &Plane) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let server = plane.server()?.trim_start_matches("https://").to_owned();
        let state = Arc::new(State { left: AtomicI64::new(-1), ..State::default() });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for down in listener.incoming().flatten() {
                if shared.refused.fetch_sub(1, Ordering::SeqCst) > 0 {
                    shared.cuts.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let Ok(up) = TcpStream::connect(&server) else { continue };
                let (Ok(asked), Ok(answered)) = (down.try_clone(), up.try_clone()) else { continue };
                let state = Arc::clone(&shared);
                std::thread::spawn(move || pass(asked, up, None));
                std::thread::spawn(move || pass(answered, down, Some(&state)));
            }
        });
        Ok(Self { port, state })
    }

    /// A kubeconfig that leads through it.
    pub(super) fn kubeconfig(&self, shop: &Shop<'_>) -> Result<PathBuf> {
        let config = std::fs::read_to_string(&shop.kubeconfig)?;
        let config = config.replace(&shop.plane.server()?, &format!("https://127.0.0.1:{}", self.port));
        let config = config.replace("pki/", &format!("{}/pki/", shop.plane.state.display()));
        let file = shop.path().join("through-a-proxy");
        std::fs::write(&file, config)?;
        Ok(file)
    }

    /// Loses one answer: the one that comes after so many pieces.
    pub(super) fn lose(&self, after: i64) {
        self.state.left.store(after, Ordering::SeqCst);
    }

    /// Refuses the next connections, and cuts those that there are at their next answer.
    pub(super) fn refuse(&self, connections: i64) {
        self.state.refused.store(connections, Ordering::SeqCst);
        self.lose(0);
    }

    /// How often it has cut.
    pub(super) fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: Option<&State>) {
    let mut piece = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        if let Some(state) = state
            && state.left.fetch_sub(1, Ordering::SeqCst) == 0
        {
            state.cuts.fetch_add(1, Ordering::SeqCst);
            break;
        }
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// Whichever answer is lost: to a read, a dry run, the first write of the inventory, an apply, a deletion, the last write.
fn lose_each(name: &str, prepare: fn(&Shop<'_>, i64) -> Result<[&'static str; 3]>) -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, name, "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let proxy = Proxy::new(plane)?;
    shop.kubeconfig = proxy.kubeconfig(&shop)?;
    let mut lost = 0;
    for after in 0_i64.. {
        let names = prepare(&shop, after)?;
        let before = proxy.cuts();
        proxy.lose(after);
        let said = shop.ends(&["apply"], 0).with_context(|| format!("answer {after} was lost"))?;
        proxy.lose(-1);
        ensure!(said.contains("applied: 3 objects"), "{said}");
        is_settled(&shop, &names).with_context(|| format!("answer {after} was lost:\n{said}"))?;
        ensure!(shop.live("one")?.context("it is gone")?["data"]["value"] == after.to_string().as_str());
        if proxy.cuts() == before {
            break;
        }
        lost += 1;
    }
    println!("{lost} answers were lost, one in each run");
    ensure!(lost >= 10, "only {lost} answers were lost");
    foreign.is_untouched(&shop)
}

/// Two objects change, one goes and one comes.
fn change(shop: &Shop<'_>, after: i64) -> Result<[&'static str; 3]> {
    let (names, gone) = if after % 2 == 0 { (["one", "two", "even"], "odd") } else { (["one", "two", "odd"], "even") };
    let _ = std::fs::remove_file(shop.path().join(format!("deploy/{gone}.yaml")));
    names.iter().try_for_each(|name| shop.config(name, &after.to_string()))?;
    Ok(names)
}

#[test]
fn fault_04_answers_are_lost() -> Result<()> {
    lose_each("lost", change)
}

#[test]
fn fault_04_answers_are_lost_the_first_time() -> Result<()> {
    lose_each("lost-first", |shop, after| {
        if after > 0 {
            shop.ends(&["delete", "--yes"], 0)?;
        }
        change(shop, after)
    })
}

#[test]
fn fault_03_connections_are_refused() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "refused", "  prune: true\n")?;
    let proxy = Proxy::new(plane)?;
    let through = proxy.kubeconfig(&shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    shop.config("one", "1")?;
    proxy.refuse(6);
    shop.ends(&["apply"], 0)?;
    ensure!(proxy.cuts() >= 6, "{}", proxy.cuts());
    // For good: told within the time that was given, and nothing is lost.
    shop.config("one", "2")?;
    proxy.refuse(i64::MAX);
    let said = shop.ends(&["apply", "--patience", "2"], 3)?;
    ensure!(said.contains("no answer from https://127.0.0.1:"), "{said}");
    for words in [&["status", "--patience", "1"] as &[&str], &["plan", "--patience", "1"]] {
        let said = shop.ends(words, 3)?;
        ensure!(said.contains("nothing was written") && !said.contains("the last request"), "{said}");
    }
    shop.kubeconfig = direct;
    is_owned_and_settles(&shop)
}

fn is_owned_and_settles(shop: &Shop<'_>) -> Result<()> {
    super::is_owned(shop)?;
    super::settles(shop, &["one"])
}
