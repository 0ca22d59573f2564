//! What roles allow that they did not allow before (RBAC, `rbac.authorization.k8s.io`).

use std::collections::{BTreeSet, HashSet};

use sluice_manifest::Node;

use super::Reason;

/// Comparisons of rules before only those that are the same count as known.
const PATIENCE: usize = 1_000_000;

/// The parts of a rule that say what it allows.
const PARTS: [&str; 4] = ["verbs", "apiGroups", "resources", "nonResourceURLs"];

/// Why the change of a role matters.
pub(super) fn of_role(before: Option<Node<'_>>, after: Option<Node<'_>>) -> Vec<Reason> {
    let (was, is) = (rules(before), rules(after));
    let known: BTreeSet<Reason> = was.iter().flat_map(|rule| risks(*rule)).collect();
    let mut reasons: Vec<Reason> = Vec::new();
    let gathers = |role: Option<Node<'_>>| role.and_then(|role| role.get("aggregationRule")).map(|rule| rule.digest());
    let gathers_more = gathers(after).is_some() && gathers(before) != gathers(after);
    // A role that is new allows nothing that it did not allow before.
    if before.is_some() && (gathers_more || grows(&was, &is)) {
        reasons.push(Reason::Grows);
    }
    let risks: BTreeSet<Reason> = is.iter().flat_map(|rule| risks(*rule)).collect();
    reasons.extend(risks.into_iter().filter(|risk| !known.contains(risk)));
    reasons
}

/// Why the change of a binding matters.
pub(super) fn of_binding(before: Option<Node<'_>>, after: Option<Node<'_>>) -> Vec<Reason> {
    let Some(is) = after else { return Vec::new() };
    let role = |root: Node<'_>| root.at("/roleRef").map(|role| (text(role, "kind"), text(role, "name")));
    let subjects = |root: Node<'_>| -> Vec<(String, String, String)> {
        let subjects = root.get("subjects").into_iter().flat_map(Node::items);
        subjects.map(|one| (text(one, "kind"), text(one, "namespace"), text(one, "name"))).collect()
    };
    let known: HashSet<_> = before.map(subjects).unwrap_or_default().into_iter().collect();
    let new: Vec<_> = subjects(is).into_iter().filter(|subject| !known.contains(subject)).collect();
    let other = before.is_some_and(|was| role(was) != role(is));
    let mut reasons = Vec::new();
    if role(is).is_some_and(|(_, name)| name == "cluster-admin") && (before.is_none() || other || !new.is_empty()) {
        reasons.push(Reason::ClusterAdmin);
    }
    if other {
        reasons.push(Reason::OtherRole);
    }
    if !new.is_empty() {
        reasons.push(Reason::Subjects(new.len()));
    }
    let everyone = ["system:unauthenticated", "system:anonymous", "system:authenticated", "system:serviceaccounts"];
    let all = new.into_iter().map(|(_, _, name)| name).filter(|name| everyone.contains(&name.as_str()));
    reasons.extend(all.collect::<BTreeSet<_>>().into_iter().map(Reason::Everyone));
    reasons
}

fn rules(role: Option<Node<'_>>) -> Vec<Node<'_>> {
    role.and_then(|role| role.get("rules")).map(|rules| rules.items().collect()).unwrap_or_default()
}

/// Whether a rule allows what no rule before allowed by itself.
fn grows(was: &[Node<'_>], is: &[Node<'_>]) -> bool {
    let same: HashSet<[u8; 32]> = was.iter().map(|rule| rule.digest()).collect();
    let patient = was.len().saturating_mul(is.len()) <= PATIENCE;
    let known: Vec<Allowed<'_>> =
        if patient { was.iter().map(|rule| Allowed::of(*rule)).collect() } else { Vec::new() };
    let new = is.iter().filter(|rule| !same.contains(&rule.digest()));
    new.map(|rule| Allowed::of(*rule)).any(|rule| !known.iter().any(|other| rule.within(other)))
}

/// What a rule allows.
struct Allowed<'r> {
    parts: [HashSet<&'r str>; 4],
    /// The only objects that it is about; empty for all.
    names: HashSet<&'r str>,
}

impl<'r> Allowed<'r> {
    fn of(rule: Node<'r>) -> Self {
        Self { parts: PARTS.map(|part| list(rule, part).collect()), names: list(rule, "resourceNames").collect() }
    }

    fn within(&self, other: &Self) -> bool {
        let part = |(one, other): (&HashSet<&str>, &HashSet<&str>)| other.contains("*") || one.is_subset(other);
        let names = other.names.is_empty() || !self.names.is_empty() && self.names.is_subset(&other.names);
        names && self.parts.iter().zip(&other.parts).all(part)
    }
}

fn risks(rule: Node<'_>) -> Vec<Reason> {
    let has = |part: &str, wanted: &[&str]| list(rule, part).any(|text| wanted.contains(&text));
    let mut risks = Vec::new();
    risks.extend(["verbs", "resources"].into_iter().filter(|part| has(part, &["*"])).map(Reason::Everything));
    if has("resources", &["secrets", "*"])
        && has("verbs", &["get", "list", "watch", "*"])
        && has("apiGroups", &["", "*"])
    {
        risks.push(Reason::ReadsSecrets);
    }
    risks.extend(
        ["escalate", "bind", "impersonate"].into_iter().filter(|verb| has("verbs", &[verb])).map(Reason::Escalates),
    );
    risks
}

fn list<'r>(rule: Node<'r>, part: &str) -> impl Iterator<Item = &'r str> + use<'r> {
    rule.get(part).into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

fn text(node: Node<'_>, name: &str) -> String {
    node.get(name).and_then(Node::as_str).unwrap_or_default().to_owned()
}
