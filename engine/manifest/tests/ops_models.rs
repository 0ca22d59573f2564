//! Patches and paths against the plainest reading of their RFCs, on random values: `serde_json` and recursion.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use sluice_manifest::{Node, Operation, Path, Span, Text, Tree};

fn tree(json: &Json) -> Tree {
    Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), &json.to_string()).unwrap()
}

/// Small values over few names, so that random pointers and paths often meet something.
fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![Just(json!(null)), (0..3).prop_map(Json::from), "[ab]".prop_map(Json::from)];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((name(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]", Just("a/b".to_owned()), Just("~".to_owned()), Just("0".to_owned())]
}

fn pointer() -> impl Strategy<Value = String> {
    let token = prop_oneof!["[abc]", "[0-3]", Just("-".to_owned()), Just("a~1b".to_owned()), Just("~0".to_owned())];
    proptest::collection::vec(token, 0..4).prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect())
}

fn operation() -> impl Strategy<Value = Operation> {
    (0..6, pointer(), pointer(), value()).prop_map(|(kind, pointer, from, value)| match kind {
        0 | 1 => Operation::Add { pointer, value: value.to_string() },
        2 => Operation::Replace { pointer, value: value.to_string() },
        3 => Operation::Remove { pointer },
        4 => Operation::Move { from, pointer },
        _ => Operation::Copy { from, pointer },
    })
}

/// RFC 6902, operation by operation, on `serde_json` values.
fn apply(document: &mut Json, operation: &Operation) -> Option<()> {
    match operation {
        Operation::Add { pointer, value } => add(document, pointer, serde_json::from_str(value).unwrap()),
        Operation::Replace { pointer, value } => {
            *document.pointer_mut(pointer)? = serde_json::from_str(value).unwrap();
            Some(())
        }
        Operation::Remove { pointer } => remove(document, pointer).map(|_| ()),
        Operation::Move { from, pointer } => {
            if pointer.starts_with(&format!("{from}/")) {
                return None;
            }
            if from == pointer {
                return document.pointer(from).map(|_| ());
            }
            let value = remove(document, from)?;
            add(document, pointer, value)
        }
        Operation::Copy { from, pointer } => {
            let value = document.pointer(from)?.clone();
            add(document, pointer, value)
        }
        Operation::Test { pointer, value } => {
            (*document.pointer(pointer)? == serde_json::from_str::<Json>(value).unwrap()).then_some(())
        }
    }
}

fn parent<'d, 'p>(document: &'d mut Json, pointer: &'p str) -> Option<(&'d mut Json, &'p str)> {
    let (parent, token) = pointer.rsplit_once('/')?;
    Some((document.pointer_mut(parent)?, token))
}

fn add(document: &mut Json, pointer: &str, value: Json) -> Option<()> {
    if pointer.is_empty() {
        *document = value;
        return Some(());
    }
    match parent(document, pointer)? {
        (Json::Object(members), token) => {
            members.insert(token.replace("~1", "/").replace("~0", "~"), value);
        }
        (Json::Array(items), "-") => items.push(value),
        (Json::Array(items), token) => {
            let index = token.parse().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Json, pointer: &str) -> Option<Json> {
    match parent(document, pointer)? {
        (Json::Object(members), token) => members.remove(&token.replace("~1", "/").replace("~0", "~")),
        (Json::Array(items), token) => {
            let index = token.parse().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

/// One selector or several in a bracket, and whether they descend.
type Segment = (bool, Vec<String>);

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let selector = prop_oneof![
        3 => "'[abc]'",
        1 => Just("'a/b'".to_owned()),
        2 => Just("*".to_owned()),
        2 => (-2..3).prop_map(|index: i32| index.to_string()),
    ];
    proptest::collection::vec((any::<bool>(), proptest::collection::vec(selector, 1..3)), 0..5)
}

/// The pointers that a path selects, by the definition of each segment: a set, so without order and repetition.
fn select(root: &Json, segments: &[Segment]) -> BTreeSet<String> {
    let mut nodes = BTreeSet::from([String::new()]);
    for (descends, selectors) in segments {
        let mut inputs = nodes.clone();
        if *descends {
            nodes.iter().for_each(|pointer| below(root, pointer, &mut inputs));
        }
        let children = inputs.iter().flat_map(|pointer| children(root, pointer));
        nodes = children
            .filter(|child| selectors.iter().any(|selector| child.is(selector)))
            .map(|child| child.pointer)
            .collect();
    }
    nodes
}

fn below(root: &Json, pointer: &str, found: &mut BTreeSet<String>) {
    for child in children(root, pointer) {
        below(root, &child.pointer, found);
        found.insert(child.pointer);
    }
}

struct Child {
    pointer: String,
    name: Option<String>,
    index: i64,
    length: i64,
}

impl Child {
    fn is(&self, selector: &str) -> bool {
        match (&self.name, selector.parse::<i64>()) {
            _ if selector == "*" => true,
            (Some(name), Err(_)) => format!("'{name}'") == selector,
            (None, Ok(index)) => index == self.index || index + self.length == self.index,
            (Some(_), Ok(_)) | (None, Err(_)) => false,
        }
    }
}

fn children(root: &Json, pointer: &str) -> Vec<Child> {
    let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match root.pointer(pointer).unwrap() {
        Json::Object(members) => {
            let child = |name: &String| Child {
                pointer: format!("{pointer}/{}", escape(name)),
                name: Some(name.clone()),
                index: 0,
                length: 0,
            };
            members.keys().map(child).collect()
        }
        Json::Array(items) => {
            let length = items.len() as i64;
            let child = |index| Child { pointer: format!("{pointer}/{index}"), name: None, index, length };
            (0..length).map(child).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    }
}

/// All pointers of a tree, in document order.
fn walk(node: Node<'_>, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    for (index, item) in node.items().enumerate() {
        walk(item, &format!("{pointer}/{index}"), found);
    }
    for (key, value) in node.entries() {
        let mut inner = pointer.to_owned();
        sluice_manifest::push_token(&mut inner, key.as_str().unwrap());
        walk(value, &inner, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn patches_do_what_the_rfc_says(document in value(), operations in proptest::collection::vec(operation(), 0..6)) {
        let mut model = document.clone();
        let failed = operations.iter().position(|operation| apply(&mut model, operation).is_none());
        let before = tree(&document);
        match (before.patched(&operations), failed) {
            (Ok(after), None) => {
                prop_assert_eq!(after.root().to_value(), model.clone());
                prop_assert_eq!(serde_json::from_str::<Json>(&after.root().to_json()).unwrap(), model);
            }
            (Err(error), Some(index)) => {
                let named = error.to_string().starts_with(&["operation ", &index.to_string(), " "].concat());
                prop_assert!(named, "{} at {}", error, index);
            }
            (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours.map(|tree| tree.root().to_json()), theirs),
        }
        prop_assert_eq!(before.root().to_value(), document);
    }

    #[test]
    fn paths_select_what_the_rfc_says(document in value(), segments in segments()) {
        let text: String = segments
            .iter()
            .map(|(descends, selectors)| format!("{}[{}]", if *descends { ".." } else { "" }, selectors.join(",")))
            .collect();
        let tree = tree(&document);
        let mut found = Vec::new();
        Path::parse(&format!("${text}")).unwrap().select(tree.root(), &mut |pointer, _| found.push(pointer.to_owned()));
        prop_assert_eq!(&found.iter().cloned().collect::<BTreeSet<_>>(), &select(&document, &segments), "{}", text);
        let mut order = Vec::new();
        walk(tree.root(), "", &mut order);
        let places: Vec<_> = found.iter().map(|pointer| order.iter().position(|other| other == pointer).unwrap()).collect();
        prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "document order, each once: {:?}", found);
    }

    #[test]
    fn any_text_is_a_path_or_is_refused(text in "[$.\\[\\]'\"*,0-9a-c:?@() \\\\u-]{0,16}", any in any::<String>()) {
        let _ = (Path::parse(&text), Path::parse(&any), Path::parse(&format!("${any}")));
    }
}
