//! Trees that mean harm to whoever renders them with kustomize, each refused with the reason and the file.

use std::fs;
use std::sync::Arc;

use sluice_render::{Files, FilesError, Kind, Method, Origins, RenderError, Stat};

use crate::stage::{RENDERERS, folder, kustomize};

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const KUSTOMIZATION: &str = "top/kustomization.yaml";

/// Renders `top`, which has this kustomization and a few files around it.
fn refused(kustomization: &str) -> RenderError {
    let files = [
        (KUSTOMIZATION, kustomization),
        ("top/a.yaml", OBJECT),
        ("top/broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n data: [\n"),
        ("top/note.yaml", "a: b\n"),
        ("top/patch.yaml", "- {op: remove, path: /data/none}\n"),
        ("top/exec.yaml", &format!("{FUNCTION}{{exec: {{path: ./run.sh}}}}\n")),
        ("top/container.yaml", &format!("{FUNCTION}{{container: {{image: evil}}}}\n")),
        ("top/plugin.yaml", "apiVersion: a/v1\nkind: Plugin\nmetadata: {name: p}\n"),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", OBJECT),
        ("none/readme", ""),
        ("up/kustomization.yaml", "resources: [../top]\n"),
    ];
    kustomize(&files, "top").expect_err(kustomization)
}

const FUNCTION: &str =
    "apiVersion: a/v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/function: |\n      ";

/// One `..` too many does not lead to the root again, where a folder of that name may be.
#[test]
fn a_path_that_climbs_out_of_the_checkout_is_refused() {
    for resource in ["../../base", "../../../../../base", "../../base/a.yaml", "../../base/../base"] {
        let error = refused(&format!("resources: [{resource}]\n"));
        let RenderError::Outside { path, file, .. } = &error else { panic!("{resource}: {error:?}") };
        assert!(path.starts_with("../base") && file == KUSTOMIZATION, "{error}");
        let text = format!("resources:\n- {resource} # too far\n");
        assert_eq!(error.place_in(&text).and_then(|range| text.get(range)), Some(resource));
    }
    for field in
        ["patches: [{path: ../../top/patch.yaml}]", "configMapGenerator: [{name: a, files: [../../top/a.yaml]}]"]
    {
        let error = refused(&format!("resources: [a.yaml]\n{field}\n"));
        assert!(matches!(error, RenderError::Outside { .. }), "{field}: {error:?}");
    }
}

#[test]
fn nothing_is_fetched() {
    for (resource, what) in [
        ("https://github.com/a/b//c?ref=v1", "https://github.com/a/b//c?ref=v1"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git"),
        ("https://example.com/a.yaml", "https://example.com/a.yaml"),
        ("github.com/a/b", "github.com/a/b"),
        ("ssh://git@example.com/a.git?ref=x", "ssh://git@example.com/a.git?ref=x"),
        ("file:///etc", "file:///etc"),
    ] {
        let error = refused(&format!("resources: [\"{resource}\"]\n"));
        assert!(matches!(error, RenderError::Remote { .. }), "{resource}: {error:?}");
        assert_eq!(error.to_string(), format!("kustomize: `{what}` is not in the checkout"));
        assert_eq!(error.file(), Some(KUSTOMIZATION));
        assert!(error.help().contains("no network"));
    }
    let error = refused("components: [\"https://example.com/x.git\"]\nresources: [a.yaml]\n");
    assert_eq!(error.file(), Some(KUSTOMIZATION), "{error:?}");
}

#[test]
fn no_program_is_run() {
    for kustomization in [
        "helmCharts: [{name: x, repo: \"https://example.com\", version: \"1\"}]\n",
        "helmChartInflationGenerator: [{chartName: x}]\n",
        "generators: [plugin.yaml]\n",
        "resources: [a.yaml]\ntransformers: [plugin.yaml]\n",
        "resources: [a.yaml]\ntransformers: [exec.yaml]\n",
        "generators: [container.yaml]\n",
        "resources: [a.yaml]\nvalidators: [exec.yaml]\n",
    ] {
        let error = refused(kustomization);
        assert!(matches!(error, RenderError::Program { .. }), "{kustomization}: {error:?}");
        assert_eq!(error.file(), Some(KUSTOMIZATION));
        assert!(error.help().contains("`command`"));
    }
}

#[test]
fn nothing_refers_to_itself() {
    for kustomization in ["resources: [.]\n", "resources: [../top]\n", "resources: [../up]\n"] {
        let error = refused(kustomization);
        assert!(matches!(error, RenderError::Endless { .. }), "{kustomization}: {error:?}");
        assert!(error.to_string().contains("cycle detected"), "{error}");
        assert!(error.file().is_some_and(|file| file.ends_with("kustomization.yaml")), "{error:?}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (kustomization, message, file) in [
        (
            "resources: [nope.yaml]\n",
            "kustomize: `top/kustomization.yaml` needs `top/nope.yaml`, which is not there",
            KUSTOMIZATION,
        ),
        (
            "resources: [../nope]\n",
            "kustomize: `top/kustomization.yaml` needs `nope`, which is not there",
            KUSTOMIZATION,
        ),
        (
            "resources: [a.yaml]\npatches: [{path: nope.yaml}]\n",
            "kustomize: `top/kustomization.yaml` needs `top/nope.yaml`, which is not there",
            KUSTOMIZATION,
        ),
        (
            "configMapGenerator: [{name: g, files: [nope.txt]}]\n",
            "kustomize: `top/kustomization.yaml` needs `top/nope.txt`, which is not there",
            KUSTOMIZATION,
        ),
        (
            "resources: [../base/a.yaml]\n",
            "kustomize: security; file 'base/a.yaml' is not in or below 'top'",
            "base/a.yaml",
        ),
        (
            "resources: [../none]\n",
            "kustomize: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'none'",
            "none",
        ),
        (
            "resources: [broken.yaml]\n",
            "kustomize: MalformedYAMLError: yaml: line 4: did not find expected key in File: broken.yaml",
            "top/broken.yaml",
        ),
        ("resources: [note.yaml]\n", "kustomize: missing Resource metadata", "top/note.yaml"),
        ("resorces: [a.yaml]\n", "kustomize: invalid Kustomization: json: unknown field \"resorces\"", KUSTOMIZATION),
        (
            "resources: [a.yaml\n",
            "kustomize: invalid Kustomization: yaml: line 1: did not find expected ',' or ']'",
            KUSTOMIZATION,
        ),
        ("", "kustomize: kustomization.yaml is empty", KUSTOMIZATION),
    ] {
        let error = refused(kustomization);
        assert_eq!((error.to_string().as_str(), error.file()), (message, Some(file)), "{error:?}");
    }
    let error = refused("resources: [a.yaml]\npatches: [{target: {kind: ConfigMap}, path: patch.yaml}]\n");
    assert!(error.to_string().contains("doc is missing path"), "{error}");
    assert_eq!(
        refused("resources: [../base, ../base]\n").to_string(),
        "kustomize: recursed merging from path 'base': may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]"
    );
}

#[test]
fn a_path_that_is_not_there_or_leads_out() {
    let render = |path: &str| kustomize(&[("a/b", "")], path).unwrap_err();
    assert_eq!(render("nope").to_string(), "there is no `nope`");
    assert_eq!(render("a/b").to_string(), "`a/b` is a file");
    assert_eq!(render("a/../..").to_string(), "`a/../..` leads out of the checkout");
    assert_eq!(render("../secret").to_string(), "`../secret` leads out of the checkout");
}

#[test]
fn nothing_comes_out() {
    let error = refused("resources: []\nnamePrefix: x\n");
    assert_eq!(error, RenderError::Empty { renderer: "kustomize".to_owned(), path: "top".to_owned() });
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_and_lead_nowhere_else() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.yaml"), OBJECT).unwrap();
    let checkout = tempfile::tempdir().unwrap();
    let at = |path: &str| checkout.path().join(path);
    for (path, resource) in [
        ("file", "a.yaml"),
        ("folder", "link/a.yaml"),
        ("overlay", "link"),
        ("inside", "link.yaml"),
        ("endless", "link"),
    ] {
        fs::create_dir(at(path)).unwrap();
        fs::write(at(path).join("kustomization.yaml"), format!("resources: [{resource}]\n")).unwrap();
    }
    symlink(outside.path().join("a.yaml"), at("file/a.yaml")).unwrap();
    symlink(outside.path(), at("folder/link")).unwrap();
    symlink(outside.path(), at("overlay/link")).unwrap();
    symlink("../real.yaml", at("inside/link.yaml")).unwrap();
    symlink("../endless", at("endless/link")).unwrap();
    fs::write(at("real.yaml"), OBJECT).unwrap();

    let files = folder(checkout.path());
    let render = |path: &str| RENDERERS.render(files.clone(), path, &Method::Kustomize, Origins::None);
    for (path, link) in [("file", "file/a.yaml"), ("folder", "folder/link/a.yaml"), ("overlay", "overlay/link")] {
        let error = render(path).unwrap_err();
        let RenderError::Files(FilesError::Refused { path, .. }) = &error else { panic!("{error:?}") };
        assert!(link.starts_with(path.as_str()), "{path}, not {link}");
        assert!(error.to_string().ends_with("leads out of the checkout"), "{error}");
    }
    assert!(render("inside").unwrap().text.contains("name: a"));
    // A folder is where its link leads, so that kustomize knows one that it has been to.
    let error = render("endless").unwrap_err();
    assert!(matches!(error, RenderError::Endless { .. }), "{error:?}");
    assert!(error.to_string().contains("cycle detected"), "{error}");
}

/// A folder in which each folder holds itself, as a link makes it.
struct Loop;

impl Files for Loop {
    fn stat(&self, path: &str) -> Result<Stat, FilesError> {
        let is_file = path.ends_with("kustomization.yaml");
        match path.rsplit('/').next() {
            Some("" | "again" | "kustomization.yaml") => {
                Ok(if is_file { Stat::File { size: 19 } } else { Stat::Folder })
            }
            _ => Err(FilesError::Missing { path: path.to_owned() }),
        }
    }

    fn list(&self, _: &str) -> Result<Vec<(String, Kind)>, FilesError> {
        Ok(vec![("again".to_owned(), Kind::Folder)])
    }

    fn read(&self, _: &str) -> Result<Arc<[u8]>, FilesError> {
        Ok(b"resources: [again]\n".as_slice().into())
    }
}

#[test]
fn a_folder_that_holds_itself() {
    let error = RENDERERS.render(Arc::new(Loop), "", &Method::Kustomize, Origins::None).unwrap_err();
    assert!(matches!(error, RenderError::Endless { .. }), "{error:?}");
    assert!(error.to_string().len() < 200, "{error}");
}
