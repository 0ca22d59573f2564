//! Where files are in reports for code hosts: from the root of the repository that each lies in, from whatever folder the
//! program is run. Only there does a host know them.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use sluice_policy::{ConfigError, Finding, Location};
use sluice_report::Format;
use sluice_source::walked::is_clone;

/// What files are called, and what they are called from the root of their repository.
pub(crate) struct Placed {
    here: PathBuf,
    /// Whether names are from the root of a revision already, but for the policy file of this name.
    of_revision: Option<Option<String>>,
    known: HashMap<String, String>,
}

impl Placed {
    /// For a report of this form; none where files are called what people call them. `policy` is what a policy file on disk is
    /// called.
    pub(crate) fn for_report(format: Format, of_revision: bool, policy: Option<&Path>) -> Option<Self> {
        match format {
            Format::Human | Format::Json => return None,
            Format::Sarif | Format::Github => {}
        }
        let here = std::env::current_dir().ok()?;
        let here = here.canonicalize().unwrap_or(here);
        let of_revision = of_revision.then(|| policy.map(|policy| policy.to_string_lossy().replace('\\', "/")));
        Some(Self { here, of_revision, known: HashMap::new() })
    }

    pub(crate) fn findings(&mut self, findings: &mut [Finding]) {
        for finding in findings {
            let related = finding.rendered.iter_mut().flat_map(|rendered| &mut rendered.related);
            let related = related.filter_map(|related| related.location.as_mut());
            finding.location.iter_mut().chain(related).for_each(|location| self.location(location));
        }
    }

    pub(crate) fn errors(&mut self, errors: &mut [ConfigError]) {
        errors.iter_mut().filter_map(|error| error.location.as_mut()).for_each(|location| self.location(location));
    }

    fn location(&mut self, location: &mut Location) {
        let name = &location.file;
        if name == "-" || self.of_revision.as_ref().is_some_and(|policy| policy.as_ref() != Some(name)) {
            return;
        }
        let placed = match self.known.get(name) {
            Some(placed) => placed,
            None => {
                let placed = from_root(&self.here, name);
                self.known.entry(name.clone()).or_insert(placed)
            }
        };
        location.file.clone_from(placed);
    }
}

/// The path of a file from the root of the innermost repository around it; from the working folder where there is none and it
/// lies in that; else the whole path. A link is a file of its own.
fn from_root(here: &Path, name: &str) -> String {
    let path = here.join(name);
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let real = match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        (_, _) => path.components().filter(|part| *part != Component::CurDir).collect(),
    };
    let root = real.ancestors().skip(1).find(|folder| is_clone(folder));
    let below = real.strip_prefix(root.unwrap_or(here)).unwrap_or(&real);
    below.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::from_root;

    #[test]
    fn files_are_named_from_the_root_of_their_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for path in ["one/.git", "one/deploy/prod", "one/inner/.git", "two/.git", "plain"] {
            std::fs::create_dir_all(top.join(path)).unwrap();
        }
        let here = top.join("one/deploy");
        let away = top.join("plain/b.yaml").to_string_lossy().into_owned();
        for (name, placed) in [
            ("prod/a.yaml", "deploy/prod/a.yaml"),
            ("../a:b.yaml", "a:b.yaml"),
            ("../inner/x.yaml", "x.yaml"),
            ("../../two/x.yaml", "x.yaml"),
            ("../../plain/b.yaml", &away),
        ] {
            assert_eq!(from_root(&here, name), placed, "{name}");
            let whole = here.join(name);
            assert_eq!(from_root(&top, &whole.to_string_lossy()), placed.replace(&away, "plain/b.yaml"), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("prod", here.join("way")).unwrap();
            assert_eq!(
                from_root(&here, "way/a.yaml"),
                "deploy/prod/a.yaml",
                "a folder that is a link is no folder to Git"
            );
        }
    }
}
