//! A change as one would paste it into a pull request: the verdict and counts, the blast radius, what is new among the
//! findings, and every object folded. What does not fit is counted, and the command that shows it is named.

mod escape;

use sluice_diff::{Change, Diff, Effect, Object};
use sluice_policy::{Decision, Finding};

use super::values::{self, Mark, Marked, Style};
use super::{DiffOptions, words};
use crate::human::is_shown;
use crate::outcome::{Outcome, count, object_name};
use crate::{Verbosity, place};
use escape::{block, code, html, prose};

/// Longest text, in characters: GitHub takes 65,536.
const MOST: usize = 65_000;
/// Kept for the end.
const END: usize = 1_000;
/// Where the warnings end at the latest, in characters from the beginning.
const WARNINGS: usize = 10_000;
/// Where the blast radius ends at the latest.
const RADIUS: usize = 25_000;
/// Where the findings end at the latest.
const FINDINGS: usize = 40_000;
/// The longest block of an object, in characters.
const OBJECT: usize = 8_000;
/// Most fields of an object.
const FIELDS: usize = 50;
/// Most lines of a value or an object.
const LINES: usize = 30;
/// Most lines of each list that is not of new findings.
const LIST: usize = 40;
/// Longest text of others in a line, in characters.
const TEXT: usize = 400;

pub(super) fn text(diff: &Diff, options: &DiffOptions) -> String {
    let mut page = Page { text: String::new(), used: 0 };
    page.always(&head(diff));
    page.section("", warnings(diff), WARNINGS);
    page.section("Blast radius", radius(diff), RADIUS);
    let mut missing = findings(diff, &mut page);
    missing += resolved(diff, &mut page);
    let objects = objects(diff, &mut page);
    page.always(&end(missing, objects, &options.command));
    page.text
}

struct Page {
    text: String,
    used: usize,
}

impl Page {
    /// What is short by itself.
    fn always(&mut self, text: &str) {
        self.used += text.chars().count();
        self.text.push_str(text);
    }

    /// Adds a block if no more than `most` characters are used then.
    fn fit(&mut self, text: &str, most: usize) -> bool {
        let fits = self.used + text.chars().count() <= most;
        if fits {
            self.always(text);
        }
        fits
    }

    /// A list, with the number of what it has no place for.
    fn section(&mut self, heading: &str, lines: Vec<String>, most: usize) {
        if lines.is_empty() {
            return;
        }
        let heading = if heading.is_empty() { String::from("\n") } else { format!("\n#### {heading}\n\n") };
        self.always(&heading);
        let rest = lines.iter().enumerate().filter(|(at, line)| *at >= LIST || !self.fit(line, most)).count();
        if rest > 0 {
            self.always(&format!("- … and {rest} more\n"));
        }
    }
}

fn head(diff: &Diff) -> String {
    let verdict = words::decision(diff.decision);
    let counts = [Change::Added, Change::Removed, Change::Changed, Change::Moved].map(|change| diff.count(change));
    let [added, removed, changed, moved] = counts;
    let denying = diff.new.iter().filter(|finding| finding.denies()).count();
    let mut new = words::apart(&diff.new);
    match denying {
        0 => {}
        1 => new.insert(0, String::from("1 denies")),
        _ => new.insert(0, format!("{denying} deny")),
    }
    let new = format!("{}{}", diff.new.len(), words::in_brackets(&new));
    let resolved = format!("{}{}", diff.resolved.len(), words::in_brackets(&words::apart(&diff.resolved)));
    let side = |name| code(&short(&words::side(name)));
    let mut text = format!("### Sluice: {verdict}, {}\n\n", words::new_findings(diff));
    text.push_str(&format!("From {} to {}.\n\n", side(&diff.base), side(&diff.head)));
    text.push_str("| objects added | removed | changed | moved | as before |\n|--:|--:|--:|--:|--:|\n");
    text.push_str(&format!("| {added} | {removed} | {changed} | {moved} | {} |\n\n", diff.unchanged));
    text.push_str("| findings new | resolved | as before |\n|--:|--:|--:|\n");
    text.push_str(&format!("| {new} | {resolved} | {} |\n", diff.staying.len()));
    text
}

fn warnings(diff: &Diff) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if diff.decision == Decision::Undecided {
        lines.push(String::from("Something kept Sluice from deciding, so nothing passes."));
    }
    lines.extend(diff.gaps.iter().map(|gap| prose(&short(&words::gap(diff, gap)))));
    if diff.policy_changed {
        lines.push(String::from("The policy changed; both sides were judged by the new one."));
    }
    lines.into_iter().map(|line| format!("- ⚠ {line}\n")).collect()
}

/// What is touched, what someone should look at twice first.
fn radius(diff: &Diff) -> Vec<String> {
    let mut effects: Vec<&Effect> = words::effects(diff).collect();
    effects.sort_by_key(|effect| !words::is_loud(effect));
    let effect = |effect: &&Effect| {
        let sign = if words::is_loud(effect) { "⚠ " } else { "" };
        format!("- {sign}**{}** {}\n", words::area(effect.area), prose(&short(&words::effect(diff, effect))))
    };
    let mut lines: Vec<String> = effects.iter().map(effect).collect();
    let images = diff.radius.images.iter().map(|image| {
        let name = |image: &Option<String>| image.as_deref().map(|image| code(&short(image)));
        let what = match (name(&image.before), name(&image.after)) {
            (Some(was), Some(is)) => format!("{was} → {is}"),
            (None, Some(is)) => format!("{is} is new"),
            (Some(was), None) => format!("{was} is gone"),
            (None, None) => String::new(),
        };
        format!("- **image** {what}: {}\n", prose(&short(&words::uses(diff, image))))
    });
    lines.extend(images);
    lines
}

/// The new findings, those that deny first, and what both sides have that keeps the gate from deciding. Gives the number of
/// those that did not fit.
fn findings(diff: &Diff, page: &mut Page) -> usize {
    let new = listed("New findings", diff.new.iter().collect(), page);
    new + listed("There before, and undecided until it is mended", words::faults(diff).collect(), page)
}

fn listed(heading: &str, mut findings: Vec<&Finding>, page: &mut Page) -> usize {
    findings.retain(|finding| is_shown(Outcome::of(finding), Verbosity::Normal));
    findings.sort_by_key(|finding| !finding.denies());
    if !findings.is_empty() {
        page.always(&format!("\n#### {heading}\n\n"));
    }
    findings.into_iter().filter(|finding| !page.fit(&one_finding(finding), FINDINGS)).count()
}

fn one_finding(finding: &Finding) -> String {
    let word = match Outcome::of(finding) {
        Outcome::Error => "error",
        Outcome::Warning => "warning",
        Outcome::Note | Outcome::Audited | Outcome::Excepted => "note",
    };
    let place = finding.location.as_ref();
    let place = place.map(|at| format!(" {}", code(&short(&format!("{}:{}", place::file_name(&at.file), at.line)))));
    let object = finding.resource.as_ref().map(|object| format!(" ({})", prose(&short(&object_name(object)))));
    format!(
        "- **{word}** {}{}: {}{}\n",
        code(&short(&finding.rule)),
        place.unwrap_or_default(),
        prose(&short(&finding.message)),
        object.unwrap_or_default()
    )
}

fn resolved(diff: &Diff, page: &mut Page) -> usize {
    let shown = diff.resolved.iter().filter(|finding| is_shown(Outcome::of(finding), Verbosity::Normal));
    let findings: Vec<&Finding> = shown.collect();
    if findings.is_empty() {
        return 0;
    }
    let number = count(findings.len() as u64, "finding");
    let mut text = format!("\n<details><summary>{number} resolved</summary>\n\n");
    text.extend(findings.iter().take(LIST).map(|finding| one_finding(finding)));
    if findings.len() > LIST {
        text.push_str(&format!("- … and {} more\n", findings.len() - LIST));
    }
    text.push_str("\n</details>\n");
    if page.fit(&text, FINDINGS) { 0 } else { findings.len() }
}

/// Each object folded. Gives the number of those that did not fit.
fn objects(diff: &Diff, page: &mut Page) -> usize {
    if !diff.objects.is_empty() {
        page.always("\n#### Objects\n\n");
    }
    diff.objects.iter().filter(|object| !page.fit(&one_object(object), MOST - END)).count()
}

fn one_object(object: &Object) -> String {
    let word = words::change(object.change);
    let from = words::from(object).map(|from| format!(", <code>{}</code>", html(&short(&from)))).unwrap_or_default();
    let fields = match object.fields.len() + object.left_out {
        0 => String::new(),
        number => format!(", {}", count(number as u64, "field")),
    };
    let (name, place) = (html(&short(&words::object(object))), html(&short(&words::place(object))));
    let title = format!("{word} <code>{name}</code> <code>{place}</code>{from}{fields}");
    let lines = patch(object);
    if lines.is_empty() {
        return format!("- {title}\n\n");
    }
    format!("<details><summary>{title}</summary>\n\n{}\n</details>\n\n", block("diff", &lines))
}

/// The lines of an object that differ, as a patch has them.
fn patch(object: &Object) -> String {
    let fields = object.fields.iter().take(FIELDS).flat_map(|field| values::of_field(field, Style::Patch, LINES));
    let mut lines: Vec<Marked> = fields.collect();
    let rest = object.fields.len().saturating_sub(FIELDS) + object.left_out;
    if rest > 0 {
        lines.push(Marked { mark: Mark::Plain, text: format!("… {} more", count(rest as u64, "field")) });
    }
    match object.change {
        Change::Added => lines.extend(object.after.iter().flat_map(|o| values::of_object(Mark::Added, o, LINES))),
        Change::Removed => lines.extend(object.before.iter().flat_map(|o| values::of_object(Mark::Removed, o, LINES))),
        Change::Changed | Change::Moved => {}
    }
    let (mut text, mut used) = (String::new(), 0);
    let number = lines.len();
    for (at, Marked { mark, text: line }) in lines.into_iter().enumerate() {
        let sign = match mark {
            Mark::Added => '+',
            Mark::Removed => '-',
            Mark::Changed => '!',
            Mark::Plain => ' ',
        };
        used += line.chars().count() + 3;
        if used > OBJECT {
            text.push_str(&format!("  … {}\n", count((number - at) as u64, "more line")));
            break;
        }
        text.push_str(format!("{sign} {line}").trim_end());
        text.push('\n');
    }
    text
}

fn end(findings: usize, objects: usize, command: &str) -> String {
    let parts = [(findings, "finding"), (objects, "object")];
    let parts = parts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| count(*number as u64, word));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        return String::new();
    }
    let verb = if findings + objects == 1 { "is" } else { "are" };
    let (what, command) = (parts.join(" and "), code(&short(command)));
    format!("\n**{what} {verb} left out**: this text may have {MOST} characters. {command} shows everything.\n")
}

/// The beginning of a text.
fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}
