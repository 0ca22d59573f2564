//! The rules, and what each says about one image.

use sluice_sdk::prelude::*;
use sluice_sdk::{ImageError, Reference};

use crate::settings::Settings;

/// Every rule of the plugin.
pub(crate) const RULES: [Rule; 7] =
    [MUTABLE_TAG, MISSING_TAG, FORBIDDEN_TAG, DIGEST_REQUIRED, REGISTRY_NOT_ALLOWED, REGISTRY_DENIED, INVALID_IMAGE];

pub(crate) const MUTABLE_TAG: Rule = Rule::new("mutable-tag", "images use a tag that stays").help(
    "A tag like `latest` names another image tomorrow: nodes run different versions, and a rollback brings back \
     nothing. Write the version, for example `nginx:1.29.3`, or pin the digest. `mutableTags` in the settings says \
     which tags are meant.",
);

pub(crate) const MISSING_TAG: Rule = Rule::new("missing-tag", "images have a tag or a digest").help(
    "Without a tag the registry answers with `latest`, which names another image tomorrow. Write the version, for \
     example `nginx:1.29.3`.",
);

pub(crate) const FORBIDDEN_TAG: Rule = Rule::new("forbidden-tag", "images use none of the forbidden tags").help(
    "The settings of this policy forbid the tag (`forbiddenTags`), as a rule because it marks builds that are not \
     meant to run here. Use a tag of a release.",
);

pub(crate) const DIGEST_REQUIRED: Rule = Rule::new("digest-required", "images are pinned by a digest").help(
    "Only a digest says exactly what runs: a tag can be moved. Find it with `docker buildx imagetools inspect IMAGE` \
     or `crane digest IMAGE`, and write `nginx:1.29.3@sha256:…`; the tag may stay for readers.",
);

pub(crate) const REGISTRY_NOT_ALLOWED: Rule = Rule::new("registry-not-allowed", "images come from an allowed registry")
    .help(
        "The settings of this policy name the registries that images may come from (`allowedRegistries`). Copy the \
         image into one of them, or ask for its registry to be allowed. A name without a registry means `docker.io`.",
    );

pub(crate) const REGISTRY_DENIED: Rule = Rule::new("registry-denied", "images come from no denied registry").help(
    "The settings of this policy deny the registry (`deniedRegistries`). Use the same image of another registry, or \
     of a mirror. A name without a registry means `docker.io`.",
);

pub(crate) const INVALID_IMAGE: Rule = Rule::new("invalid-image", "images are references that can be pulled").help(
    "The kubelet cannot pull what is no image reference: the pod stays in `InvalidImageName`. The form is \
     `[registry[:port]/]repository[:tag][@digest]`, with the repository in lower case.",
);

/// Judges one image. `about` makes a finding at its place; what has no container is exempt by none.
pub(crate) fn judge(
    settings: &Settings,
    container: Option<&str>,
    image: &str,
    about: &dyn Fn(String) -> Finding,
    findings: &mut Vec<Finding>,
) {
    let reference = match Reference::parse(image) {
        Ok(reference) => reference,
        Err(error) => {
            findings.push(invalid(image, error, about));
            return;
        }
    };
    let mut tell = |rule: &Rule, message: &dyn Fn() -> String| {
        if !settings.exempts(rule.id, container, &reference) {
            findings.push(about(message()).rule(rule));
        }
    };
    if let Some(place) = settings.denied_registries.iter().find(|place| reference.is_within(place)) {
        tell(&REGISTRY_DENIED, &|| format!("{} comes from `{place}`, which is denied", Shown(image, &reference)));
    } else if !settings.allowed_registries.is_empty()
        && !settings.allowed_registries.iter().any(|place| reference.is_within(place))
    {
        tell(&REGISTRY_NOT_ALLOWED, &|| format!("{} is from no allowed registry", Shown(image, &reference)));
    }
    if let Some(tag) = reference.tag()
        && let Some(pattern) = settings.forbidden_tags.iter().find(|pattern| sluice_sdk::matches(pattern, tag))
    {
        tell(&FORBIDDEN_TAG, &|| match pattern.as_str() {
            exact if exact == tag => format!("`{image}` uses the forbidden tag `{tag}`"),
            pattern => format!("`{image}` uses the tag `{tag}`, which `{pattern}` forbids"),
        });
    }
    if reference.digest().is_some() {
        return;
    }
    match reference.tag() {
        _ if settings.require_digest => tell(&DIGEST_REQUIRED, &|| format!("`{image}` is not pinned by a digest")),
        None => tell(&MISSING_TAG, &|| format!("`{image}` has no tag, which means `latest`")),
        Some(tag) if settings.is_mutable(tag) => {
            tell(&MUTABLE_TAG, &|| format!("`{image}` uses the mutable tag `{tag}`"));
        }
        Some(_) => {}
    }
}

fn invalid(image: &str, error: ImageError, about: &dyn Fn(String) -> Finding) -> Finding {
    let trimmed = image.trim();
    match error {
        ImageError::Empty => about("there is no image".to_owned()),
        // White space around a good reference can only be meant to be away.
        ImageError::Space if Reference::parse(trimmed).is_ok() => {
            about(format!("`{image}` has white space around it")).replace_with(trimmed)
        }
        error => about(format!("`{image}` is no image reference: {error}")),
    }
    .rule(&INVALID_IMAGE)
}

/// An image as written, with its full name where that says more.
struct Shown<'a>(&'a str, &'a Reference<'a>);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(image, reference) = self;
        write!(f, "`{image}`")?;
        if image.starts_with(reference.registry()) { Ok(()) } else { write!(f, " (`{reference}`)") }
    }
}
