//! JSON Pointer (RFC 6901): from a pointer to a value, and from a pointer to the bytes that a person should be shown.
//!
//! It refuses to guess: a pointer that RFC 6901 does not allow (no leading `/`, a `~` that is neither `~0` nor `~1`, an
//! index with leading zeros) resolves to nothing.

use std::borrow::Cow;

use crate::tree::{ARRAY, LENGTH, OBJECT, TAG};
use crate::{Node, Span, Tree, Value};

/// What to show for a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The bytes in the source.
    pub span: Span,
    /// Whether the value that the pointer names stands there: not where the pointer resolves to an ancestor only, nor
    /// where a patch wrote the value.
    pub exact: bool,
}

/// Appends `/` and a name, with `~` and `/` escaped.
pub fn push_token(out: &mut String, token: &str) {
    out.push('/');
    push_escaped(out, token);
}

/// Appends a name, with `~` and `/` escaped.
pub(crate) fn push_escaped(out: &mut String, token: &str) {
    if !token.bytes().any(|byte| byte == b'~' || byte == b'/') {
        out.push_str(token);
        return;
    }
    for c in token.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            other => out.push(other),
        }
    }
}

/// The names in a pointer, still escaped; none where it neither is empty nor starts with `/`.
pub(crate) fn tokens(pointer: &str) -> Option<impl Iterator<Item = &str>> {
    let mut parts = pointer.split('/');
    parts.next().filter(|first| first.is_empty())?;
    Some(parts)
}

/// The name that a token stands for; none where it holds a `~` that escapes nothing.
pub(crate) fn unescape(token: &str) -> Option<Cow<'_, str>> {
    let Some(first) = token.find('~') else {
        return Some(Cow::Borrowed(token));
    };
    let mut name = String::with_capacity(token.len());
    let (plain, mut rest) = token.split_at(first);
    name.push_str(plain);
    while let Some(at) = rest.find('~') {
        let (plain, escaped) = rest.split_at(at);
        name.push_str(plain);
        if let Some(after) = escaped.strip_prefix("~0") {
            name.push('~');
            rest = after;
        } else {
            rest = escaped.strip_prefix("~1")?;
            name.push('/');
        }
    }
    name.push_str(rest);
    Some(Cow::Owned(name))
}

/// The index that a token stands for: digits without leading zeros.
pub(crate) fn index(token: &str) -> Option<usize> {
    let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let padded = token.len() > 1 && token.starts_with('0');
    if digits && !padded { token.parse().ok() } else { None }
}

/// A child, with the key that names it where its parent is an object.
#[derive(Clone, Copy)]
struct Step<'t> {
    key: Option<Node<'t>>,
    value: Node<'t>,
}

fn step<'t>(parent: Node<'t>, token: &str) -> Option<Step<'t>> {
    match parent.value() {
        Value::Object(_) => {
            let key = parent.tree.member(parent.index, &unescape(token)?)?;
            let node = |index| Node { tree: parent.tree, index };
            Some(Step { key: Some(node(key)), value: node(key + 1) })
        }
        Value::Array(mut items) => items.nth(index(token)?).map(|value| Step { key: None, value }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The child that a token names.
pub(crate) fn child<'t>(parent: Node<'t>, token: &str) -> Option<Node<'t>> {
    step(parent, token).map(|step| step.value)
}

impl<'t> Node<'t> {
    /// The value at an RFC 6901 pointer that starts at this node; none where it names nothing.
    #[must_use]
    pub fn at(self, pointer: &str) -> Option<Node<'t>> {
        tokens(pointer)?.try_fold(self, child)
    }

    /// Whether a patch wrote this value: it does not stand in the source, and its span is the nearest that does.
    #[must_use]
    pub fn is_written(self) -> bool {
        let ranges = &self.tree.written;
        let after = ranges.partition_point(|(start, _)| *start <= self.index);
        let range = after.checked_sub(1).and_then(|at| ranges.get(at));
        range.is_some_and(|(_, end)| self.index < *end)
    }

    fn is_collection(self) -> bool {
        matches!(self.tree.raw(self.index).head & TAG, ARRAY | OBJECT)
    }
}

impl Tree {
    /// The key of the member with a name; none where `object` is none.
    pub(crate) fn member(&self, object: u32, name: &str) -> Option<u32> {
        let raw = self.raw(object);
        let members = if raw.head & TAG == OBJECT { raw.head >> LENGTH } else { 0 };
        let mut key = object + 1;
        for _ in 0..members {
            let raw = self.raw(key);
            if (raw.head >> LENGTH) as usize == name.len() && self.text_of(raw) == name {
                return Some(key);
            }
            key = self.after(key + 1);
        }
        None
    }

    /// The bytes to show a person for a pointer. A scalar: its value. An object or an array: the key that names it; for
    /// an element of an array its first key, or else its first line; for the root its first key. Where the pointer
    /// resolves to nothing: the same for the nearest ancestor that exists, and not `exact`.
    ///
    /// None for text that is no pointer at all (it neither is empty nor starts with `/`).
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Located> {
        let mut found = Step { key: None, value: self.root() };
        let mut exact = true;
        for token in tokens(pointer)? {
            let Some(next) = step(found.value, token) else {
                exact = false;
                break;
            };
            found = next;
        }
        Some(Located { span: self.shown(found), exact: exact && !found.value.is_written() })
    }

    /// The span of the key that names the value at a pointer; none where it has no key (the root, an element of an
    /// array) or nothing is there.
    #[must_use]
    pub fn key_span(&self, pointer: &str) -> Option<Span> {
        let (parent, token) = pointer.rsplit_once('/')?;
        step(self.root().at(parent)?, token)?.key.map(Node::span)
    }

    fn shown(&self, step: Step<'_>) -> Span {
        let span = step.value.span();
        if !step.value.is_collection() && span.start < span.end {
            return span;
        }
        if let Some(key) = step.key {
            return key.span();
        }
        match step.value.entries().next() {
            Some((key, _)) => key.span(),
            None => self.first_line(span),
        }
    }

    /// The beginning of a span, up to the end of its first line.
    pub(crate) fn first_line(&self, span: Span) -> Span {
        let line = self.text.slice(span).lines().next().unwrap_or_default();
        Span { start: span.start, end: span.start + line.len() as u32 }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Text;

    fn tree(json: &str) -> Tree {
        Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), json).unwrap()
    }

    fn at(json: &str, pointer: &str) -> Option<String> {
        tree(json).root().at(pointer).map(Node::to_json)
    }

    #[test]
    fn resolves_the_examples_of_the_rfc() {
        let json = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        let wanted = [
            ("", json),
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ];
        for (pointer, value) in wanted {
            assert_eq!(at(json, pointer).as_deref(), Some(value), "{pointer}");
        }
    }

    #[test]
    fn resolves_nothing_where_the_pointer_is_wrong() {
        let json = r#"{"a":[1,2,3],"~":{"x":1},"b":null}"#;
        let wrong = [
            "a",
            "a/0",
            "/a/00",
            "/a/01",
            "/a/-",
            "/a/-1",
            "/a/+1",
            "/a/3",
            "/a/",
            "/a/1e0",
            "/~",
            "/~2",
            "/~0~",
            "/c",
            "/b/x",
            "/a/0/x",
            "/a/99999999999999999999999",
            " /a",
            "/a/١",
        ];
        for pointer in wrong {
            assert_eq!(at(json, pointer), None, "{pointer}");
        }
        assert_eq!(at(json, "/~0/x").as_deref(), Some("1"));
    }

    #[test]
    fn escapes_what_it_pushes() {
        let mut pointer = String::new();
        for token in ["a", "app.kubernetes.io/name", "m~n", "", "~1"] {
            push_token(&mut pointer, token);
        }
        assert_eq!(pointer, "/a/app.kubernetes.io~1name/m~0n//~01");
    }

    #[test]
    fn unescapes_once() {
        assert_eq!(unescape("~01").as_deref(), Some("~1"));
        assert_eq!(unescape("a~1b~0c").as_deref(), Some("a/b~c"));
        assert_eq!(unescape("a~"), None);
    }
}
