//! Which objects a plugin or an exception is for. What depends on the kind alone is asked once for a kind, the rest once
//! for an object.

use sluice_manifest::{Identity, Node};

/// Which objects are meant: those that fit every part that is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Match {
    /// Any of these; empty: any kind.
    pub(crate) kinds: Vec<KindPattern>,
    pub(crate) namespaces: Names,
    pub(crate) names: Names,
    pub(crate) labels: Vec<LabelRequirement>,
}

/// Names to include and names to exclude.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Any of these; empty: any name.
    pub(crate) include: Vec<Glob>,
    /// None of these.
    pub(crate) exclude: Vec<Glob>,
}

/// A pattern for group, version and kind.
#[derive(Clone, Debug)]
pub(crate) struct KindPattern {
    pub(crate) group: Glob,
    pub(crate) version: Glob,
    pub(crate) kind: Glob,
}

/// A demand on one label, as in Kubernetes selectors.
#[derive(Clone, Debug)]
pub(crate) struct LabelRequirement {
    pub(crate) key: String,
    pub(crate) operator: LabelOperator,
    pub(crate) values: Vec<String>,
}

/// What is demanded of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelOperator {
    /// It is there with one of the values.
    In,
    /// It is not there, or has none of the values.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// Whether a kind is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForKind {
    /// No object of it.
    Never,
    /// Every object of it.
    Always,
    /// Some: ask for each.
    Some,
}

/// The namespace that objects come to be in that name none. Those of the whole cluster have none there either, and which
/// these are nobody knows before the cluster is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    /// It is not known.
    Unknown,
    /// An object is meant where it or none fits.
    Either(&'a str),
    /// An object is meant where both it and none fit.
    Both(&'a str),
}

/// A text in which `*` stands for any characters, none included, and `?` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Match {
    /// Whether objects of this kind can be meant.
    pub(crate) fn for_kind(&self, identity: &Identity) -> ForKind {
        let fits = |pattern: &KindPattern| pattern.fits(identity);
        if !self.kinds.is_empty() && !self.kinds.iter().any(fits) {
            ForKind::Never
        } else if self.namespaces.is_any() && self.names.is_any() && self.labels.is_empty() {
            ForKind::Always
        } else {
            ForKind::Some
        }
    }

    /// Whether every object is meant.
    pub(crate) fn is_any(&self) -> bool {
        self.kinds.is_empty() && self.namespaces.is_any() && self.names.is_any() && self.labels.is_empty()
    }

    /// Whether an object of a kind that fits is meant. Without a root nobody knows its labels, and no demand on one is met.
    ///
    /// The namespace of an object that names none is the empty text, which `*` fits and no name does: `include: [shop]`
    /// leaves it out, `exclude: [kube-system]` does not. A `Namespace` counts as being in the namespace that it is.
    pub(crate) fn fits_object(&self, identity: &Identity, root: Option<Node<'_>>, at: Destination<'_>) -> bool {
        let named = match &identity.namespace {
            Some(namespace) => Some(namespace),
            None if identity.kind == "Namespace" && identity.group().is_empty() => Some(&identity.name),
            None => None,
        };
        let inside = |namespace: &str| self.namespaces.fits(namespace);
        let is_inside = match (named, at) {
            (Some(namespace), _) => inside(namespace),
            (None, Destination::Unknown) => inside(""),
            (None, Destination::Either(namespace)) => inside("") || inside(namespace),
            (None, Destination::Both(namespace)) => inside("") && inside(namespace),
        };
        let label = |key: &str| root?.get("metadata")?.get("labels")?.get(key)?.as_str();
        let has = |requirement: &LabelRequirement| root.is_some() && requirement.fits(label(&requirement.key));
        is_inside && self.names.fits(&identity.name) && self.labels.iter().all(has)
    }

    /// Whether an object is meant.
    pub(crate) fn fits(&self, identity: &Identity, root: Option<Node<'_>>, at: Destination<'_>) -> bool {
        match self.for_kind(identity) {
            ForKind::Never => false,
            ForKind::Always => true,
            ForKind::Some => self.fits_object(identity, root, at),
        }
    }
}

impl Names {
    fn is_any(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    fn fits(&self, name: &str) -> bool {
        let among = |globs: &[Glob]| globs.iter().any(|glob| glob.fits(name));
        (self.include.is_empty() || among(&self.include)) && !among(&self.exclude)
    }
}

impl KindPattern {
    fn fits(&self, identity: &Identity) -> bool {
        self.kind.fits(&identity.kind) && self.group.fits(identity.group()) && self.version.fits(identity.version())
    }

    /// Reads `Deployment`, `v1/Pod`, `apps/v1/Deployment`, `apps/Deployment`, `Deployment.apps`, `Deployment.v1.apps`;
    /// `*` and `?` may stand in each part. None where it is none of these, or the kind starts in lowercase.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let any = || "*";
        let parts: Vec<&str> = text.split('/').collect();
        let (group, version, kind) = match *parts.as_slice() {
            [kind] => match kind.split_once('.') {
                None => (any(), any(), kind),
                Some((kind, rest)) => match rest.split_once('.') {
                    Some((version, group)) if is_version(version) => (group, version, kind),
                    Some(_) | None => (rest, any(), kind),
                },
            },
            ["*", kind] => (any(), any(), kind),
            [version, kind] if is_version(version) => ("", version, kind),
            [group, kind] => (group, any(), kind),
            [group, version, kind] => (group, version, kind),
            _ => return None,
        };
        let starts_well = kind.starts_with(|c: char| c.is_ascii_uppercase() || c == '*' || c == '?');
        let spaced = text.contains(char::is_whitespace);
        let glob = |text: &str| Glob::new(text);
        (starts_well && !spaced).then(|| Self { group: glob(group), version: glob(version), kind: glob(kind) })
    }
}

/// `v1`, `v1beta1`, `v2alpha1`.
fn is_version(text: &str) -> bool {
    let rest = text.strip_prefix('v').unwrap_or_default();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() > after.len()
        && (after.is_empty() || ["alpha", "beta"].iter().any(|stage| after.strip_prefix(stage).is_some_and(digits)))
}

impl LabelRequirement {
    fn fits(&self, label: Option<&str>) -> bool {
        let listed = label.is_some_and(|label| self.values.iter().any(|value| value == label));
        match self.operator {
            LabelOperator::In => listed,
            LabelOperator::NotIn => !listed,
            LabelOperator::Exists => label.is_some(),
            LabelOperator::DoesNotExist => label.is_none(),
        }
    }
}

impl Glob {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text fits. Takes time in proportion to both lengths at worst.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let mut pattern = self.0.chars();
        let mut text = text.chars();
        // Where to go on when what follows the last `*` does not fit: one character later.
        let mut retry = None;
        loop {
            let before = (pattern.clone(), text.clone());
            match (pattern.next(), text.next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    text = before.1;
                    retry = Some((pattern.clone(), text.clone()));
                    continue;
                }
                (Some('?'), Some(_)) => continue,
                (Some(wanted), Some(found)) if wanted == found => continue,
                (Some(_) | None, Some(_)) => {}
                (Some(_), None) => return false,
            }
            let Some((after_star, mut later)) = retry.take() else { return false };
            later.next();
            pattern = after_star.clone();
            text = later.clone();
            retry = Some((after_star, later));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs() {
        let fits = |glob: &str, text: &str| Glob::new(glob).fits(text);
        assert!(fits("*", "") && fits("*", "abc") && fits("a*c", "abbc") && fits("a?c", "abc") && fits("", ""));
        assert!(fits("*a*b", "xaybzab") && fits("**a", "ba") && fits("a*", "a") && fits("ä?ü", "äöü"));
        assert!(!fits("a*c", "ab") && !fits("a?c", "ac") && !fits("", "a") && !fits("a", "") && !fits("?", ""));
        assert!(!fits("*a*b", "xaybz"));
        let long = "a".repeat(20_000);
        assert!(!fits("*a*a*a*a*a*a*b", &long));
    }
}
