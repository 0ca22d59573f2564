//! By what the elements of an array are told apart. The keys are those of the API's `patchMergeKey` (Kubernetes API
//! conventions, strategic merge patch), then the name that most lists of objects have.

use std::collections::HashSet;

use super::Arrays;
use crate::{Node, Value};

/// The keys to try for an array, by the name of the member that holds it: pointers into its elements.
fn candidates(name: &str) -> &'static [&'static [&'static str]] {
    match name {
        "volumeMounts" => &[&["/mountPath"]],
        "volumeDevices" => &[&["/devicePath"]],
        "ports" => &[&["/containerPort", "/protocol"], &["/port", "/protocol"]],
        "topologySpreadConstraints" => &[&["/topologyKey", "/whenUnsatisfiable"]],
        "hostAliases" => &[&["/ip"]],
        "items" => &[&["/key"]],
        "subjects" => &[&["/name", "/kind", "/namespace"]],
        "paths" => &[&["/path", "/pathType"]],
        "rules" => &[&["/host"]],
        "conditions" => &[&["/type"]],
        _ => &[],
    }
}

/// For lists that are not known.
const ANY: &[&[&str]] = &[&["/name"], &["/metadata/name"]];

/// The keys of the elements on both sides; none where not every element has one of its own.
pub(super) fn of(
    arrays: Arrays,
    name: &str,
    before: &[Node<'_>],
    after: &[Node<'_>],
) -> Option<(Vec<String>, Vec<String>)> {
    match arrays {
        Arrays::Plain => None,
        Arrays::Keyed => {
            let mut all = candidates(name).iter().chain(ANY);
            all.find_map(|parts| Some((keys(parts, before)?, keys(parts, after)?)))
        }
    }
}

/// The key of one element of an array, whatever the others have.
pub(super) fn of_element(name: &str, element: Node<'_>) -> Option<String> {
    candidates(name).iter().chain(ANY).find_map(|parts| key(parts, element))
}

fn keys(parts: &[&str], elements: &[Node<'_>]) -> Option<Vec<String>> {
    let keys: Vec<String> = elements.iter().map(|element| key(parts, *element)).collect::<Option<_>>()?;
    let apart: HashSet<&str> = keys.iter().map(String::as_str).collect();
    (apart.len() == keys.len()).then_some(keys)
}

/// The first part must be there; those after it may be missing.
fn key(parts: &[&str], element: Node<'_>) -> Option<String> {
    let (first, rest) = parts.split_first()?;
    let mut key = part(element, first)?;
    for pointer in rest {
        let default = if *pointer == "/protocol" { "TCP" } else { "" };
        let part = part(element, pointer).unwrap_or_else(|| default.to_owned());
        if !part.is_empty() {
            key.push('/');
            key.push_str(&part);
        }
    }
    Some(key)
}

fn part(element: Node<'_>, pointer: &str) -> Option<String> {
    match element.at(pointer)?.value() {
        Value::String(text) | Value::Number(text) => Some(text.to_owned()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
