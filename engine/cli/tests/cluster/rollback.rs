//! Ways back: those of the agent, those of a person, and what the one leaves of the other.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::plane::shared;
use crate::reconcile::{application, commit, from_git, git, round};

#[test]
fn a_revision_that_fails_is_rolled_back_and_not_tried_again() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-back", "  wait: 1s\n  onFailure: rollback\n  prune: true\n")?;
    shop.config("one", "1")?;
    let good = commit(&shop, "good\n\nSluice-Acknowledge: prune-volume")?;
    round(&shop, 0)?;
    // Nobody schedules pods here, so a claim without a class stays pending.
    shop.config("one", "2")?;
    shop.file(
        "deploy/claim.yaml",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
         storageClassName: none\n  resources: {requests: {storage: 1Gi}}\n",
    )?;
    let bad = commit(&shop, "bad")?;
    for _ in 0..2 {
        let said = round(&shop, 1)?;
        let gate = "PersistentVolumeClaim agent-back/data would be deleted: its data may go with it; not acknowledged";
        assert!(said.contains("the rollback failed") && said.contains(gate), "{said}");
    }
    // The claim is data: going back does not delete it without a word, and the word of the good commit is not about it.
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "2");
    let said = shop.ends(&["rollback"], 1)?;
    let help = "a way back acknowledges nothing but `prune`: delete it by hand, or go forward by a new commit whose message says \
                `Sluice-Acknowledge: prune-volume`";
    assert!(said.contains(help), "{said}");
    let claim = plane.get("/api/v1/namespaces/agent-back/persistentvolumeclaims/data")?.context("the claim is gone")?;
    assert!(claim["metadata"]["deletionTimestamp"].is_null(), "{claim}");
    git(&shop, &["rm", "-q", "deploy/claim.yaml"])?;
    git(&shop, &["commit", "-qm", "without\n\nSluice-Acknowledge: prune-volume"])?;
    shop.config("one", "3")?;
    let next = commit(&shop, "next\n\nSluice-Acknowledge: prune-volume")?;
    let said = round(&shop, 0)?;
    assert!(said.contains(&next) && shop.live("one")?.unwrap()["data"]["value"] == "3", "{said}");

    // A pod that nothing runs goes without a word.
    shop.config("one", "4")?;
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'registry.example.com/web:1.0.0'}]}\n",
    )?;
    let worse = commit(&shop, "worse")?;
    let said = round(&shop, 1)?;
    assert!(said.contains("rolled back"), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "3");
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"quarantine\"") && said.contains(&worse), "{said}");
    // What is being deleted may take its time: nobody here takes the finalizer of a claim away.
    let (_, status) = shop.sluice(&["status"])?;
    assert!(
        status.contains(&format!("release     {next}")) && status.contains(&format!("quarantined {worse}")),
        "{status}"
    );
    let _ = (good, bad);
    Ok(())
}

#[test]
fn what_is_given_up_is_so_until_git_has_gone_back_too() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-returns", "  wait: 1s\n  onFailure: rollback\n  prune: true\n")?;
    shop.config("one", "1")?;
    let first = commit(&shop, "first")?;
    round(&shop, 0)?;
    shop.config("one", "2")?;
    let good = commit(&shop, "good")?;
    round(&shop, 0)?;
    // Nothing runs it here.
    shop.file(
        "deploy/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
         metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: registry.example.com/web:1.4.2}]}\n",
    )?;
    commit(&shop, "bad")?;
    let said = round(&shop, 1)?;
    assert!(said.contains("rolled back") && shop.ends(&["status"], 0)?.contains("quarantined"), "{said}");

    git(&shop, &["reset", "-q", "--hard", &good])?;
    round(&shop, 0)?;
    let said = shop.ends(&["status"], 0)?;
    assert!(said.contains(&format!("release     {good}")) && !said.contains("quarantined"), "{said}");
    // So what a person goes back from is what is there, and the agent does not undo it.
    shop.ends(&["rollback"], 0)?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"quarantine\""), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "1");
    // The same where nothing is waited for.
    application(&shop, "  prune: true\n")?;
    git(&shop, &["reset", "-q", "--hard", &first])?;
    round(&shop, 0)?;
    let said = shop.ends(&["status"], 0)?;
    assert!(said.contains(&format!("release     {first}")) && !said.contains("quarantined"), "{said}");
    Ok(())
}

#[test]
fn a_commit_that_waits_does_not_undo_a_rollback() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-ahead", "  wait: 1s\n  onFailure: rollback\n")?;
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commit(&shop, value)?;
        round(&shop, 0)?;
    }
    // Pushed, and not applied yet.
    shop.config("one", "3")?;
    let waiting = commit(&shop, "3")?;
    shop.ends(&["rollback"], 0)?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"quarantine\"") && said.contains(&waiting), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "1");
    // Further back there is nothing, and what was left is not ahead.
    let said = shop.ends(&["rollback"], 2)?;
    assert!(said.contains("no healthy revision of `agent-ahead` is known before the current"), "{said}");
    // The next commit is applied, and one that fails by hand is not left without a word.
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'registry.example.com/web:1.0.0'}]}\n",
    )?;
    commit(&shop, "4")?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("`onFailure` is for the agent: `sluice rollback` goes back from here"), "{said}");
    Ok(())
}

#[test]
fn what_is_given_up_is_so_whatever_the_policies_make_of_it() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-mutated", "  wait: 1s\n")?;
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commit(&shop, value)?;
        round(&shop, 0)?;
    }
    shop.ends(&["rollback"], 0)?;
    shop.file(
        "sluice.yaml",
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: standard-labels\n  source: builtin:standard-labels\n  \
         settings: {labels: {team: shop}}\n",
    )?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"quarantine\""), "{said}");
    let live = shop.live("one")?.unwrap();
    // What is there is kept as the policies say now.
    assert!(live["data"]["value"] == "1" && live["metadata"]["labels"]["team"] == "shop", "{live}");
    assert!(shop.ends(&["status"], 0)?.contains("quarantined"));
    // By hand it may be tried again.
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "2");
    round(&shop, 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "2");
    Ok(())
}

#[test]
fn what_a_way_back_led_to_is_looked_after() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-kept", "  wait: 1s\n")?;
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commit(&shop, value)?;
        round(&shop, 0)?;
    }
    shop.ends(&["rollback"], 0)?;
    plane.merge(&shop.path_of("one"), r#"{"data":{"value":"theirs"}}"#)?;
    let said = round(&shop, 1)?;
    assert!(said.contains("\"step\":\"quarantine\"") && said.contains("\"step\":\"drift\""), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "theirs");
    application(&shop, "  wait: 1s\n  drift: correct\n")?;
    for is_gone in [false, true] {
        if is_gone {
            plane.remove(&shop.path_of("one"))?;
        }
        let said = round(&shop, 1)?;
        assert!(said.contains("\"quarantined; requests: "), "{said}");
        assert_eq!(shop.live("one")?.context("it is not there")?["data"]["value"], "1");
        assert!(shop.ends(&["status"], 0)?.contains("quarantined"), "{said}");
    }
    Ok(())
}

#[test]
fn a_way_back_leads_to_the_same_revision_until_it_is_healthy() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-again", "  wait: 1s\n")?;
    shop.file(
        "deploy/claim.yaml",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
         storageClassName: none\n  resources: {requests: {storage: 1Gi}}\n",
    )?;
    // In place of the controller, which does not run here.
    let claim = |phase: &str| {
        let path = "/api/v1/namespaces/agent-again/persistentvolumeclaims/data/status";
        plane.merge(path, &format!(r#"{{"status":{{"phase":"{phase}"}}}}"#))
    };
    let value = || Ok::<_, anyhow::Error>(shop.live("one")?.context("it is not there")?["data"]["value"].clone());
    let mut revisions = Vec::new();
    for (number, ends) in [("1", 1), ("2", 0)] {
        shop.config("one", number)?;
        revisions.push(commit(&shop, number)?);
        shop.ends(&["apply"], ends)?;
        claim("Bound")?;
        shop.ends(&["apply"], 0)?;
    }
    shop.config("one", "3")?;
    let bad = commit(&shop, "3")?;
    claim("Lost")?;
    shop.ends(&["apply"], 1)?;

    // Ended while it waits for health, and then not healthy again and again, whoever looks.
    application(&shop, "  wait: 60s\n")?;
    let mut run = shop.command(&["rollback", "--quiet"]).stderr(Stdio::null()).spawn()?;
    let started = Instant::now();
    while !shop.sluice(&["status"])?.1.contains(&format!("applied\nrelease     {}", revisions[1])) {
        ensure!(started.elapsed() < Duration::from_secs(60), "the rollback does not begin");
    }
    ensure!(Command::new("kill").arg(run.id().to_string()).status()?.success());
    run.wait()?;
    application(&shop, "  wait: 1s\n")?;
    for _ in 0..2 {
        let said = shop.ends(&["rollback"], 1)?;
        assert_eq!(value()?, "2", "{said}");
        let said = round(&shop, 1)?;
        assert!(said.contains("\"step\":\"quarantine\"") && value()? == "2", "{said}");
        let said = shop.ends(&["status"], 1)?;
        assert!(said.contains(&format!("healthy     {}", revisions[1])), "{said}");
        assert!(said.contains(&format!("quarantined {bad}")), "{said}");
    }
    claim("Bound")?;
    shop.ends(&["rollback"], 0)?;
    assert_eq!(value()?, "2");
    // It is there: the next one leads further.
    shop.ends(&["rollback"], 0)?;
    assert_eq!(value()?, "1");
    Ok(())
}
