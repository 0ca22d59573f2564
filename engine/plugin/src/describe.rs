//! Holds a description to the contract, once, when a plugin is loaded: names that can be written into a policy file, and
//! a schema that can be read.

use crate::answer::{rules_by_id, shown};
use crate::types::{Description, Rule};

/// Longest name of a plugin or a rule.
const MOST_NAME: usize = 63;
/// Longest summary of a rule, in bytes: a line.
const MOST_SUMMARY: usize = 500;
/// Longest help of a rule, in bytes: it stands under each of its findings.
const MOST_HELP: usize = 8 << 10;
/// Longest address of a page with more, in bytes.
const MOST_URL: usize = 2 << 10;
/// Longest part of a kind selector, in bytes: a name of the domain name system.
const MOST_SELECTOR: usize = 253;
/// Most rules, and most kinds in one list.
const MOST_ITEMS: usize = 1_000;
/// Names that the gate keeps for itself.
const RESERVED: &str = "sluice";

/// What is wrong with a description, in words; none where nothing is.
pub(crate) fn problem(description: &Description) -> Option<String> {
    if let Some(message) = name_problem(&description.name) {
        return Some(message);
    }
    if !is_version(&description.version) {
        return Some(format!(
            "the version `{}` is not a semantic version, such as `1.2.0`",
            shown(&description.version)
        ));
    }
    let lists = [description.rules.len(), description.kinds.len(), description.context.len()];
    if lists.into_iter().any(|items| items > MOST_ITEMS) {
        return Some(format!("it has more than {MOST_ITEMS} rules, or as many kinds in one list"));
    }
    if let Some(rule) = description.rules.iter().find(|rule| !is_kebab(&rule.id)) {
        return Some(format!("the rule id `{}` is not in kebab-case, such as `mutable-tag`", shown(&rule.id)));
    }
    if let Err(id) = rules_by_id(&description.rules) {
        return Some(format!("the rule id `{id}` is declared twice"));
    }
    if let Some(message) = description.rules.iter().find_map(unfit) {
        return Some(message);
    }
    let mut selectors = description.kinds.iter().chain(&description.context);
    let is_odd = |text: &String| text.len() > MOST_SELECTOR || !text.bytes().all(|byte| byte.is_ascii_graphic());
    if selectors.clone().any(|selector| [&selector.group, &selector.version, &selector.kind].into_iter().any(is_odd)) {
        return Some(format!("a kind selector has a part that is longer than {MOST_SELECTOR} bytes, or no plain word"));
    }
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

/// What is wrong with the texts of a rule. They are shown on terminals, and below each finding.
fn unfit(rule: &Rule) -> Option<String> {
    let url = rule.url.as_deref().unwrap_or_default();
    let texts = [("summary", &*rule.summary, MOST_SUMMARY), ("help", &rule.help, MOST_HELP), ("url", url, MOST_URL)];
    texts.into_iter().find_map(|(name, text, most)| {
        let may_break = name == "help";
        let is_bad = |c: char| c.is_control() && !(may_break && matches!(c, '\n' | '\t'));
        if text.len() > most {
            return Some(format!("the {name} of the rule `{}` is longer than {most} bytes", rule.id));
        }
        text.contains(is_bad).then(|| format!("the {name} of the rule `{}` holds control characters", rule.id))
    })
}

/// What is wrong with a name for a plugin; none where it can have it.
#[must_use]
pub fn name_problem(name: &str) -> Option<String> {
    if name.len() > MOST_NAME {
        return Some(format!("the name `{}` is longer than {MOST_NAME} bytes", shown(name)));
    }
    if !is_kebab(name) {
        return Some(format!("the name `{}` is not in kebab-case, such as `image-tags`", shown(name)));
    }
    (name == RESERVED).then(|| format!("the name `{RESERVED}` is kept for the gate's own rules"))
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

    #[test]
    fn texts_of_rules_are_short_and_printable() {
        let rule = |summary: &str, help: &str, url: &str| Rule {
            id: "rule".into(),
            severity: crate::types::Severity::Error,
            summary: summary.into(),
            help: help.into(),
            url: Some(url.into()),
        };
        assert_eq!(unfit(&rule("pods – of all", "Why.\n\n\tWhat to type.", "https://example.com")), None);
        let long = "a".repeat(MOST_HELP + 1);
        for (rule, words) in [
            (rule(&long, "", ""), "the summary of the rule `rule` is longer than 500 bytes"),
            (rule("", &long, ""), "the help of the rule `rule` is longer than 8192 bytes"),
            (rule("", "", &long), "the url of the rule `rule` is longer than 2048 bytes"),
            (rule("a\nb", "", ""), "the summary of the rule `rule` holds control characters"),
            (rule("", "\u{1b}[2J", ""), "the help of the rule `rule` holds control characters"),
            (rule("", "", "https://\u{9b}2J"), "the url of the rule `rule` holds control characters"),
        ] {
            assert_eq!(unfit(&rule).as_deref(), Some(words));
        }
        let description = Description { rules: vec![rule("", &long, "")], ..described() };
        assert!(problem(&description).is_some_and(|message| message.contains("is longer than 8192 bytes")));
        let rules = (0..=MOST_ITEMS).map(|number| Rule { id: format!("r{number}"), ..rule("", "", "") }).collect();
        assert!(problem(&Description { rules, ..described() }).is_some_and(|it| it.contains("more than 1000 rules")));
        assert_eq!(problem(&described()), None);
    }

    fn described() -> Description {
        Description { name: "name".into(), version: "1.0.0".into(), ..Description::default() }
    }
}
