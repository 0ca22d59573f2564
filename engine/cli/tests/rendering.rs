//! What the policy file says of rendering, in folders and revisions that a test makes: with places that lead to files that
//! are there, and alike on any number of threads.

#[path = "shared/git.rs"]
mod git;
#[path = "shared/sluice.rs"]
mod sluice;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use git::git;
use sluice::sluice;

const POLICY: &str = "\
apiVersion: sluice.dev/v1alpha1
kind: Policy
render:
  - path: ../charts/shop
    helm:
      values: prod.yaml
      set: [\"image=registry.example.com/shop:latest\"]
  - path: ../made
    command: [sh, -c, 'cat pod.txt']
  - path: ../raw
    plain: {}
plugins:
  - { name: image-tags, source: 'builtin:image-tags' }
  - { name: kubernetes-schema, source: 'builtin:kubernetes-schema' }
";

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";

const TEMPLATE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  annotations: { drawn: {{ randAlphaNum 8 }}, made: {{ now | date \"2006-01-02\" | quote }} }
spec:
  replicas: {{ .Values.replicas | quote }}
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: shop
          image: {{ .Values.image }}
        - name: log
          image: {{ .Values.log }}
        - name: old
          image: \"{{ .Values.repository }}:{{ .Values.tag }}\"
";

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: 'NAME:latest'}]}\n";

/// Files below a folder.
fn write(folder: &Path, files: &[(&str, &str)]) -> Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(path, content)?;
    }
    Ok(())
}

fn files(folder: &Path) -> Result<()> {
    let values = "replicas: 1\nlog: registry.example.com/log:1.0\nrepository: registry.example.com/old\ntag: \"1.0\"\n";
    let prod = "log: registry.example.com/log:latest\ntag: latest\n";
    let (made, raw) = (POD.replace("NAME", "made"), POD.replace("NAME", "raw"));
    write(
        folder,
        &[
            ("policies/sluice.yaml", POLICY),
            ("policies/prod.yaml", prod),
            ("charts/shop/Chart.yaml", CHART),
            ("charts/shop/values.yaml", values),
            ("charts/shop/templates/shop.yaml", TEMPLATE),
            ("made/pod.txt", &made),
            ("raw/kustomization.yaml", "resources: [nothing.yaml]\n"),
            ("raw/pod.yaml", &raw),
        ],
    )
}

/// A text in a report; empty where there is none.
fn word(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// `FILE:LINE RULE`, and what else is told, for each finding.
fn places(report: &str) -> Result<Vec<String>> {
    let report: Value = serde_json::from_str(report)?;
    let place = |value: &Value| {
        let line = value.pointer("/location/line").map(Value::to_string).unwrap_or_default();
        format!("{}:{line}", word(value, "/location/file"))
    };
    let one = |finding: &Value| {
        let also: Vec<String> = list(finding, "/related").map(place).collect();
        let exact = finding.pointer("/location/exact").and_then(Value::as_bool) == Some(true);
        let about = if exact { "" } else { "about " };
        format!("{about}{} {} {}", place(finding), word(finding, "/rule"), also.join(" "))
    };
    Ok(list(&report, "/findings").map(|finding| one(finding).trim_end().to_owned()).collect())
}

const PLACES: [&str; 6] = [
    "charts/shop/templates/shop.yaml:7 kubernetes-schema/wrong-type charts/shop/values.yaml:1",
    "charts/shop/templates/shop.yaml:18 image-tags/mutable-tag charts/shop/values.yaml:3 policies/prod.yaml:2",
    "policies/prod.yaml:1 image-tags/mutable-tag charts/shop/templates/shop.yaml:16",
    "policies/sluice.yaml:7 image-tags/mutable-tag charts/shop/templates/shop.yaml:14",
    "about policies/sluice.yaml:9 image-tags/mutable-tag",
    "raw/pod.yaml:4 image-tags/mutable-tag",
];

#[test]
fn a_revision_is_rendered_as_its_policy_says() -> Result<()> {
    let folder = tempfile::tempdir()?;
    git(folder.path(), &["init", "-q", "-b", "main"])?;
    files(folder.path())?;
    let check = ["check", "--allow-commands", "--format", "json", "--now", "2026-11-25"];
    let with = |more: &[&'static str]| sluice(folder.path(), &[&check[..], more].concat());
    let (code, out, err) = with(&["--policy", "policies/sluice.yaml"])?;
    assert_eq!((code, places(&out)?), (Some(1), PLACES.map(String::from).into()), "{out}{err}");

    // A policy beside the paths is that of the revision, whatever lies in the work tree.
    fs::rename(folder.path().join("policies/prod.yaml"), folder.path().join("prod.yaml"))?;
    fs::remove_file(folder.path().join("policies/sluice.yaml"))?;
    fs::write(folder.path().join("sluice.yaml"), POLICY.replace("../", ""))?;
    git(folder.path(), &["add", "."])?;
    git(folder.path(), &["commit", "-qm", "all"])?;
    fs::write(folder.path().join("sluice.yaml"), "nonsense")?;
    fs::write(folder.path().join("made/pod.txt"), "nonsense")?;
    fs::remove_dir_all(folder.path().join("charts"))?;
    let expected = |place: &str| place.replace("policies/", "");
    let sorted = |places: Vec<String>| places.into_iter().collect::<BTreeSet<_>>();
    let expected = sorted(PLACES.map(expected).into());
    let mut reports = BTreeSet::new();
    for jobs in ["1", "2", "4"] {
        let (code, out, err) = with(&["--rev", "HEAD", "--jobs", jobs])?;
        assert_eq!((code, sorted(places(&out)?)), (Some(1), expected.clone()), "{out}{err}");
        reports.insert(out);
    }
    assert_eq!(reports.len(), 1);
    let (code, out, err) =
        sluice(folder.path(), &["render", "--allow-commands", "--rev", "HEAD", "--origins", "made", "raw"])?;
    assert_eq!((code, out.matches("\nkind: Pod").count()), (Some(0), 2), "{out}{err}");
    assert!(out.contains("# from sluice.yaml:9, by sh made"), "{out}");
    Ok(())
}

#[test]
fn every_place_of_a_report_for_code_scanning_is_a_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    git(folder.path(), &["init", "-q", "-b", "main"])?;
    files(folder.path())?;
    // A subchart in an archive, whose lines nobody can be led to.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: db}\nspec:\n  containers:\n  - {name: db, image: 'db:latest'}\n  - {name: b, \
               image: {{ .Values.b }}}\n";
    let db = "apiVersion: v2\nname: db\nversion: 1.0.0\n";
    write(
        folder.path(),
        &[("db/Chart.yaml", db), ("db/values.yaml", "b: b:latest\n"), ("db/templates/pod.yaml", pod)],
    )?;
    fs::create_dir_all(folder.path().join("charts/shop/charts"))?;
    let archive = "charts/shop/charts/db-1.0.0.tgz";
    let packed = Command::new("tar").args(["-czf", archive, "db"]).current_dir(folder.path()).status()?;
    assert!(packed.success());
    fs::remove_dir_all(folder.path().join("db"))?;
    fs::copy(folder.path().join(archive), folder.path().join("db-1.0.0.tgz"))?;
    let alone = "  - { path: ../db-1.0.0.tgz, helm: { set: { b: 'c:latest' } } }\nplugins:\n";
    fs::write(folder.path().join("policies/alone.yaml"), POLICY.replace("plugins:\n", alone))?;
    for path in [".", "db-1.0.0.tgz"] {
        let (code, out, err) =
            sluice(folder.path(), &["check", "--allow-commands", "--policy", "policies/alone.yaml", path])?;
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("`templates/pod.yaml` in this archive, line 7") && !out.contains("1 |\n"), "{out}");
        assert!(out.contains("--> db-1.0.0.tgz:1:1") && out.contains("--> policies/alone.yaml:12:"), "{out}");
    }
    fs::remove_file(folder.path().join("policies/alone.yaml"))?;
    fs::remove_file(folder.path().join("db-1.0.0.tgz"))?;
    let policy = ["--policy", "policies/sluice.yaml"];
    let option = "image=registry.example.com/other:latest";
    let check = |format: &str| {
        sluice(
            folder.path(),
            &[&["check", "--allow-commands", "--format", format, "--set", option], &policy[..]].concat(),
        )
    };

    let (_, report, err) = check("json")?;
    let about = format!("about {archive}:1 image-tags/mutable-tag ");
    let places = places(&report)?;
    assert_eq!(places.iter().filter(|place| place.starts_with(&about)).count(), 2, "{places:?}{err}");
    assert!(report.contains("`templates/pod.yaml` in this archive, line 6"), "{report}");
    assert!(report.contains("`--set image=…` of the command line, which goes into it"), "{report}");

    let (_, sarif, _) = check("sarif")?;
    let log: Value = serde_json::from_str(&sarif)?;
    let (mut results, mut seen) = (0, 0);
    for result in list(&log, "/runs/0/results") {
        for location in list(result, "/locations").chain(list(result, "/relatedLocations")) {
            let uri = word(location, "/physicalLocation/artifactLocation/uri");
            assert!(folder.path().join(&uri).is_file(), "{uri}");
            seen += 1;
        }
        results += 1;
    }
    assert!(results >= 8 && seen > results, "{sarif}");
    let (_, annotations, _) = check("github")?;
    for line in annotations.lines().filter(|line| line.starts_with("::")) {
        let file = line.split_once("file=").and_then(|(_, rest)| rest.split_once(',')).context("no file")?.0;
        assert!(folder.path().join(file).is_file(), "{line}");
    }
    Ok(())
}

/// The objects whose images are found to be wrong in a check of paths below a folder, and the exit code.
fn named_in(folder: &Path, paths: &[&'static str]) -> Result<(Option<i32>, BTreeSet<String>, String)> {
    let (code, out, err) = sluice(folder, &[&["check", "--format", "json"], paths].concat())?;
    let report: Value = serde_json::from_str(&out).unwrap_or_default();
    let wrong = |finding: &&Value| word(finding, "/rule") == "image-tags/mutable-tag";
    let names = list(&report, "/findings").filter(wrong).map(|finding| word(finding, "/resource/name")).collect();
    Ok((code, names, format!("{out}{err}")))
}

#[test]
fn what_a_kustomization_says_hides_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let overlay = |name: &str, more: &str| {
        let kustomization = format!("resources: [pod.yaml]\n{more}");
        write(
            folder.path(),
            &[
                (&format!("apps/{name}/kustomization.yaml"), &kustomization),
                (&format!("apps/{name}/pod.yaml"), &POD.replace("NAME", name.trim_start_matches("other/"))),
            ],
        )
    };
    overlay("literal", "namePrefix: \"\"\nconfigMapGenerator: [{name: c, literals: [A=, B=/, C=.]}]\n")?;
    overlay("one", "commonAnnotations: {a: ../other, b: ../rogue.yaml, c: ../../charts/shop}\n")?;
    overlay("other", "commonAnnotations: {a: ../one}\nnamespace: inner\n")?;
    overlay("other/inner", "")?;
    write(
        folder.path(),
        &[
            ("apps/rogue.yaml", &POD.replace("NAME", "rogue")),
            ("charts/shop/Chart.yaml", CHART),
            ("charts/shop/templates/pod.yaml", &POD.replace("NAME", "{{ .Chart.Name }}")),
        ],
    )?;
    let (code, names, told) = named_in(folder.path(), &["."])?;
    let all = ["literal", "one", "other", "inner", "rogue", "shop"].map(String::from).into();
    assert_eq!((code, names), (Some(1), all), "{told}");

    // Two that name each other are a fault, not parts of one another.
    write(folder.path(), &[("circle/a/kustomization.yaml", "resources: [../b]\n")])?;
    write(folder.path(), &[("circle/b/kustomization.yaml", "resources: [../a]\n")])?;
    let (code, _, told) = named_in(folder.path(), &["circle"])?;
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("cannot render `circle/a`: kustomize: cycle detected"), "{told}");
    Ok(())
}

#[test]
fn paths_in_one_another_lose_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nrender: [{path: deploy/raw, plain: {}}]\nplugins: [{name: image-tags, source: 'builtin:image-tags'}]\n";
    write(
        folder.path(),
        &[
            ("sluice.yaml", policy),
            ("deploy/raw/sub/pod.yaml", &POD.replace("NAME", "inner")),
            ("deploy/raw/pod.yaml", &POD.replace("NAME", "outer")),
        ],
    )?;
    let all: BTreeSet<String> = ["inner", "outer"].map(String::from).into();
    for paths in [&["deploy/raw/sub", "deploy"][..], &["deploy"]] {
        let (code, names, told) = named_in(folder.path(), paths)?;
        assert_eq!((code, &names), (Some(1), &all), "{told}");
    }
    Ok(())
}

#[test]
fn repositories_in_one_another_are_rendered_and_those_beside_are_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (at, name) in [("outer", "apps"), ("outer/infra", "infra"), ("beside", "beside")] {
        let at = folder.path().join(at);
        write(
            &at,
            &[
                ("prod/kustomization.yaml", "resources: [pod.yaml]\nnamePrefix: prod-\n"),
                ("prod/pod.yaml", &POD.replace("NAME", name)),
            ],
        )?;
        git(&at, &["init", "-q"])?;
    }
    let all: BTreeSet<String> = ["prod-apps", "prod-infra"].map(String::from).into();
    for paths in [&["outer/infra", "outer/prod"][..], &["outer/prod", "outer/infra"], &["outer"]] {
        let (code, names, told) = named_in(folder.path(), paths)?;
        assert_eq!((code, &names), (Some(1), &all), "{paths:?}: {told}");
    }
    for paths in [["outer", "beside"], ["beside", "outer"]] {
        let (code, _, told) = named_in(folder.path(), &paths)?;
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("cannot be rendered: it lies outside of the repository"), "{told}");
    }
    Ok(())
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";

#[test]
fn a_template_is_missing_from_what_is_rendered() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n";
    write(folder.path(), &[("good.yaml", MAP), ("more.yaml", &format!("{MAP}---\n{template}"))])?;
    let (code, out, err) = sluice(folder.path(), &["render", "."])?;
    assert_eq!((code, out.matches("name: good").count()), (Some(3), 2), "{out}{err}");
    assert!(err.contains("more.yaml:5: this is a template"), "{err}");
    // What a command printed is no template, whatever it looks like.
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nrender: [{path: made, command: [cat, made.txt]}]\n\
                  plugins: [{name: image-tags, source: 'builtin:image-tags'}]\n";
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {a: {{ x }} y}\n";
    write(folder.path(), &[("sluice.yaml", policy), ("made/made.txt", &format!("{MAP}---\n{broken}"))])?;
    let (code, out, err) = sluice(folder.path(), &["render", "--allow-commands", "made"])?;
    assert_eq!((code, out.matches("name: good").count()), (Some(3), 1), "{out}{err}");
    assert!(err.contains("made:8:7: a `{` mapping is not closed"), "{err}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_cut_hides_no_failure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let large = format!("{MAP}data: {{a: {}}}\n", "x".repeat(1 << 20));
    write(folder.path(), &[("b.yaml", &large)])?;
    let run = || -> Result<Option<i32>> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(["render", "."]).current_dir(folder.path());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
        let mut child = command.spawn()?;
        drop(child.stdout.take());
        Ok(child.wait()?.code())
    };
    assert_eq!(run()?, Some(0));
    write(folder.path(), &[("a.yaml", "a: [\n")])?;
    assert_eq!(run()?, Some(3));
    Ok(())
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_is_one_line_and_no_command() -> Result<()> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), &[("x\nkind: Evil\n---\n#.yaml", MAP), ("y\n::stop-commands::z\n\u{202e}.yaml", "a: [\n")])?;
    let (code, out, err) = sluice(folder.path(), &["render", "--origins", "."])?;
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(out.starts_with("# from x kind: Evil --- #.yaml:3\napiVersion: v1\n"), "{out}");
    assert!(!err.lines().any(|line| line.starts_with("::")) && !err.contains('\u{202e}'), "{err}");
    assert!(err.contains("y ::stop-commands::z \u{fffd}.yaml:2:1: "), "{err}");
    Ok(())
}
