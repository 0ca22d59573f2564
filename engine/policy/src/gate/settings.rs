//! Settings against the JSON Schema of their plugin, with the line of the policy file for whatever does not fit.

mod cost;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value;
use sluice_plugin::SettingsError;

use crate::ConfigError;
use crate::config::{quoted, suggest};
use crate::file::{PluginEntry, Policy, as_written};

/// Longest value in a message, in characters.
const MAX_VALUE: usize = 60;
/// Most flaws that are told; each shows a part of the settings, for which the whole of it is written down.
const MAX_FLAWS: usize = 100;

/// What of settings does not fit their schema.
struct Flaw {
    /// RFC 6901 pointer into the settings.
    pointer: String,
    /// Whether it is about the name that is written there, and not about the value.
    is_name: bool,
    message: String,
    help: String,
}

/// What of the settings of a plugin, as JSON text, does not fit its schema; the gate takes no settings with any of these.
///
/// # Errors
/// In words, where the schema or the settings are of no use.
pub fn check_settings(plugin: &str, schema: &str, settings: &str) -> Result<Vec<SettingsError>, String> {
    let schema: Value = serde_json::from_str(schema).map_err(|error| format!("the schema is not JSON: {error}"))?;
    let settings = serde_json::from_str(settings).map_err(|error| format!("the settings cannot be read: {error}"))?;
    let flaws = flaws(plugin, &schema, &settings, &|_| None)?;
    Ok(flaws.into_iter().map(|Flaw { pointer, message, .. }| SettingsError { pointer, message }).collect())
}

/// How a number or a boolean of the settings is written in their file, by its pointer.
type Written<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

fn flaws(plugin: &str, schema: &Value, settings: &Value, written: Written<'_>) -> Result<Vec<Flaw>, String> {
    if cost::is_too_much(schema, settings) {
        return Err(String::from("cannot be used: it is too much work to hold these settings against it"));
    }
    let validator = validator(schema).map_err(|error| format!("cannot be used: {error}"))?;
    let errors = validator.iter_errors(settings).take(MAX_FLAWS);
    Ok(errors.flat_map(|error| tell(plugin, schema, &error, written)).collect())
}

/// Checks the settings of a plugin against its schema. Making a validator takes longer than all the rest of the start,
/// so it is made only where there is something to check.
pub(crate) fn check(policy: &Policy, entry: &PluginEntry, schema: Option<&str>) -> Result<(), Vec<ConfigError>> {
    let Some(schema) = schema else { return Ok(()) };
    let demands = || schema.contains("\"required\"") || schema.contains("\"minProperties\"");
    if entry.settings.is_none() && !demands() {
        return Ok(());
    }
    let broken = |what: String| {
        let message = format!("the plugin `{}` has a settings schema that {what}", entry.name);
        vec![policy.error(entry.places.source, message, "this is a mistake of the plugin: tell its author")]
    };
    let schema: Value = serde_json::from_str(schema).map_err(|error| broken(format!("is not JSON: {error}")))?;
    let settings = match &entry.settings {
        None => Value::Object(serde_json::Map::new()),
        Some(settings) => serde_json::from_str(settings).map_err(|error| {
            let span = policy.span_of(&entry.places.settings);
            vec![policy.error(span, format!("the settings cannot be read: {error}"), "")]
        })?,
    };
    let written = |pointer: &str| {
        let tree = policy.tree.as_ref()?;
        as_written(tree.text(), tree.root().at(&format!("{}{pointer}", entry.places.settings))?)
    };
    let flaws = flaws(&entry.name, &schema, &settings, &written).map_err(broken)?;
    let place = |flaw: &Flaw| {
        let pointer = format!("{}{}", entry.places.settings, flaw.pointer);
        let name = policy.tree.as_ref().filter(|_| flaw.is_name).and_then(|tree| tree.key_span(&pointer));
        name.unwrap_or_else(|| policy.span_of(&pointer))
    };
    let errors: Vec<ConfigError> =
        flaws.into_iter().map(|flaw| policy.error(place(&flaw), flaw.message, flaw.help)).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema).map_err(|error| error.to_string())
}

/// What the plugin itself has against its settings.
pub(crate) fn refused(policy: &Policy, entry: &PluginEntry, errors: &[SettingsError]) -> Vec<ConfigError> {
    let place = |pointer: &str| policy.span_of(&format!("{}{pointer}", entry.places.settings));
    errors.iter().map(|error| policy.error(place(&error.pointer), error.message.clone(), "")).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds of a foreign crate, told in its own words")]
fn tell(plugin: &str, schema: &Value, error: &ValidationError<'_>, written: Written<'_>) -> Vec<Flaw> {
    let pointer = error.instance_path().as_str().to_owned();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = properties(schema, error);
            let one = |name: &String| {
                let mut member = pointer.clone();
                sluice_manifest::push_token(&mut member, name);
                let help = suggest(name, known.iter().map(String::as_str));
                let message = format!("`{plugin}` has no setting `{name}`");
                Flaw { pointer: member, is_name: true, message, help }
            };
            unexpected.iter().map(one).collect()
        }
        kind => {
            let value = error.instance();
            let written = if value.is_number() || value.is_boolean() { written(&pointer) } else { None };
            let shown = written.map_or_else(|| value.to_string(), str::to_owned);
            let message = message(kind, &cut(&shown)).unwrap_or_else(|| error.to_string().replace('"', "`"));
            let Some(text) = written.filter(|text| takes_text(kind, text)) else {
                return vec![Flaw { pointer, is_name: false, message, help: String::new() }];
            };
            let is = if value.is_number() { "a number" } else { "a boolean" };
            let message = format!("{message}; without quotes it is {is}");
            vec![Flaw { pointer, is_name: false, message, help: format!("put it in quotes: \"{text}\"") }]
        }
    }
}

/// Whether the value would do if it were this text.
#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds of a foreign crate, of which few are about texts")]
fn takes_text(kind: &ValidationErrorKind, text: &str) -> bool {
    let is_text = |value: &Value| value.as_str() == Some(text);
    match kind {
        ValidationErrorKind::Type { kind: TypeKind::Single(wanted) } => *wanted == JsonType::String,
        ValidationErrorKind::Type { kind: TypeKind::Multiple(wanted) } => wanted.contains(JsonType::String),
        ValidationErrorKind::Enum { options } => options.as_array().into_iter().flatten().any(is_text),
        ValidationErrorKind::Constant { expected_value } => is_text(expected_value),
        _ => false,
    }
}

/// The names that the schema knows where an unknown one was met.
fn properties(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let known = schema.pointer(parent).and_then(|parent| parent.get("properties")).and_then(Value::as_object);
    known.map(|known| known.keys().cloned().collect()).unwrap_or_default()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds of a foreign crate, told in its own words")]
fn message(kind: &ValidationErrorKind, value: &str) -> Option<String> {
    Some(match kind {
        ValidationErrorKind::Type { kind } => match kind {
            TypeKind::Single(wanted) => format!("`{value}` has to be of type {wanted}"),
            TypeKind::Multiple(wanted) => {
                let wanted: Vec<String> = wanted.iter().map(|one| one.to_string()).collect();
                format!("`{value}` has to be of type {}", wanted.join(" or "))
            }
        },
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            format!("`{value}` is none of {}", quoted(options.iter().map(String::as_str)))
        }
        ValidationErrorKind::Constant { expected_value } => format!("`{value}` has to be `{}`", plain(expected_value)),
        ValidationErrorKind::Required { property } => format!("the setting `{}` is missing", plain(property)),
        ValidationErrorKind::Pattern { pattern } => format!("`{value}` does not match the pattern `{pattern}`"),
        ValidationErrorKind::Format { format } => format!("`{value}` is no {format}"),
        ValidationErrorKind::Minimum { limit } => format!("`{value}` is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("`{value}` is more than {limit}"),
        ValidationErrorKind::MinLength { limit } => format!("`{value}` is shorter than {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("`{value}` is longer than {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("the list has fewer than {limit} elements"),
        ValidationErrorKind::MaxItems { limit } => format!("the list has more than {limit} elements"),
        ValidationErrorKind::MinProperties { limit } => format!("the object has fewer than {limit} members"),
        ValidationErrorKind::MaxProperties { limit } => format!("the object has more than {limit} members"),
        ValidationErrorKind::UniqueItems => String::from("the list holds a value twice"),
        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            format!("`{value}` fits none of the forms that this setting can have")
        }
        _ => return None,
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

fn cut(value: &str) -> String {
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(schema: &str, settings: &str) -> Result<usize, String> {
        check_settings("p", schema, settings).map(|flaws| flaws.len())
    }

    /// Definitions of which each leads to the next in this way, and the last to `end`.
    fn chain(levels: usize, step: impl Fn(&str) -> String, end: &str) -> String {
        let one = |level: usize| {
            let next = format!(r##"{{"$ref":"#/$defs/a{}"}}"##, level + 1);
            format!(r#""a{level}":{},"#, step(&next))
        };
        let all: String = (0..levels).map(one).collect();
        format!(r##"{{"$ref":"#/$defs/a0","$defs":{{{all}"a{levels}":{end}}}}}"##)
    }

    #[test]
    fn a_schema_that_leads_endlessly_into_itself_is_not_run() {
        let too_much = Err(String::from("cannot be used: it is too much work to hold these settings against it"));
        for list in ["allOf", "anyOf", "oneOf"] {
            let twice = |next: &str| format!(r#"{{"{list}":[{next},{next}]}}"#);
            assert_eq!(told(&chain(40, twice, r#"{"type":"object"}"#), "{}"), too_much, "{list}");
            assert!(told(&chain(3, twice, "true"), "{}").is_ok(), "{list}");
        }
        // Also where nothing in the settings leads there, by a name, by an address in another writing, and in a circle.
        let inside = chain(40, |next| format!(r#"{{"allOf":[{next},{next}]}}"#), "true");
        let hidden = inside.replacen(r##""$ref":"#/$defs/a0""##, r##""properties":{"x":{"$ref":"#/$defs/a0"}}"##, 1);
        let named = (0..40).fold(inside.clone(), |text, n| {
            text.replace(&format!("#/$defs/a{n}\""), &format!("#n{n}\""))
                .replace(&format!("\"a{n}\":{{"), &format!("\"a{n}\":{{\"$anchor\":\"n{n}\","))
        });
        let written = inside.replace("#/$defs/", "#/%24defs/");
        let circle = r##"{"allOf":[{"$ref":"#"}]}"##.to_owned();
        let left_over =
            (0..40).fold("{}".to_owned(), |inner, _| format!(r#"{{"unevaluatedProperties":false,"allOf":[{inner}]}}"#));
        for schema in [inside, hidden, named, written, circle, left_over] {
            assert_eq!(told(&schema, "{}"), too_much, "{schema}");
        }
        // With each level of the settings it is twice as much.
        let tree = r##"{"allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}"##;
        let deep = |levels: usize| "{\"a\":".repeat(levels) + "{}" + &"}".repeat(levels);
        assert_eq!(told(tree, &deep(5)), Ok(0));
        assert_eq!(told(tree, &deep(40)), too_much);
    }

    #[test]
    fn references_among_many_names_are_bounded_where_they_lead_nowhere_too() {
        let too_much = Err(String::from("cannot be used: it is too much work to hold these settings against it"));
        let with = |reference: &str, ids: usize, references: usize| {
            let ids: String = (0..ids).map(|n| format!(r#","n{n}":{{"$id":"a"}}"#)).collect();
            let all = vec![format!(r##"{{"$ref":"{reference}"}}"##); references].join(",");
            format!(r##"{{"$defs":{{"good":{{}}{ids}}},"allOf":[{all}]}}"##)
        };
        assert_eq!(told(&with("#/x", 2_000, 2_000), "{}"), too_much);
        assert_eq!(told(&with(&format!("#/{}", "x".repeat(100_000)), 1, 2_000), "{}"), too_much);
        assert_eq!(told(&with("#/$defs/good", 0, 2_000), "{}"), Ok(0));
    }

    #[test]
    fn a_long_way_that_is_not_gone_is_not_counted_and_harms_nobody() {
        let schema = chain(5_000, |next| format!(r#"{{"properties":{{"x":{next}}}}}"#), r#"{"type":"integer"}"#);
        assert_eq!(told(&schema, r#"{"x":{"x":{}}}"#), Ok(0));
    }

    #[test]
    fn no_more_flaws_are_told_than_somebody_reads() {
        let settings: Vec<String> = (0..1_000).map(|n| format!(r#""k{n}":1"#)).collect();
        let settings = format!("{{{}}}", settings.join(","));
        assert_eq!(told(r#"{"additionalProperties":{"type":"string"}}"#, &settings), Ok(100));
    }
}
