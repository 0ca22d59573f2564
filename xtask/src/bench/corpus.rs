//! The input of the benches: real manifests, copied with changed names until there are enough objects.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A folder with copies of the corpus.
pub struct Corpus {
    /// Where the copies lie.
    pub folder: PathBuf,
    /// Bytes of all files.
    pub bytes: usize,
}

/// The parts of the corpus that each copy has: many small files.
const SMALL: [&str; 2] = ["microservices-demo", "kubernetes-examples"];
/// The part that every so many copies have: a single file of 2 MB. So 10,000 objects are 20 MB.
const LARGE: (&str, usize) = ("argo-cd", 5);

impl Corpus {
    /// None, for what needs none.
    pub fn none(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), bytes: 0 }
    }
}

/// Whether the third-party manifests lie beside the checkout.
pub fn is_there() -> bool {
    workspace::root().join("../shared/corpus/manifests").is_dir()
}

/// Writes about so many objects below a folder.
pub fn write(folder: &Path, objects: usize) -> Result<Corpus> {
    let source = workspace::root().join("../shared/corpus/manifests");
    let (mut files, mut large) = (Vec::new(), Vec::new());
    for part in SMALL {
        yaml_files(&source.join(part), &mut files)?;
    }
    yaml_files(&source.join(LARGE.0), &mut large)?;
    files.sort();
    let (mut copy, mut written, mut bytes) = (0, 0, 0);
    while written < objects {
        copy += 1;
        let large = large.iter().filter(|_| copy % LARGE.1 == 0);
        for (index, path) in files.iter().chain(large).enumerate() {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            let (text, names) = renamed(&text, copy);
            let target = folder.join(format!("{copy:04}")).join(format!("{index:04}.yaml"));
            fs::create_dir_all(target.parent().unwrap_or(folder))?;
            fs::write(target, &text)?;
            (written, bytes) = (written + names, bytes + text.len());
            if written >= objects {
                break;
            }
        }
        if written == 0 {
            bail!("{} holds no manifests", source.display());
        }
    }
    Ok(Corpus { folder: folder.to_path_buf(), bytes })
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!("the benches need the third-party manifests beside the checkout: cannot read {}", folder.display())
    })?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            yaml_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// The text with another name for each object, and how many there are: a `name:` directly inside of a `metadata:` that
/// stands at the start of a line.
fn renamed(text: &str, copy: usize) -> (String, usize) {
    let mut out = String::with_capacity(text.len() + 64);
    let (mut inside, mut names) = (false, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if !bare.starts_with([' ', '#']) && !bare.is_empty() {
            inside = bare == "metadata:";
        }
        if inside && bare.starts_with("  name: ") && !bare.contains(['#', '"', '\'', '{']) {
            out.push_str(bare);
            out.push_str(&format!("-{copy}"));
            out.push_str(line.get(bare.len()..).unwrap_or_default());
            names += 1;
        } else {
            out.push_str(line);
        }
    }
    (out, names)
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_names_of_objects_change() {
        let text =
            "kind: Pod\nmetadata:\n  name: a\nspec:\n  name: b\n---\nmetadata:\n  labels:\n    name: c\n  name: d\r\n";
        let expected = "kind: Pod\nmetadata:\n  name: a-7\nspec:\n  name: b\n---\nmetadata:\n  labels:\n    name: c\n  name: d-7\r\n";
        assert_eq!(renamed(text, 7), (expected.to_owned(), 2));
    }
}
