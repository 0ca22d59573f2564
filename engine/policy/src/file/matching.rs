//! Reading `match`, the one way to say which objects are meant, in plugins and exceptions alike.

use sluice_manifest::{Node, Value};

use super::decode::{Decoder, Fields};
use crate::matching::{Glob, KindPattern, LabelOperator, LabelRequirement, Match, Names};

pub(crate) const FIELDS: &[&str] = &["kind", "kinds", "name", "names", "namespace", "namespaces", "labels"];
pub(crate) const NAMES_FIELDS: &[&str] = &["include", "exclude"];
pub(crate) const LABELS_FIELDS: &[&str] = &["matchLabels", "matchExpressions"];
pub(crate) const EXPRESSION_FIELDS: &[&str] = &["key", "operator", "values"];

const OPERATORS: [(&str, LabelOperator); 4] = [
    ("In", LabelOperator::In),
    ("NotIn", LabelOperator::NotIn),
    ("Exists", LabelOperator::Exists),
    ("DoesNotExist", LabelOperator::DoesNotExist),
];

/// Reads a `match`.
pub(crate) fn matches<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Match {
    let Some(fields) = decoder.object(node, "`match`", FIELDS) else {
        return Match::default();
    };
    decoder.refuse_empty(&fields);
    Match {
        kinds: kinds(decoder, &fields),
        namespaces: names(decoder, &fields, "namespace", "namespaces"),
        names: names(decoder, &fields, "name", "names"),
        labels: fields.get("labels").map_or_else(Vec::new, |node| labels(decoder, node)),
    }
}

fn kinds<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>) -> Vec<KindPattern> {
    let Some(node) = fields.either(decoder, "kind", "kinds") else {
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for (text, place) in decoder.strings(node, "a kind") {
        match KindPattern::read(text) {
            Some(pattern) => patterns.push(pattern),
            None => decoder.error(
                place.span(),
                format!("`{text}` is no kind"),
                "write it as manifests do: `Deployment`, `apps/v1/Deployment` or `Deployment.apps`; `*` stands for any",
            ),
        }
    }
    patterns
}

fn names<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>, one: &str, many: &str) -> Names {
    let Some(node) = fields.either(decoder, one, many) else {
        return Names::default();
    };
    if !matches!(node.value(), Value::Object(_)) {
        return Names { include: globs(decoder, node), exclude: Vec::new() };
    }
    let Some(fields) = decoder.object(node, "a list of names", NAMES_FIELDS) else {
        return Names::default();
    };
    decoder.refuse_empty(&fields);
    let mut part = |name: &str| fields.get(name).map_or_else(Vec::new, |node| globs(decoder, node));
    Names { include: part("include"), exclude: part("exclude") }
}

fn globs<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Vec<Glob> {
    decoder.strings(node, "a name").into_iter().map(|(text, _)| Glob::new(text)).collect()
}

fn labels<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Vec<LabelRequirement> {
    let Some(fields) = decoder.object(node, "`labels`", LABELS_FIELDS) else {
        return Vec::new();
    };
    decoder.refuse_empty(&fields);
    let mut requirements = Vec::new();
    if let Some(node) = fields.get("matchLabels") {
        decoder.open_object(node, "`matchLabels`");
        for (key, value) in node.entries() {
            let Some(text) = label_value(decoder, value) else { continue };
            let key = key.as_str().unwrap_or_default().to_owned();
            requirements.push(LabelRequirement { key, operator: LabelOperator::In, values: vec![text.to_owned()] });
        }
    }
    if let Some(node) = fields.get("matchExpressions") {
        if matches!(node.value(), Value::Array(items) if items.len() == 0) {
            decoder.error(node.span(), "an empty list demands nothing", "leave it out");
        }
        for item in decoder.list(node, "`matchExpressions`") {
            requirements.extend(expression(decoder, item));
        }
    }
    requirements
}

/// A label may be empty, unlike the other strings of the file.
fn label_value<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<&'t str> {
    match node.as_str() {
        Some(text) => Some(text),
        None => decoder.string(node, "the value of a label"),
    }
}

fn expression<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<LabelRequirement> {
    let fields = decoder.object(node, "an expression", EXPRESSION_FIELDS)?;
    let key = decoder.required(&fields, "key").and_then(|node| decoder.string(node, "the key of a label"));
    let operator = decoder
        .required(&fields, "operator")
        .and_then(|node| decoder.word(node, "operator", &OPERATORS).map(|o| (o, node)));
    let mut values = Vec::new();
    if let Some(node) = fields.get("values") {
        for item in decoder.list(node, "`values`") {
            values.extend(label_value(decoder, item).map(String::from));
        }
    }
    let (operator, place) = operator?;
    match operator {
        LabelOperator::In | LabelOperator::NotIn if values.is_empty() => {
            decoder.error(place.span(), "this operator needs `values`", "");
        }
        LabelOperator::Exists | LabelOperator::DoesNotExist if !values.is_empty() => {
            decoder.error(place.span(), "this operator takes no `values`", "use `In` or `NotIn`, or leave them out");
        }
        LabelOperator::In | LabelOperator::NotIn | LabelOperator::Exists | LabelOperator::DoesNotExist => {}
    }
    Some(LabelRequirement { key: key?.to_owned(), operator, values })
}
