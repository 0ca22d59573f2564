//! What a kustomization names, so that its bases and files are not judged a second time by themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use sluice_manifest::{Limits, Node, Text, Tree, read_value};
use sluice_source::Checkout;

use super::entries::joined;

/// The names under which kustomize looks for its file.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Longest text that is taken for a path.
const MAX_PATH: usize = 1024;

/// Fields that list files and folders.
const BASES: [&str; 6] = ["resources", "bases", "components", "generators", "transformers", "validators"];
/// Fields that list files.
const FILES: [&str; 3] = ["patchesStrategicMerge", "crds", "configurations"];
/// Fields that list objects with a `path`.
const PATHS: [&str; 3] = ["patches", "patchesJson6902", "replacements"];
/// Fields that list generators, whose `files`, `envs` and `env` are files.
const GENERATORS: [&str; 2] = ["configMapGenerator", "secretGenerator"];

/// A kustomization.
pub(crate) struct Kustomization {
    /// Its file.
    pub(crate) file: String,
    /// What it reads, from the root of the checkout: the paths in the fields in which kustomize looks for paths, and nothing
    /// that any other text may look like. Not all of them exist.
    pub(crate) names: BTreeSet<String>,
    /// Whether it is rendered only as a part of others.
    pub(crate) is_component: bool,
}

impl Kustomization {
    /// Reads a kustomization's file. One that cannot be read names nothing, and is rendered, so that kustomize says what is
    /// wrong with it.
    pub(crate) fn read(checkout: &Checkout, folder: &str, file: &str) -> Self {
        let content = checkout.read(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let tree = content.and_then(|content| read_value(Arc::new(Text::new(file, content)), Limits::default()).ok());
        let root = tree.as_ref().map(Tree::root);
        Self {
            file: file.to_owned(),
            names: root.map(|root| names(root, folder)).unwrap_or_default(),
            is_component: root.and_then(|root| root.get("kind")).and_then(Node::as_str) == Some("Component"),
        }
    }
}

fn names(root: Node<'_>, folder: &str) -> BTreeSet<String> {
    let path = |node: Node<'_>| {
        let text =
            node.as_str().filter(|text| text.len() <= MAX_PATH && !text.contains('\n') && !text.starts_with('/'))?;
        joined(folder, text)
    };
    let mut found: BTreeSet<String> = listed(root, &BASES).chain(listed(root, &FILES)).filter_map(path).collect();
    found.extend(listed(root, &PATHS).filter_map(|node| node.get("path")).filter_map(path));
    found.extend(root.get("openapi").and_then(|openapi| openapi.get("path")).and_then(path));
    for generator in listed(root, &GENERATORS) {
        found.extend(listed(generator, &["envs"]).chain(generator.get("env")).filter_map(path));
        // `path`, or `key=path`.
        let keyed = |node: Node<'_>| node.as_str()?.split_once('=').and_then(|(_, path)| joined(folder, path));
        found.extend(listed(generator, &["files"]).filter_map(keyed));
        found.extend(listed(generator, &["files"]).filter_map(path));
    }
    found.remove(folder);
    found
}

/// What some fields list.
fn listed<'t>(node: Node<'t>, fields: &[&str]) -> impl Iterator<Item = Node<'t>> {
    fields.iter().filter_map(move |field| node.get(field)).flat_map(Node::items)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Limits, Text, read_value};

    use super::names;

    fn of(folder: &str, yaml: &str) -> Vec<String> {
        let tree = read_value(Arc::new(Text::new("kustomization.yaml", yaml)), Limits::default()).unwrap();
        names(tree.root(), folder).into_iter().collect()
    }

    #[test]
    fn what_kustomize_reads_is_named() {
        let yaml = "\
resources: [../base, a.yaml, ./b.yaml, github.com/x/y]
components: [../../c]
crds: [crd.json]
generators: [g.yaml]
patchesStrategicMerge: [merge.yaml, \"kind: X\\nspec: {}\"]
patchesJson6902: [{target: {kind: X}, path: six.yaml}]
patches: [{path: p.yaml}, {patch: not.yaml}]
replacements: [{path: r.yaml}, {source: {kind: X}}]
openapi: {path: o.json}
configMapGenerator: [{files: [f.yaml, key=k.yaml], envs: [e.env], env: one.env}]
";
        let named = [
            "a/base",
            "a/x/a.yaml",
            "a/x/b.yaml",
            "a/x/crd.json",
            "a/x/e.env",
            "a/x/f.yaml",
            "a/x/g.yaml",
            "a/x/github.com/x/y",
            "a/x/k.yaml",
            "a/x/key=k.yaml",
            "a/x/merge.yaml",
            "a/x/o.json",
            "a/x/one.env",
            "a/x/p.yaml",
            "a/x/r.yaml",
            "a/x/six.yaml",
            "c",
        ];
        assert_eq!(of("a/x", yaml), named);
    }

    #[test]
    fn other_texts_are_no_names() {
        let yaml = "\
namespace: prod
namePrefix: \"\"
commonAnnotations: {a: rogue.yaml, b: ../other}
configMapGenerator: [{name: rogue.yaml, literals: [A=, B=/, rogue.yaml=rogue.yaml], options: {labels: {x: rogue.yaml}}}]
images: [{name: rogue.yaml}]
replacements: [{source: {fieldPath: rogue.yaml, options: {delimiter: /}}}]
resources: [., /rogue.yaml, ../../../rogue.yaml, {a: rogue.yaml}, 7]
resource: [rogue.yaml]
";
        assert_eq!(of("apps", yaml), [""; 0]);
    }
}
