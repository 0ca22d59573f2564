//! What people are told: names that do nothing to a terminal, and ways that are there.

use anyhow::{Result, ensure};

use crate::plane::{Shop, shared};

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
