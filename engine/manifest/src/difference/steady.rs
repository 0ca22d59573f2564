//! Pointers that stay when elements are put before the one they lead into: each element is named by what it is told apart by,
//! as where two objects are compared.

use super::keys;
use crate::pointer::{index, push_escaped, tokens};
use crate::{Node, Value, push_token};

/// Elements before one that are searched for others with its key. Where there are more, those that share a key share a name.
const SEARCHED: usize = 1_000;
/// The token of an element with a key that stays. No token of RFC 6901 begins like this.
const KEYED: &str = "~=";
/// The token of an element that has none, or that stays itself when its key changes.
const LOOSE: &str = "~#";

/// A pointer with the elements of arrays by their keys, or their places where they have none; none where it leads into no
/// array. Names that the value does not have stand as they are.
#[must_use]
pub fn steady_pointer(root: Node<'_>, pointer: &str) -> Option<String> {
    let mut steady = String::with_capacity(pointer.len());
    let (mut at, mut name, mut found) = (Some(root), "", false);
    for token in tokens(pointer)? {
        let element = at.filter(|node| matches!(node.value(), Value::Array(_))).zip(index(token));
        if let Some((array, index)) = element {
            push_element(&mut steady, name, array, index);
            found = true;
        } else {
            steady.push('/');
            steady.push_str(token);
            name = token;
        }
        at = at.and_then(|node| node.at(&format!("/{token}")));
    }
    found.then_some(steady)
}

/// The same for every element of an array that has no key which stays.
#[must_use]
pub fn loosened(steady: &str) -> String {
    let tokens = steady.split('/').map(|token| if token.starts_with(LOOSE) { LOOSE } else { token });
    tokens.collect::<Vec<_>>().join("/")
}

fn push_element(out: &mut String, name: &str, array: Node<'_>, index: usize) {
    let Value::Array(elements) = array.value() else { return };
    let key = |element: Node<'_>| keys::of_element(name, element);
    let Some(own) = elements.clone().nth(index).and_then(key) else {
        return push_token_of(out, LOOSE, &index.to_string());
    };
    // A port that got another number is still that port.
    push_token_of(out, if name == "ports" { LOOSE } else { KEYED }, &own);
    let before = elements.take(if index <= SEARCHED { index } else { 0 });
    let before = before.filter(|element| key(*element).as_ref() == Some(&own)).count();
    if before > 0 {
        push_token(out, &before.to_string());
    }
}

fn push_token_of(out: &mut String, mark: &str, key: &str) {
    out.push('/');
    out.push_str(mark);
    push_escaped(out, key);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Span, Text, Tree};

    #[test]
    fn elements_are_named_by_their_keys() {
        let json = r#"{"spec":{"containers":[{"name":"a/b"},{"name":"web","ports":[{"containerPort":80}],"args":["x","y"]},
            {"name":"web"}]},"data":{"0":"x"}}"#;
        let tree = Tree::from_json(Arc::new(Text::new("a.yaml", "")), Span::default(), json).unwrap();
        let steady = |pointer: &str| steady_pointer(tree.root(), pointer).unwrap_or_default();
        assert_eq!(steady("/spec/containers/0/image"), "/spec/containers/~=a~1b/image");
        assert_eq!(steady("/spec/containers/1/args/1"), "/spec/containers/~=web/args/~#1");
        assert_eq!(steady("/spec/containers/1/ports/0"), "/spec/containers/~=web/ports/~#80~1TCP");
        assert_eq!(steady("/spec/containers/2"), "/spec/containers/~=web/1");
        assert_eq!(steady("/spec/containers/7/image"), "/spec/containers/~#7/image");
        assert_eq!([steady("/data/0"), steady("/none/0"), steady("")], ["", "", ""].map(String::from));
        assert_eq!(loosened(&steady("/spec/containers/1/args/1")), "/spec/containers/~=web/args/~#");
    }
}
