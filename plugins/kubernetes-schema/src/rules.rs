//! The rules, with what people read below a finding.

use sluice_sdk::{Rule, Severity};

/// A field that its object does not have.
pub(crate) const UNKNOWN_FIELD: Rule = Rule::new("unknown-field", "fields must exist in the schema of the kind").help(
    "Kubernetes refuses or drops fields that it does not know, so what the field was meant to set is not set. Correct \
     the spelling, or move the field to the object that it belongs to; `kubectl explain` lists the fields of a kind.",
);

/// A value of another type.
pub(crate) const WRONG_TYPE: Rule = Rule::new("wrong-type", "values must have the type that the schema says").help(
    "The API server refuses the whole object. In YAML a number or a word such as `true`, `yes` or `on` is a string only \
     in quotes.",
);

/// Something left out.
pub(crate) const MISSING_REQUIRED: Rule = Rule::new("missing-required", "required fields must be set")
    .help("The API server refuses an object without this field. Add it; `kubectl explain` says what it means.");

/// A value that is not among those allowed.
pub(crate) const NOT_IN_ENUM: Rule = Rule::new("not-in-enum", "values must be among those that the field allows")
    .help("The API server refuses other values. They are spelt with exactly this case.");

/// A value that does not have its form.
pub(crate) const BAD_FORMAT: Rule = Rule::new(
    "bad-format",
    "numbers, quantities, times and base64 must be well-formed",
)
.help("The API server cannot read the value and refuses the whole object. Write it in the form that the message says.");

/// An element twice.
pub(crate) const DUPLICATE_ELEMENT: Rule = Rule::new(
    "duplicate-element",
    "elements of a list that is keyed by a field must differ in it",
)
.help(
    "Kubernetes tells the elements of this list apart by the field: server-side apply refuses two that are the same, \
         and elsewhere the last one silently wins. Remove one of them or rename it.",
);

/// Names, labels and annotations.
pub(crate) const INVALID_METADATA: Rule =
    Rule::new("invalid-metadata", "names, labels and annotations must have the syntax of Kubernetes").help(
        "The API server refuses the object. Names are mostly lowercase letters, digits, `-` and `.`; values of labels \
         have at most 63 letters, digits, `-`, `_` and `.`.",
    );

/// A kind that an API group of Kubernetes does not have.
pub(crate) const UNKNOWN_KIND: Rule = Rule::new("unknown-kind", "kinds must exist in their API group and version")
    .help("No API server of this version has the kind. `kubectl api-resources` lists kinds with their groups and versions.");

/// A kind that is gone.
pub(crate) const REMOVED_API: Rule = Rule::new("removed-api", "API versions must still be served")
    .help("The API server of this version no longer has it. Change `apiVersion`, and the fields that changed with it.");

/// A kind that will go.
pub(crate) const DEPRECATED_API: Rule =
    Rule::new("deprecated-api", "API versions should not be about to go").severity(Severity::Warning).help(
        "It is still served, and will not be by a later version. Change `apiVersion` before the cluster is upgraded.",
    );

/// A kind that nothing is known of.
pub(crate) const NO_SCHEMA: Rule =
    Rule::new("no-schema", "every kind should have a schema to be checked against").severity(Severity::Info).help(
        "Only kinds of Kubernetes itself are checked, so mistakes in this object go unseen. Set `missingSchemas: ignore` \
         to silence this, `deny` to allow no such kinds.",
    );
