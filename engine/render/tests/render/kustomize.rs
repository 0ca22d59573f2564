//! Kustomize against `kubectl kustomize`, byte for byte.

use std::path::Path;
use std::process::Command;

use sluice_render::{Method, Origins, RenderError};

use crate::stage::{RENDERERS, cases, corpus, folder, has, holding, kustomize};

/// What `kubectl kustomize` prints; its words where it refuses.
fn kubectl(root: &Path, path: &str) -> Result<String, String> {
    let output = Command::new("kubectl").arg("kustomize").arg(path).current_dir(root).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn has_kubectl() -> bool {
    has("kubectl", &["version", "--client"])
}

/// How many of these kustomizations are rendered as kubectl renders them.
fn agreeing(root: &Path, paths: impl IntoIterator<Item = String>) -> usize {
    let files = folder(root);
    let mut agreed = 0;
    for path in paths {
        let ours = RENDERERS.render(files.clone(), &path, &Method::Kustomize, Origins::None);
        match (ours, kubectl(root, &path)) {
            (Ok(ours), Ok(theirs)) => assert_eq!(ours.text, theirs, "{path}"),
            (Err(RenderError::Empty { .. }), Ok(theirs)) => assert_eq!(theirs, "", "{path}"),
            (ours, theirs) => panic!("{path}: {ours:?}, and kubectl {theirs:?}"),
        }
        agreed += 1;
    }
    agreed
}

#[test]
fn the_corpus_is_rendered_as_kubectl_renders_it() {
    let Some(corpus) = corpus() else { return };
    if has_kubectl() {
        let root = corpus.join("kustomize-helm-example");
        let paths = holding(&root, "kustomization.yaml");
        assert_eq!(agreeing(&root, paths), 7);
    }
}

/// Each is a folder of `tests/render/kustomize`; what is not rendered alike stands in `tests/render/differences.md`.
#[test]
fn overlays_of_every_kind_are_rendered_as_kubectl_renders_them() {
    let (root, names) = cases("kustomize");
    if has_kubectl() {
        assert_eq!(agreeing(&root, names), 33);
    }
}

/// What a base names is named from where the base is, and not from the link that led there.
#[cfg(unix)]
#[test]
fn links_lead_where_they_lead_for_kubectl() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for (path, content) in [
        ("real/overlay/kustomization.yaml", "resources: [../base]\nnamePrefix: x-\n"),
        ("real/base/kustomization.yaml", "resources: [a.yaml]\nnameSuffix: -right\n"),
        ("real/base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("top/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("top/base/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wrong}\n"),
        ("top/kustomization.yaml", "resources: [way]\n"),
        ("top/deep/kustomization.yaml", "resources: [../again/../base, way]\n"),
    ] {
        std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        std::fs::write(at(path), content).unwrap();
    }
    std::os::unix::fs::symlink("../real/overlay", at("top/way")).unwrap();
    std::os::unix::fs::symlink("../real", at("top/again")).unwrap();
    std::os::unix::fs::symlink("../../real/overlay", at("top/deep/way")).unwrap();
    let files = folder(root.path());
    let rendered = RENDERERS.render(files, "top", &Method::Kustomize, Origins::Positions).unwrap();
    assert!(rendered.text.contains("name: x-a-right") && !rendered.text.contains("wrong"), "{}", rendered.text);
    assert!(rendered.files.iter().any(|file| file == "real/base/a.yaml"), "{:?}", rendered.files);
    if has_kubectl() {
        assert_eq!(agreeing(root.path(), ["top", "top/deep"].map(String::from)), 2);
    }
}

#[test]
fn warnings_are_told() {
    let files = [
        ("kustomization.yaml", "commonLabels: {a: b}\nresources: [a.yaml]\n"),
        ("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"),
    ];
    let rendered = kustomize(&files, "").unwrap();
    let [warning] = &rendered.warnings[..] else { panic!("{:?}", rendered.warnings) };
    assert!(warning.contains("'commonLabels' is deprecated"), "{warning}");
}

#[test]
fn a_small_overlay() {
    let base = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\n";
    let files = [
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", base),
        ("overlay/kustomization.yaml", "namePrefix: x-\nresources: [../base]\n"),
    ];
    let rendered = kustomize(&files, "overlay").unwrap();
    assert_eq!(rendered.text, "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: x-a\n");
    assert_eq!((rendered.files.len(), rendered.origins.len(), rendered.warnings.len()), (0, 0, 0));
    assert!(rendered.memory > 1 << 20);
}
