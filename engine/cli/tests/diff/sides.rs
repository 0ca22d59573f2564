//! The two sides: how they are named, and what happens where one cannot be had as a whole.

use anyhow::{Context, Result};

use crate::{Repository, WEB, names, objects};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";

fn named(name: &str) -> String {
    MAP.replace("{name: m}", &format!("{{name: {name}}}"))
}

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
const TEMPLATE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\ndata: {a: {{ quote .Values.a }}}\n";

/// A policy file that says how charts are rendered.
fn rendering(entries: &[&str]) -> String {
    let plugins = "plugins:\n- { name: image-tags, source: 'builtin:image-tags' }\n";
    format!("apiVersion: sluice.dev/v1alpha1\nkind: Policy\n{plugins}render:\n- {}\n", entries.join("\n- "))
}

#[test]
fn sides_are_named_as_in_git() -> Result<()> {
    let repository = Repository::new(&[("a.yaml", &named("a"))])?;
    repository.git(&["checkout", "-qb", "topic"])?;
    repository.write(&[("topic.yaml", &named("topic"))])?;
    repository.commit()?;
    repository.git(&["checkout", "-q", "main"])?;
    repository.write(&[("main.yaml", &named("main"))])?;
    repository.commit()?;
    repository.write(&[
        ("tree.yaml", &named("tree")),
        (".gitignore", "ignored.yaml\n"),
        ("ignored.yaml", &named("ignored")),
    ])?;
    let seen = |arguments: &[&str]| Ok::<_, anyhow::Error>(objects(&repository.json(arguments)?.1));
    assert_eq!(seen(&["base"])?, ["added ConfigMap main", "added ConfigMap tree"]);
    assert_eq!(seen(&["base", "HEAD"])?, ["added ConfigMap main"]);
    assert_eq!(seen(&["main", "topic"])?, ["removed ConfigMap main", "added ConfigMap topic"]);
    assert_eq!(seen(&["main..topic"])?, ["removed ConfigMap main", "added ConfigMap topic"]);
    assert_eq!(seen(&["main...topic"])?, ["added ConfigMap topic"]);
    assert_eq!(seen(&["topic..."])?, ["added ConfigMap main"]);
    assert_eq!(seen(&["main...topic", "a.yaml"])?, Vec::<String>::new());
    let human = repository.diff(&["main...topic"])?;
    assert!(human.out.contains("(the merge base of main and topic ("), "{}", human.out);
    // From a folder within, and from elsewhere.
    repository.write(&[("deploy/b.yaml", &named("b"))])?;
    let ran = repository.diff_in("deploy", &["base"])?;
    assert!(ran.out.starts_with("added: ConfigMap b (deploy/b.yaml:3)\n\nallowed"), "{}{}", ran.out, ran.err);
    let repo = repository.path().to_str().context("no text")?;
    let elsewhere = Repository::new(&[])?;
    assert_eq!(objects(&elsewhere.json(&["--repo", repo, "base", "main"])?.1), ["added ConfigMap main"]);
    assert_eq!(objects(&elsewhere.json(&["--repo", repo, "base", "--", "deploy"])?.1), ["added ConfigMap b"]);
    Ok(())
}

#[test]
fn what_cannot_be_named_is_told() -> Result<()> {
    let repository = Repository::new(&[("a.yaml", MAP), ("deploy/b.yaml", &named("b"))])?;
    let url = format!("file://{}", repository.path().display());
    for (arguments, words) in [
        (&["mian"][..], "did you mean `main`"),
        (&["base", "deploy"], "sluice diff base -- deploy"),
        (&["base", "--", "none"], "cannot read `none`: neither side has it"),
        (&["base", "--", "-"], "standard input has no other side"),
        (&["base", "--", "../"], "cannot read `../`: it is outside of the repository"),
        (&["--repo", "https://git.example/x.git", "main...topic"], "clone the repository"),
        (&["base", "--keyring", "none.gpg"], "sign"),
        (&["base", "--now", "soon"], "`soon` is no time"),
    ] {
        let ran = repository.diff(arguments)?;
        assert!(
            ran.code == Some(2) || ran.code == Some(3) && arguments.contains(&"--keyring"),
            "{arguments:?}: {}{}",
            ran.out,
            ran.err
        );
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    }
    let ran = repository.diff(&["--repo", &url, "base", "main"])?;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    Ok(())
}

#[test]
fn a_path_may_be_on_one_side_only() -> Result<()> {
    let repository = Repository::new(&[("old/a.yaml", &named("a")), ("x/values.yaml", "a: 1\n")])?;
    repository.remove("old/a.yaml")?;
    repository.write(&[("new/b.yaml", &named("b"))])?;
    let (code, report) = repository.json(&["base", "--", "old", "new"])?;
    assert_eq!(
        (code, objects(&report)),
        (Some(0), vec!["removed ConfigMap a".to_owned(), "added ConfigMap b".to_owned()])
    );
    repository.commit()?;
    let (code, report) = repository.json(&["base", "HEAD", "old/a.yaml"])?;
    assert_eq!((code, objects(&report)), (Some(0), vec!["removed ConfigMap a".to_owned()]));
    let ran = repository.diff(&["base", "--", "x"])?;
    assert_eq!((ran.code, ran.err.contains("no manifest on either side")), (Some(2), true), "{}", ran.err);
    Ok(())
}

#[test]
fn a_base_that_cannot_be_rendered_hides_nothing() -> Result<()> {
    let web = WEB.replace(":1.4.1", ":latest");
    let right = "resources: [web.yaml]\n";
    let repository =
        Repository::new(&[("set/web.yaml", &web), ("set/kustomization.yaml", "resources: [none.yaml]\n")])?;
    repository.write(&[("set/kustomization.yaml", right)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report)), (Some(1), vec!["added Deployment web".to_owned()]));
    assert_eq!(names(&report["findings"]["new"]), ["image-tags/mutable-tag web"]);
    assert_eq!(report["gaps"], serde_json::json!([{ "side": "base", "name": "kustomize set", "objects": 1 }]));
    // A change that repairs it can go on.
    repository.write(&[("set/web.yaml", WEB)])?;
    let ran = repository.diff(&["base"])?;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("warning: `kustomize set` could not be read or rendered as a whole in base ("),
        "{}",
        ran.out
    );
    Ok(())
}

#[test]
fn a_head_that_cannot_be_rendered_removes_nothing() -> Result<()> {
    let repository = Repository::new(&[
        ("set/web.yaml", WEB),
        ("set/kustomization.yaml", "resources: [web.yaml]\n"),
        ("plain/a.yaml", &format!("{}---\n{}", named("a"), named("b"))),
    ])?;
    repository.write(&[("set/kustomization.yaml", "resources: [none.yaml]\n")])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, &report["verdict"], objects(&report).len()), (Some(3), &"undecided".into(), 0), "{report}");
    assert_eq!(report["gaps"], serde_json::json!([{ "side": "head", "name": "kustomize set", "objects": 1 }]));
    // Nor does a document that cannot be read.
    repository.git(&["checkout", "-q", "."])?;
    repository.write(&[("plain/a.yaml", &format!("{}---\na: [\n", named("a")))])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report).len()), (Some(1), 0), "{report}");
    assert_eq!(report["gaps"][0]["name"], "plain/a.yaml");
    // Neither does one that could not be read before.
    repository.commit()?;
    let ran = repository.diff(&["HEAD"])?;
    assert_eq!((ran.code, ran.out.matches("error[sluice/").count()), (Some(3), 1), "{}{}", ran.out, ran.err);
    // What keeps both sides from being decided is shown, though it is not new.
    repository.git(&["reset", "-q", "--hard", "base"])?;
    repository.write(&[("set/kustomization.yaml", "resources: [none.yaml]\n")])?;
    repository.commit()?;
    let ran = repository.diff(&["HEAD"])?;
    assert_eq!((ran.code, ran.out.contains("error[sluice/render-failed]")), (Some(3), true), "{}", ran.out);
    Ok(())
}

#[test]
fn a_head_that_cannot_be_read_resolves_nothing() -> Result<()> {
    let bad = |name: &str| WEB.replace(":1.4.1", ":latest").replace("name: web,", &format!("name: {name},"));
    let two = format!("{}---\n{}", bad("b"), bad("c"));
    let repository = Repository::new(&[
        ("set/web.yaml", &bad("a")),
        ("set/kustomization.yaml", "resources: [web.yaml]\n"),
        ("plain/two.yaml", &two),
    ])?;
    repository.write(&[("set/kustomization.yaml", "resources: [none.yaml]\n")])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, names(&report["findings"]["resolved"])), (Some(3), vec![]), "{report}");
    repository.git(&["checkout", "-q", "."])?;
    // What of the file can be read is known.
    repository.write(&[("plain/two.yaml", &format!("{}---\na: [\n", bad("b").replace("latest", "1")))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(names(&report["findings"]["resolved"]), ["image-tags/mutable-tag b"], "{report}");
    let ran = repository.diff(&["base"])?;
    assert!(ran.out.contains("nothing found there is told as resolved"), "{}", ran.out);
    repository.write(&[("plain/two.yaml", "kind: {{ .kind }}\n")])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(names(&report["findings"]["resolved"]), Vec::<String>::new(), "{report}");
    Ok(())
}

#[test]
fn entries_of_the_policy_file_speak_of_head() -> Result<()> {
    let repository = Repository::new(&[
        ("sluice.yaml", &rendering(&["{ path: charts/old, helm: {} }"])),
        ("charts/old/Chart.yaml", &CHART.replace(": c", ": old")),
        ("charts/old/templates/map.yaml", TEMPLATE),
    ])?;
    let more = ["{ path: charts/old, helm: { values: prod.yaml } }", "{ path: charts/new, helm: {} }"];
    repository.write(&[
        ("sluice.yaml", &rendering(&[&more[..], &["{ path: 'made/*', plain: {} }"]].concat())),
        ("prod.yaml", "a: b\n"),
        ("charts/new/Chart.yaml", &CHART.replace(": c", ": new")),
        ("charts/new/templates/map.yaml", TEMPLATE),
        ("made/a/map.yaml", &named("made")),
    ])?;
    repository.git(&["add", "-A"])?;
    for arguments in [&["base"][..], &["base", "HEAD"]] {
        let (code, report) = repository.json(arguments)?;
        let added = ["new", "old", "made"].map(|name| format!("added ConfigMap {name}"));
        let seen: std::collections::BTreeSet<_> = objects(&report).into_iter().collect();
        assert_eq!((code, seen), (Some(0), added.into_iter().collect()), "{report}");
        // Values that are not there are a render that failed.
        assert_eq!(report["gaps"], serde_json::json!([{ "side": "base", "name": "helm charts/old", "objects": 1 }]));
        repository.commit()?;
    }
    // HEAD has to have what its own policy file speaks of.
    repository.remove("prod.yaml")?;
    let ran = repository.diff(&["base"])?;
    assert_eq!((ran.code, ran.err.contains("there is no `prod.yaml`")), (Some(2), true), "{}", ran.err);
    repository.write(&[("prod.yaml", "")])?;
    std::fs::remove_dir_all(repository.path().join("charts/new"))?;
    let ran = repository.diff(&["base"])?;
    assert_eq!((ran.code, ran.err.contains("there is no `charts/new`")), (Some(2), true), "{}", ran.err);
    Ok(())
}

#[test]
fn entries_start_from_the_policy_file_on_every_side() -> Result<()> {
    let repository = Repository::new(&[
        ("team/sluice.yaml", &rendering(&["{ path: charts/shop, helm: { values: prod.yaml } }"])),
        ("team/prod.yaml", "a: b\n"),
        ("team/charts/shop/Chart.yaml", CHART),
        ("team/charts/shop/templates/map.yaml", TEMPLATE),
    ])?;
    repository.write(&[("team/prod.yaml", "a: c\n")])?;
    let seen = |arguments: &[&str]| {
        let (code, mut report) = repository.json(arguments)?;
        // What the side is called.
        report["head"] = serde_json::Value::Null;
        Ok::<_, anyhow::Error>((code, report))
    };
    let tree = seen(&["base", "--", "team"])?;
    let of_charts = seen(&["base", "--", "team/charts"])?;
    repository.commit()?;
    assert_eq!(objects(&tree.1), ["changed ConfigMap c"], "{}", tree.1);
    assert_eq!(tree, seen(&["base", "HEAD", "team"])?);
    assert_eq!(of_charts, seen(&["base", "HEAD", "team/charts"])?);
    Ok(())
}

#[cfg(unix)]
#[test]
fn what_leads_out_of_the_base_is_told_and_hides_nothing() -> Result<()> {
    let repository = Repository::new(&[("a.yaml", &named("a"))])?;
    std::os::unix::fs::symlink("../elsewhere", repository.path().join("out"))?;
    repository.commit()?;
    let commit = format!("160000,{},module", "1".repeat(40));
    repository.git(&["update-index", "--add", "--cacheinfo", &commit])?;
    repository.git(&["commit", "-qm", "module"])?;
    repository.git(&["tag", "astray"])?;
    // What HEAD brings is no part of it.
    for revision in ["astray~1", "astray"] {
        let ran = repository.diff(&["base", revision])?;
        assert_eq!((ran.code, ran.err.contains("help: take it out")), (Some(2), true), "{}{}", ran.out, ran.err);
    }
    let gaps = serde_json::json!([
        { "side": "base", "name": "module", "objects": 0 },
        { "side": "base", "name": "out", "objects": 0 },
    ]);
    // What is the same on both sides is no part of the change.
    repository.write(&[("b.yaml", &named("b"))])?;
    repository.git(&["add", "b.yaml"])?;
    repository.git(&["commit", "-qm", "more"])?;
    let (code, report) = repository.json(&["astray", "HEAD"])?;
    assert_eq!((code, objects(&report), &report["gaps"]), (Some(0), vec!["added ConfigMap b".to_owned()], &gaps));
    // Nor is what a submodule stands for.
    let commit = format!("160000,{},module", "2".repeat(40));
    repository.git(&["update-index", "--cacheinfo", &commit])?;
    repository.git(&["commit", "-qm", "module moved on"])?;
    let (code, report) = repository.json(&["astray", "HEAD"])?;
    assert_eq!((code, objects(&report), &report["gaps"]), (Some(0), vec!["added ConfigMap b".to_owned()], &gaps));
    // A link is another one where it leads elsewhere.
    repository.remove("out")?;
    std::os::unix::fs::symlink("../elsewhere/too", repository.path().join("out"))?;
    repository.git(&["commit", "-qam", "another link"])?;
    let ran = repository.diff(&["astray", "HEAD"])?;
    assert_eq!((ran.code, ran.err.contains("help: take it out")), (Some(2), true), "{}{}", ran.out, ran.err);
    // What the change takes out need not be perfect.
    repository.remove("out")?;
    let (code, report) = repository.json(&["astray"])?;
    assert_eq!((code, objects(&report), &report["gaps"]), (Some(0), vec!["added ConfigMap b".to_owned()], &gaps));
    let ran = repository.diff(&["astray", "--", "module", "a.yaml"])?;
    assert!(ran.code == Some(0) && ran.out.contains("`module` could not be read"), "{}{}", ran.out, ran.err);
    Ok(())
}
