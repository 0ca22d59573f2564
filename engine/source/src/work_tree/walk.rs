//! What of a folder is not checked out: the files that Git would put there, by the ways that would lead to them.

use super::{WorkTree, loose_below, none};
use crate::error::{PathError, PathFault};
use crate::resolve::{LONGEST, Target, resolve};
use crate::store::{Below, Node, Store, joined};
use crate::words::shown;

/// As deep as folders may be nested.
const DEEPEST: usize = 256;

/// Which files of a folder are wanted.
#[derive(Clone, Copy)]
enum Wanted {
    /// Those that are not on disk: a walk over the disk finds the others.
    Absent,
    /// All of them: no walk over the disk comes here.
    All,
}

/// Those below the folder at `real`, whose way there is `way`.
pub(super) fn not_on_disk(tree: &WorkTree, real: &str, way: &str, most: usize) -> Result<Below, PathError> {
    let mut walk = Walk { tree, start: way, most, met: 0, above: Vec::new(), found: Below::default() };
    // To what does not exist on disk by this way nothing on disk leads.
    let wanted = if tree.is_absent(way) { Wanted::All } else { Wanted::Absent };
    walk.folder(real, way, wanted)?;
    if let Wanted::Absent = wanted {
        for (link, below) in loose_below(tree, real) {
            walk.link(link, joined(way, below))?;
        }
    }
    Ok(walk.found)
}

struct Walk<'w> {
    tree: &'w WorkTree,
    start: &'w str,
    most: usize,
    met: usize,
    /// The folders within which the walk stands, by their paths without links.
    above: Vec<String>,
    found: Below,
}

impl Walk<'_> {
    fn folder(&mut self, real: &str, way: &str, wanted: Wanted) -> Result<(), PathError> {
        if self.above.iter().any(|above| above == real) {
            return Ok(()); // its files are found where it was first met
        }
        if self.above.len() >= DEEPEST || way.len() > LONGEST {
            return Err(PathError::TooDeep { path: shown(way) });
        }
        let nodes = match wanted {
            Wanted::Absent => none(self.tree.absent.nodes(real).map(Some))?.unwrap_or_default(),
            Wanted::All => self.tree.nodes(real)?,
        };
        self.above.push(real.to_owned());
        for (name, node) in nodes {
            self.met += 1;
            if self.met > self.most {
                let path = if self.start.is_empty() { ".".to_owned() } else { shown(self.start) };
                return Err(PathError::TooMany { path, limit: self.most });
            }
            let (real, way) = (joined(real, &name), joined(way, &name));
            match node {
                Node::Folder => self.folder(&real, &way, wanted)?,
                Node::File => self.found.files.push(way),
                Node::Link(_) => self.link(&real, way)?,
                Node::Submodule(commit) => {
                    self.found.astray.push(PathError::Submodule { path: shown(&way), commit });
                }
            }
        }
        self.above.pop();
        Ok(())
    }

    /// What a link leads to. It is not on disk, or leads to nothing there.
    fn link(&mut self, real: &str, way: String) -> Result<(), PathError> {
        match resolve(self.tree, real) {
            Ok(resolved) => match resolved.target {
                Target::File => self.found.files.push(way),
                Target::Folder => {
                    self.folder(&resolved.path, &way, Wanted::All)?;
                    self.found.folders.insert(resolved.path);
                }
                Target::Submodule => {
                    self.found.astray.push(PathError::Submodule { path: shown(&way), commit: String::new() });
                }
            },
            Err(PathError::LinkBroken { .. } | PathError::NotAFolder { .. }) => self.found.files.push(way),
            Err(error) if error.fault() == PathFault::Astray => self.found.astray.push(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
