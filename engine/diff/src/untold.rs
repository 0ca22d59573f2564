//! Findings that a side has and does not tell: of a run with too many of them none is told, of an object with more than a
//! plugin may give only some, and of what cannot be read nothing. What the other side has there is then neither new nor
//! resolved.

use std::collections::{BTreeMap, HashMap, HashSet};

use sluice_plugin::MOST_FINDINGS;
use sluice_policy::Finding;

use crate::findings::{Known, Of, Pairs, named, rendered_of};
use crate::unread::{Unread, is_failure};
use crate::{Change, Gap, Object, Which};

/// How the SDK ends the message of a finding that stands for others.
const SUM: &str = " more like this in the object)";

/// What a plugin says about an object.
type About<'f> = (&'f str, Of<'f>);

/// What a side leaves out.
#[derive(Default)]
struct Untold<'f> {
    /// Everything.
    all: bool,
    /// Some of what these plugins found in these objects.
    some: HashMap<About<'f>, Part<'f>>,
}

/// What is told of an object in part.
struct Part<'f> {
    /// The file that the object is in.
    file: &'f str,
    /// Whether what is left out may deny: it is of the same severity as what stands for it, and may be anything where nothing
    /// does.
    may_deny: bool,
}

/// What cannot be compared.
pub(crate) struct Doubts {
    /// Which findings of the side before and of the side after the other one may have too.
    pub(crate) before: Vec<bool>,
    pub(crate) after: Vec<bool>,
    pub(crate) gaps: Vec<Gap>,
    /// Whether one of those after, or one that the side after leaves out, would deny if it were new.
    pub(crate) may_deny: bool,
}

impl<'f> Untold<'f> {
    fn of(findings: &'f [Finding], known: &Known<'f>) -> Self {
        let mut untold = Self { all: findings.iter().any(Finding::is_of_too_many), some: HashMap::new() };
        let mut told: HashMap<About<'_>, usize> = HashMap::new();
        for finding in findings {
            let Some(about) = about(finding, known) else { continue };
            let told = told.entry(about).or_default();
            *told += 1;
            let is_sum = finding.message.ends_with(SUM);
            let is_full = *told >= MOST_FINDINGS as usize;
            if is_sum || is_full {
                let file = finding.location.as_ref().map_or("", |location| location.file.as_str());
                let part = untold.some.entry(about).or_insert(Part { file, may_deny: !is_sum });
                part.may_deny |= is_sum && finding.denies();
            }
        }
        untold
    }

    /// Whether it may have this finding of the other side; then the file that is known in part, none where nothing is.
    fn hides(&self, finding: &'f Finding, known: &Known<'f>) -> Option<Option<&'f str>> {
        // What keeps the gate from deciding is told, however much was left out.
        if finding.is_of_too_many() || is_failure(finding) {
            return None;
        }
        if self.all {
            return Some(None);
        }
        about(finding, known).and_then(|about| self.some.get(&about)).map(|part| Some(part.file))
    }
}

fn about<'f>(finding: &'f Finding, known: &Known<'f>) -> Option<About<'f>> {
    let set = known.set(rendered_of(finding));
    finding.resource.as_ref().map(|resource| (finding.plugin.as_str(), (set, named(resource))))
}

/// Sets apart what cannot be compared.
pub(crate) fn doubts<'f>(
    (before, after): (&'f [Finding], &'f [Finding]),
    pairs: &Pairs,
    objects: &'f [Object],
    known: &Known<'f>,
    unread: &Unread<'f>,
) -> Doubts {
    let (base, head) = (Untold::of(before, known), Untold::of(after, known));
    let mut gaps: BTreeMap<(bool, Option<&str>), usize> = BTreeMap::new();
    let mut doubts = |side: Which, untold: &Untold<'f>, findings: &'f [Finding], paired: &[bool]| -> Vec<bool> {
        let is_in_doubt = |(finding, paired): (&'f Finding, &bool)| {
            // That is told already: as a gap by its name, or as what the plugin failed on.
            if !paired && side == Which::Head && unread.hides(finding) {
                return true;
            }
            let hidden = if *paired { None } else { untold.hides(finding, known) };
            if let Some(file) = hidden {
                *gaps.entry((side == Which::Head, file)).or_default() += 1;
            }
            hidden.is_some()
        };
        findings.iter().zip(paired).map(is_in_doubt).collect()
    };
    let of_before = doubts(Which::Head, &head, before, &pairs.before);
    let of_after = doubts(Which::Base, &base, after, &pairs.after);
    // What the side after leaves out may be new where anything has changed: the object, or what is found in it.
    let unpaired = |findings: &'f [Finding], paired: &[bool]| {
        let unpaired = findings.iter().zip(paired).filter(|(_, paired)| !**paired);
        unpaired.filter_map(|(finding, _)| about(finding, known)).collect::<HashSet<_>>()
    };
    let found_otherwise = &unpaired(before, &pairs.before) | &unpaired(after, &pairs.after);
    let changed = objects.iter().filter(|object| object.change != Change::Moved);
    let changed: HashSet<Of<'_>> = changed.map(|object| (known.set(&object.set), named(&object.identity))).collect();
    let mut may_deny = false;
    for (about, part) in &head.some {
        if changed.contains(&about.1) || found_otherwise.contains(about) {
            gaps.entry((true, Some(part.file))).or_default();
            may_deny |= part.may_deny;
        }
    }
    may_deny |= after.iter().zip(&of_after).any(|(finding, in_doubt)| *in_doubt && finding.denies());
    let gap = |((is_head, name), findings): ((bool, Option<&str>), usize)| Gap {
        side: if is_head { Which::Head } else { Which::Base },
        name: name.map(String::from),
        objects: 0,
        findings: Some(findings),
    };
    Doubts { before: of_before, after: of_after, gaps: gaps.into_iter().map(gap).collect(), may_deny }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Resource, Span, Text, Tree};
    use sluice_plugin::Severity;
    use sluice_policy::{Action, Decision, Outcome, Summary, Verdict};

    use super::*;
    use crate::{Diff, Name, Side};

    fn object(name: &str, value: u32) -> Arc<Resource> {
        let json = format!(r#"{{"apiVersion":"v1","kind":"Bad","metadata":{{"name":"{name}"}},"x":{value}}}"#);
        let tree = Tree::from_json(Arc::new(Text::new("a.yaml", "")), Span::default(), &json).unwrap();
        Arc::new(Resource::new(tree).unwrap())
    }

    fn finding(rule: &str, object: Option<&Resource>, message: String) -> Finding {
        Finding {
            rule: rule.into(),
            plugin: "p".into(),
            severity: Severity::Error,
            action: Action::Deny,
            message,
            help: "".into(),
            url: None,
            resource: object.map(|object| object.identity().clone()),
            path: None,
            steady: None,
            location: None,
            snippet: None,
            rendered: None,
            fix: Vec::new(),
            exception: None,
            written_by: None,
            detail: None,
        }
    }

    fn side(set: Vec<Arc<Resource>>, findings: Vec<Finding>, decision: Decision) -> Side {
        let summary = Summary { resources: set.len() as u64, ..Summary::default() };
        let verdict = Verdict { decision, findings, summary, rules: Vec::new(), log: Vec::new() };
        let outcome = Outcome { verdict, approved: None, set, inputs: Vec::new() };
        Side { name: Name::default(), outcome, failed: Default::default(), templates: Default::default() }
    }

    /// Side, name and findings.
    type Gaps<'d> = Vec<(Which, Option<&'d str>, Option<usize>)>;

    /// The decision, how many findings are new, resolved and stay, and the gaps.
    fn told(diff: &Diff) -> (Decision, [usize; 3], Gaps<'_>) {
        let gaps = diff.gaps.iter().map(|gap| (gap.side, gap.name.as_deref(), gap.findings)).collect();
        (diff.decision, [diff.new.len(), diff.resolved.len(), diff.staying.len()], gaps)
    }

    #[test]
    fn what_a_side_with_too_many_findings_lets_go_is_not_taken_for_absent() {
        let bad = object("a", 1);
        let many = || {
            side(vec![bad.clone()], vec![finding("sluice/too-many-findings", None, "many".into())], Decision::Undecided)
        };
        let few = || {
            let found = (0..3).map(|n| finding("p/rule", Some(&bad), format!("{n}"))).collect();
            side(vec![bad.clone()], found, Decision::Deny)
        };
        let diff = Diff::of(many(), few());
        assert_eq!(told(&diff), (Decision::Undecided, [0, 1, 0], vec![(Which::Base, None, Some(3))]));
        let diff = Diff::of(few(), many());
        assert_eq!(told(&diff), (Decision::Undecided, [1, 0, 0], vec![(Which::Head, None, Some(3))]));
        assert_eq!(told(&Diff::of(few(), few())), (Decision::Allow, [0, 0, 3], vec![]));
    }

    /// A plugin that gave no answer has not found it repaired.
    #[test]
    fn what_a_plugin_has_found_and_then_fails_on_is_not_resolved() {
        let (one, other) = (object("a", 1), object("b", 1));
        let found = |object: &Arc<Resource>| finding("p/rule", Some(object), "bad".into());
        let before = || side(vec![one.clone(), other.clone()], vec![found(&one), found(&other)], Decision::Deny);
        let after = |object: Option<&Resource>| {
            let failed = finding("sluice/plugin-trapped", object, "the plugin `p` trapped".into());
            side(vec![one.clone(), other.clone()], vec![failed], Decision::Undecided)
        };
        assert_eq!(told(&Diff::of(before(), after(Some(&one)))).1, [1, 1, 0], "that of the other object is");
        assert_eq!(told(&Diff::of(before(), after(None))).1, [1, 0, 0]);
    }

    /// Findings `0..told` of an object, the last of which stands for others.
    fn some(object: &Resource, told: std::ops::Range<u32>, more: u32) -> Vec<Finding> {
        let mut found: Vec<Finding> = told.map(|n| finding("p/rule", Some(object), format!("{n}"))).collect();
        if let Some(last) = found.last_mut() {
            last.message.push_str(&format!(" (and {more} more like this in the object)"));
        }
        found
    }

    #[test]
    fn what_is_left_out_of_an_object_is_a_gap_where_anything_has_changed() {
        let of = |object: &Arc<Resource>, found: Vec<Finding>| {
            let mut all = found;
            all.push(finding("p/rule", Some(&self::object("b", 1)), "other".into()));
            side(vec![object.clone(), self::object("b", 1)], all, Decision::Deny)
        };
        let (old, new) = (object("a", 1), object("a", 2));
        let same = Diff::of(of(&old, some(&old, 0..5, 7)), of(&old, some(&old, 0..5, 7)));
        assert_eq!(told(&same), (Decision::Allow, [0, 0, 6], vec![]));
        // One repaired and one made, which nobody sees.
        let both = Diff::of(of(&old, some(&old, 0..5, 7)), of(&new, some(&new, 0..5, 7)));
        assert_eq!(told(&both), (Decision::Undecided, [0, 0, 6], vec![(Which::Head, Some(""), Some(0))]));
        // One repaired: another one stands for the others, and for another number.
        let repaired = Diff::of(of(&old, some(&old, 0..5, 7)), of(&new, some(&new, 1..6, 6)));
        let gaps = vec![(Which::Base, Some(""), Some(2)), (Which::Head, Some(""), Some(2))];
        assert_eq!(told(&repaired), (Decision::Undecided, [0, 0, 4], gaps));
        // Where the side before is known as a whole, more are new.
        let all = (0..4).map(|n| finding("p/rule", Some(&old), format!("{n}"))).collect();
        let more = Diff::of(of(&old, all), of(&new, some(&new, 0..6, 1)));
        assert_eq!(told(&more), (Decision::Deny, [2, 0, 5], vec![(Which::Head, Some(""), Some(0))]));
        // What stands for others and does not deny leaves out nothing that does.
        let warned = |object: &Resource| {
            let mut found = some(object, 0..5, 7);
            found.iter_mut().for_each(|finding| finding.action = Action::Warn);
            found
        };
        let diff = Diff::of(of(&old, warned(&old)), of(&new, warned(&new)));
        assert_eq!(told(&diff), (Decision::Allow, [0, 0, 6], vec![(Which::Head, Some(""), Some(0))]));
        // A plugin of any language gives no more than a thousand.
        let full = |object: &Resource| (0..1_000).map(|n| finding("p/rule", Some(object), format!("{n}"))).collect();
        let diff = Diff::of(of(&old, full(&old)), of(&new, full(&new)));
        assert_eq!(told(&diff), (Decision::Undecided, [0, 0, 1_001], vec![(Which::Head, Some(""), Some(0))]));
    }
}
