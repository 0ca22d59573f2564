//! What a change does, from real repositories: each test makes its own.
#![expect(clippy::indexing_slicing, reason = "tests")]

mod findings;
mod formats;
#[path = "../shared/git.rs"]
mod git;
mod objects;
mod radius;
mod sides;
#[path = "../shared/sluice.rs"]
mod sluice;
mod sparse;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A deployment that nothing is wrong with.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.4.1
";

/// A repository whose first commit is tagged `base`.
struct Repository(tempfile::TempDir);

/// What a run left.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Result<Self> {
        let repository = Self(tempfile::tempdir()?);
        repository.git(&["init", "-q", "-b", "main"])?;
        repository.write(files)?;
        repository.commit()?;
        repository.git(&["tag", "base"])?;
        Ok(repository)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        git::git(self.path(), arguments).map(drop)
    }

    fn write(&self, files: &[(&str, &str)]) -> Result<()> {
        for (path, text) in files {
            let path = self.path().join(path);
            fs::create_dir_all(path.parent().context("no folder")?)?;
            fs::write(path, text)?;
        }
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<()> {
        Ok(fs::remove_file(self.path().join(path))?)
    }

    fn commit(&self) -> Result<()> {
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-qm", "change", "--allow-empty"])
    }

    fn diff(&self, arguments: &[&str]) -> Result<Ran> {
        self.diff_in("", arguments)
    }

    fn diff_in(&self, folder: &str, arguments: &[&str]) -> Result<Ran> {
        let (code, out, err) = sluice::sluice(&self.path().join(folder), &[&["diff"], arguments].concat())?;
        Ok(Ran { code, out, err })
    }

    /// The report for programs, which has to be as its schema says.
    fn json(&self, arguments: &[&str]) -> Result<(Option<i32>, Value)> {
        let Ran { code, out, err } = self.diff(&[&["--format", "json"], arguments].concat())?;
        let report = serde_json::from_str(&out).with_context(|| format!("no JSON: {out}{err}"))?;
        valid(&report)?;
        Ok((code, report))
    }
}

fn schema() -> Result<Value> {
    let (_, out, _) = sluice::sluice(Path::new("."), &["schema", "diff"])?;
    Ok(serde_json::from_str(&out)?)
}

fn valid(report: &Value) -> Result<()> {
    let schema = schema()?;
    let validator = jsonschema::draft202012::new(&schema)?;
    let errors = validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path()));
    let errors: Vec<String> = errors.collect();
    ensure!(errors.is_empty(), "{errors:#?}");
    Ok(())
}

/// `changed Deployment web` for each object of a report.
fn objects(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |object: &Value| {
        let resource = &object["resource"];
        format!("{} {} {}", text(&object["change"]), text(&resource["kind"]), text(&resource["name"]))
    };
    report["objects"].as_array().into_iter().flatten().map(name).collect()
}

/// `changed spec.replicas 3 1` for each field of an object.
fn fields(object: &Value) -> Vec<String> {
    let fields = object["fields"].as_array().into_iter().flatten();
    let word = |field: &Value| {
        let text = |name: &str| field[name].as_str().unwrap_or_default().to_owned();
        let value = |name: &str| if field[name].is_null() { String::new() } else { format!(" {}", field[name]) };
        format!("{} {}{}{}", text("change"), text("field"), value("before"), value("after"))
    };
    fields.map(word).collect()
}

/// `image-tags/mutable-tag web` for each finding of a list.
fn names(findings: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |finding: &Value| format!("{} {}", text(&finding["rule"]), text(&finding["resource"]["name"]));
    findings.as_array().into_iter().flatten().map(name).collect()
}

/// A plugin that exists to be tested with.
fn guest(name: &str) -> Result<Vec<u8>> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("not run by cargo")?;
    let file = PathBuf::from(package).join("../../target/guests").join(name);
    fs::read(&file).with_context(|| format!("no {}: run `cargo xtask guests`", file.display()))
}
