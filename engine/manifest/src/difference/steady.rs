//! Pointers that stay when elements are put before the one they lead into: each element is named by what it is told apart by,
//! as where two objects are compared.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::keys;
use crate::pointer::{index, push_escaped, tokens};
use crate::{Node, Value, push_token};

/// Elements before one that are searched for others with its key. Where there are more, those that share a key share a name.
const SEARCHED: usize = 128;
/// Values of an element whose content is told. Where there are more, it is told by its place alone.
const MOST_VALUES: u32 = 1_000;
/// The token of an element with a key that stays. No token of RFC 6901 begins like this.
const KEYED: &str = "~=";
/// The token of an element that has none, or that stays itself when its key changes.
const LOOSE: &str = "~#";
/// What stands before its content, in short.
const CONTENT: &str = "~^";

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

/// A steady pointer in which elements without a key that stays are known by their places alone.
#[must_use]
pub fn by_place(steady: &str) -> Cow<'_, str> {
    if steady.contains(CONTENT) { Cow::Owned(by_content(steady, usize::MAX)) } else { Cow::Borrowed(steady) }
}

/// A steady pointer in which elements without a key that stays are known by what they hold, and not by their places, which move;
/// the first `placed` of them by their places all the same.
#[must_use]
pub fn by_content(steady: &str, placed: usize) -> String {
    let mut met = 0;
    let token = |token: &str| match token.split_once(CONTENT) {
        Some((place, content)) => {
            met += 1;
            if met <= placed { place.to_owned() } else { format!("{LOOSE}{content}") }
        }
        None => token.to_owned(),
    };
    steady.split('/').map(token).collect::<Vec<_>>().join("/")
}

/// The steady pointers to what a place is a member of, nearest first, as far as no element of an array lies between.
pub fn holders(steady: &str) -> impl Iterator<Item = &str> {
    let is_member =
        |token: &str| !token.starts_with(KEYED) && !token.starts_with(LOOSE) && token.parse::<u32>().is_err();
    std::iter::successors(Some(steady), move |steady| {
        let (holder, token) = steady.rsplit_once('/')?;
        is_member(token).then_some(holder)
    })
    .skip(1)
}

fn push_element(out: &mut String, name: &str, array: Node<'_>, index: usize) {
    let Value::Array(elements) = array.value() else { return };
    let key = |element: Node<'_>| keys::of_element(name, element);
    let element = elements.clone().nth(index);
    let Some(own) = element.and_then(key) else {
        push_token_of(out, LOOSE, &index.to_string());
        return push_content(out, element);
    };
    // A port that got another number is still that port.
    if name == "ports" {
        push_token_of(out, LOOSE, &own);
        push_content(out, element);
    } else {
        push_token_of(out, KEYED, &own);
    }
    let before = elements.take(if index <= SEARCHED { index } else { 0 });
    let before = before.filter(|element| key(*element).as_ref() == Some(&own)).count();
    if before > 0 {
        push_token(out, &before.to_string());
    }
}

fn push_content(out: &mut String, element: Option<Node<'_>>) {
    let Some(element) = element.filter(|node| node.tree.after(node.index) - node.index <= MOST_VALUES) else { return };
    let mut hasher = DefaultHasher::new();
    element.to_json().hash(&mut hasher);
    out.push_str(&format!("{CONTENT}{:016x}", hasher.finish()));
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
        let whole = |pointer: &str| steady_pointer(tree.root(), pointer).unwrap_or_default();
        let steady = |pointer: &str| by_place(&whole(pointer)).into_owned();
        assert_eq!(steady("/spec/containers/0/image"), "/spec/containers/~=a~1b/image");
        assert_eq!(steady("/spec/containers/1/args/1"), "/spec/containers/~=web/args/~#1");
        assert_eq!(steady("/spec/containers/1/ports/0"), "/spec/containers/~=web/ports/~#80~1TCP");
        assert_eq!(steady("/spec/containers/2"), "/spec/containers/~=web/1");
        assert_eq!(steady("/spec/containers/7/image"), "/spec/containers/~#7/image");
        assert_eq!([steady("/data/0"), steady("/none/0"), steady("")], ["", "", ""].map(String::from));
    }

    #[test]
    fn what_holds_a_place_ends_at_an_element() {
        let of = |steady| holders(steady).collect::<Vec<_>>();
        assert_eq!(
            of("/spec/containers/~=web/security/run"),
            ["/spec/containers/~=web/security", "/spec/containers/~=web"]
        );
        assert_eq!(of("/spec/a"), ["/spec", ""]);
        assert_eq!([of("/spec/rules/~#0"), of("/spec/args/3"), of("")], [Vec::<&str>::new(), Vec::new(), Vec::new()]);
    }

    #[test]
    fn elements_without_a_key_are_known_by_what_they_hold() {
        let tree = |json: &str| Tree::from_json(Arc::new(Text::new("a.yaml", "")), Span::default(), json).unwrap();
        let one = tree(r#"{"rules":[{"on":"pods","verbs":["get","*"]}]}"#);
        let other = tree(r#"{"rules":[{"on":"nodes","verbs":["*"]},{"on":"pods","verbs":["get","*"]}]}"#);
        let [was, moved, changed] =
            [(&one, "/rules/0/verbs/1"), (&other, "/rules/1/verbs/1"), (&other, "/rules/0/verbs/0")]
                .map(|(tree, pointer)| steady_pointer(tree.root(), pointer).unwrap());
        assert_eq!(by_content(&was, 0), by_content(&moved, 0));
        assert_ne!(by_content(&was, 0), by_content(&changed, 0));
        assert_eq!(by_content(&was, 1), by_content(&changed, 1));
        assert_ne!(by_place(&was), by_place(&changed));
    }
}
