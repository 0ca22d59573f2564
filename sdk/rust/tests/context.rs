//! Rules that ask about other objects, run natively against the stub of the host.
#![expect(clippy::unwrap_used, reason = "tests")]

use sluice_sdk::prelude::*;
use sluice_sdk::testing;

const PODS: &[&str] = &["v1/Pod"];

/// The namespaces and neighbours of a ConfigMap, by what its name asks for.
#[rule(rule = "asking", kinds = ["v1/ConfigMap"], context = ["v1/Namespace", "v1/ConfigMap"])]
fn asking(resource: &Resource) -> Result<Vec<Finding>> {
    let shop = Identity::new("v1", "Namespace", "shop");
    let team = match resource.name() {
        "absent" => context::get(&Identity::new("v1", "Namespace", "absent"))?.map(|_| "there".to_owned()),
        "undeclared" => context::get(&Identity::new("v1", "Secret", "shop"))?.map(|_| "there".to_owned()),
        "any-group" => context::list("Namespace", None)?.first().map(|_| "there".to_owned()),
        "wildcard" => context::get(&Identity::new("*", "Namespace", "shop"))?.map(|_| "there".to_owned()),
        "before" => resource.previous().and_then(|before| before.labels().get("team").map(String::from)),
        "foreign" => {
            return Ok(context::get(&shop)?.map(|other| other.finding("/metadata", "x")).into_iter().collect());
        }
        _ => context::get(&shop)?.map(|shop| shop.labels().get("team").unwrap_or("none").to_owned()),
    };
    Ok(vec![resource.finding("/metadata/name", format!("{team:?}"))])
}

#[rule(rule = "pods", kinds = ["v1/Pod"], context = PODS)]
fn pods(_: &Resource) -> Vec<Finding> {
    Vec::new()
}

#[mutation(rule = "marks", kinds = ["v1/ConfigMap"], context = ["/v1/Namespace", "apps/v1/Deployment"])]
fn marks(resource: &Resource) -> Result<Option<Patch>> {
    let shop = context::get(&Identity::new("v1", "Namespace", "shop"))?;
    let team = shop.as_ref().and_then(|shop| shop.labels().get("team"));
    Ok(team.is_none().then(|| resource.patch("has no team").add("/metadata/labels", &"none")))
}

plugin! { name: "asking", rules: [asking, pods], mutations: [marks] }

fn object(yaml: &str) -> Resource {
    Resource::from_yaml(yaml).unwrap()
}

fn config(name: &str, namespace: &str) -> Resource {
    object(&format!("{{ apiVersion: v1, kind: ConfigMap, metadata: {{ name: {name}, namespace: {namespace} }} }}"))
}

fn namespace(team: &str) -> Resource {
    object(&format!("{{ apiVersion: v1, kind: Namespace, metadata: {{ name: shop, labels: {{ team: {team} }} }} }}"))
}

fn said(name: &str, team: &str) -> String {
    let check = || testing::check::<Plugin>(&config(name, "shop"), "{}");
    match testing::with_context([namespace(team)], check) {
        Ok(findings) => findings.into_iter().map(|finding| finding.message).collect(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_plugin_gathers_what_its_rules_ask_for() {
    let expected = ["v1/Namespace", "v1/ConfigMap", "v1/Pod", "apps/v1/Deployment"];
    assert_eq!(testing::context::<Plugin>(), expected, "once, however it is written");
}

#[test]
fn what_is_refused_is_never_absence() {
    assert_eq!(said("there", "cart"), r#"Some("cart")"#);
    assert_eq!(said("absent", "cart"), "None");
    let undeclared = r#"error: `v1` `Secret` is not declared by this plugin: add `context = ["v1/Secret"]`"#;
    assert_eq!(said("undeclared", "cart"), undeclared);
    assert!(said("any-group", "cart").starts_with("error: `*/*` `Namespace` is not declared"));
    assert!(said("wildcard", "cart").starts_with("error: `*` `Namespace` names no object"));

    let error = testing::check::<Plugin>(&config("there", "shop"), "{}").unwrap_err().to_string();
    assert_eq!(error, "no other objects are at hand: see `testing::with_context`");
    let error = context::list("v1/ConfigMap", None).err().unwrap().to_string();
    assert_eq!(error, "no other objects are at hand: see `testing::with_context`");
}

#[test]
fn what_cannot_be_read_of_another_object_denies() {
    let unread = "error: `Namespace` `shop`, which the rule asks for: a string is expected at `/metadata/labels/team`, \
                  found a number";
    assert_eq!(said("there", "7"), unread);
    assert_eq!(said("absent", "7"), "None", "its labels were not read");
    testing::with_context([namespace("7")], || asking(&config("there", "shop"))).unwrap();
    assert_eq!(said("there", "cart"), r#"Some("cart")"#, "what a call of the test left behind is forgotten");
    let patches = testing::with_context([namespace("7")], || testing::mutate::<Plugin>(&config("a", "shop"), "{}"));
    assert_eq!(patches.unwrap_err().to_string(), unread.trim_start_matches("error: "));
}

#[test]
fn what_cannot_be_read_of_the_object_before_denies() {
    let said = |labels: &str| {
        let text = format!("{{ apiVersion: v1, kind: ConfigMap, metadata: {{ name: before, labels: {labels} }} }}");
        let findings = testing::check::<Plugin>(&config("before", "shop").with_previous(object(&text)), "{}");
        findings.map(|findings| findings[0].message.clone()).map_err(|error| error.to_string())
    };
    assert_eq!(said("{ team: cart }"), Ok(String::from(r#"Some("cart")"#)));
    assert_eq!(said("null"), Ok(String::from("None")));
    let unread = |words: &str| Err(format!("`ConfigMap` `before`, as it was before: {words}"));
    assert_eq!(said("{ team: 7 }"), unread("a string is expected at `/metadata/labels/team`, found a number"));
    assert_eq!(said("cart"), unread("an object is expected at `/metadata/labels`, found a string"));
}

#[test]
fn answers_are_about_the_object_that_is_judged() {
    assert_eq!(
        said("foreign", "cart"),
        "error: an answer is about an object of `context`, not about the one that is judged"
    );
}

#[test]
fn lists_are_ordered_by_namespace_and_name() {
    let named = || {
        let cluster = object("{ apiVersion: v1, kind: ConfigMap, metadata: { name: z } }");
        let other = object("{ apiVersion: example.com/v1, kind: ConfigMap, metadata: { name: z, namespace: a } }");
        [config("b", "shop"), config("c", "cart"), other, config("a", "shop"), cluster]
    };
    let list = |kinds: &str, namespace: Option<&str>| {
        let found = testing::with_context(named(), || context::list(kinds, namespace)).unwrap();
        found.iter().map(|it| format!("{}/{}", it.namespace(), it.name())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list("v1/ConfigMap", None), "/z cart/c shop/a shop/b");
    assert_eq!(list("ConfigMap", None), "/z a/z cart/c shop/a shop/b");
    assert_eq!(list("v1/ConfigMap", Some("shop")), "shop/a shop/b");
    assert_eq!(list("v1/ConfigMap", Some("")), "/z");
    assert_eq!(list("v1/Secret", None), "");
}

#[test]
fn an_object_is_found_by_all_that_names_it() {
    let get = |object: Identity| testing::with_context([config("a", "shop")], || context::get(&object)).unwrap();
    let wanted = Identity::new("v1", "ConfigMap", "a").namespace("shop");
    assert_eq!(get(wanted.clone()).map(|found| found.identity()), Some(wanted.clone()));
    assert!(get(wanted.clone().namespace("cart")).is_none() && get(wanted.clone().namespace("")).is_none());
    let nowhere = Identity { namespace: Some(String::new()), ..Identity::new("v1", "ConfigMap", "a") };
    let found = testing::with_context([config("a", "''")], || context::get(&nowhere)).unwrap();
    assert_eq!(found.unwrap().identity().namespace, None, "an empty namespace is none");
    assert!(get(Identity { name: "b".into(), ..wanted.clone() }).is_none());
    assert!(get(Identity { kind: "Secret".into(), ..wanted.clone() }).is_none());
    assert!(get(Identity { api_version: "example.com/v1".into(), ..wanted }).is_none());
}

#[test]
fn a_test_within_a_test_gives_back_what_was_there() {
    let count = || context::list("v1/ConfigMap", None).map(|found| found.len());
    testing::with_context([config("a", "shop")], || {
        assert_eq!(testing::with_context([], count), Ok(0));
        let panicked =
            std::panic::catch_unwind(|| testing::with_context([], || std::panic::resume_unwind(Box::new(1))));
        assert!(panicked.is_err());
        assert_eq!(count(), Ok(1));
    });
    assert!(count().is_err());
}
