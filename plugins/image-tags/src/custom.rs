//! Image fields of custom resources: a reference as text, or an object with its parts, as charts and operators have it.

use serde::Deserialize;
use sluice_sdk::prelude::*;
use sluice_sdk::{KindSelector, Selected};

use crate::rules::{INVALID_IMAGE, judge};
use crate::settings::Settings;

/// An image field.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Nothing(()),
    Text(String),
    Parts { registry: Option<String>, repository: String, tag: Option<Tag>, digest: Option<String> },
}

/// A tag like `1.29` is a number to YAML.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tag {
    Text(String),
    Number(serde_json::Number),
}

/// Judges what the settings' paths select.
pub(crate) fn judge_all(resource: &Resource, settings: &Settings, findings: &mut Vec<Finding>) -> Result<()> {
    for custom in &settings.custom_resources {
        let selector = KindSelector::parse(&custom.kind);
        // The kind alone first: it costs no more than a word, the API version needs the object.
        if selector.kind != "*" && selector.kind != resource.kind()
            || !selector.matches(resource.api_version(), resource.kind())
        {
            continue;
        }
        for path in &custom.paths {
            for selected in resource.select(path)? {
                judge_one(resource, settings, selected, findings);
            }
        }
    }
    Ok(())
}

fn judge_one(resource: &Resource, settings: &Settings, selected: Selected, findings: &mut Vec<Finding>) {
    let Selected { pointer, json } = selected;
    match serde_json::from_str(&json) {
        Ok(Field::Nothing(())) => {}
        Ok(Field::Text(image)) => {
            judge(settings, Some(""), &image, &|message| resource.finding_at(pointer.clone(), message), findings);
        }
        Ok(Field::Parts { registry, repository, tag, digest }) => {
            let image = compose(registry.as_deref(), &repository, tag.as_ref(), digest.as_deref());
            let at = if tag.is_some() { format!("{pointer}/tag") } else { pointer };
            // A fix would have to go into several fields.
            let about = |message| resource.finding_at(at.clone(), message);
            let known = findings.len();
            judge(settings, Some(""), &image, &about, findings);
            findings.iter_mut().skip(known).for_each(|finding| finding.fix.clear());
        }
        Err(_) => {
            let message = "an image is expected here, as text or as `repository` and `tag`";
            findings.push(resource.finding_at(pointer, message).rule(&INVALID_IMAGE));
        }
    }
}

fn compose(registry: Option<&str>, repository: &str, tag: Option<&Tag>, digest: Option<&str>) -> String {
    let mut image = match registry {
        Some(registry) if !registry.is_empty() => format!("{registry}/{repository}"),
        _ => repository.to_owned(),
    };
    let tag = match tag {
        Some(Tag::Text(tag)) => tag.clone(),
        Some(Tag::Number(tag)) => tag.to_string(),
        None => String::new(),
    };
    if !tag.is_empty() {
        image = format!("{image}:{tag}");
    }
    match digest {
        Some(digest) if !digest.is_empty() => format!("{image}@{digest}"),
        _ => image,
    }
}
