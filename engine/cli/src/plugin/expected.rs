//! What a plugin answers on a fixture, in the form that `expected.yaml` has.

use serde::{Deserialize, Serialize};
use sluice_manifest::{Limits, Node, Operation, Resource, Span, Text, Tree, Value, read_value};
use sluice_plugin::{Finding, Patch};

use super::inspect::severity;

/// The answer of a plugin. A list that a plugin of its kind never gives is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Answer {
    /// What `configure` refuses; nothing else happens then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings_errors: Option<Vec<Refused>>,
    /// Why the plugin gave no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// What a validator found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) findings: Option<Vec<Found>>,
    /// What a mutator wants changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) patches: Option<Vec<Wanted>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) path: String,
    pub(super) message: String,
}

#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    rule: String,
    resource: String,
    path: String,
    line: u32,
    severity: String,
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fix: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    rule: String,
    resource: String,
    reason: String,
    operations: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    op: String,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
}

/// A value that keeps the order of its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Json(serde_json::Value);

impl PartialOrd for Json {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.to_string().partial_cmp(&other.0.to_string())
    }
}

impl Found {
    pub(super) fn new(finding: &Finding, subject: &Resource) -> Self {
        Self {
            rule: finding.rule.clone(),
            resource: shown(subject),
            path: finding.pointer.clone(),
            line: line(subject, &finding.pointer),
            severity: severity(finding.severity).to_owned(),
            message: finding.message.clone(),
            fix: finding.fix.iter().map(Change::new).collect(),
        }
    }
}

impl Wanted {
    pub(super) fn new(patch: &Patch, subject: &Resource) -> Self {
        Self {
            rule: patch.rule.clone(),
            resource: shown(subject),
            reason: patch.reason.clone(),
            operations: patch.operations.iter().map(Change::new).collect(),
        }
    }
}

impl Change {
    fn new(operation: &Operation) -> Self {
        let (op, value) = match operation {
            Operation::Add { value, .. } => ("add", Some(value)),
            Operation::Replace { value, .. } => ("replace", Some(value)),
            Operation::Remove { .. } => ("remove", None),
            Operation::Move { .. } => ("move", None),
            Operation::Copy { .. } => ("copy", None),
            Operation::Test { value, .. } => ("test", Some(value)),
        };
        // The host has checked that values are JSON.
        let value = value.and_then(|value| serde_json::from_str(value).ok()).map(Json);
        Self { op: op.to_owned(), path: operation.pointer().to_owned(), value }
    }
}

/// `Deployment shop/cart`.
fn shown(subject: &Resource) -> String {
    let identity = subject.identity();
    match &identity.namespace {
        Some(namespace) => format!("{} {namespace}/{}", identity.kind, identity.name),
        None => format!("{} {}", identity.kind, identity.name),
    }
}

fn line(subject: &Resource, pointer: &str) -> u32 {
    let tree = subject.tree();
    tree.locate(pointer).map_or(0, |located| tree.text().place(located.span).line)
}

/// What prints a byte of a value's JSON: `start` is where that begins.
fn printed_at(node: Node<'_>, start: usize, byte: usize) -> Span {
    let mut next = start + 1;
    match node.value() {
        Value::Object(members) => {
            for (key, value) in members {
                next += key.to_json().len() + 1;
                if byte < next {
                    return key.span();
                }
                let begin = next;
                next += value.to_json().len() + 1;
                if byte < next - 1 {
                    return printed_at(value, begin, byte);
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                let begin = next;
                next += element.to_json().len() + 1;
                if byte < next - 1 {
                    return printed_at(element, begin, byte);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    node.span()
}

impl Answer {
    /// Reads an `expected.yaml`; the error is the line and what is wrong there.
    pub(super) fn parse(name: &str, yaml: String) -> Result<Self, (u32, String)> {
        let text = std::sync::Arc::new(Text::new(name, yaml));
        let tree = read_value(std::sync::Arc::clone(&text), Limits::default());
        let tree = tree.map_err(|problem| (text.place(problem.span).line, problem.message))?;
        serde_json::from_str(&tree.root().to_json()).map_err(|error| {
            let message = error.to_string();
            let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let span = printed_at(tree.root(), 0, error.column().saturating_sub(1));
            (text.place(span).line, message.to_owned())
        })
    }

    /// Writes it as an `expected.yaml`.
    pub(super) fn to_yaml(&self) -> String {
        // Strings, numbers and lists: nothing that JSON cannot say, nor that cannot be read back.
        let json = serde_json::to_string(self).unwrap_or_default();
        let mut yaml = String::new();
        if let Ok(tree) = Tree::from_json(std::sync::Arc::new(Text::new("answer", "")), Span::default(), &json) {
            tree.root().write_yaml(&mut yaml);
        }
        if !yaml.ends_with('\n') {
            yaml.push('\n');
        }
        yaml
    }

    /// Findings in the order of their places, so that the order in which a plugin looks does not matter.
    pub(super) fn sort(&mut self) {
        if let Some(findings) = &mut self.findings {
            findings.sort_by(|a, b| (a.line, a).partial_cmp(&(b.line, b)).unwrap_or(std::cmp::Ordering::Equal));
        }
    }
}

/// The lines of two texts side by side: `-` only expected, `+` only found.
pub(super) fn difference(expected: &str, found: &str) -> Vec<(char, String)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // Length of the longest common run of lines from each pair of positions on.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let at = |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or_default();
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let value = if a == b {
                at(&longest, i + 1, j + 1) + 1
            } else {
                at(&longest, i + 1, j).max(at(&longest, i, j + 1))
            };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = value;
            }
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (None, None) => return lines,
            (Some(a), Some(b)) if a == b => {
                lines.push((' ', (*a).to_owned()));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), other) if other.is_none() || at(&longest, i + 1, j) >= at(&longest, i, j + 1) => {
                lines.push(('-', (*a).to_owned()));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push(('+', (*b).to_owned()));
                j += 1;
            }
            (Some(_), None) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn differences_show_both_sides() {
        let lines = difference("a\nb\nc\n", "a\nx\nc\nd\n");
        let shown: Vec<String> = lines.iter().map(|(sign, line)| format!("{sign}{line}")).collect();
        assert_eq!(shown, [" a", "-b", "+x", " c", "+d"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let found = Found {
            rule: "r".into(),
            resource: "Pod p".into(),
            path: "/a~1b".into(),
            line: 3,
            severity: "error".into(),
            message: "`x: y` # no".into(),
            fix: vec![Change { op: "add".into(), path: "/a".into(), value: Some(Json(serde_json::json!({"k": [1]}))) }],
        };
        let answer = Answer { findings: Some(vec![found]), ..Answer::default() };
        assert_eq!(Answer::parse("x", answer.to_yaml()).unwrap(), answer);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |yaml: &str| {
            let (line, message) = Answer::parse("x", yaml.into()).unwrap_err();
            format!("{line}: {}", message.split(',').next().unwrap_or_default())
        };
        assert_eq!(wrong("finding: []"), "1: unknown field `finding`");
        let finding = "fault: 'é \"'\nfindings:\n- rule: a\n  resource: b\n  path: ''\n  line: 1\n  severity: c\n";
        assert_eq!(wrong(&format!("{finding}  messages: d\n")), "8: unknown field `messages`");
        assert_eq!(wrong(finding), "3: missing field `message`");
        let wrong_type = format!("{finding}  message: d\n").replace("line: 1", "line: one");
        assert_eq!(wrong(&wrong_type), "6: invalid type: string \"one\"");
        assert_eq!(
            wrong(&format!("{finding}  message: d\n  fix:\n  - op: add\n    path: 1\n")),
            "11: invalid type: integer `1`"
        );
        assert_eq!(wrong("findings: []\nfault: ["), "2: expected a value");
    }
}
