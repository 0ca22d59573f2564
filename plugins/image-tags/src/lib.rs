//! Demands images that say what runs: tags that stay, digests, known registries.
//!
//! Looks at every container and every image volume of every workload kind, and at the image fields of custom resources
//! that the settings name.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(dead_code, reason = "only a component calls the rules; natively the tests do")
)]

mod custom;
mod rules;
mod settings;

use rules::{RULES, judge};
use settings::Settings;
use sluice_sdk::prelude::*;

#[rule(rules = RULES, kinds = ["*"])]
fn images(resource: &Resource, settings: &Settings) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for container in resource.containers() {
        let about = |message: String| container.finding("image", message);
        judge(settings, Some(&container.name), container.image.as_str(), &about, &mut findings);
    }
    for volume in resource.image_volumes() {
        let about = |message: String| volume.finding(format!("volume `{}`: {message}", volume.name));
        judge(settings, None, volume.image.as_str(), &about, &mut findings);
    }
    if !settings.custom_resources.is_empty() {
        custom::judge_all(resource, settings, &mut findings)?;
    }
    Ok(findings)
}

plugin! {
    settings: Settings,
    settings_schema: include_str!("settings.schema.json"),
    validate: Settings::validate,
    rules: [images],
}

#[cfg(test)]
mod tests;
