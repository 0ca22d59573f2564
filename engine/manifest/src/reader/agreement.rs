//! The two ways to read a document, set against each other: the fast one gives the tree of the complete one, spans
//! included, or gives up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::{Limits, complete, fast, split};
use crate::{Node, Span, Text, Tree, Value};

/// What the fast way did with a document.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Read,
    GaveUp,
}

/// Reads each document of a text both ways and demands the same of both; tells of the last one that is not empty.
fn check(content: &str) -> Outcome {
    let text = Arc::new(Text::new("case.yaml", content));
    let mut outcome = Outcome::GaveUp;
    let mut at = 0;
    while at < content.len() {
        let (piece, next) = split::yaml_piece(content, at);
        if piece.kind == split::Form::Yaml {
            outcome = check_piece(&text, piece.span);
        }
        at = next;
    }
    outcome
}

fn check_piece(text: &Arc<Text>, span: Span) -> Outcome {
    let content = text.slice(span);
    let limits = Limits::default();
    let Some(fast) = fast::read(text, span, &limits, &mut fast::Scratch::default()) else { return Outcome::GaveUp };
    let reading = match complete::read(text, span, &limits) {
        Ok(reading) => reading,
        Err(problem) => panic!("only the fast way reads this: {problem:?}\n{content}"),
    };
    assert!(reading.duplicates.is_empty() && reading.rest.is_none(), "the fast way is silent on this:\n{content}");
    same(&fast, &reading.tree.unwrap(), content);
    Outcome::Read
}

fn same(fast: &Tree, complete: &Tree, content: &str) {
    assert_eq!(flat(fast.root()), flat(complete.root()), "the two ways differ on:\n{content}");
}

/// Every node with its span, in order.
fn flat(node: Node<'_>) -> Vec<(Span, String)> {
    let mut out = Vec::new();
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        let what = match node.value() {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(text) => format!("number {text}"),
            Value::String(text) => format!("string {text}"),
            Value::Array(items) => {
                waiting.extend(items.clone());
                format!("array {}", items.len())
            }
            Value::Object(entries) => {
                waiting.extend(entries.clone().flat_map(|(key, value)| [key, value]));
                format!("object {}", entries.len())
            }
        };
        out.push((node.span(), what));
    }
    out
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the third-party data is missing: {}", folder.display());
    eprintln!("left out: there is no third-party data at {}", folder.display());
    None
}

/// All manifests of the corpus, cut at separators.
fn manifests() -> Vec<String> {
    let Some(folder) = corpus() else { return Vec::new() };
    let mut waiting = vec![folder.join("manifests")];
    let mut documents = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            let content = std::fs::read_to_string(&path).unwrap();
            documents.extend(content.split("\n---\n").map(|document| format!("{document}\n")));
        }
    }
    documents.sort();
    documents
}

fn suite() -> Vec<String> {
    let Some(folder) = corpus() else { return Vec::new() };
    let cases = std::fs::read_to_string(folder.join("yaml/cases.jsonl")).unwrap();
    let cases = cases.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    cases.map(|case| case["yaml"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_fast_way_does_nearly_all_of_the_corpus() {
    let documents = manifests();
    if documents.is_empty() {
        return;
    }
    let read = documents.iter().filter(|document| check(document) == Outcome::Read).count();
    eprintln!("the fast way read {read} of {} documents", documents.len());
    assert!(read * 100 >= documents.len() * 90, "only {read} of {}", documents.len());
}

#[test]
fn both_ways_agree_on_the_yaml_suite() {
    for case in suite() {
        check(&case);
    }
}

const SEEDS: [&str; 6] = [
    "a: 0644\nb: yes\nc: [1, 2, {x: z}]\nd:\n- 1\n- two: 2\n  three: [a, b]\n-\n  - x\n",
    "k: |\n  a\n   b\n\n  c\nl: >-\n  a\n  b\n\n    c\n  d\nm: |+\n  e\n\n\nz: end\n",
    "{\"a\": [1, 2.50, 1e3, \"\\u00e9\"], \"b\": {\"c\": null},\n \"d\": {}}\n",
    "text: one\n  two\n\n  three # end\nquoted: \"a \\n\n  b\n\n  c\"\nsingle: 'it''s\n  here'\n",
    "- - a\n  - b: c\n    d: e\n- 'it''s'\n- \"x\\ty\"\n- 0x1F\n- 1_000\n- .5\n- -0.0\n- 1e21\n- ~\n- \n",
    "# comment\n---\n# more\nkey : value # here\n\"other key\":   'x'\nempty:\nlist:\n  # in between\n  - a\n\n  - b\n",
];

const PARTS: [&str; 50] = [
    ": ", "- ", "? ", "\n", "  ", "\n  ", "\t", "'", "\"", "[", "]", "{", "}", ",", "#", " #", "|", "|-\n", ">\n",
    "|+\n", "&a ", "*a", "!!str ", "<<: *a\n", "0", "1", "~", "null", "yes", "é", "\u{2028}", "\u{85}", "\r\n", "\r",
    "...", "---", "%", "@", "`", "\\", "\\n", "\\\n", ":", "-", "a: b\n", "k:\n", "1.5", "\u{feff}", "    ", "\n\n",
];

#[derive(Clone, Debug)]
enum Change {
    Insert(prop::sample::Index, usize),
    Remove(prop::sample::Index, usize),
    Replace(prop::sample::Index, usize),
    DropLine(prop::sample::Index),
    RepeatLine(prop::sample::Index, prop::sample::Index),
    Indent(prop::sample::Index, usize),
    Outdent(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 0..PARTS.len()).prop_map(|(at, part)| Change::Insert(at, part)),
        (index(), 1..4_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (index(), 0..PARTS.len()).prop_map(|(at, part)| Change::Replace(at, part)),
        index().prop_map(Change::DropLine),
        (index(), index()).prop_map(|(from, to)| Change::RepeatLine(from, to)),
        (index(), 1..5_usize).prop_map(|(at, width)| Change::Indent(at, width)),
        (index(), 1..5_usize).prop_map(|(at, width)| Change::Outdent(at, width)),
    ]
}

fn apply(content: &str, change: &Change) -> String {
    let mut characters: Vec<char> = content.chars().collect();
    let mut lines: Vec<String> = content.split('\n').map(str::to_owned).collect();
    match change {
        Change::Insert(at, part) => {
            let at = at.index(characters.len() + 1);
            characters.splice(at..at, PARTS[*part].chars());
        }
        Change::Remove(at, count) => {
            let at = at.index(characters.len() + 1);
            characters.drain(at..characters.len().min(at + count));
        }
        Change::Replace(at, part) => {
            let at = at.index(characters.len() + 1);
            characters.splice(at..characters.len().min(at + 1), PARTS[*part].chars());
        }
        Change::DropLine(at) => {
            lines.remove(at.index(lines.len()));
            return lines.join("\n");
        }
        Change::RepeatLine(from, to) => {
            let line = lines[from.index(lines.len())].clone();
            lines.insert(to.index(lines.len() + 1), line);
            return lines.join("\n");
        }
        Change::Indent(at, width) => {
            let at = at.index(lines.len());
            lines[at] = format!("{}{}", " ".repeat(*width), lines[at]);
            return lines.join("\n");
        }
        Change::Outdent(at, width) => {
            let at = at.index(lines.len());
            let blanks = lines[at].len() - lines[at].trim_start_matches(' ').len();
            lines[at].drain(..blanks.min(*width));
            return lines.join("\n");
        }
    }
    characters.into_iter().collect()
}

/// The pieces that mutation starts from: small documents of every kind.
fn seeds() -> Vec<String> {
    let mut seeds: Vec<String> = SEEDS.iter().map(|seed| (*seed).to_owned()).collect();
    seeds.extend(suite());
    seeds.extend(manifests().into_iter().filter(|document| document.len() < 3_000));
    seeds
}

#[test]
fn both_ways_agree_on_mutations() {
    let seeds = seeds();
    let changes = prop::collection::vec(change(), 1..5);
    let strategy = (any::<prop::sample::Index>(), changes);
    // `SLUICE_CASES` runs more of them.
    let cases = std::env::var("SLUICE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&strategy, |(seed, changes)| {
        let seed = seeds[seed.index(seeds.len())].clone();
        check(&changes.iter().fold(seed, |content, change| apply(&content, change)));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn changed_documents_are_still_read_the_fast_way() {
    // The test above would prove nothing if every change made the fast way give up.
    for seed in SEEDS {
        assert_eq!(check(seed), Outcome::Read, "{seed}");
    }
}

#[test]
fn a_key_far_from_its_colon_is_no_matter_of_the_fast_way() {
    for (blanks, outcome) in [(900, Outcome::Read), (1_020, Outcome::GaveUp), (1_100, Outcome::GaveUp)] {
        for key in ["a", "\"a\"", "- a"] {
            assert_eq!(check(&format!("{key}{}: b\n", " ".repeat(blanks))), outcome, "{key} and {blanks} blanks");
        }
    }
}
