//! Helm against its own program, byte for byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_render::{Helm, Method, Origins, RenderError, Rendered};

use crate::stage::{RENDERERS, cases, folder, helm_program};

/// Charts that are compared with nothing but themselves, because they draw random values.
const RANDOM: [&str; 1] = ["random"];
/// A chart whose dependency is packed by the test.
const ARCHIVE: &str = "archive";

/// What `helm template` prints; its words where it refuses.
fn native(program: &Path, root: &Path, arguments: &[&str]) -> Result<String, String> {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.arg("template").args(arguments).current_dir(root).env("HOME", home.path());
    for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(name, home.path());
    }
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Renders a chart by both and expects the same bytes, or the same words.
fn compare(program: &Path, root: &Path, chart: &str, helm: Helm, arguments: &[&str]) {
    let theirs = native(program, root, &[&["release-name", chart], arguments].concat());
    match (render(root, chart, helm), theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours.text, theirs, "{chart} {arguments:?}"),
        (Err(RenderError::Empty { .. }), Ok(theirs)) => assert_eq!(theirs.trim(), "", "{chart} {arguments:?}"),
        (Err(RenderError::Failed { message, .. }), Err(theirs)) => {
            let theirs = theirs.split_whitespace().collect::<Vec<_>>().join(" ");
            let theirs =
                theirs.trim_start_matches("Error: ").trim_end_matches("Use --debug flag to render out invalid YAML");
            assert_eq!(message, theirs.trim(), "{chart} {arguments:?}");
        }
        (ours, theirs) => panic!("{chart} {arguments:?}: {ours:?}, and helm {theirs:?}"),
    }
}

fn render(root: &Path, chart: &str, helm: Helm) -> Result<Rendered, RenderError> {
    RENDERERS.render(folder(root), chart, &Method::Helm(helm), Origins::None)
}

#[test]
fn charts_of_every_kind_are_rendered_as_helm_renders_them() {
    let Some(program) = helm_program() else { return };
    let (root, names) = cases("helm");
    let (mut rendered, mut agreed) = (0, 0);
    for name in names.iter().filter(|name| !RANDOM.contains(&name.as_str()) && *name != ARCHIVE) {
        let values = || vec![format!("{name}/values-prod.yaml"), format!("{name}/values-last.yaml")];
        let all = || Helm {
            release: "release-name".to_owned(),
            namespace: "shop".to_owned(),
            kube_version: "v1.31.2".to_owned(),
            api_versions: vec!["monitoring.coreos.com/v1".to_owned(), "example.com/v1/Bee".to_owned()],
            set: vec!["a.b=7,a.c[0]=x,extra={p,q}".to_owned(), "list[1].name=set,flag=true,none=null".to_owned()],
            set_string: vec!["number=0123,yes=true".to_owned()],
            ..Helm::default()
        };
        compare(&program, &root, name, Helm { include_crds: false, ..Helm::default() }, &[]);
        compare(&program, &root, name, Helm::default(), &["--include-crds"]);
        compare(
            &program,
            &root,
            name,
            Helm { skip_tests: true, ..Helm::default() },
            &["--include-crds", "--skip-tests"],
        );
        compare(&program, &root, name, Helm { no_hooks: true, ..Helm::default() }, &["--include-crds", "--no-hooks"]);
        let mut arguments = vec!["--include-crds", "-n", "shop", "--kube-version", "v1.31.2"];
        arguments.extend(["--api-versions", "monitoring.coreos.com/v1,example.com/v1/Bee"]);
        arguments.extend(["--set", "a.b=7,a.c[0]=x,extra={p,q}", "--set", "list[1].name=set,flag=true,none=null"]);
        arguments.extend(["--set-string", "number=0123,yes=true"]);
        compare(&program, &root, name, all(), &arguments);
        agreed += 5;
        if root.join(name).join("values-prod.yaml").is_file() {
            let [prod, last] = [format!("{name}/values-prod.yaml"), format!("{name}/values-last.yaml")];
            compare(
                &program,
                &root,
                name,
                Helm { values: values(), ..all() },
                &[&arguments[..], &["-f", &prod, "-f", &last]].concat(),
            );
            agreed += 1;
        }
        rendered += usize::from(render(&root, name, Helm::default()).is_ok());
    }
    assert_eq!((rendered, agreed), (17, 106));
}

/// A copy of the chart whose dependency is packed, and the chart packed as a whole.
fn packed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (cases, _) = cases("helm");
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).current_dir(folder.path()).status().unwrap().success());
    };
    run("cp", &["-r", cases.join(ARCHIVE).to_str().unwrap(), "."]);
    run("mkdir", &["archive/charts"]);
    run("tar", &["-czf", "archive/charts/packed-0.1.0.tgz", "-C", "archive", "packed"]);
    run("rm", &["-r", "archive/packed"]);
    run("tar", &["-czf", "archive-0.1.0.tgz", "archive"]);
    let root = folder.path().canonicalize().unwrap();
    (folder, root)
}

#[test]
fn archives_are_charts() {
    let Some(program) = helm_program() else { return };
    let (_folder, root) = packed();
    for chart in ["archive", "archive-0.1.0.tgz"] {
        let text = render(&root, chart, Helm::default()).unwrap().text;
        assert!(text.contains("from-the-archive") && text.contains("# Source: archive/charts/packed/templates/p.yaml"));
        compare(&program, &root, chart, Helm::default(), &["--include-crds"]);
    }
}

#[test]
fn a_chart_that_draws_random_values_gives_the_same_bytes_each_time() {
    let (root, _) = cases("helm");
    let first = render(&root, "random", Helm::default()).unwrap();
    assert_eq!(render(&root, "random", Helm::default()).unwrap(), first);
    assert!(first.text.contains("now: \"2026-01-31T12:00:00Z\""), "{}", first.text);
    let [warning] = &first.warnings[..] else { panic!("{:?}", first.warnings) };
    assert!(warning.contains("they are no secrets"), "{warning}");
}

#[test]
fn a_deprecated_chart_is_told() {
    let (root, _) = cases("helm");
    assert_eq!(render(&root, "old", Helm::default()).unwrap().warnings, ["this chart is deprecated"]);
}

#[test]
fn values_files_must_be_there() {
    let (root, _) = cases("helm");
    let with =
        |path: &str| render(&root, "plain", Helm { values: vec![path.to_owned()], ..Helm::default() }).unwrap_err();
    assert_eq!(with("plain/nope.yaml").to_string(), "there is no `plain/nope.yaml`");
    assert_eq!(with("../out.yaml").to_string(), "`../out.yaml` leads out of the checkout");
    let error = with("plain/templates/deployment.yaml");
    assert_eq!(error.file(), Some("plain/templates/deployment.yaml"));
    let error = render(&root, "plain", Helm { set: vec!["a".to_owned()], ..Helm::default() }).unwrap_err();
    assert!(error.to_string().starts_with("helm: failed parsing --set data"), "{error}");
}

#[test]
fn a_chart_that_is_the_whole_checkout_is_rendered_as_one_in_a_folder() {
    let (root, names) = cases("helm");
    let mut agreed = 0;
    for name in names.iter().filter(|name| *name != ARCHIVE) {
        let inside = render(&root, name, Helm::default());
        match (inside, render(&root.join(name), "", Helm::default())) {
            (Ok(inside), Ok(alone)) => {
                assert_eq!(inside.text, alone.text, "{name}");
                agreed += 1;
            }
            (Err(inside), Err(alone)) => {
                assert_eq!(std::mem::discriminant(&inside), std::mem::discriminant(&alone), "{name}: {inside} {alone}");
            }
            (inside, alone) => panic!("{name}: {inside:?}, and alone {alone:?}"),
        }
    }
    assert!(agreed > 10, "{agreed}");
}
