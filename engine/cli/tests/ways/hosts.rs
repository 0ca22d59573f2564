//! Reports for code hosts, which know a file by its path from the root of the repository alone.
#![expect(clippy::indexing_slicing, reason = "tests")]

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::sluice::sluice;
use super::{CHART, bad, clone, commit, write};

/// The paths that a report has, in its order.
fn places(report: &str, format: &str) -> Result<Vec<String>> {
    if format == "github" {
        let errors = report.lines().filter_map(|line| line.strip_prefix("::error file="));
        return Ok(errors.filter_map(|line| Some(line.split_once(',')?.0.replace("%3A", ":"))).collect());
    }
    let log: Value = serde_json::from_str(report)?;
    let results = log["runs"][0]["results"].as_array().context("no results")?;
    let place = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        ensure!(place["uriBaseId"] == "%SRCROOT%", "{place}");
        Ok(place["uri"].as_str().context("no URI")?.replace("%3A", ":"))
    };
    results.iter().map(place).collect()
}

#[test]
fn files_are_named_from_the_root_of_the_repository() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    let template = bad("{{ .Chart.Name }}");
    let files = [
        ("apps/one/a:b.yaml", bad("one")),
        ("apps/two/web.yaml", bad("two")),
        ("charts/shop/Chart.yaml", CHART.to_owned()),
        ("charts/shop/templates/web.yaml", template),
    ];
    write(at, &files.each_ref().map(|(path, content)| (*path, content.as_str())))?;
    commit(at)?;
    let whole = at.canonicalize()?.join("apps/two").to_string_lossy().into_owned();
    let all = ["apps/one/a:b.yaml", "apps/two/web.yaml", "charts/shop/templates/web.yaml"];
    for format in ["github", "sarif"] {
        let run = |folder: &str, paths: &[&str]| -> Result<Vec<String>> {
            let (code, out, err) = sluice(&at.join(folder), &[&["check", "--format", format], paths].concat())?;
            ensure!(code == Some(1), "{out}{err}");
            let mut places = places(&out, format)?;
            places.sort();
            Ok(places)
        };
        for (folder, paths) in [
            ("", &["apps", "charts"][..]),
            ("apps", &[".", "../charts"]),
            ("apps/one", &[".", &whole, "../../charts/shop"]),
            ("apps", &["--rev", "HEAD", "--repo", "..", "apps", "charts"]),
        ] {
            assert_eq!(run(folder, paths)?, all, "{format} {folder} {paths:?}");
        }
        // Of nothing else than a policy file that is wrong.
        write(at, &[("apps/sluice.yaml", "kind: Policy\nplugins: 1\n")])?;
        let (code, out, err) = sluice(&at.join("apps/one"), &["check", "--format", format, "."])?;
        assert!(code == Some(2) && out.contains("apps/sluice.yaml") && !out.contains(".."), "{out}{err}");
        std::fs::remove_file(at.join("apps/sluice.yaml"))?;
    }
    // People read them where they are.
    let (_, out, err) = sluice(&at.join("apps"), &["check", "one", "../charts"])?;
    assert!(
        out.contains("--> one/a:b.yaml:4") && out.contains("--> ../charts/shop/templates/web.yaml:4"),
        "{out}{err}"
    );
    Ok(())
}

#[test]
fn a_report_says_how_much_was_looked_at() -> Result<()> {
    let folder = clone()?;
    let at = folder.path();
    let pair = format!("{}---\nlevel: prod\n", bad("one"));
    write(at, &[("a.yaml", &pair), ("b.yaml", "a: {{ b }}\n  c: [\n")])?;
    let (_, out, err) = sluice(at, &["check", "--format", "sarif", "."])?;
    let run = &serde_json::from_str::<Value>(&out).context(err)?["runs"][0];
    assert_eq!(run["properties"], serde_json::json!({"files": 2, "documents": 3, "objects": 1, "skipped": 2}), "{run}");
    let told =
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().context("no words")?;
    assert!(told.starts_with("`b.yaml` was not judged: it is a template"), "{told}");
    let (_, out, err) = sluice(at, &["check", "--format", "github", "."])?;
    assert!(out.contains("::notice title=sluice::`b.yaml` was not judged: it is a template"), "{out}{err}");
    let (_, out, err) = sluice(at, &["check", "-v", "."])?;
    assert!(out.contains("note: read 2 files, 3 documents, 1 object\n"), "{out}{err}");
    Ok(())
}
