//! The faults that Sluice has to survive, by the numbers of `TESTING.md`: the real program on a real control plane, killed,
//! stopped and starved. After each: nothing that is not ours was touched, everything of ours is in the inventory, the status
//! tells the truth, and the next run brings the cluster to where it should be.

mod admission;
mod agent;
pub(crate) mod agents;
mod amid;
mod between;
mod clock;
mod fetched;
mod held;
mod killed;
mod kinds;
mod large;
mod others;
mod outages;
mod replicas;
mod rights;
mod seen;
mod served;
mod slow;
mod sources;
mod turns;
mod wire;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::plane::Shop;

/// An object in the application's namespace that is somebody else's.
struct Foreign(Value);

impl Foreign {
    /// Makes it.
    fn new(shop: &Shop<'_>) -> Result<Self> {
        let path = format!("/api/v1/namespaces/{}/configmaps", shop.name);
        shop.plane.make(&path, r#"{"metadata":{"name":"foreign"},"data":{"value":"theirs"}}"#)?;
        Ok(Self(shop.live("foreign")?.context("it was not made")?))
    }

    /// It is as it was, to the last byte.
    fn is_untouched(&self, shop: &Shop<'_>) -> Result<()> {
        ensure!(shop.live("foreign")?.as_ref() == Some(&self.0), "what is not ours was touched");
        Ok(())
    }
}

/// The names of the ConfigMaps in the application's namespace that are not somebody else's.
fn there(shop: &Shop<'_>) -> Result<BTreeSet<String>> {
    let path = format!("/api/v1/namespaces/{}/configmaps", shop.name);
    let list = shop.plane.get(&path)?.context("no list")?;
    let names = list["items"].as_array().context("no items")?.iter();
    let names = names.filter_map(|item| item["metadata"]["name"].as_str()).filter(|name| *name != "foreign");
    Ok(names.map(String::from).collect())
}

/// Everything of ours that is in the cluster is in the inventory.
fn is_owned(shop: &Shop<'_>) -> Result<()> {
    let owned: BTreeSet<String> = shop.inventory()?.unwrap_or_default().into_iter().collect();
    let there = there(shop)?;
    ensure!(there.is_subset(&owned), "{there:?} is there, and the inventory has {owned:?}");
    Ok(())
}

/// One run brings the cluster to exactly these ConfigMaps, the status says so, and a run after it finds nothing to do.
fn settles(shop: &Shop<'_>, names: &[&str]) -> Result<()> {
    shop.ends(&["apply"], 0)?;
    is_settled(shop, names)
}

/// The cluster has exactly these ConfigMaps, the inventory and the status say so, and there is nothing to do.
fn is_settled(shop: &Shop<'_>, names: &[&str]) -> Result<()> {
    let wanted: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    let owned = shop.inventory()?.unwrap_or_default();
    ensure!(there(shop)? == wanted, "{:?} is there, not {wanted:?}", there(shop)?);
    ensure!(
        owned.iter().cloned().collect::<BTreeSet<_>>() == wanted && owned.len() == wanted.len(),
        "owned: {owned:?}"
    );
    shop.ends(&["status"], 0)?;
    let said = shop.ends(&["apply"], 0)?;
    ensure!(said.contains("unchanged: "), "{said}");
    Ok(())
}

/// Waits until something holds, 20 seconds at most.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    for _ in 0..200 {
        if holds()? {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("it does not come to pass: {what}")
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(process: u32, signal: &str) -> Result<()> {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status()?;
    ensure!(status.success(), "cannot send {signal}");
    Ok(())
}
