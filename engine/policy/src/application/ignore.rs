//! `ignore`: what of an object is left to others, once it is there.

use sluice_manifest::{Identity, Node, Resource};

use crate::file::decode::{Decoder, head};
use crate::file::matching;
use crate::matching::{Destination, Match};

/// What of some objects is left to others, once they are there: it is neither corrected nor told as a change.
#[derive(Clone, Debug)]
pub struct Ignore {
    matches: Match,
    /// The fields.
    pub pointers: Vec<Pattern>,
    /// The field managers whose fields are left to them.
    pub managers: Vec<String>,
}

/// A pattern for RFC 6901 pointers: `*` stands for every element of a list and every member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// As it is written.
    pub text: String,
    /// Its parts.
    pub tokens: Vec<Token>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// `*`.
    Each,
    /// The name of a member, or the digits of an index, without escapes.
    Name(String),
}

const FIELDS: &[&str] = &["match", "pointers", "managers"];

/// Fields that name an object.
const NAMES: [&str; 5] = ["/apiVersion", "/kind", "/metadata", "/metadata/name", "/metadata/namespace"];

impl Ignore {
    /// Whether it is about an object, which is in this namespace of a cluster; in none, where its kind has none.
    #[must_use]
    pub fn is_for(&self, object: &Resource, namespace: Option<&str>) -> bool {
        let identity = Identity { namespace: namespace.map(String::from), ..object.identity().clone() };
        self.matches.fits(&identity, Some(object.root()), Destination::Unknown)
    }
}

impl Token {
    /// Whether it stands for the member or the index of this name.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Self::Each => true,
            Self::Name(wanted) => wanted == name,
        }
    }
}

impl Pattern {
    /// Reads a pattern. The error is what is wrong, and what to type instead.
    fn read(text: &str) -> Result<Self, (String, String)> {
        let wrong = |why: &str, help: String| Err((format!("`{text}` is no pointer: {why}"), help));
        let Some(rest) = text.strip_prefix('/') else {
            let path = text.trim_start_matches(['$', '.']);
            let pointer = if path.contains('/') { path.to_owned() } else { path.replace('.', "/") };
            return wrong("it has to start with a slash", format!("write `/{pointer}`"));
        };
        let mut tokens = Vec::new();
        for token in rest.split('/') {
            if token.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
                let help = String::from("write `~0` for `~`, and `~1` for a `/` within a name (RFC 6901)");
                return wrong("a `~` in it escapes nothing", help);
            }
            tokens.push(match token {
                "*" => Token::Each,
                name => Token::Name(name.replace("~1", "/").replace("~0", "~")),
            });
        }
        if NAMES.contains(&text) {
            let help = String::from("name the fields that others change: `/spec/replicas`, `/metadata/annotations`");
            return Err((format!("`{text}` names the object, so it cannot be ignored"), help));
        }
        Ok(Self { text: text.to_owned(), tokens })
    }
}

/// Reads `ignore`.
pub(super) fn entries<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Vec<Ignore> {
    decoder.list(node, "`ignore`").filter_map(|node| entry(decoder, node)).collect()
}

fn entry<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<Ignore> {
    let fields = decoder.object(node, "an entry of `ignore`", FIELDS)?;
    let matches = fields.get("match").map_or_else(Match::default, |node| matching::matches(decoder, node));
    let texts = fields.get("pointers").map_or_else(Vec::new, |node| decoder.strings(node, "a pointer"));
    let mut pointers = Vec::new();
    for (text, place) in texts {
        match Pattern::read(text) {
            Ok(pattern) => pointers.push(pattern),
            Err((message, help)) => decoder.error(place.span(), message, help),
        }
    }
    let managers = fields.get("managers").map_or_else(Vec::new, |node| decoder.strings(node, "a field manager"));
    if fields.get("pointers").is_none() && fields.get("managers").is_none() {
        let help = "name fields, `pointers: [/spec/replicas]`, or whose they are, `managers: [NAME]`";
        decoder.error(head(node), "an entry of `ignore` says neither which fields nor whose", help);
    }
    Some(Ignore { matches, pointers, managers: managers.into_iter().map(|(name, _)| name.to_owned()).collect() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Limits, Text, read_value};

    use super::{Decoder, Ignore, Pattern, Token, entries};

    fn read(yaml: &str) -> Result<Vec<Ignore>, Vec<String>> {
        let text = Arc::new(Text::new("app.yaml", yaml.to_owned()));
        let tree = read_value(Arc::clone(&text), Limits::default()).unwrap();
        let mut decoder = Decoder::new(&text);
        let read = entries(&mut decoder, tree.root());
        let told = |error: crate::ConfigError| {
            let location = error.location.unwrap();
            format!("{}:{}: {}; {}", location.line, location.column, error.message, error.help)
        };
        let errors: Vec<String> = decoder.finish().into_iter().map(told).collect();
        if errors.is_empty() { Ok(read) } else { Err(errors) }
    }

    #[test]
    fn pointers_are_read_as_rfc_6901_says_and_a_star_is_each() {
        let tokens = |text: &str| Pattern::read(text).unwrap().tokens;
        let name = |name: &str| Token::Name(name.to_owned());
        assert_eq!(tokens("/spec/containers/*/image"), [name("spec"), name("containers"), Token::Each, name("image")]);
        assert_eq!(tokens("/a~1b/m~0n/~01/"), [name("a/b"), name("m~n"), name("~1"), name("")]);
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let yaml = "- {pointers: [/spec/replicas, spec.replicas]}\n- pointers: /a/~x\n  managers: []\n- {match: {kind: Pod}}\n\
                    - {managers: hpa, pointer: /a}\n- {pointers: /metadata/name}\n";
        assert_eq!(
            read(yaml).unwrap_err(),
            [
                "1:31: `spec.replicas` is no pointer: it has to start with a slash; write `/spec/replicas`",
                "2:13: `/a/~x` is no pointer: a `~` in it escapes nothing; write `~0` for `~`, and `~1` for a `/` within a \
                 name (RFC 6901)",
                "3:13: an empty list matches nothing; leave it out to match all",
                "4:4: an entry of `ignore` says neither which fields nor whose; name fields, `pointers: [/spec/replicas]`, \
                 or whose they are, `managers: [NAME]`",
                "5:19: an entry of `ignore` has no field `pointer`; did you mean `pointers`?",
                "6:14: `/metadata/name` names the object, so it cannot be ignored; name the fields that others change: \
                 `/spec/replicas`, `/metadata/annotations`",
            ]
        );
    }
}
