//! What a revision may mean on a server, which knows names and whole ids but no expressions.

use gix::ObjectId;
use gix::protocol::fetch::refmap::Mapping;
use gix::protocol::handshake::Ref;

use crate::error::SourceError;
use crate::location::RepoLocation;
use crate::words::shown;

/// The fewest digits of an id that are taken for one.
const FEWEST_DIGITS: usize = 7;

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Head,
    Id(ObjectId),
    /// A name that starts with `refs/`.
    Full(String),
    /// The name of a branch or tag.
    Name(String),
}

/// What the server's names come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Commit(ObjectId),
    /// More than one, in words.
    Ambiguous(String),
    Nothing,
}

impl Wanted {
    /// Reads a revision that a server can answer.
    pub(super) fn parse(revision: &str, repo: &RepoLocation) -> Result<Self, SourceError> {
        if revision == "HEAD" || revision == "@" {
            return Ok(Wanted::Head);
        }
        if let Ok(id) = ObjectId::from_hex(revision.as_bytes()) {
            return Ok(Wanted::Id(id));
        }
        if gix::validate::reference::name_partial(revision.into()).is_err() || revision.starts_with(['-', '+', '^']) {
            return Err(SourceError::NotAName { revision: shown(revision), repo: repo.to_string() });
        }
        let name = revision.to_owned();
        Ok(if revision.starts_with("refs/") { Wanted::Full(name) } else { Wanted::Name(name) })
    }

    /// What is asked for, in Git's words.
    pub(super) fn specs(&self) -> Vec<String> {
        match self {
            Wanted::Head => vec!["HEAD".to_owned()],
            Wanted::Id(id) => vec![id.to_string()],
            Wanted::Full(name) => vec![name.clone()],
            Wanted::Name(name) => vec![format!("refs/heads/{name}"), format!("refs/tags/{name}")],
        }
    }
}

/// What the server has for the names that were asked for. A tag stands for the commit that it leads to.
pub(super) fn choose(wanted: &Wanted, mappings: &[Mapping]) -> Choice {
    if let Wanted::Id(id) = wanted {
        return Choice::Commit(*id);
    }
    let specs = wanted.specs();
    let found = mappings.iter().filter_map(|mapping| {
        let name = mapping.remote.as_name()?.to_string();
        let id = mapping.remote.peeled_id()?.to_owned();
        specs.contains(&name).then_some((name, id))
    });
    one_of(found.collect())
}

/// The branch or tag whose commit's id starts with the digits that were given as a name.
pub(super) fn by_prefix(wanted: &Wanted, refs: &[Ref]) -> Choice {
    let Wanted::Name(digits) = wanted else { return Choice::Nothing };
    if digits.len() < FEWEST_DIGITS || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Choice::Nothing;
    }
    let digits = digits.to_ascii_lowercase();
    let found = refs.iter().filter_map(|each| {
        let (name, target, peeled) = each.unpack();
        let id = peeled.or(target)?.to_owned();
        id.to_string().starts_with(&digits).then(|| (name.to_string(), id))
    });
    one_of(found.collect())
}

/// The names of branches and tags that read most like `revision`.
pub(super) fn near(revision: &str, refs: &[Ref]) -> Vec<String> {
    let names: Vec<String> = refs.iter().map(|each| each.unpack().0.to_string()).collect();
    let short = |name: &'_ String| -> String {
        name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name).to_owned()
    };
    let names: Vec<String> = names.iter().map(short).collect();
    crate::local::near(revision, names.iter().map(String::as_str))
}

fn one_of(found: Vec<(String, ObjectId)>) -> Choice {
    let Some((_, first)) = found.first() else { return Choice::Nothing };
    if found.iter().all(|(_, id)| id == first) {
        return Choice::Commit(*first);
    }
    let meanings: Vec<String> = found.iter().map(|(name, id)| format!("{} is at {id}", shown(name))).collect();
    Choice::Ambiguous(meanings.join(", "))
}
