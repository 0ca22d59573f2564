//! What a round finds in the folder of application files: which applications it may work on, and what keeps it from the others.
//! Whatever is in doubt is left as it is.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_manifest::{Documents, Limits, NotManifest, Text, read_value};

use crate::deploy::Loaded;
use crate::deploy::hindrance::Reasons;
use crate::deploy::way::Way;

/// The kind of an application file.
pub(super) const APPLICATION: &str = "Application";

/// A file that is no application, and its kind.
pub(super) type Other = (PathBuf, String);

/// What the files of a folder come to.
pub(super) struct Found {
    /// What may be worked on.
    pub(super) ready: Vec<Loaded>,
    /// What may not.
    pub(super) wrong: Vec<Wrong>,
}

/// An application that is left as it is.
pub(super) struct Wrong {
    /// Its name; the path of its file where no name was ever read.
    pub(super) application: String,
    pub(super) step: &'static str,
    pub(super) message: String,
    pub(super) reasons: Reasons,
}

/// The application files of a folder by name, and what has another kind, with it.
pub(super) fn list(folder: &Path) -> std::io::Result<(Vec<PathBuf>, Vec<Other>)> {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        // Mounted ConfigMaps hold the same files once more behind hidden names.
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_yaml || is_hidden || !path.is_file() {
            continue;
        }
        match other_kind(&path) {
            Some(kind) => others.push((path, kind)),
            None => files.push(path),
        }
    }
    files.sort();
    others.sort();
    Ok((files, others))
}

/// The kind of a file that is no application; none of one that is, and of one that cannot be read or has no kind: what is
/// wrong with it is told when it is read as an application.
fn other_kind(path: &Path) -> Option<String> {
    let content = std::fs::read_to_string(path).ok()?;
    let text = Arc::new(Text::new(path.to_string_lossy(), content));
    if let Ok(tree) = read_value(Arc::clone(&text), Limits::default()) {
        let kind = tree.root().get("kind")?.as_str()?;
        return (kind != APPLICATION).then(|| kind.to_owned());
    }
    // Several documents, none of which may be an application.
    let mut kinds = Vec::new();
    for document in Documents::new(text, Limits::default()) {
        let is_read = !document.problems.iter().any(|problem| problem.fatal)
            && !matches!(document.skipped, Some(NotManifest::NoKind | NotManifest::Template));
        if !is_read {
            return None;
        }
        kinds.extend(document.resources.iter().map(|resource| resource.identity().kind.clone()));
    }
    kinds.first().filter(|_| kinds.iter().all(|kind| kind != APPLICATION)).cloned()
}

/// Reads application files. `known` is of which application each spoke when it was read last.
pub(super) fn read(files: Vec<PathBuf>, way: &Way, known: &mut BTreeMap<PathBuf, String>) -> Found {
    let mut wrong = Vec::new();
    let mut named: BTreeMap<String, Vec<(PathBuf, Option<Loaded>)>> = BTreeMap::new();
    for file in files {
        match way.load(&file) {
            Ok(loaded) => {
                let name = loaded.application.name.clone();
                known.insert(file.clone(), name.clone());
                named.entry(name).or_default().push((file, Some(loaded)));
            }
            Err(error) => {
                let application = known.get(&file).cloned().unwrap_or_else(|| file.display().to_string());
                let (message, reasons) = (String::from("the application file is wrong"), Reasons::of_file(&error));
                wrong.push(Wrong { application: application.clone(), step: "read", message, reasons });
                named.entry(application).or_default().push((file, None));
            }
        }
    }
    let mut ready = Vec::new();
    for (application, mut files) in named {
        if files.len() > 1 {
            // Whichever of them came first would take what the other has put there away.
            let paths: Vec<String> = files.iter().map(|(file, _)| format!("`{}`", file.display())).collect();
            let message =
                format!("{} have one application of this name, so none of them is applied", paths.join(" and "));
            wrong.push(Wrong { application, step: "read", message, reasons: Reasons::default() });
        } else if let Some((_, Some(loaded))) = files.pop() {
            ready.push(loaded);
        }
    }
    let circles = circles(&successions(&ready, way));
    ready.retain(|loaded| !circles.contains_key(&loaded.application.name));
    wrong.extend(circles.into_iter().map(|(application, circle)| {
        let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("`after` leads back to it, so it is never its turn: {}", names.join(" after "));
        Wrong { application, step: "order", message, reasons: Reasons::default() }
    }));
    Found { ready, wrong }
}

/// After whom each application comes of those that are looked for where it goes itself: in its cluster, by its inventories.
fn successions(applications: &[Loaded], way: &Way) -> BTreeMap<String, Vec<String>> {
    let place = |loaded: &Loaded| {
        let application = &loaded.application;
        (way.context(application), application.destination.inventory_namespace.clone())
    };
    let places: BTreeMap<&str, _> =
        applications.iter().map(|loaded| (loaded.application.name.as_str(), place(loaded))).collect();
    let of = |loaded: &Loaded| {
        let there = Some(place(loaded));
        let names = loaded.application.after.iter();
        let names = names.filter(|name| places.get(name.as_str()).cloned() == there).cloned().collect();
        (loaded.application.name.clone(), names)
    };
    applications.iter().map(of).collect()
}

/// The applications that come after themselves, each with a shortest way on which they do: from it to it.
fn circles(after: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    after.keys().filter_map(|name| Some((name.clone(), circle(after, name)?))).collect()
}

fn circle(after: &BTreeMap<String, Vec<String>>, start: &str) -> Option<Vec<String>> {
    // Of each that was met, from where.
    let mut met: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([start]);
    while let Some(name) = next.pop_front() {
        for before in after.get(name).into_iter().flatten() {
            if met.contains_key(before.as_str()) {
                continue;
            }
            met.insert(before, name);
            if before == start {
                let mut way = vec![start.to_owned()];
                let mut at = name;
                while at != start {
                    way.push(at.to_owned());
                    at = met.get(at)?;
                }
                way.push(start.to_owned());
                way.reverse();
                return Some(way);
            }
            next.push_back(before);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::circles;

    #[test]
    fn who_comes_after_itself_is_found_on_a_shortest_way() {
        let told = |after: &[(&str, &[&str])]| {
            let names = |names: &[&str]| names.iter().map(|name| String::from(*name)).collect();
            let after: BTreeMap<String, Vec<String>> =
                after.iter().map(|(name, others)| (String::from(*name), names(others))).collect();
            let circles = circles(&after);
            circles.values().map(|circle| circle.join(">")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b", "nobody"])]), "");
        assert_eq!(told(&[("a", &["a"])]), "a>a");
        assert_eq!(told(&[("a", &["b"]), ("b", &["a"])]), "a>b>a b>a>b");
        // Who only waits for a circle is in none, and the long way round is not told.
        let all: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &["a", "b"]), ("d", &["a"])];
        assert_eq!(told(all), "a>b>c>a b>c>b c>b>c");
    }
}
