//! Paths: the examples of RFC 9535 that need no filters and slices, the order, the refusals, and the cost.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use sluice_manifest::{Path, Span, Text, Tree};

fn tree(json: &str) -> Tree {
    Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), json).unwrap()
}

/// What a path selects, as `pointer=value`.
fn select(json: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tree = tree(json);
    let path = Path::parse(path).unwrap();
    path.select(tree.root(), &mut |pointer, node| {
        assert!(tree.root().at(pointer).unwrap() == node, "the pointer `{pointer}` leads to the value");
        found.push(format!("{pointer}={}", node.to_json()));
    });
    found
}

const STORE: &str = r#"{"store":{"book":[
    {"category":"reference","author":"Nigel Rees","price":8.95},
    {"category":"fiction","author":"Evelyn Waugh","price":12.99},
    {"category":"fiction","author":"Herman Melville","isbn":"0-553-21311-3","price":8.99}],
    "bicycle":{"color":"red","price":399}}}"#;

#[test]
fn selects_from_the_store_of_the_rfc() {
    let cases: [(&str, &[&str]); 8] = [
        (
            "$.store.book[*].author",
            &[
                "/store/book/0/author=\"Nigel Rees\"",
                "/store/book/1/author=\"Evelyn Waugh\"",
                "/store/book/2/author=\"Herman Melville\"",
            ],
        ),
        (
            "$..author",
            &[
                "/store/book/0/author=\"Nigel Rees\"",
                "/store/book/1/author=\"Evelyn Waugh\"",
                "/store/book/2/author=\"Herman Melville\"",
            ],
        ),
        (
            "$.store..price",
            &[
                "/store/book/0/price=8.95",
                "/store/book/1/price=12.99",
                "/store/book/2/price=8.99",
                "/store/bicycle/price=399",
            ],
        ),
        ("$..book[2].author", &["/store/book/2/author=\"Herman Melville\""]),
        ("$..book[2].publisher", &[]),
        ("$..book[-1].isbn", &["/store/book/2/isbn=\"0-553-21311-3\""]),
        ("$..book[0,1].price", &["/store/book/0/price=8.95", "/store/book/1/price=12.99"]),
        ("$.store.bicycle.*", &["/store/bicycle/color=\"red\"", "/store/bicycle/price=399"]),
    ];
    for (path, wanted) in cases {
        assert_eq!(select(STORE, path), wanted, "{path}");
    }
    assert_eq!(select(STORE, "$..*").len(), 18);
    assert_eq!(select(STORE, "$").len(), 1);
}

#[test]
fn selects_what_each_section_of_the_rfc_shows() {
    // 2.3.1 names
    let names = r#"{"o":{"j j":{"k.k":3}},"'":{"@":2}}"#;
    assert_eq!(select(names, "$.o['j j']"), [r#"/o/j j={"k.k":3}"#]);
    assert_eq!(select(names, "$.o['j j']['k.k']"), ["/o/j j/k.k=3"]);
    assert_eq!(select(names, r#"$.o["j j"]["k.k"]"#), ["/o/j j/k.k=3"]);
    assert_eq!(select(names, r#"$["'"]["@"]"#), ["/'/@=2"]);
    assert_eq!(select(names, r#"$['\'']['@']"#), ["/'/@=2"]);
    // 2.3.2 wildcards
    let wild = r#"{"o":{"j":1,"k":2},"a":[5,3]}"#;
    assert_eq!(select(wild, "$[*]"), [r#"/o={"j":1,"k":2}"#, "/a=[5,3]"]);
    assert_eq!(select(wild, "$.o[*]"), ["/o/j=1", "/o/k=2"]);
    assert_eq!(select(wild, "$.a[*]"), ["/a/0=5", "/a/1=3"]);
    // 2.3.3 indexes
    assert_eq!(select(r#"["a","b"]"#, "$[1]"), ["/1=\"b\""]);
    assert_eq!(select(r#"["a","b"]"#, "$[-2]"), ["/0=\"a\""]);
    assert_eq!(select(r#"["a","b"]"#, "$[-3]"), [""; 0]);
    assert_eq!(select(r#"{"0":1}"#, "$[0]"), [""; 0]);
    assert_eq!(select(r#"[1]"#, "$['0']"), [""; 0]);
    // 2.5.2 descendants
    let deep = r#"{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}"#;
    assert_eq!(select(deep, "$..j"), ["/o/j=1", "/a/2/0/j=4"]);
    assert_eq!(select(deep, "$..[0]"), ["/a/0=5", r#"/a/2/0={"j":4}"#]);
    assert_eq!(select(deep, "$..*").len(), 11);
    assert_eq!(select(deep, "$..o"), [r#"/o={"j":1,"k":2}"#]);
    assert_eq!(select(deep, "$.a..[0,1]"), ["/a/0=5", "/a/1=3", r#"/a/2/0={"j":4}"#, r#"/a/2/1={"k":6}"#]);
    // 2.6 null
    let null = r#"{"a":null,"b":[null],"c":[{}],"null":1}"#;
    assert_eq!(select(null, "$.a"), ["/a=null"]);
    assert_eq!(select(null, "$.a[0]"), [""; 0]);
    assert_eq!(select(null, "$.b[*]"), ["/b/0=null"]);
    assert_eq!(select(null, "$.null"), ["/null=1"]);
}

#[test]
fn gives_values_in_document_order_and_once() {
    let json = r#"{"a":1,"b":{"a":2,"b":{"a":3}}}"#;
    assert_eq!(select(json, "$['b','a','a'].a"), ["/b/a=2"]);
    assert_eq!(select(json, "$['b','a','b']"), ["/a=1", r#"/b={"a":2,"b":{"a":3}}"#]);
    assert_eq!(
        select(json, "$..['b','a']"),
        ["/a=1", r#"/b={"a":2,"b":{"a":3}}"#, "/b/a=2", r#"/b/b={"a":3}"#, "/b/b/a=3"]
    );
    assert_eq!(select(json, "$..b..a"), ["/b/a=2", "/b/b/a=3"]);
    assert_eq!(select("[[1,2],[3]]", "$[1,0,-1][*]"), ["/0/0=1", "/0/1=2", "/1/0=3"]);
}

#[test]
fn pointers_are_escaped() {
    assert_eq!(select(r#"{"a/b":{"m~n":[0,1,2,3,4,5,6,7,8,9,[7]]}}"#, "$..[10][0]"), ["/a~1b/m~0n/10/0=7"]);
}

#[test]
fn reads_space_quotes_and_escapes_as_the_rfc_allows() {
    let json = r#"{"a b":{"☺":{"x\ty":[[1]]}}}"#;
    let path = "$ [ 'a b' ]\n.☺ [\"x\\u0009y\" ,\t0] [ 0 ] [0]";
    assert_eq!(select(json, path), ["/a b/☺/x\ty/0/0=1"]);
    assert_eq!(select(r#"{"😀":1,"/":2,"\\":3,"\"":4}"#, r#"$["\uD83D\uDE00",'\/',"\\","\""]"#).len(), 4);
}

#[test]
fn refuses_what_it_does_not_understand() {
    let cases = [
        ("", "a path starts with `$`, at character 1"),
        ("spec", "a path starts with `$`, at character 1"),
        (" $", "a path starts with `$`, at character 1"),
        ("$ ", "a path does not end with space, at character 2"),
        ("$.a[?@.b]", "filters (`?`) are not understood, at character 5"),
        ("$[?(@.b)]", "filters (`?`) are not understood, at character 3"),
        ("$[1:2]", "slices (`[1:2]`) are not understood, at character 4"),
        ("$[:2]", "slices (`[1:2]`) are not understood, at character 3"),
        ("$.length()", "functions are not understood, at character 9"),
        ("$[(@.length-1)]", "scripts (`(…)`) are not understood, at character 3"),
        ("$.a-b", "a name with `-` is written in brackets: `['a-b']`, at character 4"),
        ("$.a b", "expected `.`, `..` or `[`, at character 5"),
        ("$. a", "no space may follow a `.`, at character 3"),
        ("$.", "expected a name or `*`, at character 3"),
        ("$..", "expected a name or `*`, at character 4"),
        ("$...a", "expected a name, `*` or `[` after `..`, at character 4"),
        ("$.1", "a name that starts with a digit is written in brackets: `['0']`, at character 3"),
        ("$[a]", "a name in brackets stands in quotes: `['name']`, at character 3"),
        ("$[]", "expected a name in quotes, an index or `*`, at character 3"),
        ("$['a'", "expected `,` or `]`, at character 6"),
        ("$['a", "the quote is not closed, at character 3"),
        ("$['a',]", "expected a name in quotes, an index or `*`, at character 7"),
        ("$[01]", "expected an index without leading zeros, from -(2^53-1) to 2^53-1, at character 3"),
        ("$[-0]", "expected an index without leading zeros, from -(2^53-1) to 2^53-1, at character 3"),
        ("$[-]", "expected an index without leading zeros, from -(2^53-1) to 2^53-1, at character 3"),
        ("$[9007199254740992]", "expected an index without leading zeros, from -(2^53-1) to 2^53-1, at character 3"),
        ("$['\\x']", "unknown escape, at character 4"),
        ("$['\\\"']", "unknown escape, at character 4"),
        ("$['\\ud800']", "the `\\u` escape is no character, at character 4"),
        ("$['\t']", "a control character in a name is written as an escape, at character 4"),
        ("$$", "expected `.`, `..` or `[`, at character 2"),
        ("$.é.☺[", "expected a name in quotes, an index or `*`, at character 7"),
    ];
    for (path, wanted) in cases {
        let error = Path::parse(path).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "`{path}` gave: {error}");
    }
    assert!(Path::parse(&format!("${}", ".a".repeat(63))).is_ok());
    let error = Path::parse(&format!("${}", ".a".repeat(64))).unwrap_err().to_string();
    assert!(error.starts_with("a path has at most 63 segments"), "{error}");
}

#[test]
fn refuses_paths_that_cost_too_much() {
    let wide = |count: usize| format!("$..[{}]", vec!["0"; count].join(","));
    assert!(Path::parse(&wide(256)).is_ok());
    let error = Path::parse(&wide(257)).unwrap_err().to_string();
    assert!(error.starts_with("a path has at most 256 selectors, at character 517"), "{error}");
    let spread = format!("${}", "['a','b','c','d','e']".repeat(52));
    assert!(Path::parse(&spread).unwrap_err().to_string().starts_with("a path has at most 256 selectors"));
    assert!(Path::parse(&format!("$.{}", "x".repeat(4_094))).is_ok());
    let error = Path::parse(&format!("$.{}", "x".repeat(4_095))).unwrap_err().to_string();
    assert!(error.starts_with("a path has at most 4096 bytes, at character 1 "), "{error}");
}

#[test]
fn a_walk_ends_where_it_is_told_to() {
    let tree = tree(&format!("[{}0]", "0,".repeat(100_000)));
    let walk = |path: &str, most_looks: u32, most_found: u32| {
        let (mut looks, mut found) = (0, 0);
        let is_whole = Path::parse(path).unwrap().select_while(
            tree.root(),
            &mut || {
                looks += 1;
                looks < most_looks
            },
            &mut |_, _| {
                found += 1;
                found < most_found
            },
        );
        (is_whole, looks, found)
    };
    let (is_whole, looks, found) = walk("$..none", u32::MAX, u32::MAX);
    assert!(is_whole && looks > 100 && found == 0, "{looks}");
    assert_eq!(walk("$..none", 3, u32::MAX), (false, 3, 0));
    assert_eq!(walk("$[*]", u32::MAX, 5), (false, 0, 5));
    assert_eq!(walk("$", u32::MAX, 1), (false, 0, 1));
}

#[test]
fn errors_stay_on_one_short_line() {
    let error = Path::parse(&format!("$.a\n\n?{}", "x".repeat(100_000))).unwrap_err().to_string();
    assert!(error.len() < 300 && !error.contains('\n'), "{error}");
}

/// A naive walk would visit each value once for each way that the path leads to it: more than 10^30 of them here.
#[test]
fn many_descents_cost_no_more_than_one() {
    let depth = 900;
    let json = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let found = select_count(&json, &format!("${}", "..*".repeat(40)));
    assert_eq!(found, depth - 39);
    let wide = format!("[{}1]", "[1,[2]],".repeat(50_000));
    assert_eq!(select_count(&wide, "$..*..*"), 50_000 * 3);
}

fn select_count(json: &str, path: &str) -> usize {
    let mut count = 0;
    Path::parse(path).unwrap().select(tree(json).root(), &mut |_, _| count += 1);
    count
}

#[test]
fn bears_the_deepest_nesting() {
    let json = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(select_count(&json, "$..*"), 999);
}
