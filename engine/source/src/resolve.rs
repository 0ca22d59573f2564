//! Follows a path through a tree, link by link, and never out of it.

use crate::error::PathError;
use crate::store::{Node, Store, joined};
use crate::words::shown;

/// As many links as Linux follows in one path.
const MOST_LINKS: usize = 40;
/// The longest path, as on Linux.
pub(crate) const LONGEST: usize = 4096;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The path without links, `.` and `..`.
    pub(crate) path: String,
    pub(crate) target: Target,
}

/// What stands at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    File,
    Folder,
    Submodule,
}

/// Where `path` leads, all links followed. `..` after a link means the folder above where the link led, as on Unix.
pub(crate) fn resolve(store: &dyn Store, path: &str) -> Result<Resolved, PathError> {
    Walk::new(path)?.run(store, path)
}

/// `path` as it stands, without `.` and empty parts. A path that names no place in a tree is refused.
pub(crate) fn tidied(path: &str) -> Result<String, PathError> {
    if path.starts_with('/') || path.contains(['\\', '\0']) || path.len() > LONGEST {
        return Err(PathError::BadPath { path: shown(path) });
    }
    Ok(path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/"))
}

struct Walk {
    /// The folders passed so far.
    real: Vec<String>,
    /// What is still to be walked, last part first.
    ahead: Vec<String>,
    /// The links that were followed, in order.
    links: Vec<Link>,
}

/// A link that was followed.
struct Link {
    path: String,
    text: String,
    /// How many parts were still to be walked behind it.
    behind: usize,
}

impl Walk {
    fn new(path: &str) -> Result<Self, PathError> {
        let path = tidied(path)?;
        let ahead = path.split('/').filter(|part| !part.is_empty()).rev().map(String::from).collect();
        Ok(Walk { real: Vec::new(), ahead, links: Vec::new() })
    }

    fn run(mut self, store: &dyn Store, asked: &str) -> Result<Resolved, PathError> {
        let mut folder = String::new();
        while let Some(part) = self.ahead.pop() {
            if part == ".." {
                if self.real.pop().is_none() {
                    return Err(self.leaves(asked));
                }
                folder = self.real.join("/");
                continue;
            }
            let path = joined(&folder, &part);
            match store.node(&folder, &part)? {
                None => return Err(self.missing(asked)),
                Some(Node::Folder) => {
                    self.real.push(part);
                    folder = path;
                }
                Some(Node::Link(text)) => self.follow(path, text)?,
                Some(Node::File) if self.ahead.is_empty() => return Ok(Resolved { path, target: Target::File }),
                Some(Node::File) => return Err(PathError::NotAFolder { path: shown(&path) }),
                Some(Node::Submodule(_)) if self.ahead.is_empty() => {
                    return Ok(Resolved { path, target: Target::Submodule });
                }
                Some(Node::Submodule(commit)) => return Err(PathError::Submodule { path: shown(&path), commit }),
            }
        }
        Ok(Resolved { path: folder, target: Target::Folder })
    }

    /// Puts the text of a link in front of what is still to be walked.
    fn follow(&mut self, path: String, text: String) -> Result<(), PathError> {
        if self.links.len() >= MOST_LINKS {
            return Err(PathError::LinkLoop { path: shown(&path) });
        }
        if text.is_empty() || text.starts_with('/') || text.contains(['\\', '\0']) || text.len() > LONGEST {
            return Err(PathError::LinkLeaves { path: shown(&path), target: shown(&text) });
        }
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        let behind = self.ahead.len();
        self.ahead.extend(parts.rev().map(String::from));
        self.links.push(Link { path, text, behind });
        Ok(())
    }

    /// The link of whose text the part is that was walked last; none where it is of the path that was asked for.
    fn link(&self) -> Option<&Link> {
        self.links.iter().rev().find(|link| self.ahead.len() >= link.behind)
    }

    fn leaves(&self, asked: &str) -> PathError {
        match self.link() {
            Some(Link { path, text, .. }) => PathError::LinkLeaves { path: shown(path), target: shown(text) },
            None => PathError::Leaves { path: shown(asked) },
        }
    }

    fn missing(&self, asked: &str) -> PathError {
        match self.link() {
            Some(Link { path, text, .. }) => PathError::LinkBroken { path: shown(path), target: shown(text) },
            None => PathError::NotFound { path: shown(asked) },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::Below;

    struct Plan(BTreeMap<&'static str, Node>);

    impl Store for Plan {
        fn node(&self, folder: &str, name: &str) -> Result<Option<Node>, PathError> {
            Ok(self.0.get(joined(folder, name).as_str()).cloned())
        }
        fn nodes(&self, _: &str) -> Result<Vec<(String, Node)>, PathError> {
            Ok(Vec::new())
        }
        fn size(&self, _: &str) -> Result<u64, PathError> {
            Ok(0)
        }
        fn read(&self, _: &str, _: u64) -> Result<Vec<u8>, PathError> {
            Ok(Vec::new())
        }
        fn below(&self, _: &str, _: usize) -> Result<Below, PathError> {
            Ok(Below::default())
        }
    }

    fn plan() -> Plan {
        let link = |text: &str| Node::Link(text.to_owned());
        Plan(BTreeMap::from([
            ("a", Node::Folder),
            ("a/b", Node::Folder),
            ("a/b/file", Node::File),
            ("a/up", link("../a/b")),
            ("deep", link("a/b")),
            ("out", link("../x")),
            ("a/out", link("../../x")),
            ("root", link("/etc/passwd")),
            ("self", link("self")),
            ("one", link("two")),
            ("two", link("one")),
            ("broken", link("a/none")),
            ("far", link("deep/none")),
            ("windows", link("..\\x")),
            ("module", Node::Submodule("c0ffee".into())),
        ]))
    }

    fn to(path: &str) -> String {
        match resolve(&plan(), path) {
            Ok(resolved) => format!("{} {:?}", resolved.path, resolved.target),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn paths_lead_where_they_lead_on_unix() {
        assert_eq!(to(""), " Folder");
        assert_eq!(to("./a//b/"), "a/b Folder");
        assert_eq!(to("a/b/../b/file"), "a/b/file File");
        assert_eq!(to("a/up/file"), "a/b/file File");
        assert_eq!(to("deep/../up/file"), "a/b/file File", "`..` is above where the link led");
        assert_eq!(to("module"), "module Submodule");
    }

    #[test]
    fn no_path_leads_out() {
        assert_eq!(to("../x"), "`../x` leaves the checkout");
        assert_eq!(to("a/../../x"), "`a/../../x` leaves the checkout");
        assert_eq!(to("/etc"), "`/etc` is not a path within a checkout");
        assert_eq!(to("a\\b"), "`a\\b` is not a path within a checkout");
        assert_eq!(to("out"), "the link `out` leaves the checkout: it leads to `../x`");
        assert_eq!(to("a/out/y"), "the link `a/out` leaves the checkout: it leads to `../../x`");
        assert_eq!(to("root"), "the link `root` leaves the checkout: it leads to `/etc/passwd`");
        assert_eq!(to("windows"), "the link `windows` leaves the checkout: it leads to `..\\x`");
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        assert_eq!(to("none"), "`none` does not exist in the checkout");
        assert_eq!(to("broken"), "the link `broken` leads to `a/none`, which does not exist");
        assert_eq!(to("deep/none"), "`deep/none` does not exist in the checkout", "the link leads somewhere");
        assert_eq!(to("a/up/none/x"), "`a/up/none/x` does not exist in the checkout");
        assert_eq!(to("far"), "the link `far` leads to `deep/none`, which does not exist");
        assert_eq!(to("far/x"), "the link `far` leads to `deep/none`, which does not exist");
        assert_eq!(to("deep/../../../x"), "`deep/../../../x` leaves the checkout");
        assert_eq!(to("self"), "the link `self` leads back to itself");
        assert_eq!(to("one"), "the link `one` leads back to itself");
        assert_eq!(to("a/b/file/x"), "`a/b/file` is not a folder");
        assert_eq!(to("module/x"), "`module` is a submodule, which is not part of the checkout");
    }
}
