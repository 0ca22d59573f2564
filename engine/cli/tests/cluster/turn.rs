//! What the agent does with an application whose release is there already: out of its turn, and where only who owns the fields
//! of an object has changed.

use anyhow::{Context, Result};

use crate::plane::shared;
use crate::reconcile::{commit, from_git, git, round};

#[test]
fn what_is_there_is_looked_after_out_of_turn() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "turn-first", "  wait: 1s\n")?;
    plane.namespace("turn-next")?;
    shop.config("one", "1")?;
    shop.config("left", "1")?;
    commit(&shop, "first")?;
    let first = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    let next = first.replace("turn-first}", "turn-next}");
    let next = format!("{next}  after: [turn-first]\n  drift: correct\n");
    // What leaves the set of the second stays, as nothing is said of that yet.
    for leaves in [false, true] {
        if leaves {
            git(&shop, &["rm", "-q", "deploy/left.yaml"])?;
            commit(&shop, "without one")?;
        }
        shop.file("app.yaml", &first)?;
        shop.ends(&["apply"], 0)?;
        shop.file("app.yaml", &next)?;
        round(&shop, 0)?;
    }
    let left = || plane.get("/api/v1/namespaces/turn-next/configmaps/left");
    assert!(left()?.is_some());
    let place = "/api/v1/namespaces/turn-next/configmaps/one";
    let is_looked_after = |code: i32| -> Result<String> {
        plane.remove(place)?;
        let said = round(&shop, code)?;
        let there = plane.get(place)?.with_context(|| said.clone())?;
        assert_eq!(there["data"]["value"], "1", "{said}");
        Ok(said)
    };
    let said = is_looked_after(0)?;
    assert!(said.contains("\"step\":\"drift\""), "{said}");

    // What it came after is not as it was at the same revision.
    let edit = |name: &str, edit: &dyn Fn(&mut serde_json::Value)| -> Result<()> {
        let path = format!("/api/v1/namespaces/sluice-system/configmaps/sluice-{name}");
        let map = plane.get(&path)?.context("no inventory")?;
        let mut inventory = serde_json::from_str(map["data"]["inventory"].as_str().context("no text")?)?;
        edit(&mut inventory);
        plane.merge(&path, &serde_json::json!({"data": {"inventory": inventory.to_string()}}).to_string())
    };
    edit("turn-first", &|it| it["unhealthy"] = true.into())?;
    is_looked_after(0)?;

    // Git has moved on, and the first has not. Nor is it the turn of what is deleted from now on.
    shop.config("one", "2")?;
    let given_up = commit(&shop, "second")?;
    shop.file("app.yaml", &format!("{next}  prune: true\n"))?;
    let said = is_looked_after(1)?;
    assert!(said.contains("waits until `turn-first` is healthy at this revision"), "{said}");
    assert!(left()?.is_some(), "{said}");

    // Nor does a way back wait that has come to a sudden end.
    edit("turn-next", &|it| {
        it["quarantined"] = serde_json::json!({"revision": given_up, "digest": "", "time": ""});
        it["phase"] = "Failed".into();
    })?;
    let said = is_looked_after(1)?;
    assert!(said.contains("\"step\":\"rollback\"") && said.contains("rolled back"), "{said}");
    shop.config("one", "3")?;
    commit(&shop, "third")?;
    let said = is_looked_after(1)?;
    let (_, status) = shop.sluice(&["status"])?;
    assert!(said.contains("waits until") && status.contains(&format!("quarantined {given_up}")), "{said}{status}");
    Ok(())
}

#[test]
fn who_owns_the_fields_is_no_drift() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "turn-owners", "  drift: report\n")?;
    let text = |secrets: &str| format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: one}}\n{secrets}");
    shop.file("deploy/one.yaml", &text("secrets: [{name: ours}]\n"))?;
    commit(&shop, "first")?;
    round(&shop, 0)?;
    // Somebody else has the same and more, and what is ours is said by nobody: no value of it differs.
    let path = "/api/v1/namespaces/turn-owners/serviceaccounts/one";
    for (manager, secrets) in [("other", "secrets: [{name: ours}, {name: theirs}]\n"), ("sluice", "")] {
        let path = format!("{path}?fieldManager={manager}");
        let (code, said) = plane.ask("PATCH", &path, Some(("application/apply-patch+yaml", &text(secrets))))?;
        assert_eq!(code, 200, "{said}");
    }
    let said = round(&shop, 0)?;
    assert!(said.contains("applied ServiceAccount turn-owners/one") && !said.contains("\"step\":\"drift\""), "{said}");
    let live = plane.get(path)?.context("it is gone")?;
    assert_eq!(live["secrets"].as_array().map(Vec::len), Some(2), "{live}");
    assert!(round(&shop, 0)?.contains("\"unchanged\""));
    Ok(())
}
