//! Differences as lines, and the time that they take.

use std::sync::Arc;

use super::{Arrays, Delta, Differences, differences};
use crate::{Limits, Text, Tree, read_value};

fn tree(text: &str) -> Tree {
    let limits = Limits { nodes: 10_000_000, ..Limits::default() };
    read_value(Arc::new(Text::new("x", text)), limits).unwrap()
}

fn lines(found: &Differences<'_>) -> Vec<String> {
    let line = |difference: &super::Difference<'_>| {
        let what = match &difference.what {
            Delta::Added(value) => format!("+ {}", value.to_json()),
            Delta::Removed(value) => format!("- {}", value.to_json()),
            Delta::Changed(before, after) => format!("{} -> {}", before.to_json(), after.to_json()),
            Delta::Reordered { before, after } => format!("{before:?} -> {after:?}"),
        };
        format!("{} {} {what}", difference.pointer, difference.field)
    };
    found.list.iter().map(line).collect()
}

fn check(before: &str, after: &str, expected: &[&str]) {
    let (before, after) = (tree(before), tree(after));
    assert_eq!(lines(&differences(before.root(), after.root(), Arrays::Keyed)), expected);
}

#[test]
fn fields_are_told_by_themselves() {
    check("{a: 1, b: {c: x, d: [1]}}", "{b: {d: [1], c: x}, a: 1.0}", &[]);
    check(
        "{a: 1, 'b.c/d': x, e: {f: 1}}",
        "{a: '1', 'b.c/d': z, g: [1]}",
        &["/a a 1 -> \"1\"", "/b.c~1d [\"b.c/d\"] \"x\" -> \"z\"", "/e e - {\"f\":1}", "/g g + [1]"],
    );
}

#[test]
fn an_inserted_container_changes_no_other() {
    check(
        "containers: [{name: a, image: x}, {name: b, image: v}]",
        "containers: [{name: new, image: z}, {name: a, image: x}, {name: b, image: w}]",
        &[
            "/containers/2/image containers[b].image \"v\" -> \"w\"",
            "/containers/0 containers[new] + {\"name\":\"new\",\"image\":\"z\"}",
        ],
    );
    check("args: [a, b, c]", "args: [x, a, b2, c]", &["/args/0 args[0] + \"x\"", "/args/2 args[2] \"b\" -> \"b2\""]);
}

#[test]
fn elements_are_matched_by_their_merge_keys() {
    check(
        "ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]",
        "ports: [{containerPort: 53, protocol: UDP, name: dns}, {containerPort: 80, protocol: TCP}]",
        &[
            "/ports/1/protocol ports[80/TCP].protocol + \"TCP\"",
            "/ports/0/name ports[53/UDP].name + \"dns\"",
            "/ports ports [\"80/TCP\", \"53/UDP\"] -> [\"53/UDP\", \"80/TCP\"]",
        ],
    );
    check("ports: [{port: 80}]", "ports: [{port: 8080}]", &["/ports/0/port ports[80/TCP].port 80 -> 8080"]);
    // Two have one name: what stayed counts.
    check(
        "env: [{name: a, value: 1}, {name: a, value: 2}]",
        "env: [{name: a, value: 2}]",
        &["/env/0 env[0] - {\"name\":\"a\",\"value\":1}"],
    );
}

#[test]
fn the_order_of_elements_counts() {
    check(
        "initContainers: [{name: a}, {name: b}]",
        "initContainers: [{name: b}, {name: a}]",
        &["/initContainers initContainers [\"a\", \"b\"] -> [\"b\", \"a\"]"],
    );
}

#[test]
fn plain_fields_name_no_value() {
    let (before, after) =
        (tree("data: [{name: hunter2, a: 1}]"), tree("data: [{name: hunter2, a: 2}, {name: hunter3}]"));
    let found = differences(before.root(), after.root(), Arrays::Plain);
    assert!(!found.list.is_empty());
    assert!(
        found.list.iter().all(|difference| !format!("{}{}", difference.pointer, difference.field).contains("hunter"))
    );
}

#[test]
fn large_arrays_are_bounded() {
    let array = |numbers: &mut dyn Iterator<Item = usize>, key: &str| {
        let items: Vec<String> = numbers.map(|n| format!("{{{key}: x{n}, v: [{n}]}}")).collect();
        tree(&format!("a: [{}]", items.join(",")))
    };
    for key in ["name", "other"] {
        let before = array(&mut (0..100_000), key);
        let after = array(&mut (1..100_001), key);
        assert_eq!(differences(before.root(), after.root(), Arrays::Keyed).list.len(), 2);
        let turned = array(&mut (0..100_000).rev(), key);
        assert!(!differences(before.root(), turned.root(), Arrays::Keyed).list.is_empty());
    }
    // No two are alike, and there are more than are told.
    let found = (array(&mut (0..100_000), "other"), array(&mut (100_000..200_000), "other"));
    let found = differences(found.0.root(), found.1.root(), Arrays::Keyed);
    assert_eq!((found.list.len(), found.left_out), (10_000, 190_000));
    let members = |first: usize| {
        let members: Vec<String> = (first..first + 50_000).map(|n| format!("k{n}: {n}")).collect();
        tree(&format!("{{{}}}", members.join(",")))
    };
    assert_eq!(differences(members(0).root(), members(1).root(), Arrays::Keyed).list.len(), 2);
}

#[test]
fn deep_values_are_bounded() {
    let deep = |inner: &str| tree(&format!("{}{inner}{}", "[".repeat(900), "]".repeat(900)));
    let (before, after) = (deep("1, 2"), deep("1, 3"));
    assert_eq!(differences(before.root(), after.root(), Arrays::Keyed).list.len(), 1);
}
