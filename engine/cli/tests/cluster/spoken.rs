//! What people are told: names that do nothing to a terminal, and ways that are there.

use anyhow::{Result, ensure};

use crate::plane::{Shop, shared, spoken};
use crate::reconcile::{commit, from_git, git, once};

#[test]
fn names_of_strangers_do_nothing_to_a_terminal() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "spoken", "")?;
    // Names of these kinds may hold everything but `/` and `%`.
    shop.file(
        "deploy/role.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: \"spoken\\n::error::b\\e[2K\\u202E\"}\nrules: []\n",
    )?;
    for words in [&["plan"] as &[&str], &["apply"], &["status"], &["delete"], &["delete", "--yes"]] {
        let said = shop.ends(words, 0)?;
        let acts = said.contains(['\u{1b}', '\u{202e}']) || said.lines().any(|line| line.starts_with("::"));
        ensure!(!acts && said.contains("spoken ::error::b␛[2K\u{fffd}"), "{words:?}: {said:?}");
    }
    Ok(())
}

#[test]
fn what_a_folder_destroys_is_acknowledged_in_a_way_that_is_there() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "spoken-folder", "  prune: true\n")?;
    for (round, names) in [["one", "two"], ["three", "four"]].into_iter().enumerate() {
        std::fs::remove_dir_all(shop.path().join("deploy"))?;
        std::fs::create_dir(shop.path().join("deploy"))?;
        for name in names {
            shop.config(name, "1")?;
        }
        if round == 0 {
            shop.ends(&["apply"], 0)?;
        }
    }
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("if it is meant, `sluice apply --acknowledge prune`"), "{said}");
    let said = shop.ends(&["apply", "--acknowledge", "all"], 2)?;
    ensure!(said.contains("prune-namespace") && said.contains("prune-volume"), "{said}");
    shop.ends(&["apply", "--acknowledge", "prune"], 0)?;
    Ok(())
}

#[test]
fn the_revision_is_told_whether_or_not_somebody_looks() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "spoken-rev", "  wait: 5s\n")?;
    shop.config("one", "1")?;
    let first = commit(&shop, "1")?;
    shop.ends(&["apply"], 0)?;
    shop.config("one", "2")?;
    let second = commit(&shop, "2")?;
    let said = shop.ends(&["apply"], 0)?;
    ensure!(said.contains(&format!("applied: 1 object of `spoken-rev` at {second}, all healthy")), "{said}");
    let said = shop.ends(&["rollback"], 0)?;
    ensure!(
        said.starts_with(&format!("rolling back `spoken-rev` to {first}\n"))
            && said.contains(&format!("applied: 1 object of `spoken-rev` at {first}, all healthy")),
        "{said}"
    );
    Ok(())
}

#[test]
fn of_what_has_no_inventory_is_told_what_is_known() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "spoken-gone", "")?;
    shop.config("one", "1")?;
    shop.ends(&["apply"], 0)?;
    shop.ends(&["delete", "--yes"], 0)?;
    for words in [&["delete", "--yes"] as &[&str], &["delete"], &["status"]] {
        let said = shop.ends(words, 2)?;
        let known =
            "`spoken-gone` has no inventory in `sluice-system` of this cluster: it was never applied, or was deleted";
        ensure!(said.contains(known) && said.contains("`adopt: true`"), "{words:?}: {said}");
    }
    Ok(())
}

#[test]
fn an_object_that_is_refused_is_shown_where_it_is_written() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "spoken-where", "")?;
    shop.file(
        "deploy/keep.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keep}\ndata:\n  fine: z\n  x: y\n",
    )?;
    shop.file("deploy/pin.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pin\ndata: {a: 'no base64 !!'}\n")?;
    for words in ["plan", "apply"] {
        let said = shop.ends(&[words], 1)?;
        for part in
            ["--> deploy/keep.yaml:6:6", "is a string only in quotes", "--> deploy/pin.yaml:", "mend the manifest; "]
        {
            ensure!(said.contains(part), "{part}: {said}");
        }
    }
    Ok(())
}

#[test]
fn a_way_back_tells_of_itself() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "spoken-back", "  wait: 5s\n")?;
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commit(&shop, value)?;
        shop.ends(&["apply"], 0)?;
    }
    // What Git has now is denied, which is no fault of the way back.
    shop.file(
        "deploy/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'a:latest'}]}\n",
    )?;
    commit(&shop, "3")?;
    let said = shop.ends(&["rollback"], 0)?;
    ensure!(said.contains("warning: what Git has now") && !said.contains("mutable-tag"), "{said}");

    // Somebody has taken the revision away that it leads to.
    let shop = from_git(plane, "spoken-forced", "  wait: 5s\n")?;
    for value in ["1", "2"] {
        shop.config("one", value)?;
        commit(&shop, value)?;
        shop.ends(&["apply"], 0)?;
    }
    std::fs::remove_dir_all(shop.path().join(".git"))?;
    git(&shop, &["init", "-q", "-b", "main"])?;
    commit(&shop, "anew")?;
    let said = shop.ends(&["rollback"], 2)?;
    ensure!(said.contains("the way back of `spoken-forced` leads to ") && said.contains("with --to"), "{said}");

    let shop = Shop::new(plane, "spoken-folder-back", "  wait: 5s\n")?;
    shop.config("one", "1")?;
    shop.ends(&["apply"], 0)?;
    let said = shop.ends(&["rollback"], 2)?;
    ensure!(said.contains("a folder has no revisions"), "{said}");
    Ok(())
}

#[test]
fn a_context_that_is_not_there_is_told_with_those_that_are() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "spoken-context", "")?;
    shop.config("one", "1")?;
    let said = shop.ends(&["plan", "--context", "nowhere"], 2)?;
    ensure!(said.contains("has no context `nowhere`; it has `") && said.contains("`destination.context`"), "{said}");
    Ok(())
}

#[test]
fn a_log_that_is_lost_is_no_success() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "spoken-full", "")?;
    shop.config("one", "1")?;
    commit(&shop, "1")?;
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let output = once(&shop).stdout(full).output()?;
    let said = spoken(&output);
    ensure!(output.status.code() == Some(3) && said.contains("cannot write the log"), "{:?}: {said}", output.status);
    // The work is done all the same.
    ensure!(shop.live("one")?.is_some());
    Ok(())
}
