//! Holds a description to the contract, once, when a plugin is loaded: names that can be written into a policy file, and
//! a schema that can be read.

use crate::answer::{rules_by_id, shown};
use crate::types::Description;

/// Longest name of a plugin or a rule.
const MOST_NAME: usize = 63;
/// Names that the gate keeps for itself.
const RESERVED: &str = "sluice";

/// What is wrong with a description, in words; none where nothing is.
pub(crate) fn problem(description: &Description) -> Option<String> {
    if !is_kebab(&description.name) {
        return Some(format!("the name `{}` is not in kebab-case, such as `image-tags`", shown(&description.name)));
    }
    if description.name == RESERVED {
        return Some(format!("the name `{RESERVED}` is kept for the gate's own rules"));
    }
    if !is_version(&description.version) {
        return Some(format!(
            "the version `{}` is not a semantic version, such as `1.2.0`",
            shown(&description.version)
        ));
    }
    if let Some(rule) = description.rules.iter().find(|rule| !is_kebab(&rule.id)) {
        return Some(format!("the rule id `{}` is not in kebab-case, such as `mutable-tag`", shown(&rule.id)));
    }
    if let Err(id) = rules_by_id(&description.rules) {
        return Some(format!("the rule id `{id}` is declared twice"));
    }
    let mut selectors = description.kinds.iter().chain(&description.context);
    if let Some(selector) = selectors.find(|selector| selector.kind.is_empty() || selector.version.is_empty()) {
        let (group, version, kind) = (&selector.group, &selector.version, &selector.kind);
        let text = format!("{group}/{version} {kind}");
        return Some(format!("the kind selector `{}` lacks a version or a kind: `*` stands for any", shown(&text)));
    }
    let schema = description.settings_schema.as_deref()?;
    match serde_json::from_str::<serde_json::Value>(schema) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Bool(_)) => None,
        Ok(_) => Some("the schema of the settings is neither an object nor a boolean".to_owned()),
        Err(error) => Some(format!("the schema of the settings is no JSON: {}", shown(&error.to_string()))),
    }
}

fn is_kebab(name: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= MOST_NAME && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(part)
}

fn is_version(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.len() < 10 && part.bytes().all(|byte| byte.is_ascii_digit());
    let tame = version.len() <= MOST_NAME && version.bytes().all(|byte| byte.is_ascii_graphic());
    tame && core.split('.').count() == 3 && core.split('.').all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for good in ["a", "image-tags", "k8s-1", "x1"] {
            assert!(is_kebab(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "1a", "a/b", "ä", &"a".repeat(64)] {
            assert!(!is_kebab(bad), "{bad}");
        }
        for good in ["0.1.0", "1.2.3-rc.1", "1.0.0+build"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1", "1.2", "v1.2.3", "1.2.x", "1.2.3 ", "1..3"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
