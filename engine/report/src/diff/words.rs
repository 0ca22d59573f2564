//! What both forms for people say in the same words.

use std::collections::HashSet;

use sluice_diff::{Area, Change, Diff, Effect, Force, Gap, Image, Name, Object, Reason, Which};
use sluice_policy::{Decision, Finding};

use crate::clean;
use crate::outcome::{Tally, count, object_name};

/// `added`, `removed`, `changed`, `moved`.
pub(super) fn change(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
        Change::Moved => "moved",
    }
}

/// `allowed`, `denied`, `undecided`.
pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allowed",
        Decision::Deny => "denied",
        Decision::Undecided => "undecided",
    }
}

/// `main (1a2b3c4d5e6f)`.
pub(super) fn side(name: &Name) -> String {
    let words = clean::line(&name.words).into_owned();
    match name.commit.as_deref().and_then(|commit| commit.get(..12)) {
        Some(commit) if !commit.starts_with(&words) || words.len() < 7 => format!("{words} ({commit})"),
        Some(_) | None => words,
    }
}

/// `1 new finding denies, 2 more do not (1 audited)`.
pub(super) fn new_findings(diff: &Diff) -> String {
    let Tally { errors: denying, warnings, notes, .. } = Tally::of(&diff.new);
    let others = warnings + notes;
    let verb = |number: usize, one: &'static str, many: &'static str| if number == 1 { one } else { many };
    let told = match (denying, others) {
        (0, 0) => String::from("no new finding"),
        (0, others) => {
            format!("{}, which {} not deny", count(others as u64, "new finding"), verb(others, "does", "do"))
        }
        (denying, 0) => format!("{} {}", count(denying as u64, "new finding"), verb(denying, "denies", "deny")),
        (denying, others) => {
            let first = format!("{} {}", count(denying as u64, "new finding"), verb(denying, "denies", "deny"));
            format!("{first}, {others} more {} not", verb(others, "does", "do"))
        }
    };
    told + &in_brackets(&apart(&diff.new))
}

/// How many ask nothing of anybody, and are not shown: `1 audited`, `2 excepted`.
pub(super) fn apart(findings: &[Finding]) -> Vec<String> {
    let Tally { audited, excepted, .. } = Tally::of(findings);
    let parts = [(audited, "audited"), (excepted, "excepted")];
    parts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect()
}

/// ` (1 audited, 2 excepted)`; empty where nothing is to be said.
pub(super) fn in_brackets(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// `2 objects added, 1 removed`.
pub(super) fn objects(diff: &Diff) -> String {
    let all = [Change::Added, Change::Removed, Change::Changed, Change::Moved];
    let some = all.into_iter().map(|kind| (diff.count(kind), change(kind))).filter(|(number, _)| *number > 0);
    let words = some.enumerate().map(|(at, (number, word))| match at {
        0 => format!("{} {word}", count(number as u64, "object")),
        _ => format!("{number} {word}"),
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { String::from("no object changes") } else { words.join(", ") }
}

/// What was before, for an object that moved or has another name.
pub(super) fn from(object: &Object) -> Option<String> {
    let from = object.from.as_ref()?;
    let mut parts = Vec::new();
    if from.name != object.identity.name {
        parts.push(format!("before: {}", clean::line(&from.name)));
    }
    if from.set != object.set || from.place.file != object.place.file {
        let set =
            if from.set != object.set && !from.set.is_empty() { format!(", {}", from.set) } else { String::new() };
        parts.push(format!("from {}:{}{}", clean::line(&from.place.file), from.place.line, clean::line(&set)));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Where an object is written, and the set it belongs to.
pub(super) fn place(object: &Object) -> String {
    let place = format!("{}:{}", clean::line(&object.place.file), object.place.line);
    if object.set.is_empty() { place } else { format!("{place}, {}", clean::line(&object.set)) }
}

/// `Deployment shop/web`, safe to show.
pub(super) fn object(object: &Object) -> String {
    clean::line(&object_name(&object.identity)).into_owned()
}

/// One word or two for each area of the blast radius.
pub(super) fn area(area: Area) -> &'static str {
    match area {
        Area::Pruned => "pruned",
        Area::Definitions => "definition",
        Area::Namespaces => "namespace",
        Area::Volumes => "volume",
        Area::Access => "access",
        Area::Admission => "admission",
        Area::Exposure => "exposure",
    }
}

/// The effects for people: what is pruned is left out where another effect tells of it.
pub(super) fn effects(diff: &Diff) -> impl Iterator<Item = &Effect> {
    let all = &diff.radius.effects;
    let told: HashSet<usize> =
        all.iter().filter(|effect| effect.area != Area::Pruned).map(|effect| effect.object).collect();
    all.iter().filter(move |effect| effect.area != Area::Pruned || !told.contains(&effect.object))
}

/// `CustomResourceDefinition widgets.example.com removed: every object of its kind goes with it`.
pub(super) fn effect(diff: &Diff, effect: &Effect) -> String {
    let Some(touched) = diff.objects.get(effect.object) else { return String::new() };
    let set = if touched.set.is_empty() { String::new() } else { format!(" ({})", clean::line(&touched.set)) };
    let head = format!("{} {}{set}", object(touched), change(touched.change));
    let reasons: Vec<String> =
        effect.reasons.iter().map(|reason| clean::line(&self::reason(reason)).into_owned()).collect();
    if reasons.is_empty() { head } else { format!("{head}: {}", reasons.join("; ")) }
}

/// Whether someone should look twice.
pub(super) fn is_loud(effect: &Effect) -> bool {
    effect.force == Force::Loud
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::KindGone => String::from("every object of its kind goes with it"),
        Reason::VersionGone(version) => format!("the version `{version}` is served no longer"),
        Reason::ContentGone => String::from("everything in it goes with it"),
        Reason::DataGone => String::from("its data may go with it"),
        Reason::ClaimsFixed => String::from("the API server refuses to change its volumeClaimTemplates"),
        Reason::Grows => String::from("it allows what it did not allow"),
        Reason::Everything(part) => format!("`*` among its {part}"),
        Reason::ReadsSecrets => String::from("it lets Secrets be read"),
        Reason::Escalates(verb) => format!("the verb `{verb}` leads to more rights"),
        Reason::ClusterAdmin => String::from("it binds `cluster-admin`, which may do everything"),
        Reason::OtherRole => String::from("it binds another role, and the API server refuses to change that in place"),
        Reason::Subjects(1) => String::from("it binds 1 more subject"),
        Reason::Subjects(number) => format!("it binds {number} more subjects"),
        Reason::Everyone(name) => format!("it binds everyone in `{name}`"),
        Reason::Type(name) => format!("`{name}` is reached from outside of the cluster"),
    }
}

/// `web:1 -> web:2`, `web:2 is new`.
pub(super) fn image(image: &Image) -> String {
    let text = |image: &Option<String>| image.as_deref().map(|image| clean::line(image).into_owned());
    match (text(&image.before), text(&image.after)) {
        (Some(was), Some(is)) => format!("{was} -> {is}"),
        (None, Some(is)) => format!("{is} is new"),
        (Some(was), None) => format!("{was} is gone"),
        (None, None) => String::new(),
    }
}

/// Where an image runs: the first two places, then how many more.
pub(super) fn uses(diff: &Diff, image: &Image) -> String {
    let name = |at: &sluice_diff::Use| {
        let name = diff.objects.get(at.object).map(object).unwrap_or_default();
        format!("{name} ({})", clean::line(&at.container))
    };
    let first: Vec<String> = image.uses.iter().take(2).map(name).collect();
    let rest = image.uses.len().saturating_sub(2);
    if rest == 0 { first.join(", ") } else { format!("{}, and {rest} more", first.join(", ")) }
}

/// What could not be compared, and what follows.
pub(super) fn gap(diff: &Diff, gap: &Gap) -> String {
    let (of, other) = match gap.side {
        Which::Base => (&diff.base, &diff.head),
        Which::Head => (&diff.head, &diff.base),
    };
    let (side, other) = (side(of), side(other));
    if let Some(findings) = gap.findings {
        let what = match &gap.name {
            Some(name) => format!("not all that was found in `{}` in {side} is told", clean::line(name)),
            None => format!("{side} has more findings than can be told"),
        };
        let (findings, are) = (count(findings as u64, "finding"), if findings == 1 { "is" } else { "are" });
        return match gap.side {
            Which::Base => format!("{what}: {findings} of {other} may be older and {are} not counted as new"),
            Which::Head => {
                format!("{what}: what is new there is not known, and {findings} of {other} {are} not told as resolved")
            }
        };
    }
    let what = match &gap.name {
        Some(name) => format!("`{}` could not be read or rendered as a whole in {side}", clean::line(name)),
        None => format!("a plugin failed, so not all objects of {side} are known"),
    };
    let (objects, are) = match gap.objects {
        0 => (String::from("what is there"), "is"),
        1 => (String::from("1 object of the other side"), "is"),
        number => (format!("{number} objects of the other side"), "are"),
    };
    match (gap.side, gap.objects) {
        (_, 0) => format!("{what}: {objects} {are} not compared"),
        (Which::Base, _) => format!("{what}: {objects} {are} told as added, and findings there count as new"),
        (Which::Head, _) => {
            format!("{what}: {objects} {are} left out here, and nothing found there is told as resolved")
        }
    }
}

/// Findings of both sides that keep the side after from being decided.
pub(super) fn faults(diff: &Diff) -> impl Iterator<Item = &Finding> {
    let undecided = diff.decision == Decision::Undecided;
    diff.staying.iter().filter(move |finding| undecided && finding.denies() && finding.rule.starts_with("sluice/"))
}
