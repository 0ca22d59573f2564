//! From problems to findings: the place, the words, and the change that would put it right where that is certain.

use std::ops::Range;

use sluice_sdk::{Finding, Operation, Resource, Rule, Severity};

use crate::data::{Elements, Field, Kind, Type, Version, Versions, keys, values};
use crate::place::{Place, Places, Step};
use crate::rules::{
    BAD_FORMAT, DUPLICATE_ELEMENT, INVALID_METADATA, MISSING_REQUIRED, NOT_IN_ENUM, UNKNOWN_FIELD, WRONG_TYPE,
};
use crate::suggest::{self, Advice};
use crate::syntax::Integer;
use crate::told::Told;
use crate::view::{FALSE, NULL, NUMBER, OBJECT, STRING, TRUE, View, quote};
use crate::walk::{Fault, Problem};

/// Tells every problem.
pub(crate) fn tell(
    resource: &Resource,
    view: View<'_>,
    kind: Kind,
    versions: Versions,
    problems: &[Problem],
    findings: &mut Vec<Finding>,
) {
    // A field that is missing because its name is misspelt is told once. By object and right name:
    let mut misspelt: Vec<(u32, &str)> = Vec::new();
    let teller = Teller { resource, view, kind, versions };
    let mut told = Told::of(teller.sorts(problems), findings.len());
    let (mut places, mut firsts) = (Places::new(view, kind, versions), Places::new(view, kind, versions));
    for problem in problems {
        // What is not told is not looked at: a long list is walked anew for nothing.
        let Some((rule, is_tolerated)) = told.next() else { continue };
        let place = places.of(problem.node);
        let finding = match problem.fault {
            Fault::UnknownField => {
                let advice = suggest::field(&place, versions);
                if let (Advice::Spelling { name, .. }, Some(holder)) = (&advice, place.levels.last()) {
                    misspelt.push((holder.node, name));
                }
                teller.unknown_field(&place, problem.node, &advice)
            }
            Fault::Missing(definition, index) => {
                let Some(field) = definition.field(index) else { continue };
                if misspelt.contains(&(problem.node, field.name())) {
                    continue;
                }
                teller.missing(&place, problem.node, field)
            }
            Fault::WrongType(wanted) => teller.wrong_type(&place, problem.node, wanted),
            Fault::NullElement(wanted) => teller.null_element(&place, wanted),
            Fault::Integer(wanted, found) => teller.integer(&place, problem.node, wanted, found),
            Fault::Format(wanted) => teller.format(&place, problem.node, wanted),
            Fault::NotInEnum(allowed) => teller.not_in_enum(&place, problem.node, allowed),
            Fault::Repeats(first, elements) => teller.repeats(&place, problem.node, &firsts.of(first), elements),
            Fault::LabelKey(flaw) => {
                let message = format!("the key `{}` in `{}` {flaw}", place.name(), place.holder());
                resource.finding_at(place.pointer(), message)
            }
            Fault::LabelValue(flaw) => {
                let message = format!("`{}` {flaw}, not `{}`", place.words(), clipped(view.str(problem.node)));
                resource.finding_at(place.pointer(), message)
            }
            Fault::AnnotationSize(size) => {
                let message = format!("`{}` hold {} KiB, and may hold 256", place.words(), size / 1024);
                resource.finding_at(place.pointer(), message)
            }
            Fault::TooDeep => {
                let message = "the object nests too deep to be checked".to_owned();
                resource.finding_at(place.pointer(), message)
            }
        };
        let finding = finding.rule(rule);
        told.note(findings.len());
        findings.push(if is_tolerated { finding.severity(Severity::Warning) } else { finding });
    }
    told.sum_up(findings);
}

/// The rule that a fault is against.
fn rule_of(fault: Fault) -> &'static Rule {
    match fault {
        Fault::UnknownField => &UNKNOWN_FIELD,
        Fault::Missing(..) => &MISSING_REQUIRED,
        Fault::WrongType(_) | Fault::NullElement(_) | Fault::TooDeep => &WRONG_TYPE,
        Fault::Integer(_, Integer::Good | Integer::Fraction) => &WRONG_TYPE,
        Fault::Integer(_, Integer::Range) | Fault::Format(_) => &BAD_FORMAT,
        Fault::NotInEnum(_) => &NOT_IN_ENUM,
        Fault::Repeats(..) => &DUPLICATE_ELEMENT,
        Fault::LabelKey(_) | Fault::LabelValue(_) | Fault::AnnotationSize(_) => &INVALID_METADATA,
    }
}

struct Teller<'t> {
    resource: &'t Resource,
    view: View<'t>,
    kind: Kind,
    versions: Versions,
}

impl Teller<'_> {
    /// The rule of each problem, and whether the server takes it and at most warns.
    fn sorts(&self, problems: &[Problem]) -> impl Iterator<Item = (&'static Rule, bool)> {
        let mut places = Places::new(self.view, self.kind, self.versions);
        let mut last = (0..0, false);
        let sort = move |it: &Problem| (rule_of(it.fault), self.is_tolerated(&mut places, &mut last, it));
        problems.iter().map(sort)
    }

    /// Whether the server takes a problem, and at most warns. `last` is the list in which something repeated last.
    fn is_tolerated(&self, places: &mut Places<'_>, last: &mut (Range<u32>, bool), problem: &Problem) -> bool {
        match problem.fault {
            // It asks for some objects only when what they hold is used: who writes null may know that.
            Fault::Missing(definition, index) => definition.field(index).is_some_and(|field| {
                let is_null = self.view.get(problem.node, field.name().as_bytes()).is_some();
                is_null && matches!(field.kind(), Type::Object(_))
            }),
            Fault::NullElement(wanted) => !matches!(wanted, Type::Object(_)),
            // A plain create takes these and warns; server-side apply refuses them.
            Fault::Repeats(_, elements) => {
                // What repeats in a list follows upon each other, and after what repeats in lists within it.
                if !last.0.contains(&problem.node) {
                    let place = places.of(problem.node);
                    let node = place.levels.last().map_or(0, |level| level.node);
                    let list = place.holder();
                    let is_tolerated = match list.rsplit('.').next().unwrap_or_default() {
                        "env" | "imagePullSecrets" | "hostAliases" | "ownerReferences" => true,
                        "ports" => list.contains("ontainers["),
                        _ => elements == Elements::Set,
                    };
                    *last = (node..self.view.after(node, self.view.raw(node)), is_tolerated);
                }
                last.1
            }
            Fault::UnknownField
            | Fault::WrongType(_)
            | Fault::Integer(..)
            | Fault::Format(_)
            | Fault::NotInEnum(_)
            | Fault::LabelKey(_)
            | Fault::LabelValue(_)
            | Fault::AnnotationSize(_)
            | Fault::TooDeep => false,
        }
    }

    fn unknown_field(&self, place: &Place<'_>, node: u32, advice: &Advice) -> Finding {
        let (name, pointer) = (place.name(), place.pointer());
        let holder = match place.holder() {
            root if root.is_empty() => format!("of a `{}`", self.kind.kind()),
            holder => format!("in `{holder}`"),
        };
        let advice_words = match advice {
            Advice::OtherVersions(others) => self.other_versions(*others),
            Advice::Spelling { name, .. } => format!(", did you mean `{name}`?"),
            Advice::Elsewhere(place) if place.is_empty() => ": it belongs at the top of the object".to_owned(),
            Advice::Elsewhere(place) => format!(": it belongs in `{place}`"),
            Advice::Nothing => String::new(),
        };
        let message = format!("unknown field `{name}` {holder}{advice_words}");
        let mut finding = self.resource.finding_at(pointer.clone(), message);
        // The host hides what stands under a misspelt name of a `Secret`: it cannot be written to another place.
        let is_shown = self.kind.kind() != "Secret";
        if let (true, Advice::Spelling { name, certain: true }, Some(level)) = (is_shown, advice, place.levels.last()) {
            let is_free = self.view.get(level.node, name.as_bytes()).is_none();
            let kind = level.definition().and_then(|definition| definition.find(name.as_bytes(), self.versions));
            if is_free && kind.is_some_and(|(_, field)| self.may_be(node, field.kind())) {
                let holder = pointer.rfind('/').and_then(|end| pointer.get(..end)).unwrap_or_default();
                let right = format!("{holder}/{}", sluice_sdk::escape(name));
                finding.fix =
                    vec![Operation::Add { pointer: right, value: self.view.json(node) }, Operation::Remove { pointer }];
            }
        }
        finding
    }

    fn other_versions(&self, others: Versions) -> String {
        let checked = self.versions.trailing_zeros();
        let checked = Version::all().nth(checked as usize).unwrap_or(Version::newest());
        match Version::ends(others & (checked.bit() - 1)) {
            Some((_, last)) => format!(": Kubernetes 1.{} had it last", last.minor()),
            None => {
                let first = Version::ends(others).map_or(0, |(first, _)| first.minor());
                format!(": it exists from Kubernetes 1.{first} on, and this is checked for 1.{}", checked.minor())
            }
        }
    }

    fn missing(&self, place: &Place<'_>, node: u32, field: Field) -> Finding {
        let name = field.name();
        let holder = match place.words() {
            root if root.is_empty() => format!("the `{}`", self.kind.kind()),
            holder => format!("`{holder}`"),
        };
        let is_null = self.view.get(node, name.as_bytes()).is_some();
        let null = if is_null { ", which is null here" } else { "" };
        let message = format!("{holder} lacks the required field `{name}`{null}");
        self.resource.finding_at(place.pointer(), message)
    }

    fn wrong_type(&self, place: &Place<'_>, node: u32, wanted: Type) -> Finding {
        let raw = self.view.raw(node);
        let text = self.view.str(node);
        let is_quoted = raw.tag() == STRING
            && match wanted {
                Type::Int32 | Type::Int64 => text.parse::<i64>().is_ok(),
                Type::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
                Type::Boolean => matches!(text, "true" | "false"),
                _ => false,
            };
        let is_bare = matches!(raw.tag(), NUMBER | TRUE | FALSE) && is_text(wanted);
        let is_single = matches!(wanted, Type::List(element, _) if self.may_be(node, Type::at(element)));
        let advice = match (is_quoted, is_bare, is_single) {
            (true, _, _) => ": remove the quotes",
            (_, true, _) => ": put it in quotes",
            (_, _, true) => ": put `- ` before it",
            _ => "",
        };
        let found = if self.is_secret(place) { self.kind_of(node).to_owned() } else { self.found(node) };
        let message = format!("`{}` must be {}, not {found}{advice}", place.words(), words_of(wanted));
        let pointer = place.pointer();
        let mut finding = self.resource.finding_at(pointer.clone(), message);
        if is_quoted && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !text.starts_with('0') {
            finding.fix = vec![Operation::Replace { pointer, value: text.to_owned() }];
        }
        finding
    }

    fn null_element(&self, place: &Place<'_>, wanted: Type) -> Finding {
        let message = format!("`{}` must be {}, and nothing stands here", place.words(), words_of(wanted));
        self.resource.finding_at(place.pointer(), message)
    }

    fn integer(&self, place: &Place<'_>, node: u32, wanted: Type, found: Integer) -> Finding {
        let text = clipped(self.view.str(node));
        let words = match found {
            Integer::Good | Integer::Fraction => "a whole number",
            Integer::Range if wanted == Type::Int64 => "a whole number of 64 bits",
            Integer::Range => "a whole number of 32 bits",
        };
        let message = format!("`{}` must be {words}, not `{text}`", place.words());
        self.resource.finding_at(place.pointer(), message)
    }

    fn format(&self, place: &Place<'_>, node: u32, wanted: Type) -> Finding {
        let text = self.view.str(node);
        let advice = match wanted {
            Type::Quantity => match text.strip_suffix('B').or_else(|| text.strip_suffix('b')) {
                Some(amount) if crate::syntax::is_quantity(amount.as_bytes()) => {
                    format!(", did you mean `{amount}`?")
                }
                Some(_) | None if text.contains(' ') => ": write it without a space".to_owned(),
                Some(_) | None => String::new(),
            },
            Type::Bytes if self.kind.kind() == "Secret" => ": plain text goes into `stringData`".to_owned(),
            _ => String::new(),
        };
        let not = if self.is_secret(place) { String::new() } else { format!(", not `{}`", clipped(text)) };
        let message = format!("`{}` must be {}{not}{advice}", place.words(), words_of(wanted));
        self.resource.finding_at(place.pointer(), message)
    }

    fn not_in_enum(&self, place: &Place<'_>, node: u32, allowed: u16) -> Finding {
        let text = self.view.str(node);
        let utf8 = |value: &'static [u8]| core::str::from_utf8(value).unwrap_or_default();
        let known =
            || values(allowed).filter(|(_, versions)| versions & self.versions != 0).map(|(value, _)| utf8(value));
        let same = known().find(|value| suggest::simplified(value) == suggest::simplified(text));
        let near = suggest::nearest(text, known());
        let near = same.map(|same| (same, true)).or(near.map(|(near, strokes, alone)| (near, alone && strokes == 1)));
        let other = values(allowed).find(|(value, _)| utf8(value) == text);
        let advice = match (other, near) {
            (Some((_, versions)), _) => self.other_versions(versions),
            (None, Some((near, _))) => format!(", did you mean `{near}`?"),
            (None, None) => String::new(),
        };
        let list: Vec<String> =
            known().filter(|value| !value.is_empty()).take(12).map(|value| format!("`{value}`")).collect();
        let more = known().count().saturating_sub(12);
        let more = if more > 0 { format!(" or one of {more} more") } else { String::new() };
        let message = format!("`{}` must be {}{more}, not `{}`{advice}", place.words(), one_of(&list), clipped(text));
        let pointer = place.pointer();
        let mut finding = self.resource.finding_at(pointer.clone(), message);
        if let (None, Some((near, true))) = (other, near) {
            let mut value = String::new();
            quote(near, &mut value);
            finding.fix = vec![Operation::Replace { pointer, value }];
        }
        finding
    }

    fn repeats(&self, place: &Place<'_>, node: u32, first: &Place<'_>, elements: Elements) -> Finding {
        let first = first.words();
        let message = match elements {
            Elements::Keyed(set) => {
                let said = keys(set).map(|key| {
                    let value = self.view.get(node, key).map_or("", |value| self.view.str(value));
                    let name = core::str::from_utf8(key).unwrap_or_default();
                    if value.is_empty() { format!("`{name}`") } else { format!("`{name}: {}`", clipped(value)) }
                });
                let said: Vec<String> = said.collect();
                format!("`{}` repeats {} of `{first}`", place.words(), said.join(" and "))
            }
            Elements::Set | Elements::Atomic => {
                format!("`{}` repeats `{}`, which is in the list already", place.words(), clipped(self.view.str(node)))
            }
        };
        self.resource.finding_at(place.pointer(), message)
    }

    /// Whether a value has the type that is wanted, as far as one can see from outside.
    fn may_be(&self, node: u32, wanted: Type) -> bool {
        match self.view.raw(node).tag() {
            NULL => true,
            FALSE | TRUE => matches!(wanted, Type::Boolean | Type::Any),
            NUMBER => {
                matches!(
                    wanted,
                    Type::Int32 | Type::Int64 | Type::Number | Type::IntOrString | Type::Quantity | Type::Any
                )
            }
            STRING => is_text(wanted) || matches!(wanted, Type::IntOrString | Type::Quantity | Type::Any),
            OBJECT => matches!(wanted, Type::Object(_) | Type::Map(_) | Type::Labels | Type::Annotations | Type::Any),
            _ => matches!(wanted, Type::List(_, _) | Type::Any),
        }
    }

    /// Whether the value may not be shown: no message repeats what a `Secret` holds.
    fn is_secret(&self, place: &Place<'_>) -> bool {
        let is_data = matches!(place.steps.first(), Some(Step::Name("data" | "stringData")));
        is_data && self.kind.kind() == "Secret"
    }

    /// What stands there, without its value.
    fn kind_of(&self, node: u32) -> &'static str {
        match self.view.raw(node).tag() {
            FALSE | TRUE => "a boolean",
            NUMBER => "a number",
            STRING => "a string",
            OBJECT => "an object",
            NULL => "null",
            _ => "a list",
        }
    }

    /// What stands there, in words.
    fn found(&self, node: u32) -> String {
        match self.view.raw(node).tag() {
            FALSE => "the boolean `false`".to_owned(),
            TRUE => "the boolean `true`".to_owned(),
            NUMBER => format!("the number `{}`", clipped(self.view.str(node))),
            STRING => format!("the string `{}`", clipped(self.view.str(node))),
            _ => self.kind_of(node).to_owned(),
        }
    }
}

fn is_text(wanted: Type) -> bool {
    matches!(wanted, Type::Text | Type::Bytes | Type::Time | Type::MicroTime | Type::Enum(_))
}

fn words_of(wanted: Type) -> &'static str {
    match wanted {
        Type::Any => "a value",
        Type::Text | Type::Enum(_) => "a string",
        Type::Boolean => "`true` or `false`",
        Type::Int32 | Type::Int64 => "a whole number",
        Type::Number => "a number",
        Type::Bytes => "base64",
        Type::Time => "a time such as `2026-01-31T12:00:00Z`",
        Type::MicroTime => "a time such as `2026-01-31T12:00:00.000000Z`",
        Type::IntOrString => "a whole number or a string",
        Type::Quantity => "a quantity such as `500m`, `2` or `1Gi`",
        Type::Labels | Type::Annotations | Type::Map(_) | Type::Object(_) => "an object",
        Type::List(_, _) => "a list",
    }
}

fn one_of(list: &[String]) -> String {
    match list.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "another value".to_owned(),
    }
}

/// The beginning of a text, fit for one line.
fn clipped(text: &str) -> String {
    let line: String = text.chars().take(61).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
