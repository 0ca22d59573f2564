//! What a policy hands back: findings and patches.

use std::fmt;

use serde::Serialize;

use crate::rule::{Rule, Severity};

/// Why a policy could not decide. Denies what was being judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error that says this: lowercase, one line, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Not `std::error::Error`, so that `?` takes any error of others.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// The result of a policy that may fail to decide.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a rule function returns: a list, or a result with one.
pub trait Outcome<T> {
    /// The list, or why there is none.
    ///
    /// # Errors
    /// When the policy could not decide.
    fn outcome(self) -> Result<Vec<T>>;
}

impl<T> Outcome<T> for Vec<T> {
    fn outcome(self) -> Result<Self> {
        Ok(self)
    }
}

impl<T> Outcome<T> for Option<T> {
    fn outcome(self) -> Result<Vec<T>> {
        Ok(self.into_iter().collect())
    }
}

impl<T, O: Outcome<T>, E: Into<Error>> Outcome<T> for Result<O, E> {
    fn outcome(self) -> Result<Vec<T>> {
        self.map_err(Into::into)?.outcome()
    }
}

/// A change of an object, as in RFC 6902. Values are JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Add a member to an object that exists, or an element to an array (`-` appends).
    Add {
        /// RFC 6901 pointer.
        pointer: String,
        /// JSON text.
        value: String,
    },
    /// Replace a value that exists.
    Replace {
        /// RFC 6901 pointer.
        pointer: String,
        /// JSON text.
        value: String,
    },
    /// Remove a value that exists.
    Remove {
        /// RFC 6901 pointer.
        pointer: String,
    },
}

/// What a validator found. A host takes at most 1,000 for one object. Where there are more, the first ones of each rule and
/// severity are told, with how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Finding {
    pub(crate) subject: u32,
    /// Id of the rule; the policy's own where it has one rule only.
    pub rule: Option<&'static str>,
    /// RFC 6901 pointer to the value that is wrong.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
    /// Overrides the severity of the rule.
    pub severity: Option<Severity>,
    /// A change that would satisfy the rule.
    pub fix: Vec<Operation>,
    /// How many of the same rule and severity were found besides, and are not told.
    pub(crate) more: usize,
}

impl Finding {
    /// A finding of this rule, for policies that have several.
    pub fn rule(self, rule: &Rule) -> Self {
        Self { rule: Some(rule.id), ..self }
    }

    /// With a severity of its own.
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// With the value that should stand there instead.
    pub fn replace_with<V: Serialize + ?Sized>(mut self, value: &V) -> Self {
        let value = json_of(value);
        self.fix.push(Operation::Replace { pointer: self.pointer.clone(), value });
        self
    }

    /// Says that so many more of this rule and severity were found in the object, for policies that make no more findings
    /// than are taken.
    #[doc(hidden)]
    pub fn and_more(&mut self, more: usize) {
        self.more = more;
    }

    /// With one more operation of a fix.
    pub fn fix(mut self, operation: Operation) -> Self {
        self.fix.push(operation);
        self
    }
}

/// What a mutator wants changed, all of it or nothing. One call may give at most 64 patches with 10,000 operations in all
/// for one object, and 100,000 operations for all objects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Patch {
    pub(crate) subject: u32,
    /// Id of the rule; the mutation's own where it has one rule only.
    pub rule: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// The operations, in order.
    pub operations: Vec<Operation>,
}

impl Patch {
    /// A patch of this rule, for mutations that have several.
    pub fn rule(self, rule: &Rule) -> Self {
        Self { rule: Some(rule.id), ..self }
    }

    /// Adds a member or an element. Its parent must exist.
    pub fn add<V: Serialize + ?Sized>(mut self, pointer: impl Into<String>, value: &V) -> Self {
        self.operations.push(Operation::Add { pointer: pointer.into(), value: json_of(value) });
        self
    }

    /// Replaces a value that exists.
    pub fn replace<V: Serialize + ?Sized>(mut self, pointer: impl Into<String>, value: &V) -> Self {
        self.operations.push(Operation::Replace { pointer: pointer.into(), value: json_of(value) });
        self
    }

    /// Removes a value that exists.
    pub fn remove(mut self, pointer: impl Into<String>) -> Self {
        self.operations.push(Operation::Remove { pointer: pointer.into() });
        self
    }
}

/// JSON text of a value. What JSON cannot say (a map with keys that are no strings) becomes text that no host accepts,
/// so that it is refused there and not taken for `null`.
pub(crate) fn json_of<V: Serialize + ?Sized>(value: &V) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A token of an RFC 6901 pointer: `app.kubernetes.io~1name` for `app.kubernetes.io/name`.
#[must_use]
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
