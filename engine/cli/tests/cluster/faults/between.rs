//! Faults 4 and 8: what comes between Sluice and the API server answers in its place, or a webhook says more than it should.

use anyhow::{Result, ensure};

use super::is_settled;
use super::seen::Seeing;
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
