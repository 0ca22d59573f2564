//! Holds a plugin to its contract: what it says must be about a subject that it was given, a rule that it declared and a
//! place that exists, and a patch may not turn an object into another.

use std::collections::{HashMap, HashSet};

use sluice_manifest::{Operation, REDACTED};

use crate::fault::Fault;
use crate::log::{in_one_line, one_line};
use crate::state::State;
use crate::types::{Finding, Patch, SecretAccess, Severity};

/// Most findings or patches of one call.
const MOST_ANSWERS: usize = 100_000;
/// Most findings that a plugin may give for one object: for each a place is looked for in the whole object.
pub const MOST_FINDINGS: u32 = 1_000;
/// Most patches for one object: each makes the whole object anew.
const MOST_PATCHES: u32 = 64;
/// Most operations for one object, in all its patches: those of other plugins are looked up one by one.
const MOST_OPERATIONS: usize = 10_000;

/// A finding as the plugin gave it.
pub(crate) struct RawFinding {
    pub(crate) subject: u32,
    pub(crate) rule: String,
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) severity: Option<Severity>,
    pub(crate) fix: Vec<Operation>,
}

/// A patch as the plugin gave it.
pub(crate) struct RawPatch {
    pub(crate) subject: u32,
    pub(crate) rule: String,
    pub(crate) reason: String,
    pub(crate) operations: Vec<Operation>,
}

/// What an answer is held against.
pub(crate) struct Terms<'a> {
    pub(crate) rules: &'a HashMap<String, Severity>,
    pub(crate) chosen: &'a [u32],
    pub(crate) state: &'a mut State,
}

impl Terms<'_> {
    pub(crate) fn findings(&mut self, raw: Vec<RawFinding>) -> Result<Vec<Finding>, Fault> {
        count(raw.len(), "findings")?;
        let mut asked: HashMap<u32, u32> = HashMap::new();
        for finding in &raw {
            let findings = asked.entry(finding.subject).or_default();
            *findings += 1;
            if *findings > MOST_FINDINGS {
                return Err(Fault::OutputLimit { limit: MOST_FINDINGS.into(), unit: "findings for one object" });
            }
        }
        raw.into_iter().map(|finding| self.finding(finding)).collect()
    }

    pub(crate) fn patches(&mut self, raw: Vec<RawPatch>) -> Result<Vec<Patch>, Fault> {
        count(raw.len(), "patches")?;
        count(raw.iter().map(|patch| patch.operations.len()).sum(), "operations")?;
        bound_each(&raw)?;
        raw.into_iter().map(|patch| self.patch(patch)).collect()
    }

    fn finding(&mut self, raw: RawFinding) -> Result<Finding, Fault> {
        let severity = self.rule(&raw.rule)?;
        let rep = self.subject(raw.subject)?;
        let object = self.state.object(rep).map_err(|error| broken(format!("{error:#}")))?;
        if object.root().at(&raw.pointer).is_none() {
            let identity = object.identity();
            return Err(broken(format!(
                "rule `{}` points at `{}`, where {} `{}` has nothing",
                raw.rule,
                shown(&raw.pointer),
                shown(&identity.kind),
                shown(&identity.name)
            )));
        }
        operations(&raw.fix, &raw.rule)?;
        self.unseen(rep, &raw.fix, &raw.rule)?;
        Ok(Finding {
            subject: raw.subject,
            severity: raw.severity.unwrap_or(severity),
            rule: raw.rule,
            pointer: raw.pointer,
            message: in_one_line(raw.message),
            fix: raw.fix,
        })
    }

    fn patch(&mut self, raw: RawPatch) -> Result<Patch, Fault> {
        self.rule(&raw.rule)?;
        let rep = self.subject(raw.subject)?;
        operations(&raw.operations, &raw.rule)?;
        if let Some(pointer) = raw.operations.iter().map(target).find(|pointer| names_the_object(pointer)) {
            return Err(broken(format!(
                "rule `{}` wants to change `{}`: a patch may not change what names an object",
                raw.rule,
                shown(pointer)
            )));
        }
        self.unseen(rep, &raw.operations, &raw.rule)?;
        Ok(Patch { subject: raw.subject, rule: raw.rule, reason: in_one_line(raw.reason), operations: raw.operations })
    }

    /// Operations are applied to the object as it is. Where the plugin was shown it without its values, none may bring a
    /// value to where it can be seen, and none may put what was shown in a value's place.
    fn unseen(&mut self, rep: u32, operations: &[Operation], rule: &str) -> Result<(), Fault> {
        if self.state.grants.secrets == SecretAccess::Full {
            return Ok(());
        }
        for (pointer, what) in operations.iter().filter_map(depends) {
            let object = self.state.object(rep).map_err(|error| broken(format!("{error:#}")))?;
            if object.hides(pointer) {
                return Err(broken(format!(
                    "an operation of rule `{rule}` {what} `{}` of a `Secret`, whose values this plugin is not shown: see \
                     `grants.secrets` in the policy file",
                    shown(pointer)
                )));
            }
        }
        Ok(())
    }

    fn rule(&self, id: &str) -> Result<Severity, Fault> {
        let known = self.rules.get(id).copied();
        known.ok_or_else(|| broken(format!("names the rule `{}`, which it does not declare", shown(id))))
    }

    fn subject(&self, index: u32) -> Result<u32, Fault> {
        let given = self.chosen.len();
        let known = self.chosen.get(index as usize).copied();
        known.ok_or_else(|| broken(format!("names subject {index}, but was given {given}, counted from 0")))
    }
}

fn count(given: usize, unit: &'static str) -> Result<(), Fault> {
    if given <= MOST_ANSWERS { Ok(()) } else { Err(Fault::OutputLimit { limit: MOST_ANSWERS as u64, unit }) }
}

/// What is asked of one object is work of the gate, which no deadline of the plugin bounds.
fn bound_each(patches: &[RawPatch]) -> Result<(), Fault> {
    let mut asked: HashMap<u32, (u32, usize)> = HashMap::new();
    for patch in patches {
        let (patches, operations) = asked.entry(patch.subject).or_default();
        *patches += 1;
        *operations += patch.operations.len();
        if *patches > MOST_PATCHES {
            return Err(Fault::OutputLimit { limit: MOST_PATCHES.into(), unit: "patches for one object" });
        }
        if *operations > MOST_OPERATIONS {
            return Err(Fault::OutputLimit { limit: MOST_OPERATIONS as u64, unit: "operations for one object" });
        }
    }
    Ok(())
}

fn operations(operations: &[Operation], rule: &str) -> Result<(), Fault> {
    for operation in operations {
        let pointer = target(operation);
        if !is_pointer(pointer) {
            return Err(broken(format!(
                "an operation of rule `{rule}` has `{}` for a pointer, which RFC 6901 does not know",
                shown(pointer)
            )));
        }
        if let Operation::Add { value, .. } | Operation::Replace { value, .. } | Operation::Test { value, .. } =
            operation
            && serde_json::from_str::<serde::de::IgnoredAny>(value).is_err()
        {
            return Err(broken(format!(
                "an operation of rule `{rule}` at `{}` has a value that is no JSON: `{}`",
                shown(pointer),
                shown(value)
            )));
        }
    }
    Ok(())
}

fn target(operation: &Operation) -> &str {
    match operation {
        Operation::Add { pointer, .. }
        | Operation::Replace { pointer, .. }
        | Operation::Remove { pointer }
        | Operation::Move { pointer, .. }
        | Operation::Copy { pointer, .. }
        | Operation::Test { pointer, .. } => pointer,
    }
}

/// The place whose value an operation takes or tells, or to which it writes what stands for a value that is not shown.
fn depends(operation: &Operation) -> Option<(&str, &'static str)> {
    match operation {
        Operation::Add { pointer, value } | Operation::Replace { pointer, value } => {
            value.contains(REDACTED).then_some((pointer, "writes the stand-in of a value to"))
        }
        Operation::Move { from, .. } => Some((from, "moves")),
        Operation::Copy { from, .. } => Some((from, "copies")),
        Operation::Test { pointer, .. } => Some((pointer, "tests")),
        Operation::Remove { .. } => None,
    }
}

/// RFC 6901: empty, or names that each follow a `/`, in which `~` is written `~0` and `/` is written `~1`.
fn is_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

/// Whether a change at this place can change the identity: at it, above it or below it.
fn names_the_object(pointer: &str) -> bool {
    const NAMES: [&str; 4] = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];
    let below = |name: &str| pointer.strip_prefix(name).is_some_and(|rest| rest.starts_with('/') || rest.is_empty());
    pointer.is_empty() || pointer == "/metadata" || NAMES.iter().any(|name| below(name))
}

/// A plugin's own words inside a message: one line, and not too long a one.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let line = one_line(text);
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

pub(crate) fn broken(message: String) -> Fault {
    Fault::Contract { message }
}

/// The rules of a description by id; the id that stands there twice, where one does.
pub(crate) fn rules_by_id(rules: &[crate::types::Rule]) -> Result<HashMap<String, Severity>, &str> {
    let mut seen = HashSet::new();
    match rules.iter().find(|rule| !seen.insert(rule.id.as_str())) {
        Some(twice) => Err(&twice.id),
        None => Ok(rules.iter().map(|rule| (rule.id.clone(), rule.severity)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Resource, Span, Text, Tree};

    use super::*;
    use crate::call::Set;
    use crate::state::View;
    use crate::types::Grants;

    fn patches(subject: u32, count: usize, operations: usize) -> Vec<RawPatch> {
        let patch = || RawPatch {
            subject,
            rule: "rule".into(),
            reason: String::new(),
            operations: vec![Operation::Remove { pointer: "/x".into() }; operations],
        };
        (0..count).map(|_| patch()).collect()
    }

    fn limit(patches: Vec<RawPatch>) -> Option<(u64, &'static str)> {
        limit_of(|terms| terms.patches(patches).map(drop))
    }

    fn limit_of(answer: impl FnOnce(&mut Terms<'_>) -> Result<(), Fault>) -> Option<(u64, &'static str)> {
        match of_answer(Set::default(), SecretAccess::default(), answer) {
            Err(Fault::OutputLimit { limit, unit }) => Some((limit, unit)),
            Ok(()) | Err(_) => None,
        }
    }

    fn of_answer(
        set: Set,
        secrets: SecretAccess,
        answer: impl FnOnce(&mut Terms<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let grants = Arc::new(Grants { secrets, ..Grants::default() });
        let (set, orders) = (Arc::new(set), Arc::default());
        let view = View { set, context: None, orders, grants, now: std::time::SystemTime::UNIX_EPOCH };
        let state = &mut State::new(view, crate::types::Limits::default(), u64::MAX);
        let rules = HashMap::from([("rule".to_owned(), Severity::Error)]);
        let chosen: Vec<u32> = (0..100).collect();
        answer(&mut Terms { rules: &rules, chosen: &chosen, state })
    }

    /// Whether operations on a `Secret` are taken, as a patch and as a fix alike.
    fn is_taken(operations: &[Operation], secrets: SecretAccess) -> bool {
        let json = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"aHVudGVyMg=="}}"#;
        let tree = Tree::from_json(Arc::new(Text::new("test", "")), Span::default(), json).unwrap();
        let resources = vec![Arc::new(Resource::new(tree).unwrap())];
        let set = Set { resources, ..Set::default() };
        let (rule, operations) = (String::from("rule"), operations.to_vec());
        let patch = RawPatch { subject: 0, rule: rule.clone(), reason: String::new(), operations: operations.clone() };
        let pointer = String::from("/metadata/name");
        let finding = RawFinding { subject: 0, rule, pointer, message: String::new(), severity: None, fix: operations };
        let patched = of_answer(set.clone(), secrets, |terms| terms.patches(vec![patch]).map(drop));
        let fixed = of_answer(set, secrets, |terms| terms.findings(vec![finding]).map(drop));
        for refused in [&patched, &fixed].into_iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(refused.to_string().contains("whose values this plugin is not shown"), "{refused}");
        }
        assert_eq!(patched.is_ok(), fixed.is_ok());
        patched.is_ok()
    }

    #[test]
    fn what_is_not_shown_is_neither_taken_nor_told_nor_overwritten_with_what_was() {
        let (seen, note) = (String::from("/metadata/labels/a"), String::from("/metadata/annotations/note"));
        let value = |text: &str| format!("\"{text}\"");
        for hidden in ["/data/a", "/data", "/stringData/a", "/metadata/annotations"] {
            let hidden = String::from(hidden);
            let moved = Operation::Move { from: hidden.clone(), pointer: note.clone() };
            let copied = Operation::Copy { from: hidden.clone(), pointer: note.clone() };
            let tested = Operation::Test { pointer: hidden.clone(), value: value("aHVudGVyMg==") };
            let added = Operation::Add { pointer: hidden.clone(), value: value(REDACTED) };
            let replaced = Operation::Replace { pointer: hidden.clone(), value: r#"{"a":"[REDACTED]"}"#.into() };
            for operation in [moved, copied, tested, added, replaced] {
                let operations = [Operation::Remove { pointer: "/type".into() }, operation];
                assert!(!is_taken(&operations, SecretAccess::Redacted), "{operations:?}");
                assert!(is_taken(&operations, SecretAccess::Full), "{operations:?}");
            }
        }
        for operation in [
            Operation::Copy { from: seen.clone(), pointer: note.clone() },
            Operation::Test { pointer: seen.clone(), value: value("x") },
            Operation::Add { pointer: "/data/b".into(), value: value("eA==") },
            Operation::Replace { pointer: "/data/a".into(), value: value("eA==") },
            Operation::Remove { pointer: "/data/a".into() },
            Operation::Add { pointer: note.clone(), value: value(REDACTED) },
        ] {
            assert!(is_taken(std::slice::from_ref(&operation), SecretAccess::Redacted), "{operation:?}");
        }
    }

    #[test]
    fn what_is_found_in_one_object_is_bounded() {
        let finding = |subject: u32| RawFinding {
            subject,
            rule: "rule".into(),
            pointer: String::new(),
            message: String::new(),
            severity: None,
            fix: Vec::new(),
        };
        let of = |subjects: u32, count: u32| {
            let raw = (0..count).flat_map(|_| (0..subjects).map(finding)).collect();
            limit_of(|terms| terms.findings(raw).map(drop))
        };
        assert_eq!(of(2, 1_000), None);
        assert_eq!(of(1, 1_001), Some((1_000, "findings for one object")));
        assert_eq!(of(100, 1_001), Some((100_000, "findings")));
    }

    #[test]
    fn what_is_asked_of_one_object_is_bounded() {
        assert_eq!(limit(patches(0, 64, 1)), None);
        assert_eq!(limit(patches(0, 65, 1)), Some((64, "patches for one object")));
        assert_eq!(limit((0..2).flat_map(|subject| patches(subject, 64, 1)).collect()), None);
        assert_eq!(limit(patches(0, 2, 5_000)), None);
        assert_eq!(limit(patches(0, 3, 5_000)), Some((10_000, "operations for one object")));
    }

    #[test]
    fn what_is_asked_of_all_objects_is_bounded() {
        let each = |subjects: u32| (0..subjects).flat_map(|subject| patches(subject, 1, 10_000)).collect();
        assert_eq!(limit(each(10)), None);
        assert_eq!(limit(each(11)), Some((100_000, "operations")));
    }
}
