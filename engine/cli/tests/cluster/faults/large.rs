//! Fault 18: sets and objects that are as large as a cluster takes them, and larger.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Foreign, settles, there};
use crate::plane::{Shop, shared};

/// Objects, unless `SLUICE_LARGE_OBJECTS` says otherwise. Their names are long, so that the inventory needs several parts.
const OBJECTS: usize = 2_400;

#[test]
fn fault_18_objects_of_a_mebibyte() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "mebibyte", "")?;
    let value = "0123456789abcdef".repeat(65_000);
    shop.config("large", &value)?;
    settles(&shop, &["large"])?;
    ensure!(shop.live("large")?.is_some_and(|live| live["data"]["value"] == value.as_str()));
    // More than the API server takes: told, and nothing of the set is applied.
    shop.config("larger", &"0123456789abcdef".repeat(70_000))?;
    shop.config("small", "1")?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("ConfigMap mebibyte/larger: ") && said.contains("1048576"), "{said}");
    ensure!(shop.live("small")?.is_none());
    std::fs::remove_file(shop.path().join("deploy/larger.yaml"))?;
    settles(&shop, &["large", "small"])
}

/// The ConfigMaps that hold the inventory, heads and parts.
fn maps(shop: &Shop<'_>) -> Result<Vec<Value>> {
    let path = format!("/api/v1/namespaces/sluice-system/configmaps?labelSelector=sluice.dev/inventory={}", shop.name);
    let list = shop.plane.get(&path)?.context("no list")?;
    Ok(list["items"].as_array().context("no items")?.clone())
}

/// The names in all parts that the head names.
fn owned(shop: &Shop<'_>) -> Result<BTreeSet<String>> {
    let maps = maps(shop)?;
    let head = format!("sluice-{}", shop.name);
    let head = maps.iter().find(|map| map["metadata"]["name"] == head.as_str()).context("no head")?;
    let parts: Vec<String> = serde_json::from_str(head["data"]["parts"].as_str().context("no parts")?)?;
    ensure!(parts.len() > 1, "it is in one part");
    let mut names = BTreeSet::new();
    for part in parts {
        let part = maps.iter().find(|map| map["metadata"]["name"] == part.as_str()).context("a part is gone")?;
        let entries: Value = serde_json::from_str(part["data"]["entries"].as_str().context("no entries")?)?;
        names.extend(
            entries.as_array().context("no list")?.iter().filter_map(|entry| entry["name"].as_str().map(String::from)),
        );
    }
    Ok(names)
}

#[test]
fn fault_18_thousands_of_objects() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "thousands", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    let count = std::env::var("SLUICE_LARGE_OBJECTS").ok().and_then(|text| text.parse().ok()).unwrap_or(OBJECTS);
    let name = |number: usize| format!("object-{number:05}-{}", "x".repeat(235));
    let write = |value: &str| {
        let mut text = String::new();
        for number in 0..count {
            let name = name(number);
            text.push_str(&format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: \"{value}\"}}\n"
            ));
        }
        shop.file("deploy/all.yaml", &text)
    };
    write("1")?;
    // Killed in the middle: what is there has an owner, in the parts too.
    let mut run = shop.command(&["apply", "--quiet"]).stderr(Stdio::null()).spawn()?;
    super::until("a few hundred are there", || Ok(there(&shop)?.len() > 300))?;
    run.kill()?;
    run.wait()?;
    ensure!(there(&shop)?.is_subset(&owned(&shop)?));
    // A part that a run has left which was killed before it wrote the head.
    let stray = r#"{"metadata":{"name":"sluice-thousands-stray-0","labels":{"sluice.dev/inventory":"thousands",
        "sluice.dev/inventory-role":"part"}},"data":{"entries":"[]"}}"#;
    plane.make("/api/v1/namespaces/sluice-system/configmaps", stray)?;
    shop.ends(&["apply", "--quiet"], 0)?;
    let wanted: BTreeSet<String> = (0..count).map(name).collect();
    ensure!(there(&shop)? == wanted && owned(&shop)? == wanted);
    let said = shop.ends(&["apply"], 0)?;
    ensure!(said.starts_with("unchanged"), "{said}");
    // No part is left of the writes before, or of the run that was killed.
    let parts = maps(&shop)?.len();
    let named = owned_parts(&shop)?;
    ensure!(parts == 1 + named, "{parts} ConfigMaps for {named} parts");
    foreign.is_untouched(&shop)
}

/// How many parts the head names.
fn owned_parts(shop: &Shop<'_>) -> Result<usize> {
    let path = format!("/api/v1/namespaces/sluice-system/configmaps/sluice-{}", shop.name);
    let head = shop.plane.get(&path)?.context("no head")?;
    Ok(serde_json::from_str::<Vec<String>>(head["data"]["parts"].as_str().context("no parts")?)?.len())
}
