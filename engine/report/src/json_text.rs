//! The JSON values that a fix carries as text. Owns reading them; what is no JSON is shown as the string that it is.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::Value::String;
use sluice_manifest::Operation;

/// The value of an operation.
pub(crate) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| String(text.to_owned()))
}

/// An operation as RFC 6902 writes it.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(crate) enum PatchOperation<'a> {
    Add { path: &'a str, value: Value },
    Replace { path: &'a str, value: Value },
    Remove { path: &'a str },
    Move { from: &'a str, path: &'a str },
    Copy { from: &'a str, path: &'a str },
    Test { path: &'a str, value: Value },
}

impl<'a> PatchOperation<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Self {
        match operation {
            Operation::Add { pointer, value } => Self::Add { path: pointer, value: parse(value) },
            Operation::Replace { pointer, value } => Self::Replace { path: pointer, value: parse(value) },
            Operation::Remove { pointer } => Self::Remove { path: pointer },
            Operation::Move { from, pointer } => Self::Move { from, path: pointer },
            Operation::Copy { from, pointer } => Self::Copy { from, path: pointer },
            Operation::Test { pointer, value } => Self::Test { path: pointer, value: parse(value) },
        }
    }
}
