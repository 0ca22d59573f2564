//! Application files: which of them the agent works on, and what it says of the others.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::plane::shared;
use crate::reconcile::{commit, from_git, git, once, round};

#[test]
fn application_files_are_told_by_their_kind() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-kinds", "")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    shop.file("app.yaml", &text.replace("kind: Application", "kind: Application # of production"))?;
    let said = round(&shop, 0)?;
    assert!(said.contains("applied ConfigMap agent-kinds/one"), "{said}");
    assert!(
        said.contains("./sluice.yaml") && said.contains("it has the kind `Policy`, and not `Application`"),
        "{said}"
    );
    shop.file("app.yaml", &text.replace("kind: Application", "\"kind\": 'Application'"))?;
    let said = round(&shop, 0)?;
    assert!(said.contains("\"unchanged\""), "{said}");

    // What cannot be read may be an application, and so may what does not say what it is.
    for text in ["a: [\n", "spec: {}\n", "kind: Policy\n---\nkind: Application\n", ""] {
        shop.file("broken.yaml", text)?;
        let said = round(&shop, 1)?;
        assert!(said.contains("the application file is wrong") && said.contains("\"unchanged\""), "{text}: {said}");
    }
    std::fs::remove_file(shop.path().join("broken.yaml"))?;
    std::fs::remove_file(shop.path().join("app.yaml"))?;
    let said = round(&shop, 2)?;
    assert!(said.contains("no application is in `.`"), "{said}");
    Ok(())
}

#[test]
fn of_two_files_with_one_name_neither_is_applied() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-twice", "  prune: true\n")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    round(&shop, 0)?;
    let other = std::fs::read_to_string(shop.path().join("app.yaml"))?.replace("path: deploy", "path: other");
    std::fs::create_dir(shop.path().join("other"))?;
    shop.file("other/two.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n")?;
    git(&shop, &["add", "other"])?;
    commit(&shop, "second")?;
    // Whichever of them comes first.
    for name in ["a.yaml", "z.yaml"] {
        shop.file(name, &other)?;
        let said = round(&shop, 1)?;
        let mut names = [format!("`./{name}`"), String::from("`./app.yaml`")];
        names.sort();
        assert!(said.contains(&format!("{} have one application of this name", names.join(" and "))), "{said}");
        assert!(shop.live("one")?.is_some() && shop.live("two")?.is_none(), "{said}");
        std::fs::remove_file(shop.path().join(name))?;
    }
    round(&shop, 0)?;
    Ok(())
}

#[test]
fn what_comes_after_itself_is_told_and_not_applied() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-circle", "")?;
    shop.config("one", "1")?;
    commit(&shop, "first")?;
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    for (name, after) in [("circle-b", "agent-circle"), ("circle-c", "circle-b")] {
        let text = text.replace("{name: agent-circle}", &format!("{{name: {name}}}"));
        shop.file(&format!("{name}.yaml"), &format!("{text}  after: [{after}]\n"))?;
    }
    shop.file("app.yaml", &format!("{text}  after: [circle-c]\n"))?;
    let said = round(&shop, 1)?;
    let circle = "`circle-b` after `agent-circle` after `circle-c` after `circle-b`";
    assert!(said.contains(circle) && said.matches("`after` leads back to it").count() == 3, "{said}");
    assert!(!said.contains("waits until") && shop.live("one")?.is_none(), "{said}");
    shop.file("app.yaml", &format!("{text}  after: [agent-circle]\n"))?;
    let said = shop.ends(&["plan"], 2)?;
    assert!(said.contains("`agent-circle` comes after itself") && said.contains("app.yaml:8:"), "{said}");
    Ok(())
}

#[test]
fn a_line_says_what_denies_or_is_wrong_and_of_what() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = from_git(plane, "agent-reasons", "")?;
    for number in 0..12 {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-{number:02}}}\nspec: {{containers: [{{name: web, image: 'registry.example.com/web:latest'}}]}}\n"
        );
        shop.file(&format!("deploy/pod-{number:02}.yaml"), &text)?;
    }
    let revision = commit(&shop, "first")?;
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    shop.file("other.yaml", &text.replace("{name: agent-reasons}", "{name: reasons-other}"))?;
    let line = |application: &str, message: &str| -> Result<Value> {
        let output = once(&shop).output()?;
        // Nothing is said that has no name.
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let lines = String::from_utf8(output.stdout)?;
        let mut lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = lines.find(|line| line["application"] == application && line["message"] == message);
        found.with_context(|| format!("nothing says `{message}` of `{application}`"))
    };
    for application in ["agent-reasons", "reasons-other"] {
        let line = line(application, "the gate denies")?;
        assert_eq!((&line["revision"], &line["moreReasons"]), (&json!(revision), &json!(2)), "{line:#}");
        let reasons = line["reasons"].as_array().context("no reasons")?;
        let first = &reasons[0];
        assert!(reasons.len() == 10 && first["rule"] == "image-tags/mutable-tag", "{line:#}");
        assert!(first["place"].as_str().is_some_and(|place| place.starts_with("deploy/pod-00.yaml:4:")), "{line:#}");
        assert_eq!(first["object"], "Pod web-00", "{line:#}");
        assert!(first["message"].as_str().is_some_and(|words| words.contains("`latest`")), "{line:#}");
    }

    // A file that is wrong, a source that is, and a policy.
    shop.file("other.yaml", &text.replace("path: deploy", "paths: deploy"))?;
    let said = line("./other.yaml", "the application file is wrong")?;
    let reason = &said["reasons"][0];
    assert!(reason["place"].as_str().is_some_and(|place| place.starts_with("./other.yaml:5:")), "{said:#}");
    shop.file("other.yaml", &text.replace("{name: agent-reasons}", "{name: other}").replace("main", "nowhere"))?;
    let said = line("other", "the source or the policy is wrong")?;
    assert!(said["reasons"][0]["message"].as_str().is_some_and(|words| words.contains("nowhere")), "{said:#}");
    shop.file("sluice.yaml", "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: nothing\n")?;
    let said = line("agent-reasons", "the source or the policy is wrong")?;
    let reason = &said["reasons"][0];
    assert!(reason["place"].as_str().is_some_and(|place| place.contains("sluice.yaml:3:")), "{said:#}");
    assert_eq!(said["revision"], json!(revision), "{said:#}");
    Ok(())
}
