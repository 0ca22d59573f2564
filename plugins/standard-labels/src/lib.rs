//! Adds the labels and annotations that every object should have, to objects and to pod templates.
//!
//! Never touches a selector, nor what a selector of the object names; replaces what is there only if it is told to.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "only a component calls the rules; natively the tests do")
)]

mod metadata;
mod settings;

use settings::Settings;
use sluice_sdk::prelude::*;

/// objects carry the standard labels and annotations
///
/// The settings of this policy name labels and annotations that every object gets. Commit them to the manifest to have
/// them there for other tools too.
#[mutation(rule = "standard-labels", kinds = ["*"], severity = "info")]
fn standard_labels(resource: &Resource, settings: &Settings) -> Option<Patch> {
    if settings.labels.is_empty() && settings.annotations.is_empty() {
        return None;
    }
    let mut patch = metadata::complete(resource.patch(""), resource.root(), "", settings, None);
    // `/spec/template` for `/spec/template/spec`; a Pod has no template.
    let template = resource.pod_spec_pointer().and_then(|pod| pod.strip_suffix("/spec")).filter(|it| !it.is_empty());
    if let Some(pointer) = template.filter(|_| settings.pod_templates)
        && let Some(template) = resource.node(pointer)
    {
        patch = metadata::complete(patch, template, pointer, settings, resource.node("/spec/selector"));
    }
    if patch.operations.is_empty() {
        return None;
    }
    patch.reason = "adds the standard labels and annotations".to_owned();
    Some(patch)
}

plugin! {
    settings: Settings,
    settings_schema: include_str!("settings.schema.json"),
    validate: Settings::validate,
    mutations: [standard_labels],
}

#[cfg(test)]
mod tests;
