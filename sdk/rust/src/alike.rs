//! Keeps an object with thousands of problems from being one that cannot be judged: the host takes a bounded number of findings
//! about an object. As long as it takes all of them nothing is left out, so that a comparison knows which of them are new. Past
//! that each sort of them has its share, and none hides behind others: exceptions and severities in the policy file go by the
//! rule, so a sort is a rule and a severity.

use crate::finding::Finding;
use crate::rule::Severity;

/// Findings about one object that a host takes from one call.
pub const MOST_FINDINGS: usize = 1_000;

/// Findings of one rule and severity.
struct Sort {
    rule: Option<&'static str>,
    severity: Option<Severity>,
    /// How many there are, with those that a finding stands for.
    all: usize,
    /// How many were gathered, and then how many have been left.
    told: usize,
    /// How many are left.
    share: usize,
}

impl Sort {
    fn holds(&self, finding: &Finding) -> bool {
        self.rule == finding.rule && self.severity == finding.severity
    }
}

/// What is found about one object, rule by rule.
#[derive(Default)]
pub(crate) struct Alike(Vec<Sort>);

impl Alike {
    /// Takes what a rule found: of a sort no more than the host takes in all.
    pub(crate) fn gather(&mut self, mut found: Vec<Finding>, into: &mut Vec<Finding>) {
        found.retain(|finding| {
            if let Some(sort) = self.0.iter_mut().find(|sort| sort.holds(finding)) {
                sort.all += 1 + finding.more;
                sort.told += 1;
                return sort.told <= MOST_FINDINGS;
            }
            let Finding { rule, severity, more, .. } = *finding;
            self.0.push(Sort { rule, severity, all: 1 + more, told: 1, share: 0 });
            true
        });
        into.append(&mut found);
    }

    /// Leaves of the findings from `start` on as many as the host takes: of each sort the first ones, the last of which says how
    /// many more there are. `sluice diff` knows by these words that not all is told.
    pub(crate) fn bound(mut self, findings: &mut Vec<Finding>, start: usize) {
        // Where there are more sorts than the host takes findings it is for the host to refuse them: one would be left out.
        let all: usize = self.0.iter().map(|sort| sort.all).sum();
        if all <= MOST_FINDINGS || self.0.len() > MOST_FINDINGS {
            return;
        }
        let wanted: Vec<usize> = self.0.iter().map(|sort| sort.told.min(MOST_FINDINGS)).collect();
        for (sort, share) in self.0.iter_mut().zip(shares(&wanted)) {
            (sort.share, sort.told) = (share, 0);
        }
        let mut kept = findings.split_off(start);
        kept.retain_mut(|finding| {
            let Some(sort) = self.0.iter_mut().find(|sort| sort.holds(finding)) else { return true };
            sort.told += 1;
            let more = sort.all.saturating_sub(sort.share);
            if sort.told == sort.share && more > 0 {
                finding.message.push_str(&format!(" (and {more} more like this in the object)"));
            }
            sort.told <= sort.share
        });
        findings.append(&mut kept);
    }
}

/// What each gets of the findings that a host takes about one object: who wants few all of it, the others as much as each other.
#[must_use]
pub fn shares(wanted: &[usize]) -> Vec<usize> {
    let mut shares = vec![0; wanted.len()];
    let mut smallest_first: Vec<(&usize, &mut usize)> = wanted.iter().zip(&mut shares).collect();
    smallest_first.sort_by_key(|(wanted, _)| **wanted);
    let (mut left, mut sorts) = (MOST_FINDINGS, smallest_first.len());
    for (wanted, share) in smallest_first {
        *share = (*wanted).min(left / sorts);
        left -= *share;
        sorts -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource;
    use crate::rule::Rule;

    const ONE: Rule = Rule::new("one", "");
    const OTHER: Rule = Rule::new("other", "");

    fn bounded(rules: Vec<Vec<Finding>>) -> Vec<Finding> {
        let object = Resource::from_yaml("{ apiVersion: v1, kind: Pod, metadata: { name: a } }").unwrap();
        let mut findings = vec![object.finding("", "of another object"); 5];
        let mut alike = Alike::default();
        rules.into_iter().for_each(|found| alike.gather(found, &mut findings));
        alike.bound(&mut findings, 5);
        findings.split_off(5)
    }

    fn found(rule: &Rule, count: usize) -> Vec<Finding> {
        let object = Resource::from_yaml("{ apiVersion: v1, kind: Pod, metadata: { name: a } }").unwrap();
        (0..count).map(|n| object.finding("", format!("{n}")).rule(rule)).collect()
    }

    #[test]
    fn nothing_is_left_out_that_the_host_takes() {
        let told = bounded(vec![found(&ONE, 150), found(&OTHER, 850)]);
        assert_eq!((told.len(), told.iter().filter(|it| it.message.contains("more like this")).count()), (1_000, 0));
    }

    #[test]
    fn past_that_each_rule_and_severity_has_its_share_and_the_rest_is_counted() {
        let mut mild = found(&ONE, 1);
        mild.iter_mut().for_each(|it| it.severity = Some(Severity::Info));
        let told = bounded(vec![found(&ONE, 30_000), mild.clone(), found(&ONE, 1), found(&OTHER, 100)]);
        let of = |rule: &Rule| told.iter().filter(|it| it.rule == Some(rule.id)).collect::<Vec<_>>();
        assert_eq!((told.len(), of(&ONE).len(), of(&OTHER).len()), (1_000, 900, 100));
        assert!(of(&OTHER).iter().all(|it| !it.message.contains("more")));
        assert_eq!(of(&ONE)[898].message, "898 (and 29102 more like this in the object)");
        assert_eq!(of(&ONE)[899], &mild[0]);
        // Two large ones halve what there is.
        let told = bounded(vec![found(&ONE, 700), found(&OTHER, 40_000)]);
        assert_eq!(told.len(), 1_000);
        assert_eq!(told[499].message, "499 (and 200 more like this in the object)");
        assert_eq!(told[999].message, "499 (and 39500 more like this in the object)");
    }

    #[test]
    fn those_that_a_finding_stands_for_are_counted_once() {
        let mut some = found(&ONE, 400);
        some[399].more = 5_000;
        let told = bounded(vec![found(&OTHER, 400), some, found(&ONE, 1)]);
        assert_eq!(told.len(), 801);
        assert_eq!(told[800].message, "0 (and 5000 more like this in the object)");
    }

    #[test]
    fn no_sort_is_left_out() {
        let names: Vec<&'static str> = (0..1_001).map(|n| &*format!("r{n}").leak()).collect();
        let all: Vec<Vec<Finding>> = names.iter().map(|name| found(&Rule::new(name, ""), 1)).collect();
        assert_eq!(bounded(all).len(), 1_001);
    }
}
