//! Keeps an object with a thousand problems from being one that cannot be judged: the host takes a bounded number of findings
//! about an object. Exceptions and severities in the policy file go by the rule, so what counts is how many of one rule and
//! severity there are, and none of another hides behind them.

use crate::finding::Finding;
use crate::rule::Severity;

/// Findings of one rule and severity about one object; further ones are counted.
const MOST: usize = 100;

struct Alike {
    rule: Option<&'static str>,
    severity: Option<Severity>,
    told: usize,
    more: usize,
}

/// Leaves of each rule and severity as many as are told, the last of which says how many more there are.
pub(crate) fn bound(findings: &mut Vec<Finding>) {
    if findings.len() <= MOST {
        return;
    }
    let mut all: Vec<Alike> = Vec::new();
    let of = |finding: &Finding| {
        let (rule, severity) = (finding.rule, finding.severity);
        move |alike: &Alike| alike.rule == rule && alike.severity == severity
    };
    findings.retain(|finding| match all.iter_mut().find(|alike| of(finding)(alike)) {
        Some(alike) if alike.told == MOST => {
            alike.more += 1;
            false
        }
        Some(alike) => {
            alike.told += 1;
            true
        }
        None => {
            all.push(Alike { rule: finding.rule, severity: finding.severity, told: 1, more: 0 });
            true
        }
    });
    for alike in all.iter().filter(|alike| alike.more > 0) {
        if let Some(last) = findings.iter_mut().rev().find(|finding| of(finding)(alike)) {
            last.message.push_str(&format!(" (and {} more like this in the object)", alike.more));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource;
    use crate::rule::Rule;

    #[test]
    fn of_each_rule_and_severity_a_hundred_are_told_and_the_rest_is_counted() {
        const ONE: Rule = Rule::new("one", "");
        const OTHER: Rule = Rule::new("other", "");
        let object = Resource::from_yaml("{ apiVersion: v1, kind: Pod, metadata: { name: a } }").unwrap();
        let mut findings: Vec<Finding> = (0..1_001).map(|n| object.finding("", format!("{n}")).rule(&ONE)).collect();
        findings.push(object.finding("", "mild").rule(&ONE).severity(Severity::Info));
        findings.extend((0..100).map(|n| object.finding("", format!("{n}")).rule(&OTHER)));
        bound(&mut findings);
        let told: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(told.len(), 201);
        assert_eq!(told.get(98..102), Some(&["98", "99 (and 901 more like this in the object)", "mild", "0"][..]));
        assert_eq!(told.last(), Some(&"99"));
    }
}
