//! Digests of values: alike for values that are alike, however they were laid out, quoted or ordered.

use sha2::{Digest, Sha256};

use crate::json::write_string;
use crate::number::Decimal;
use crate::{Node, Value};

/// How much canonical text is gathered before it is hashed.
const CHUNK: usize = 4096;

impl Node<'_> {
    /// SHA-256 of the value as canonical JSON: no space, members sorted by the UTF-8 bytes of their keys, strings with
    /// the escapes that JSON demands, numbers by their exact decimal value (an integer up to 40 digits as such, all
    /// others as `1.5e-7`; `1.0`, `1` and `10e-1` are alike, `-0` is `0`).
    ///
    /// RFC 8785 differs in two ways: it sorts by UTF-16 units, which is another order past U+FFFF only, and it rounds
    /// numbers to 64-bit floats, which would make large integers alike that are not.
    #[must_use]
    pub fn digest(self) -> [u8; 32] {
        let mut canonical = Canonical { hash: Sha256::new(), out: String::with_capacity(CHUNK), members: Vec::new() };
        canonical.value(self);
        canonical.hash.update(canonical.out.as_bytes());
        canonical.hash.finalize().into()
    }
}

struct Canonical<'t> {
    hash: Sha256,
    out: String,
    /// The members of every object on the way down, each object's sorted; one buffer for all of them.
    members: Vec<(&'t str, Node<'t>)>,
}

impl<'t> Canonical<'t> {
    fn value(&mut self, node: Node<'t>) {
        match node.value() {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(text) => match Decimal::read(text) {
                Some(number) => number.write(&mut self.out),
                None => self.out.push_str(text),
            },
            Value::String(text) => write_string(&mut self.out, text),
            Value::Array(items) => {
                let mut before = '[';
                for item in items {
                    self.out.push(before);
                    self.value(item);
                    before = ',';
                }
                self.out.push_str(if before == '[' { "[]" } else { "]" });
            }
            Value::Object(_) => self.object(node),
        }
        if self.out.len() >= CHUNK {
            self.hash.update(self.out.as_bytes());
            self.out.clear();
        }
    }

    fn object(&mut self, node: Node<'t>) {
        let start = self.members.len();
        self.members.extend(node.entries().map(|(key, value)| (key.as_str().unwrap_or_default(), value)));
        self.members.get_mut(start..).unwrap_or_default().sort_unstable_by_key(|(key, _)| *key);
        let mut before = '{';
        for at in start..self.members.len() {
            let Some((key, value)) = self.members.get(at).copied() else { break };
            self.out.push(before);
            write_string(&mut self.out, key);
            self.out.push(':');
            self.value(value);
            before = ',';
        }
        self.out.push_str(if before == '{' { "{}" } else { "}" });
        self.members.truncate(start);
    }
}
