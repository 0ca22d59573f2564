//! Fault 9: a finalizer that nobody takes away.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Foreign, is_owned, is_settled, settles};
use crate::plane::{Shop, shared};

const HOLD: &str = r#"{"metadata":{"finalizers":["acme.io/hold"]}}"#;
const LET_GO: &str = r#"{"metadata":{"finalizers":null}}"#;

#[test]
fn fault_09_a_finalizer_holds() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "held", "  prune: true\n  wait: 2s\n")?;
    let foreign = Foreign::new(&shop)?;
    for name in ["one", "two"] {
        shop.config(name, "1")?;
    }
    settles(&shop, &["one", "two"])?;
    plane.merge(&shop.path_of("one"), HOLD)?;

    // It is told what holds it, and it stays in the inventory for as long as it is there.
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    let said = shop.ends(&["apply"], 0)?;
    ensure!(
        said.contains("leaving ConfigMap held/one: it is being deleted, and held by the finalizers `acme.io/hold`"),
        "{said}"
    );
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one", "two"]));
    // It was meant to go, so nothing is wrong with the application.
    let said = shop.ends(&["status"], 0)?;
    ensure!(said.contains("ConfigMap held/one: being deleted; it is no longer in the set"), "{said}");
    let said = shop.ends(&["plan"], 0)?;
    ensure!(said.contains("keep       ConfigMap held/one: it is being deleted"), "{said}");
    ensure!(shop.ends(&["apply"], 0)?.contains("unchanged: "), "it is not deleted again and again");

    // Wanted again while it leaves: that waits for a while, says why it failed, and harms nothing.
    shop.config("one", "2")?;
    let started = Instant::now();
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("still being deleted; a finalizer may hold it"), "{said}");
    ensure!(started.elapsed() < Duration::from_secs(15), "it took {:?}", started.elapsed());
    shop.ends(&["status"], 1)?;

    // So does taking the application out.
    let said = shop.ends(&["delete", "--yes"], 1)?;
    ensure!(said.contains("`held` is not gone yet"), "{said}");
    ensure!(shop.live("two")?.is_none() && shop.inventory()?.is_some_and(|names| names == ["one"]));
    is_owned(&shop)?;

    plane.merge(&shop.path_of("one"), LET_GO)?;
    settles(&shop, &["one", "two"])?;
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    plane.merge(&shop.path_of("one"), HOLD)?;
    shop.ends(&["apply"], 0)?;
    plane.merge(&shop.path_of("one"), LET_GO)?;
    let said = shop.ends(&["status"], 0)?;
    ensure!(said.contains("ConfigMap held/one: gone, as it is no longer in the set"), "{said}");
    shop.ends(&["apply"], 0)?;
    is_settled(&shop, &["two"])?;
    foreign.is_untouched(&shop)
}
