//! JSON values as a person would write them into a manifest. Only for suggestions: what is not certain to read as the
//! same value is quoted.

use serde_json::Value;

/// How the text that is replaced was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quotes {
    Plain,
    Single,
    Double,
}

impl Quotes {
    pub(crate) fn of(text: &str) -> Self {
        match text.chars().next() {
            Some('"') => Self::Double,
            Some('\'') => Self::Single,
            Some(_) | None => Self::Plain,
        }
    }
}

/// A value on one line, in flow style.
pub(crate) fn inline(value: &Value, quotes: Quotes) -> String {
    match value {
        Value::String(text) => string(text, quotes),
        Value::Array(_) | Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A member in block style, each of its lines after the first indented by `indent` spaces.
pub(crate) fn member(key: &str, value: &Value, indent: usize) -> String {
    let key = string(key, Quotes::Plain);
    let mut text = format!("{key}:");
    after_key(value, indent, &mut text);
    text
}

fn after_key(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                text.push_str(&format!("\n{:1$}{2}", "", indent + 2, member(key, value, indent + 2)));
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&format!("\n{:1$}-", "", indent));
                item_after_dash(item, indent, text);
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push(' ');
            text.push_str(&inline(value, Quotes::Plain));
        }
    }
}

fn item_after_dash(item: &Value, indent: usize, text: &mut String) {
    let Some(members) = item.as_object().filter(|members| !members.is_empty()) else {
        text.push(' ');
        text.push_str(&inline(item, Quotes::Plain));
        return;
    };
    for (index, (key, value)) in members.iter().enumerate() {
        let lead = if index == 0 { String::from(" ") } else { format!("\n{:1$}", "", indent + 2) };
        text.push_str(&lead);
        text.push_str(&member(key, value, indent + 2));
    }
}

fn string(text: &str, quotes: Quotes) -> String {
    let printable = !text.chars().any(char::is_control);
    match quotes {
        Quotes::Plain if is_plain(text) => text.to_owned(),
        Quotes::Single if printable => format!("'{}'", text.replace('\'', "''")),
        Quotes::Plain | Quotes::Single | Quotes::Double => Value::String(text.to_owned()).to_string(),
    }
}

/// Whether the text reads as itself in every YAML, without quotes.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@+=".contains(c))
        && !text.ends_with(':')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Quotes, inline, member};

    #[test]
    fn strings_read_as_themselves() {
        assert_eq!(inline(&json!("ghcr.io/acme/cart:1.2@sha256:ab"), Quotes::Plain), "ghcr.io/acme/cart:1.2@sha256:ab");
        for text in ["yes", "N", "1.2", "0x1f", "", "a: b", "a #b", "-", "~", "key:", "a,b", "ein ü"] {
            assert_eq!(inline(&json!(text), Quotes::Plain), format!("\"{text}\""));
        }
        assert_eq!(inline(&json!("it's"), Quotes::Single), "'it''s'");
        assert_eq!(inline(&json!("a\nb"), Quotes::Single), r#""a\nb""#);
        assert_eq!(inline(&json!(true), Quotes::Double), "true");
    }

    #[test]
    fn members_are_indented() {
        let value = json!({ "limits": { "cpu": "1", "memory": "64Mi" }, "list": [{ "a": 1, "b": {} }, "x", []] });
        insta::assert_snapshot!(member("resources", &value, 4), @r#"
        resources:
              limits:
                cpu: "1"
                memory: "64Mi"
              list:
              - a: 1
                b: {}
              - x
              - []
        "#);
    }
}
