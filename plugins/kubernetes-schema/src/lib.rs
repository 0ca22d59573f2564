//! Validates objects against the OpenAPI schema of a Kubernetes version, as its API server would decode them.
//!
//! One crossing hands over the whole object; it and its schema are walked side by side, and where something is wrong the
//! place, the words and the remedy are worked out afterwards. What only the server can know (quotas, immutable fields,
//! cross-references, CEL rules) is not judged here, nor are the fields of custom resources.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "only a component calls the rules; natively the tests do")
)]

mod data;
mod duplicates;
mod kinds;
mod messages;
mod metadata;
mod place;
mod removed;
mod rules;
mod settings;
mod suggest;
mod syntax;
mod told;
mod view;
mod walk;

#[cfg(test)]
mod tests;

use sluice_sdk::prelude::*;

pub use crate::settings::Settings;

use crate::rules::*;
use crate::view::View;
use crate::walk::Walk;

/// Judges one object.
#[policy(
    rules = [
        UNKNOWN_FIELD, WRONG_TYPE, MISSING_REQUIRED, NOT_IN_ENUM, BAD_FORMAT, DUPLICATE_ELEMENT, INVALID_METADATA,
        UNKNOWN_KIND, REMOVED_API, DEPRECATED_API, NO_SCHEMA
    ],
    kinds = ["*"],
    settings_schema = include_str!("../settings.schema.json")
)]
pub fn schema(resource: &Resource, settings: &Settings) -> Vec<Finding> {
    let view = View::new(resource.tape().as_bytes());
    let (api_version, kind) = kinds::said(view);
    if !settings.skip.is_empty() && settings.skips(text(api_version), text(kind)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let version = settings.version;
    match kinds::find(api_version, kind, version) {
        Some(known) => {
            // What is wrong with the object as a whole first: it hides behind no number of problems within it.
            kinds::deprecated(resource, view, known, version, &mut findings);
            metadata::check(resource, view, (text(api_version), text(kind)), version, &mut findings);
            let problems = Walk::of(view, known, version.bit()).problems;
            if !problems.is_empty() {
                messages::tell(resource, view, known, version.bit(), &problems, &mut findings);
            }
        }
        None => kinds::tell(resource, view, settings, &mut findings),
    }
    findings
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
