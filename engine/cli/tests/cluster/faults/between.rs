//! Faults 4 and 8: what comes between Sluice and the API server answers in its place, or a webhook says more than it should.

use anyhow::{Result, ensure};

use super::is_settled;
use super::seen::{INVENTORIES, Seeing, Wanted, is};
use crate::plane::{Shop, shared};

#[test]
fn fault_04_something_in_between_does_not_know_the_list_of_kinds() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "unaware", "  prune: true\n")?;
    shop.config("one", "1")?;
    shop.config("two", "1")?;
    shop.ends(&["apply"], 0)?;
    let seeing = Seeing::new(plane)?;
    let through = seeing.kubeconfig(&shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    // As it is told to who does not ask for all groups with their kinds.
    seeing.answer(|_, path| matches!(path, "/api" | "/apis"), 200, r#"{"kind":"APIGroupList","groups":[]}"#);
    for words in [&["plan"] as &[&str], &["apply"], &["delete"], &["delete", "--yes"]] {
        let said = shop.ends(words, 3)?;
        ensure!(said.contains("Kubernetes 1.30 or newer is needed"), "{said}");
    }
    shop.kubeconfig = direct;
    is_settled(&shop, &["one", "two"])
}

/// Answers requests with a status of success and nothing of what was asked for, and runs `apply`.
fn taken_for_done(shop: &mut Shop<'_>, seeing: &Seeing, wanted: Wanted) -> Result<()> {
    let through = seeing.kubeconfig(shop)?;
    let direct = std::mem::replace(&mut shop.kubeconfig, through);
    for body in ["{}", "<p>log in</p>", r#"{"kind":"Status","status":"Failure"}"#] {
        seeing.answer(wanted, 200, body);
        let said = shop.ends(&["apply"], 3)?;
        ensure!(said.contains("cannot be read"), "{body}: {said}");
        let (_, seen) = seeing.told();
        ensure!(seen.iter().any(|(line, _)| is(line, wanted)), "it was not asked for: {seen:#?}");
    }
    shop.kubeconfig = direct;
    Ok(())
}

#[test]
fn fault_04_something_in_between_says_that_all_is_well() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "well", "  prune: true\n")?;
    let seeing = Seeing::new(plane)?;
    shop.config("moves", "1")?;
    shop.config("stays", "1")?;
    shop.ends(&["apply"], 0)?;
    let next = Shop::new(plane, "well-next", "  adopt: true\n")?;
    let text = std::fs::read_to_string(shop.path().join("deploy/moves.yaml"))?;
    next.file("deploy/moves.yaml", &text.replace("{name: moves}", "{name: moves, namespace: well}"))?;
    next.ends(&["apply"], 0)?;

    // It does not follow that nobody else has it.
    std::fs::remove_file(shop.path().join("deploy/moves.yaml"))?;
    taken_for_done(&mut shop, &seeing, |method, path| {
        method == "GET" && path.starts_with(INVENTORIES) && path.contains("limit=")
    })?;
    ensure!(shop.live("moves")?.is_some(), "what another application has was deleted");
    shop.ends(&["apply"], 0)?;

    // Nor that the inventory was written: nothing else is, then.
    shop.config("stays", "2")?;
    taken_for_done(&mut shop, &seeing, |method, path| method == "PUT" && path.starts_with(INVENTORIES))?;
    ensure!(shop.live("stays")?.is_some_and(|live| live["data"]["value"] == "1"), "it was written all the same");
    shop.ends(&["apply"], 0)?;

    // Nor that something was deleted.
    shop.config("goes", "1")?;
    shop.ends(&["apply"], 0)?;
    std::fs::remove_file(shop.path().join("deploy/goes.yaml"))?;
    taken_for_done(&mut shop, &seeing, |method, path| method == "DELETE" && path.contains("/configmaps/goes"))?;
    ensure!(shop.inventory()?.is_some_and(|names| names == ["goes", "stays"]), "{:?}", shop.inventory()?);
    shop.ends(&["apply"], 0)?;
    ensure!(shop.live("goes")?.is_none() && shop.live("moves")?.is_some());
    Ok(())
}

#[test]
fn fault_08_what_may_pass_quotes_a_secret() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "quoting", "")?;
    shop.file(
        "deploy/pin.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: pin}\nstringData: {pin: \"12345\"}\n",
    )?;
    let seeing = Seeing::new(plane)?;
    shop.kubeconfig = seeing.kubeconfig(&shop)?;
    let denied = r#"{"kind":"Status","message":"admission webhook \"a.acme.io\" denied the request: pin is 12345"}"#;
    for (status, body, words) in
        [(503, denied, "admission webhook \"a.acme.io\" denied the request;"), (502, "<p>pin: 12345</p>", "HTTP 502;")]
    {
        seeing.answer(|method, path| method == "PATCH" && path.contains("/secrets/pin?"), status, body);
        let said = shop.ends(&["apply", "--patience", "1"], 3)?;
        ensure!(said.contains(words) && !said.contains("12345"), "{said}");
    }
    Ok(())
}
