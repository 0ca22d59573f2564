//! A change for programs: `schema/diff-v1.json` says what each field means. Its version changes when a field does.

use std::io;

use serde::{Serialize, Serializer};
use sluice_diff::{Area, Change, Diff, Effect, Field, Gap, Image, Name, Object, Past, Place, Shown, What, Which};
use sluice_policy::{Decision, Finding};

use super::{DiffOptions, words};
use crate::json::{Object as Identity, OneFinding, Tool, pretty};

/// The version of the form, which the schema's file name carries too.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    version: u32,
    tool: Tool,
    base: OneSide<'a>,
    head: OneSide<'a>,
    verdict: &'static str,
    policy_changed: bool,
    summary: Counts,
    #[serde(serialize_with = "objects")]
    objects: &'a [Object],
    blast_radius: Reach<'a>,
    findings: Findings<'a>,
    gaps: Vec<OneGap<'a>>,
}

#[derive(Serialize)]
struct OneSide<'a> {
    name: &'a str,
    commit: Option<&'a str>,
}

#[derive(Serialize)]
struct Counts {
    added: usize,
    removed: usize,
    changed: usize,
    moved: usize,
    unchanged: usize,
    new: usize,
    denying: usize,
    resolved: usize,
    staying: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneObject<'a> {
    change: &'static str,
    resource: Identity<'a>,
    set: Option<&'a str>,
    location: OnePlace<'a>,
    from: Option<Before<'a>>,
    fields: Vec<OneField<'a>>,
    left_out: usize,
}

#[derive(Serialize)]
struct OnePlace<'a> {
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Before<'a> {
    name: &'a str,
    set: Option<&'a str>,
    location: OnePlace<'a>,
}

#[derive(Serialize)]
pub(super) struct OneField<'a> {
    path: &'a str,
    field: &'a str,
    change: &'static str,
    hidden: bool,
    before: Option<Node<'a>>,
    after: Option<Node<'a>>,
}

/// A value, or the keys of elements in their order.
#[derive(Serialize)]
#[serde(untagged)]
enum Node<'a> {
    Value(#[serde(serialize_with = "value")] &'a Shown),
    Keys(&'a [String]),
}

#[derive(Serialize)]
struct Reach<'a> {
    effects: Vec<OneEffect<'a>>,
    images: Vec<OneImage<'a>>,
}

#[derive(Serialize)]
struct OneEffect<'a> {
    area: &'static str,
    loud: bool,
    object: usize,
    resource: Option<Identity<'a>>,
    message: String,
}

#[derive(Serialize)]
struct OneImage<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
    uses: Vec<OneUse<'a>>,
}

#[derive(Serialize)]
struct OneUse<'a> {
    object: usize,
    resource: Option<Identity<'a>>,
    container: &'a str,
}

#[derive(Serialize)]
struct Findings<'a> {
    #[serde(serialize_with = "findings")]
    new: &'a [Finding],
    #[serde(serialize_with = "findings")]
    resolved: &'a [Finding],
    #[serde(serialize_with = "findings")]
    staying: &'a [Finding],
}

#[derive(Serialize)]
struct OneGap<'a> {
    side: &'static str,
    name: Option<&'a str>,
    objects: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<usize>,
}

pub(super) fn write(diff: &Diff, options: &DiffOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let effects = diff.radius.effects.iter().map(|effect| OneEffect::of(diff, effect)).collect();
    let images = diff.radius.images.iter().map(|image| OneImage::of(diff, image)).collect();
    let report = Report {
        version: VERSION,
        tool: Tool::version(options.tool_version),
        base: OneSide::of(&diff.base),
        head: OneSide::of(&diff.head),
        verdict: match diff.decision {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Undecided => "undecided",
        },
        policy_changed: diff.policy_changed,
        summary: Counts {
            added: diff.count(Change::Added),
            removed: diff.count(Change::Removed),
            changed: diff.count(Change::Changed),
            moved: diff.count(Change::Moved),
            unchanged: diff.unchanged,
            new: diff.new.len(),
            denying: diff.new.iter().filter(|finding| finding.denies()).count(),
            resolved: diff.resolved.len(),
            staying: diff.staying.len(),
        },
        objects: &diff.objects,
        blast_radius: Reach { effects, images },
        findings: Findings { new: &diff.new, resolved: &diff.resolved, staying: &diff.staying },
        gaps: diff.gaps.iter().map(OneGap::of).collect(),
    };
    pretty(&report, out)
}

impl<'a> OneSide<'a> {
    fn of(name: &'a Name) -> Self {
        Self { name: &name.words, commit: name.commit.as_deref() }
    }
}

fn some(set: &str) -> Option<&str> {
    Some(set).filter(|set| !set.is_empty())
}

impl<'a> OneObject<'a> {
    fn of(object: &'a Object) -> Self {
        Self {
            change: words::change(object.change),
            resource: Identity::of(&object.identity),
            set: some(&object.set),
            location: OnePlace::of(&object.place),
            from: object.from.as_ref().map(Before::of),
            fields: object.fields.iter().map(OneField::of).collect(),
            left_out: object.left_out,
        }
    }
}

impl<'a> OnePlace<'a> {
    fn of(place: &'a Place) -> Self {
        Self { file: &place.file, line: place.line }
    }
}

impl<'a> Before<'a> {
    fn of(from: &'a Past) -> Self {
        Self { name: &from.name, set: some(&from.set), location: OnePlace::of(&from.place) }
    }
}

impl<'a> OneField<'a> {
    pub(super) fn of(field: &'a Field) -> Self {
        let shown = |value: &'a Shown| Some(Node::Value(value));
        let (change, before, after) = match &field.what {
            What::Added(value) => ("added", None, shown(value)),
            What::Removed(value) => ("removed", shown(value), None),
            What::Changed(was, is) => ("changed", shown(was), shown(is)),
            What::Reordered { before, after } => ("reordered", Some(Node::Keys(before)), Some(Node::Keys(after))),
        };
        let hidden = match &field.what {
            What::Added(value) | What::Removed(value) => value.is_hidden(),
            What::Changed(was, is) => was.is_hidden() || is.is_hidden(),
            What::Reordered { .. } => false,
        };
        Self { path: &field.pointer, field: &field.field, change, hidden, before, after }
    }
}

impl<'a> OneEffect<'a> {
    fn of(diff: &'a Diff, effect: &Effect) -> Self {
        Self {
            area: match effect.area {
                Area::Pruned => "pruned",
                Area::Definitions => "definitions",
                Area::Namespaces => "namespaces",
                Area::Volumes => "volumes",
                Area::Access => "access",
                Area::Admission => "admission",
                Area::Exposure => "exposure",
            },
            loud: words::is_loud(effect),
            object: effect.object,
            resource: diff.objects.get(effect.object).map(|object| Identity::of(&object.identity)),
            message: words::effect(diff, effect),
        }
    }
}

impl<'a> OneImage<'a> {
    fn of(diff: &'a Diff, image: &'a Image) -> Self {
        let uses = image.uses.iter().map(|at| OneUse {
            object: at.object,
            resource: diff.objects.get(at.object).map(|object| Identity::of(&object.identity)),
            container: &at.container,
        });
        Self { before: image.before.as_deref(), after: image.after.as_deref(), uses: uses.collect() }
    }
}

impl<'a> OneGap<'a> {
    fn of(gap: &'a Gap) -> Self {
        let side = match gap.side {
            Which::Base => "base",
            Which::Head => "head",
        };
        Self { side, name: gap.name.as_deref(), objects: gap.objects, findings: gap.findings }
    }
}

fn objects<S: Serializer>(objects: &[Object], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(OneObject::of))
}

fn findings<S: Serializer>(findings: &[Finding], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(findings.iter().map(OneFinding::of))
}

fn value<S: Serializer>(shown: &&Shown, serializer: S) -> Result<S::Ok, S::Error> {
    shown.node().to_value().serialize(serializer)
}
