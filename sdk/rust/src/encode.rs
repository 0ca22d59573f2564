//! Writes tapes, so that unit tests can make resources of YAML and JSON. Native only: in the sandbox the host writes them.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::tape::Tape;

/// Reads one value of any self-describing format into a tape.
///
/// # Errors
/// What the format says is wrong, or that the value is too large for a tape.
pub(crate) fn from<'de, D: Deserializer<'de>>(input: D) -> Result<Tape, String>
where
    D::Error: std::fmt::Display,
{
    let mut encoder = Encoder::default();
    Value(&mut encoder).deserialize(input).map_err(|error| error.to_string())?;
    let mut bytes = b"SLT1".to_vec();
    bytes.extend_from_slice(&(encoder.nodes.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(encoder.text.len() as u32).to_le_bytes());
    for (head, aux) in &encoder.nodes {
        bytes.extend_from_slice(&head.to_le_bytes());
        bytes.extend_from_slice(&aux.to_le_bytes());
    }
    bytes.extend_from_slice(encoder.text.as_bytes());
    Tape::new(bytes).map_err(|error| error.to_string())
}

#[derive(Default)]
struct Encoder {
    nodes: Vec<(u32, u32)>,
    text: String,
}

impl Encoder {
    fn plain(&mut self, tag: u32) {
        self.nodes.push((tag, 0));
    }

    fn textual(&mut self, tag: u32, text: &str) {
        self.nodes.push((tag | (text.len() as u32) << 4, self.text.len() as u32));
        self.text.push_str(text);
    }

    fn close(&mut self, at: usize, tag: u32, children: u32) {
        let after = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(at) {
            *node = (tag | children << 4, after);
        }
    }
}

struct Value<'e>(&'e mut Encoder);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value that JSON can say")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.plain(0);
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.0.plain(0);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.plain(if value { 2 } else { 1 });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.textual(3, &value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.textual(3, &value.to_string());
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        let number = serde_json::Number::from_f64(value).ok_or_else(|| E::custom("JSON has no such number"))?;
        self.0.textual(3, &number.to_string());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.textual(4, value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let at = self.0.nodes.len();
        self.0.plain(5);
        let mut children = 0;
        while items.next_element_seed(Value(self.0))?.is_some() {
            children += 1;
        }
        self.0.close(at, 5, children);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let at = self.0.nodes.len();
        self.0.plain(6);
        let mut children = 0;
        while let Some(key) = entries.next_key::<Key>()? {
            self.0.textual(4, &key.0);
            entries.next_value_seed(Value(self.0))?;
            children += 1;
        }
        self.0.close(at, 6, children);
        Ok(())
    }
}

/// A key of YAML may be a number or a boolean; JSON has strings.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, value: &str) -> Result<Key, E> {
                Ok(Key(value.to_owned()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Key, E> {
                Ok(Key(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Key, E> {
                Ok(Key(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Key, E> {
                Ok(Key(value.to_string()))
            }
        }
        input.deserialize_any(KeyVisitor)
    }
}
