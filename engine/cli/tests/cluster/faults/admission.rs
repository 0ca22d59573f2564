//! Faults 7 and 8: admission that denies, and admission that does not answer.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::kinds::{definition, gadget};
use super::{Foreign, is_owned, settles, until};
use crate::plane::{Plane, Shop, shared};

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";

/// A policy that denies an operation on the ConfigMap `one` of a namespace, and on the gadget `one`.
fn deny(plane: &Plane, name: &str, namespace: &str, operation: &str) -> Result<()> {
    let policy = format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"failurePolicy":"Fail","matchConstraints":{{"resourceRules":[{{"apiGroups":["*"],
        "apiVersions":["*"],"resources":["configmaps","gadgets"],"operations":["{operation}"]}}]}},
        "validations":[{{"expression":"request.name != 'one'","message":"not on Fridays"}}]}}}}"#
    );
    plane.make(&format!("{GROUP}/validatingadmissionpolicies"), &policy)?;
    let binding = format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"policyName":"{name}","validationActions":["Deny"],
        "matchResources":{{"namespaceSelector":{{"matchLabels":{{"kubernetes.io/metadata.name":"{namespace}"}}}}}}}}}}"#
    );
    plane.make(&format!("{GROUP}/validatingadmissionpolicybindings"), &binding)
}

fn allow(plane: &Plane, name: &str) -> Result<()> {
    plane.remove(&format!("{GROUP}/validatingadmissionpolicybindings/{name}"))?;
    plane.remove(&format!("{GROUP}/validatingadmissionpolicies/{name}"))
}

/// Whether a request is let in, by a dry run of it.
fn is_let_in(shop: &Shop<'_>, operation: &str) -> Result<bool> {
    let path = shop.path_of("one");
    let json = |body: &'static str| Some(("application/json", body));
    let (code, _) = match operation {
        "CREATE" => {
            let folder = path.trim_end_matches("/one");
            shop.plane.ask("POST", &format!("{folder}?dryRun=All"), json(r#"{"metadata":{"name":"one"}}"#))?
        }
        "UPDATE" => {
            let patch = Some(("application/merge-patch+json", r#"{"data":{"asked":"x"}}"#));
            shop.plane.ask("PATCH", &format!("{path}?dryRun=All"), patch)?
        }
        _ => shop.plane.ask("DELETE", &format!("{path}?dryRun=All"), None)?,
    };
    Ok((200..300).contains(&code))
}

#[test]
fn fault_07_admission_denies() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "friday", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    shop.config("two", "1")?;
    settles(&shop, &["two"])?;

    for operation in ["CREATE", "UPDATE"] {
        let name = format!("friday-{}", operation.to_lowercase());
        deny(plane, &name, "friday", operation)?;
        until("the policy holds", || Ok(!is_let_in(&shop, operation)?))?;
        shop.config("one", operation)?;
        shop.config("two", operation)?;
        let said = shop.ends(&["apply"], 1)?;
        ensure!(
            said.contains(&name) && said.contains("not on Fridays") && said.contains("an admission policy"),
            "{said}"
        );
        // The plan knew it: nothing at all was written.
        ensure!(shop.live("two")?.is_some_and(|live| live["data"]["value"] != operation));
        allow(plane, &name)?;
        until("the policy is gone", || is_let_in(&shop, operation))?;
        settles(&shop, &["one", "two"])?;
    }

    deny(plane, "friday-delete", "friday", "DELETE")?;
    until("the policy holds", || Ok(!is_let_in(&shop, "DELETE")?))?;
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("not deleted ConfigMap friday/one") && said.contains("not on Fridays"), "{said}");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one", "two"]));
    let said = shop.ends(&["status"], 1)?;
    ensure!(said.starts_with("application friday: failed"), "{said}");
    let said = shop.ends(&["delete", "--yes"], 1)?;
    ensure!(said.contains("ConfigMap friday/one stays") && shop.live("two")?.is_none(), "{said}");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one"]));
    allow(plane, "friday-delete")?;
    until("the policy is gone", || is_let_in(&shop, "DELETE"))?;
    settles(&shop, &["two"])?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_07_what_may_not_be_deleted_keeps_its_namespace_and_its_definition() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "friday-along", "  prune: true\n")?;
    let within = |text: &str| text.replace("{name: one}", "{name: one, namespace: friday-along-in}");
    let space = "/api/v1/namespaces/friday-along-in";
    let defined = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.friday-along.acme.io";
    let objects = [
        "/api/v1/namespaces/friday-along-in/configmaps/one".to_owned(),
        format!("/apis/friday-along.acme.io/v1{}/gadgets/one", "/namespaces/friday-along-in"),
    ];
    shop.file("deploy/space.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: friday-along-in}\n")?;
    shop.file("deploy/definition.yaml", &definition("friday-along", &["v1"]))?;
    shop.file("deploy/gadget.yaml", &within(&gadget("friday-along", "v1", "{size: 1}")))?;
    shop.file("deploy/one.yaml", &within("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"))?;
    shop.config("beside", "1")?;
    shop.ends(&["apply"], 0)?;
    deny(plane, "friday-along", "friday-along-in", "DELETE")?;
    for object in &objects {
        until("the policy holds", || Ok(plane.ask("DELETE", &format!("{object}?dryRun=All"), None)?.0 == 422))?;
    }

    for name in ["space", "definition", "gadget", "one"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")))?;
    }
    for (words, told) in [
        (&["apply", "--acknowledge", "prune,prune-namespace,prune-definition"] as &[&str], ("not deleted ", ":")),
        (&["delete", "--yes"], ("", " stays:")),
    ] {
        let said = shop.ends(words, 1)?;
        let (first, second) = told;
        for (what, object) in [
            ("Namespace friday-along-in", "ConfigMap friday-along-in/one"),
            (
                "CustomResourceDefinition.apiextensions.k8s.io gadgets.friday-along.acme.io",
                "Gadget.friday-along.acme.io friday-along-in/one",
            ),
        ] {
            ensure!(said.contains(&format!("{first}{object}{second}")) && said.contains("not on Fridays"), "{said}");
            ensure!(said.contains(&format!("{first}{what}{second} it would take ")), "{said}");
        }
        for path in objects.iter().map(String::as_str).chain([space, defined]) {
            let there = plane.get(path)?.with_context(|| format!("{path} is gone: {said}"))?;
            ensure!(there["metadata"]["deletionTimestamp"].is_null(), "{there}");
        }
        // It is all still the application's.
        for name in ["one", "friday-along-in", "gadgets.friday-along.acme.io"] {
            ensure!(shop.inventory()?.is_some_and(|names| names.iter().any(|known| known == name)), "{name}: {said}");
        }
    }
    allow(plane, "friday-along")
}

#[test]
fn fault_08_a_webhook_does_not_answer() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "webhook", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    for name in ["one", "two"] {
        shop.config(name, "1")?;
    }
    settles(&shop, &["one", "two"])?;
    // Nothing listens at port 9.
    let hook = r#"{"metadata":{"name":"dead"},"webhooks":[{"name":"dead.acme.io","failurePolicy":"Fail","sideEffects":"None",
        "admissionReviewVersions":["v1"],"timeoutSeconds":1,"clientConfig":{"url":"https://127.0.0.1:9/"},
        "namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"webhook"}},
        "rules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"],"operations":["*"]}]}]}"#;
    plane.make(&format!("{GROUP}/validatingwebhookconfigurations"), hook)?;
    until("the webhook is asked", || Ok(!is_let_in(&shop, "UPDATE")?))?;

    shop.config("one", "2")?;
    shop.config("three", "2")?;
    let started = Instant::now();
    let said = shop.ends(&["apply"], 1)?;
    ensure!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
    for name in ["one", "three"] {
        ensure!(said.contains(&format!("ConfigMap webhook/{name}: ")), "{said}");
    }
    ensure!(said.contains("failed calling webhook \"dead.acme.io\"") && said.contains("an admission policy"), "{said}");
    ensure!(shop.live("one")?.is_some_and(|live| live["data"]["value"] == "1"));

    // A deletion has no dry run of its own: it fails when it is done, and stays in the inventory.
    shop.config("one", "1")?;
    for name in ["two", "three"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")))?;
    }
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("not deleted ConfigMap webhook/two") && shop.live("two")?.is_some(), "{said}");
    shop.ends(&["status"], 1)?;
    is_owned(&shop)?;

    plane.remove(&format!("{GROUP}/validatingwebhookconfigurations/dead"))?;
    until("the webhook is gone", || is_let_in(&shop, "UPDATE"))?;
    shop.config("one", "2")?;
    settles(&shop, &["one"])?;
    foreign.is_untouched(&shop)
}
