//! Which commit a revision means in a repository of this machine.

use gix::ObjectId;
use gix::objs::Kind;

use crate::error::SourceError;
use crate::words::{chain, shown};

/// As many names as are offered for one that is unknown.
const MOST_NAMES: usize = 3;
/// As many tags as lead to tags, before a commit must come.
const MOST_TAGS: usize = 10;

/// The commit that `revision` means: as Git understands it, except that a name that is both a branch and a tag of
/// different commits is refused.
pub(super) fn commit(repo: &gix::Repository, revision: &str, name: &str) -> Result<ObjectId, SourceError> {
    distinct(repo, revision, name)?;
    let id = match repo.rev_parse_single(revision) {
        Ok(id) => id.detach(),
        Err(error) => return Err(unknown(repo, revision, name, &error)),
    };
    peeled(repo, id, revision, name)
}

/// The commit that an object is or, if it is a tag, leads to.
fn peeled(repo: &gix::Repository, id: ObjectId, revision: &str, name: &str) -> Result<ObjectId, SourceError> {
    let mut current = id;
    for _ in 0..MOST_TAGS {
        let corrupt =
            |cause: String| SourceError::Corrupt { repo: name.to_owned(), id: current.to_string(), cause, cache: None };
        let header = repo.try_find_header(current).map_err(|error| corrupt(format!("damaged: {}", chain(&error))))?;
        let kind = header.ok_or_else(|| corrupt("missing".to_owned()))?.kind();
        if kind == Kind::Commit {
            return Ok(current);
        }
        if kind != Kind::Tag {
            let kind = if kind == Kind::Tree { "folder" } else { "file" }.to_owned();
            return Err(SourceError::NotACommit { revision: shown(revision), repo: name.to_owned(), kind });
        }
        let tag = repo.find_tag(current).map_err(|error| corrupt(chain(&error)))?;
        current = tag.target_id().map_err(|error| corrupt(chain(&error)))?.detach();
    }
    let kind = "tag of tags without end".to_owned();
    Err(SourceError::NotACommit { revision: shown(revision), repo: name.to_owned(), kind })
}

/// Refuses a name that stands for different commits as a branch and as a tag.
fn distinct(repo: &gix::Repository, revision: &str, name: &str) -> Result<(), SourceError> {
    let target = |place: &str| {
        let reference = repo.try_find_reference(format!("{place}{revision}").as_str()).ok().flatten()?;
        reference.into_fully_peeled_id().ok().map(|id| id.detach())
    };
    match (target("refs/heads/"), target("refs/tags/")) {
        (Some(branch), Some(tag)) if branch != tag => Err(SourceError::AmbiguousRevision {
            revision: shown(revision),
            repo: name.to_owned(),
            meanings: format!("the branch is at {branch}, the tag at {tag}"),
        }),
        _ => Ok(()),
    }
}

fn unknown(repo: &gix::Repository, revision: &str, name: &str, error: &gix::Error) -> SourceError {
    let (revision_shown, name) = (shown(revision), name.to_owned());
    let text = chain(error);
    if text.contains("ambiguous") {
        return SourceError::AmbiguousRevision { revision: revision_shown, repo: name, meanings: text };
    }
    let (mut names, mut remotes) = (Vec::new(), Vec::new());
    if let Ok(references) = repo.references() {
        let short = |reference: gix::Reference<'_>| reference.name().shorten().to_string();
        for all in [references.local_branches(), references.tags()].into_iter().flatten() {
            names.extend(all.flatten().map(short));
        }
        remotes.extend(references.remote_branches().into_iter().flatten().flatten().map(short));
    }
    // A clone has the branches of others under the name of the remote, which one forgets to write.
    let same = |name: &&String| name.split_once('/').is_some_and(|(_, branch)| branch == revision);
    let near = match remotes.iter().find(same) {
        Some(remote) => vec![shown(remote)],
        None => near(revision, names.iter().map(String::as_str)),
    };
    SourceError::UnknownRevision { revision: revision_shown, repo: name, near, shallow: super::is_shallow(repo) }
}

/// The names that read most like `revision`.
pub(crate) fn near<'n>(revision: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut near: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(name, revision), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    near.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.cmp(two.1)));
    near.dedup();
    near.into_iter().take(MOST_NAMES).map(|(_, name)| shown(name)).collect()
}
