//! What a document costs is bounded by what it says, whichever way it says little many times: each way ends in a limit, or
//! costs no more than its bytes.

#![expect(clippy::indexing_slicing, reason = "tests")]

use sluice_manifest::{Document, Documents, Limits};

/// What is wrong with the only document of a text; nothing where it is read.
fn wrong(content: impl Into<Vec<u8>>, limits: Limits) -> Option<&'static str> {
    let documents: Vec<Document> = Documents::from_bytes("costly.yaml", content.into(), limits).collect();
    assert_eq!(documents.len(), 1);
    documents[0].problems.iter().find(|problem| problem.fatal).map(|problem| problem.rule)
}

fn nodes(nodes: u32) -> Limits {
    Limits { nodes, ..Limits::default() }
}

#[test]
fn merging_nothing_counts() {
    let many = "*e,".repeat(2_000);
    let lists = format!("e: &e {{}}\nm: &m {{<<: [{many}]}}\nl: [{}]\n", many.replace('e', "m"));
    assert_eq!(wrong(lists, nodes(100_000)), Some("node-limit"));
    let once = format!("e: &e {{}}\nm: &m {{{}}}\nl: [{}]\n", "<<: *e,".repeat(2_000), "*m,".repeat(2_000));
    assert_eq!(wrong(once, nodes(100_000)), Some("node-limit"));
}

#[test]
fn a_long_key_counts_each_time_it_is_looked_at() {
    let long = "k".repeat(20_000);
    let aliases = format!("e: &e {long}\nm: {{{}}}\n", "*e : 1,".repeat(5_000));
    assert_eq!(wrong(aliases, Limits::default()), Some("size-limit"));
    let merges = format!("e: &e {{? {long} : 1}}\nm: {{{}}}\n", "<<: *e,".repeat(5_000));
    assert_eq!(wrong(merges, Limits::default()), Some("size-limit"));
    assert_eq!(wrong(format!("e: &e {long}\nm: {{*e : 1}}\n"), Limits::default()), None);
}

#[test]
fn a_value_counts_once() {
    let pairs: String = (0..2_000).map(|key| format!("k{key}: 1\n")).collect();
    for (document, count) in [
        (pairs, 4_001),
        ("a: &a [1, x]\nb: *a\n".to_owned(), 9),
        ("a: &a b\nc: [*a, *a, *a]\n".to_owned(), 8),
        ("- &a {b: c}\n- {<<: *a, d: e}\n".to_owned(), 11),
    ] {
        assert_eq!(wrong(document.clone(), nodes(count)), None, "{document}");
        assert_eq!(wrong(document, nodes(count - 1)), Some("node-limit"));
    }
}

#[test]
fn a_long_prefix_of_tags_counts_each_time() {
    // What separates documents begins a line for Kubernetes only behind `\n`.
    let document = |tags: usize| format!("%TAG !e! {}\r---\rl: [{}]\n", "a".repeat(100_000), "!e!a x,".repeat(tags));
    assert_eq!(wrong(document(1_000), Limits::default()), Some("size-limit"));
    assert_eq!(wrong(document(100), Limits::default()), None);
}

/// Squares of these would take hours.
#[test]
fn many_of_one_kind_cost_no_squares() {
    let tags: String = (0..500_000).map(|tag| format!("%TAG !t{tag}! x\n")).collect();
    assert_eq!(wrong(format!("{tags}\r---\ra: !t499999!x b\n"), Limits::default()), None);
    assert_eq!(wrong(format!("{tags}%TAG !t0! y\r---\ra: b\n"), Limits::default()), Some("invalid-yaml"));
    let actions = format!("v: : a\n\n\n# {}\n", "{{}}".repeat(1 << 20));
    assert_eq!(wrong(actions, Limits::default()), Some("invalid-yaml"));
}
