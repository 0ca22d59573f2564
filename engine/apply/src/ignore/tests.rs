//! What is sent of an object that is there, for what is ignored and whoever owns it.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use sluice_manifest::{Resource, Span, Text, Tree};
use sluice_policy::Application;

use super::Sent;
use crate::desired::Desired;
use crate::live::Live;
use crate::options::Options;
use crate::reference::Reference;
use crate::stage::Stage;

fn options(ignore: &str) -> Options {
    let text = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: a}}\nspec:\n  source: {{}}\n  destination: {{}}\n  \
         ignore: {ignore}\n"
    );
    let application = Application::parse(&Arc::new(Text::new("app.yaml", text))).unwrap();
    Options { ignore: application.ignore, ..Options::default() }
}

fn desired(object: &Json) -> Desired {
    let nowhere = Arc::new(Text::new("x", String::new()));
    let tree = Tree::from_json(nowhere, Span::default(), &object.to_string()).unwrap();
    let resource = Arc::new(Resource::new(tree).unwrap());
    let reference = Reference { namespace: Some(String::from("shop")), ..Reference::of(resource.identity()) };
    Desired { stage: Stage::of(&reference), reference, resource, digest: String::new(), fault: None }
}

/// An object with this `spec`.
fn web(spec: &Json) -> Json {
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" }, "spec": spec })
}

/// The same in a cluster, with the fields of each manager; those of `sluice` were applied.
fn live(spec: &Json, managed: &[(&str, Json)]) -> Live {
    let entries = managed.iter().map(|(manager, spec)| {
        let operation = if *manager == "sluice" { "Apply" } else { "Update" };
        json!({ "manager": manager, "operation": operation, "fieldsV1": { "f:spec": spec } })
    });
    let mut object = web(spec);
    object["metadata"]["resourceVersion"] = json!("7");
    object["metadata"]["managedFields"] = entries.collect();
    Live::read(object.to_string().as_bytes()).unwrap()
}

/// The `spec` that is sent, and what is ignored: `/spec/replicas hpa differs`.
fn sent(wanted: &Json, there: &Live, ignore: &str) -> Result<(Json, Vec<String>), String> {
    let sent = Sent::of(&desired(&web(wanted)), there, &options(ignore))?;
    let mut object = sent.resource.root().to_value();
    let told = sent.ignored.iter().map(|ignored| {
        let managers: Vec<&str> = ignored.managers.iter().map(String::as_str).collect();
        let differs = if ignored.differs { "differs" } else { "same" };
        format!("{} {} {differs}", ignored.pointer, managers.join("+"))
    });
    Ok((object["spec"].take(), told.collect()))
}

const REPLICAS: &str = "[{match: {kind: Deployment, namespace: shop}, pointers: /spec/replicas}]";

#[test]
fn what_others_own_is_not_sent_and_what_is_ours_alone_is_sent_as_it_stands() {
    let wanted = json!({ "replicas": 3, "paused": false });
    let ours = ("sluice", json!({ "f:replicas": {}, "f:paused": {} }));
    let rest = ("sluice", json!({ "f:paused": {} }));
    let hpa = ("hpa", json!({ "f:replicas": {} }));
    let without = json!({ "paused": false });
    let told = |words: &str| vec![format!("/spec/replicas {words}")];
    for (there, managed, expected, words) in [
        (5, vec![rest.clone(), hpa.clone()], without.clone(), "hpa differs"),
        (3, vec![ours.clone(), hpa], without.clone(), "hpa same"),
        (5, vec![rest], without, " differs"),
        (5, vec![ours], json!({ "replicas": 5, "paused": false }), " differs"),
    ] {
        let live = live(&json!({ "replicas": there, "paused": false }), &managed);
        assert_eq!(sent(&wanted, &live, REPLICAS), Ok((expected, told(words))), "{managed:?}");
    }
    // Gone from the cluster, it stays away.
    let gone = live(&json!({ "paused": false }), &[]);
    assert_eq!(sent(&wanted, &gone, REPLICAS).unwrap().0, json!({ "paused": false }));
    // Other objects are sent whole.
    for other in ["{kind: Pod}", "{name: other}", "{namespace: other}"] {
        let ignore = REPLICAS.replace("{kind: Deployment, namespace: shop}", other);
        assert_eq!(sent(&wanted, &gone, &ignore), Ok((wanted.clone(), Vec::new())), "{other}");
    }
}

#[test]
fn values_that_are_sent_as_they_stand_hold_for_one_version_alone() {
    let wanted = json!({ "replicas": 3 });
    let version = |managed: &[(&str, Json)]| {
        let live = live(&json!({ "replicas": 5 }), managed);
        let sent = Sent::of(&desired(&web(&wanted)), &live, &options(REPLICAS)).unwrap();
        let body: Json = serde_json::from_slice(&sent.body_for_live()).unwrap();
        body["metadata"]["resourceVersion"].clone()
    };
    assert_eq!(version(&[("sluice", json!({ "f:replicas": {} }))]), "7");
    assert_eq!(version(&[("hpa", json!({ "f:replicas": {} }))]), Json::Null);
    // What is left out because others have it too would go if they gave it up meanwhile.
    let shared = ["sluice", "hpa"].map(|manager| (manager, json!({ "f:replicas": {} })));
    assert_eq!(version(&shared), "7");
}

#[test]
fn elements_are_found_by_their_keys() {
    let element = |name: &str, image: &str| json!({ "name": name, "image": image });
    let wanted = json!({ "containers": [element("new", "n:1"), element("a", "a:1"), element("b", "b:1")] });
    let there = json!({ "containers": [element("b", "b:2"), element("injected", "i:1"), element("a", "a:2")] });
    let owned = |names: &[&str]| {
        let keys = names
            .iter()
            .map(|name| (format!("k:{{\"name\":\"{name}\"}}"), json!({ ".": {}, "f:name": {}, "f:image": {} })));
        json!({ "f:containers": Json::Object(keys.collect()) })
    };
    let managed = [("sluice", owned(&["a"])), ("other", owned(&["b", "injected"]))];
    let live = live(&there, &managed);
    let (spec, told) = sent(&wanted, &live, "[{pointers: /spec/containers/*/image}]").unwrap();
    // What is new is made as it was approved; `a` is ours, `b` is not.
    assert_eq!(spec, json!({ "containers": [element("new", "n:1"), element("a", "a:2"), { "name": "b" }] }));
    assert_eq!(told, ["/spec/containers/1/image  differs", "/spec/containers/2/image other differs"]);
    let (spec, _) = sent(&wanted, &live, "[{pointers: /spec/containers/2/image}]").unwrap();
    assert_eq!(spec["containers"][1]["image"], "a:1");
    // As a whole: nothing of what others have is taken, not even its name.
    let (spec, told) = sent(&wanted, &live, "[{pointers: '/spec/containers/*'}]").unwrap();
    assert_eq!(spec, json!({ "containers": [element("a", "a:2")] }));
    assert_eq!(told.len(), 3);
    let (spec, told) = sent(&wanted, &live, "[{pointers: /spec/containers}]").unwrap();
    assert_eq!(
        (spec, told),
        (json!({ "containers": [element("a", "a:2")] }), vec![String::from("/spec/containers other differs")])
    );
}

#[test]
fn what_a_manager_owns_is_left_to_it() {
    let wanted = json!({ "replicas": 3, "strategy": { "type": "Recreate" }, "paused": true, "args": ["a", "b"] });
    let there = json!({ "replicas": 5, "strategy": { "type": "RollingUpdate" }, "paused": false, "args": ["a"] });
    let operator = json!({ "f:replicas": {}, "f:strategy": { "f:type": {} }, "f:args": {} });
    let live = live(&there, &[("operator", operator), ("other", json!({ "f:paused": {} }))]);
    let (spec, told) = sent(&wanted, &live, "[{managers: [operator]}]").unwrap();
    // An object of which nothing is left is not sent as an empty one.
    assert_eq!(spec, json!({ "paused": true }));
    assert_eq!(
        told,
        ["/spec/args operator differs", "/spec/replicas operator differs", "/spec/strategy/type operator differs"]
    );
}

#[test]
fn elements_of_sets_are_left_one_by_one() {
    let wanted = json!({ "finalizers": ["a", "b"] });
    let owned = |name: &str| json!({ "f:finalizers": { ".": {}, format!("v:\"{name}\""): {} } });
    let live = live(&json!({ "finalizers": ["b", "a"] }), &[("sluice", owned("a")), ("other", owned("b"))]);
    assert_eq!(sent(&wanted, &live, "[{pointers: /spec/finalizers}]").unwrap().0, json!({ "finalizers": ["a"] }));
}

#[test]
fn a_list_that_is_replaced_as_a_whole_is_ignored_as_a_whole() {
    let wanted = json!({ "rules": [{ "host": "a" }] });
    let live = live(&json!({ "rules": [{ "host": "b" }] }), &[("other", json!({ "f:rules": {} }))]);
    let error = sent(&wanted, &live, "[{pointers: '/spec/rules/*/host'}]").unwrap_err();
    assert!(error.contains("`/spec/rules` is a list that Kubernetes replaces as a whole"), "{error}");
    assert_eq!(sent(&wanted, &live, "[{pointers: /spec/rules}]").unwrap().0, Json::Null);
    // A pattern that stands for nothing in it does not ask for anything, and its manager is left the whole.
    assert_eq!(sent(&wanted, &live, "[{pointers: '/spec/*/*/port'}]"), Ok((wanted.clone(), Vec::new())));
    let both = "[{pointers: '/spec/rules/*/host'}, {managers: [other]}]";
    assert_eq!(sent(&wanted, &live, both).unwrap().0, Json::Null);
}

#[test]
fn a_map_that_is_replaced_as_a_whole_is_ignored_as_a_whole_once_others_own_it() {
    let wanted = json!({ "selector": { "app": "a", "tier": "b" } });
    let whole = |manager: &'static str| (manager, json!({ "f:selector": {} }));
    let live = |managed: &[(&str, Json)]| live(&json!({ "selector": { "app": "z", "tier": "y" } }), managed);
    for managed in [vec![whole("other")], vec![whole("sluice"), whole("other")]] {
        let live = live(&managed);
        let error = sent(&wanted, &live, "[{pointers: /spec/selector/app}]").unwrap_err();
        assert!(error.contains("`/spec/selector` is a map that Kubernetes replaces as a whole"), "{error}");
        for ignore in ["[{pointers: /spec/selector}]", "[{managers: [other]}, {pointers: /spec/selector/app}]"] {
            assert_eq!(sent(&wanted, &live, ignore).unwrap().0, Json::Null, "{ignore} {managed:?}");
        }
        assert_eq!(sent(&wanted, &live, "[{pointers: '/spec/*/none'}]"), Ok((wanted.clone(), Vec::new())));
    }
    // Where it is ours alone, all of it is sent: the member as it stands, the rest as it was approved.
    let (spec, told) = sent(&wanted, &live(&[whole("sluice")]), "[{pointers: /spec/selector/app}]").unwrap();
    assert_eq!(spec, json!({ "selector": { "app": "z", "tier": "b" } }));
    assert_eq!(told, ["/spec/selector/app  differs"]);
}

#[test]
fn who_owns_a_map_that_was_empty_owns_none_of_its_members() {
    let wanted = json!({ "resources": { "limits": { "cpu": "1" } } });
    let there = json!({ "resources": { "limits": { "cpu": "2" } } });
    let cpu = json!({ "f:resources": { "f:limits": { "f:cpu": {} } } });
    let live = live(&there, &[("sluice", cpu), ("other", json!({ "f:resources": {} }))]);
    for ignore in ["[{pointers: /spec/resources}]", "[{pointers: /spec/resources/limits/cpu}]"] {
        let sent = Sent::of(&desired(&web(&wanted)), &live, &options(ignore)).unwrap();
        assert_eq!(sent.resource.root().to_value()["spec"], there, "{ignore}");
        assert_eq!(sent.version.as_deref(), Some("7"), "{ignore}");
        assert!(sent.ignored.iter().all(|ignored| ignored.managers.is_empty()), "{ignore}");
    }
    assert_eq!(sent(&wanted, &live, "[{managers: [other]}]"), Ok((wanted, Vec::new())));
}

#[test]
fn what_is_empty_is_no_list_or_map_that_is_replaced_as_a_whole() {
    let list = json!({ "env": [{ "name": "a", "value": "1" }] });
    let map = json!({ "emptyDir": { "sizeLimit": "1Gi" } });
    let env = |manager: &'static str| live(&json!({ "env": [] }), &[(manager, json!({ "f:env": {} }))]);
    let volume = |manager: &'static str| live(&json!({ "emptyDir": {} }), &[(manager, json!({ "f:emptyDir": {} }))]);
    for manager in ["sluice", "other"] {
        let ignore = "[{pointers: '/spec/env/*/value'}]";
        assert_eq!(sent(&list, &env(manager), ignore), Ok((list.clone(), Vec::new())), "{manager}");
    }
    // What is ours alone and empty stays as it is; what others have is not sent.
    let (each, limit) = ("[{pointers: '/spec/env/*'}]", "[{pointers: /spec/emptyDir/sizeLimit}]");
    assert_eq!(sent(&list, &env("sluice"), each).unwrap().0, json!({ "env": [] }));
    assert_eq!(sent(&list, &env("other"), each).unwrap().0, Json::Null);
    assert_eq!(sent(&map, &volume("sluice"), limit).unwrap().0, json!({ "emptyDir": {} }));
    assert_eq!(sent(&map, &volume("other"), limit).unwrap().0, Json::Null);
}
