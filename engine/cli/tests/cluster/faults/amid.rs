//! Faults 7, 10 and 12 amid a run: what happens between the last look at an object and its write.

use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};

use super::agents::{Agent, application, commit, repository};
use super::seen::{INVENTORIES, Seeing, Wanted, is};
use super::{is_settled, until};
use crate::plane::{Shop, shared, spoken};

/// The write of the ConfigMap `one`, which is no dry run.
const WRITE: Wanted = |method, path| method == "PATCH" && path.contains("/configmaps/one?") && !path.contains("dryRun");

/// A run whose write of `one` is on its way and does not come there.
struct Held<'s> {
    run: Child,
    seeing: &'s Seeing,
}

impl<'s> Held<'s> {
    fn start(shop: &mut Shop<'_>, seeing: &'s Seeing, wanted: Wanted) -> Result<Self> {
        seeing.hold(wanted);
        let through = seeing.kubeconfig(shop)?;
        let direct = std::mem::replace(&mut shop.kubeconfig, through);
        let run = shop.command(&["apply"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        shop.kubeconfig = direct;
        until("the write is on its way", || Ok(seeing.told().1.iter().any(|(line, _)| is(line, wanted))))?;
        Ok(Self { run, seeing })
    }

    fn go_on(self) -> Result<(i32, String)> {
        self.seeing.open();
        let output = self.run.wait_with_output()?;
        Ok((output.status.code().unwrap_or(-1), spoken(&output)))
    }
}

#[test]
fn fault_12_made_by_somebody_while_the_write_is_on_its_way() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let seeing = Seeing::new(plane)?;
    let mut shop = Shop::new(plane, "amid", "")?;
    let words = "failed ConfigMap amid/one: somebody else has made it since it was planned";
    shop.config("one", "1")?;

    // With other fields, and with the same.
    for data in [r#"{"theirs":"x"}"#, r#"{"value":"1"}"#, r#"{"value":"2"}"#] {
        let run = Held::start(&mut shop, &seeing, WRITE)?;
        let folder = "/api/v1/namespaces/amid/configmaps";
        plane.make(folder, &format!(r#"{{"metadata":{{"name":"one"}},"data":{data}}}"#))?;
        let live = shop.live("one")?;
        let (code, said) = run.go_on()?;
        ensure!(code == 1 && said.contains(words), "{data}: {code}: {said}");
        ensure!(shop.live("one")? == live, "{data}: what is somebody else's was touched");
        plane.remove(&shop.path_of("one"))?;
        shop.ends(&["delete", "--yes"], 0)?;
    }

    // By another application of this installation, under the same field manager.
    let other = Shop::new(plane, "amid-other", "")?;
    let text = std::fs::read_to_string(shop.path().join("deploy/one.yaml"))?;
    other.file("deploy/one.yaml", &text.replace("{name: one}", "{name: one, namespace: amid}"))?;
    shop.config("one", "2")?;
    let run = Held::start(&mut shop, &seeing, WRITE)?;
    other.ends(&["apply"], 0)?;
    let live = shop.live("one")?;
    let (code, said) = run.go_on()?;
    ensure!(code == 1 && said.contains(words), "{code}: {said}");
    ensure!(shop.live("one")? == live, "what another application has was touched");
    other.ends(&["delete", "--yes"], 0)?;

    // Deleted meanwhile where it was to be changed: it is made anew, and nobody is taken for its maker.
    shop.ends(&["apply"], 0)?;
    shop.config("one", "3")?;
    let run = Held::start(&mut shop, &seeing, WRITE)?;
    plane.remove(&shop.path_of("one"))?;
    let (code, said) = run.go_on()?;
    ensure!(code == 0, "{code}: {said}");
    is_settled(&shop, &["one"])
}

#[test]
fn fault_12_an_inventory_is_made_while_the_write_of_its_name_is_on_its_way() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let seeing = Seeing::new(plane)?;
    let mut shop = Shop::new(plane, "amid-inventory", "  adopt: true\n")?;
    let later = Shop::new(plane, "amid-later", "")?;
    later.config("one", "1")?;
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sluice-amid-later, namespace: sluice-system}\ndata: {parts: \"[]\"}\n";
    shop.file("deploy/name.yaml", text)?;
    plane.namespace("sluice-system")?;
    let run = Held::start(&mut shop, &seeing, |method, path| {
        method == "PATCH" && path.contains("/configmaps/sluice-amid-later?") && !path.contains("dryRun")
    })?;
    later.ends(&["apply"], 0)?;
    let path = format!("{INVENTORIES}/sluice-amid-later");
    let inventory = plane.get(&path)?;
    let (code, said) = run.go_on()?;
    ensure!(code == 1 && said.contains("an inventory of Sluice has its name, which nobody takes over"), "{said}");
    ensure!(plane.get(&path)? == inventory, "the inventory was touched");
    is_settled(&later, &["one"])?;

    // The other way round the one that comes later says what is in its way.
    later.ends(&["delete", "--yes"], 0)?;
    shop.ends(&["apply"], 0)?;
    let said = later.ends(&["apply"], 3)?;
    ensure!(said.contains("the ConfigMap sluice-system/sluice-amid-later is somebody else's"), "{said}");
    ensure!(later.live("one")?.is_none());
    shop.ends(&["delete", "--yes"], 0)?;
    later.ends(&["apply"], 0).map(drop)
}

/// What the API server says of a write that its dry run has let through.
const REFUSAL: &str = r#"{"kind":"Status","status":"Failure","reason":"Invalid","code":422,
    "message":"ConfigMap \"one\" is invalid: data[value]: Invalid value: not today"}"#;

#[test]
fn fault_07_what_is_refused_only_when_it_is_written_is_told_with_its_place() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let seeing = Seeing::new(plane)?;
    let mut shop = Shop::new(plane, "amid-place", "")?;
    shop.config("one", "1")?;
    shop.kubeconfig = seeing.kubeconfig(&shop)?;
    seeing.answer(WRITE, 422, REFUSAL);
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("not today\n  --> deploy/one.yaml:4:15\n  help: mend the manifest"), "{said}");

    repository(&shop)?;
    commit(&shop, "1")?;
    application(&shop, &shop.path().join("repo").display().to_string(), "")?;
    let agent = Agent::start(&shop, &[])?;
    let line = || -> Result<Option<serde_json::Value>> {
        let log = agent.log()?;
        let line = log.lines().find(|line| line.contains("not today") && line.contains(r#""level":"error""#));
        Ok(line.map(serde_json::from_str).transpose()?)
    };
    until("it is told", || Ok(line()?.is_some()))?;
    let line = line()?.context("no line")?;
    let reason = &line["reasons"][0];
    ensure!(reason["place"] == "deploy/one.yaml:4:15" && reason["object"] == "ConfigMap amid-place/one", "{line}");
    ensure!(reason["help"].as_str().is_some_and(|help| help.starts_with("mend the manifest")), "{line}");
    Ok(())
}
