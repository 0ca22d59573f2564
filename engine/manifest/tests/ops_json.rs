//! JSON, tapes, digests and equality: what goes out comes back, and what is no JSON is refused.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use sluice_manifest::{Limits, Node, Span, Text, Tree, read_value};

fn tree(json: &str) -> Tree {
    Tree::from_json(Arc::new(Text::new("t", "")), Span { start: 3, end: 7 }, json).unwrap()
}

fn error(json: &str) -> String {
    Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), json).unwrap_err().to_string()
}

/// Any JSON value, with strings that need escapes.
pub fn any_json() -> impl Strategy<Value = Json> {
    let text = prop_oneof!["[a-c]{0,3}", any::<String>(), "[\\x00-\\x20\"\\\\é☺😀]{0,12}"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<i32>().prop_map(|n| Json::from(f64::from(n) + 0.125)),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let members = proptest::collection::vec((text.clone(), inner.clone()), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Json::from),
            members.prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Reads a tape by what `tape.md` says, and by nothing else.
fn read_tape(tape: &[u8]) -> Json {
    let word = |at: usize| u32::from_le_bytes(tape[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(&tape[..4], b"SLT1");
    let (count, length) = (word(4), word(8));
    assert_eq!(tape.len(), 12 + 8 * count + length);
    let text = std::str::from_utf8(&tape[12 + 8 * count..]).unwrap();
    let mut used = 0;
    let (value, next) = read_node(0, &|index| (word(12 + 8 * index), word(16 + 8 * index)), text, &mut used);
    assert_eq!(next, count, "the root holds all nodes");
    assert_eq!(used, length, "the text holds what the nodes point to and nothing else");
    value
}

fn read_node(index: usize, node: &dyn Fn(usize) -> (usize, usize), text: &str, used: &mut usize) -> (Json, usize) {
    let (head, aux) = node(index);
    let (tag, length) = (head & 15, head >> 4);
    let mut scalar = || {
        *used += length;
        &text[aux..aux + length]
    };
    let mut next = index + 1;
    let value = match tag {
        0 => Json::Null,
        1 => Json::Bool(false),
        2 => Json::Bool(true),
        3 => serde_json::from_str(scalar()).unwrap(),
        4 => Json::from(scalar()),
        5 => {
            let mut items = Vec::new();
            for _ in 0..length {
                let (item, after) = read_node(next, node, text, used);
                items.push(item);
                next = after;
            }
            assert_eq!(aux, next);
            Json::from(items)
        }
        _ => {
            assert_eq!(tag, 6);
            let mut members = serde_json::Map::new();
            for _ in 0..length {
                let (key, at) = read_node(next, node, text, used);
                let (value, after) = read_node(at, node, text, used);
                members.insert(key.as_str().unwrap().to_owned(), value);
                next = after;
            }
            assert_eq!(aux, next);
            Json::Object(members)
        }
    };
    if tag < 5 {
        assert!(tag > 2 || (length, aux) == (0, 0));
    }
    (value, next)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back(value in any_json()) {
        let tree = tree(&value.to_string());
        prop_assert_eq!(serde_json::from_str::<Json>(&tree.root().to_json()).unwrap(), value.clone());
        prop_assert_eq!(tree.root().to_value(), value.clone());
        let mut pretty = String::new();
        tree.root().write_json_pretty(&mut pretty);
        prop_assert_eq!(&pretty, &format!("{value:#}"));
    }

    #[test]
    fn tapes_come_back(value in any_json()) {
        let mut room = vec![0xff; 7];
        let tree = tree(&value.to_string());
        let tape = tree.write_tape(&mut room, u64::MAX).unwrap().to_vec();
        prop_assert_eq!(read_tape(&tape), value);
        let mut used = vec![0xff; 10_000];
        prop_assert_eq!(tree.write_tape(&mut used, tape.len() as u64), Some(&*tape), "in a room used before");
        prop_assert_eq!(tree.write_tape(&mut used, tape.len() as u64 - 1), None, "no more than allowed");
    }

    #[test]
    fn equality_and_digests_agree(left in any_json(), right in any_json()) {
        let (one, other) = (tree(&left.to_string()), tree(&right.to_string()));
        prop_assert_eq!(one.root() == other.root(), left == right);
        prop_assert_eq!(one.root().digest() == other.root().digest(), left == right);
        let same = tree(&format!("{left:#}"));
        prop_assert!(one.root() == same.root());
        prop_assert_eq!(one.root().digest(), same.root().digest());
    }

    #[test]
    fn any_text_is_read_or_refused_as_serde_json_does(text in "[\\[\\]{}:,\" 0-9eE.+truefalsn\\\\-]{0,24}") {
        let ours = Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), &text);
        let unique = ours.as_ref().err().is_none_or(|error| !error.to_string().contains("repeats a key"));
        let theirs = serde_json::from_str::<Json>(&text);
        let range = theirs.as_ref().err().is_some_and(|error| error.to_string().contains("out of range"));
        if unique && !range {
            prop_assert_eq!(ours.map(|tree| tree.root().to_value()).ok(), theirs.ok(), "{}", text);
        }
    }
}

#[test]
fn writes_members_in_order_and_numbers_as_they_are() {
    let json =
        r#"{"b":1.50,"a":-0,"big":123456789012345678901234567890,"e":1E+5,"s":"\u0000\u001f\b\f\n\r\t\"\\/é😀"}"#;
    assert_eq!(tree(json).root().to_json(), json);
    assert_eq!(tree(" [ { } , [ ] , null ] ").root().to_json(), "[{},[],null]");
}

#[test]
fn every_node_carries_the_span_it_was_given() {
    let tree = tree(r#"{"a":[1,{"b":"x"}]}"#);
    let mut pending = vec![tree.root()];
    while let Some(node) = pending.pop() {
        assert_eq!(node.span(), Span { start: 3, end: 7 });
        pending.extend(node.items());
        pending.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
}

#[test]
fn says_why_a_text_is_no_json() {
    let cases = [
        ("", "ends where a value should stand, at byte 0"),
        ("[1,", "ends where a value should stand, at byte 3"),
        ("[1", "ends within a collection, at byte 2"),
        ("{\"a\":1,}", "lacks a key in double quotes, at byte 7"),
        ("{\"a\" 1}", "lacks a colon after a key, at byte 5"),
        ("[1 2]", "lacks a comma or an end of a collection, at byte 3"),
        ("{\"a\":1]", "lacks a comma or an end of a collection, at byte 6"),
        ("1 2", "has text after its value, at byte 2"),
        ("01", "holds something that is no JSON number, at byte 0"),
        ("nul", "holds something that is no JSON value, at byte 0"),
        ("'a'", "holds something that is no JSON value, at byte 0"),
        ("\"a", "ends within a string, at byte 2"),
        ("\"\n\"", "holds a control character in a string, at byte 1"),
        ("\"\\x\"", "holds an unknown escape, at byte 1"),
        ("\"\\ud800\"", "holds a `\\u` escape that is no character, at byte 1"),
        ("\"\\ud83d\\ud83d\"", "holds a `\\u` escape that is no character, at byte 1"),
        ("\"\\u+123\"", "holds a `\\u` escape that is no character, at byte 1"),
        ("{\"a\":1,\"b\":2,\"a\":3}", "holds an object that repeats a key, at byte 18"),
    ];
    for (json, wanted) in cases {
        assert_eq!(error(json), format!("the JSON text {wanted}"), "{json}");
    }
    let many: String = (0..40).map(|n| format!("\"k{n}\":0,")).collect();
    assert!(error(&format!("{{{many}\"k3\":1}}")).contains("repeats a key"));
    assert!(error(&"[".repeat(100_000)).contains("nested deeper than 1000 levels"));
    assert_eq!(tree(&format!("{}{}", "[".repeat(1_000), "]".repeat(1_000))).root().to_json().len(), 2_000);
}

#[test]
fn numbers_past_what_serde_json_holds_are_the_nearest() {
    assert_eq!(tree("18446744073709551615").root().to_value(), json!(u64::MAX));
    assert_eq!(tree("-9223372036854775808").root().to_value(), json!(i64::MIN));
    assert_eq!(tree("1e999").root().to_value(), json!(f64::MAX));
    assert_eq!(tree("-1e999").root().to_value(), json!(f64::MIN));
}

#[test]
fn tapes_hold_no_comments_and_no_layout() {
    let read = |yaml: &str| read_value(Arc::new(Text::new("t.yaml", yaml)), Limits::default()).unwrap();
    let tape = |yaml: &str| read(yaml).write_tape(&mut Vec::new(), u64::MAX).unwrap().to_vec();
    let flow = tape("{a: 'x', b: [0x1, yé], c: hello, 'd': \"hello\"}");
    assert_eq!(tape("a: x # secret\nb:\n- 1\n- \"y\\u00e9\"\nc: &c hello\nd: *c\n"), flow);
    assert_eq!(read_tape(&flow), json!({"a": "x", "b": [1, "yé"], "c": "hello", "d": "hello"}));
    assert_eq!(flow.len(), 12 + 8 * 11 + "axb1yéchellodhello".len());
    assert_eq!(read("a: x\nb: [1, null, true]").root().scalar_bytes(), 4);
}

fn digest(json: &str) -> String {
    tree(json).root().digest().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn digests_are_those_of_canonical_json() {
    // From `printf '{"a":[1,true,null,"\\n"],"b":1.5e0}' | sha256sum`.
    let wanted = "af95e2a87ba16c29e728788dc629389a80b516705f1a34d85c5938843431a65b";
    assert_eq!(digest(r#"{"b":1.50,"a":[1.0,true,null,"\u000a"]}"#), wanted);
    assert_eq!(digest("{}"), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_eq!(digest(r#"{"b":1.50,"a":[1.0,true,null,"\u000a"]}"#), digest(r#"{"a":[10e-1,true,null,"\n"],"b":1.5}"#));
    assert_ne!(digest("[1,2]"), digest("[2,1]"));
    assert_ne!(digest("\"1\""), digest("1"));
    assert_ne!(digest("9007199254740993"), digest("9007199254740992"));
    assert_ne!(digest(r#"{"a":{"b":1},"c":2}"#), digest(r#"{"a":{"b":1,"c":2}}"#));
}

#[test]
fn a_node_within_is_written_alone() {
    let tree = tree(r#"{"a":{"b":[1,2,{"c":3}]},"d":4}"#);
    assert_eq!(tree.root().at("/a/b").map(Node::to_json).as_deref(), Some(r#"[1,2,{"c":3}]"#));
    let mut pretty = String::new();
    tree.root().at("/a/b/2").unwrap().write_json_pretty(&mut pretty);
    assert_eq!(pretty, "{\n  \"c\": 3\n}");
}
