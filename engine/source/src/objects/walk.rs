//! The files below a folder of a commit.

use super::{Item, ItemRole, Objects};
use crate::error::{PathError, PathFault};
use crate::resolve::{LONGEST, Target, resolve};
use crate::store::{Below, Node, Store, joined};
use crate::words::shown;

/// As deep as folders may be nested.
const DEEPEST: usize = 256;
/// As long as all paths may be together, in bytes. They are held in memory, several times over.
const MOST_LETTERS: usize = 64 << 20;

pub(super) fn below(objects: &Objects, start: &str, most: usize) -> Result<Below, PathError> {
    let mut walk = Walk { objects, start, most, met: 0, letters: 0, above: Vec::new(), found: Below::default() };
    walk.folder(start, start, &objects.folder(start)?)?;
    Ok(walk.found)
}

struct Walk<'o> {
    objects: &'o Objects,
    start: &'o str,
    most: usize,
    met: usize,
    /// How long the paths are together that were met.
    letters: usize,
    /// The folders within which the walk stands, by their paths without links.
    above: Vec<String>,
    found: Below,
}

impl Walk<'_> {
    /// Walks the folder whose path without links is `real`, which was reached by `way`, and which holds `items`.
    fn folder(&mut self, real: &str, way: &str, items: &[Item]) -> Result<(), PathError> {
        if self.above.iter().any(|above| above == real) {
            return Ok(()); // its files are found where it was first met
        }
        if self.above.len() >= DEEPEST {
            return Err(PathError::TooDeep { path: shown(way) });
        }
        self.above.push(real.to_owned());
        for item in items {
            self.met += 1;
            if self.met > self.most {
                let path = if self.start.is_empty() { ".".to_owned() } else { shown(self.start) };
                return Err(PathError::TooMany { path, limit: self.most });
            }
            let way = joined(way, &item.name);
            if way.len() > LONGEST {
                // Nothing can be read by a path of this length, and a few objects make very many of them.
                return Err(PathError::TooDeep { path: shown(&way) });
            }
            self.letters += way.len();
            if self.letters > MOST_LETTERS {
                let path = if self.start.is_empty() { ".".to_owned() } else { shown(self.start) };
                return Err(PathError::TooLong { path, limit: MOST_LETTERS });
            }
            match item.role {
                ItemRole::File => self.found.files.push(way),
                ItemRole::Folder => {
                    let items = self.objects.items(&way, item.id)?;
                    self.folder(&joined(real, &item.name), &way, &items)?;
                }
                ItemRole::Link => self.link(&joined(real, &item.name), way)?,
                ItemRole::Submodule => {
                    self.found.astray.push(PathError::Submodule { path: shown(&way), commit: item.id.to_string() });
                }
            }
        }
        self.above.pop();
        Ok(())
    }

    fn link(&mut self, real: &str, way: String) -> Result<(), PathError> {
        match resolve(self.objects, real) {
            Ok(resolved) => match resolved.target {
                Target::File => self.found.files.push(way),
                Target::Folder => {
                    self.folder(&resolved.path, &way, &self.objects.folder(&resolved.path)?)?;
                    self.found.folders.insert(resolved.path);
                }
                Target::Submodule => self.found.astray.push(self.submodule(&resolved.path)),
            },
            Err(PathError::LinkBroken { .. } | PathError::NotAFolder { .. }) => self.found.files.push(way),
            Err(error) if error.fault() == PathFault::Astray => self.found.astray.push(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn submodule(&self, path: &str) -> PathError {
        let (folder, name) = crate::store::parted(path);
        let commit = match self.objects.node(folder, name) {
            Ok(Some(Node::Submodule(commit))) => commit,
            Ok(_) | Err(_) => String::new(),
        };
        PathError::Submodule { path: shown(path), commit }
    }
}
