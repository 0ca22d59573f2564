//! What the side after cannot know to be repaired: it could not read it, or the plugin that found it before has failed.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use sluice_manifest::Resource;
use sluice_policy::Finding;

use crate::findings::{Of, file_of, named, rendered_of};
use crate::objects::set_of;

/// How the rules of the gate begin that say that a plugin gave no answer.
const FAILED: &str = "sluice/plugin-";

/// What the side after does not know.
pub(crate) struct Unread<'f> {
    /// Names of texts that it knows in part at most.
    texts: [&'f BTreeSet<String>; 2],
    /// Whether all objects that were read are in the set.
    is_whole: bool,
    /// The objects that it knows.
    objects: HashSet<Of<'f>>,
    /// Plugins that failed, where they were not asked any more.
    failed: HashSet<&'f str>,
    /// Objects that a plugin failed on. Where it would have changed one, no other was asked about that.
    undecided: HashSet<Of<'f>>,
}

impl<'f> Unread<'f> {
    pub(crate) fn of(
        texts: &[&'f BTreeSet<String>; 2],
        is_whole: bool,
        set: &'f [Arc<Resource>],
        findings: &'f [Finding],
    ) -> Self {
        let failed = || findings.iter().filter(|finding| is_failure(finding));
        Self {
            texts: *texts,
            is_whole,
            objects: set.iter().map(|resource| (set_of(resource), named(resource.identity()))).collect(),
            failed: failed()
                .filter(|finding| finding.resource.is_none())
                .map(|finding| finding.plugin.as_str())
                .collect(),
            undecided: failed().filter_map(object).collect(),
        }
    }

    /// Whether a finding of the side before may be there still.
    pub(crate) fn hides(&self, finding: &'f Finding) -> bool {
        let object = object(finding);
        if self.failed.contains(finding.plugin.as_str())
            || object.is_some_and(|object| self.undecided.contains(&object))
        {
            return true;
        }
        match object {
            Some(object) if self.objects.contains(&object) => false,
            Some(_) if !self.is_whole => true,
            Some(_) | None => self.texts.iter().any(|texts| texts.contains(text(finding))),
        }
    }
}

fn object(finding: &Finding) -> Option<Of<'_>> {
    finding.resource.as_ref().map(|resource| (rendered_of(finding), named(resource)))
}

/// The name of the text that it was found in.
fn text(finding: &Finding) -> &str {
    let rendered = rendered_of(finding);
    if rendered.is_empty() { file_of(finding) } else { rendered }
}

/// Whether it says that a plugin gave no answer.
pub(crate) fn is_failure(finding: &Finding) -> bool {
    finding.rule.starts_with(FAILED)
}
