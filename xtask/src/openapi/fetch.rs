//! Fetches a version's documents: the module through Go's proxy, the enums by running a program of the module.
//!
//! What was printed once is kept in the cache outside the checkout, keyed by the module's sum.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::guests::write_if_changed;
use crate::process::{capture, say};

/// The documents of one version.
pub struct Fetched {
    /// `api/openapi-spec/swagger.json`: kinds and definitions, without enums.
    pub swagger: PathBuf,
    /// What `models-schema` printed: definitions with enums, without kinds.
    pub models: PathBuf,
    /// Go's sum of the module.
    pub sum: String,
}

/// The program that prints all definitions with their enums.
const MODELS: &str = "k8s.io/kubernetes/pkg/generated/openapi/cmd/models-schema";

/// Fetches `k8s.io/kubernetes` at a version such as `1.36.3`.
pub fn fetch(version: &str, cache: &Path) -> Result<Fetched> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Download {
        dir: PathBuf,
        sum: String,
    }
    fs::create_dir_all(cache)?;
    say(format!("fetching k8s.io/kubernetes@v{version}"));
    let module = format!("k8s.io/kubernetes@v{version}");
    let text = capture(Command::new("go").args(["mod", "download", "-json", &module]).current_dir(cache))?;
    let download: Download = serde_json::from_str(&text).context("cannot read the output of go mod download")?;

    let stamp: String = download.sum.chars().filter(char::is_ascii_alphanumeric).collect();
    let models = cache.join(format!("models-{version}-{stamp}.json"));
    if !models.is_file() {
        say(format!("compiling and running models-schema of {version}; this takes a minute or two"));
        let scratch = tempfile::tempdir_in(cache)?;
        fs::write(scratch.path().join("go.mod"), go_mod(version, &download.dir)?)?;
        let printed = capture(Command::new("go").args(["run", "-mod=mod", MODELS]).current_dir(scratch.path()))?;
        if !printed.starts_with('{') {
            bail!("models-schema of {version} printed no JSON");
        }
        write_if_changed(&models, printed.as_bytes())?;
    }
    Ok(Fetched { swagger: download.dir.join("api/openapi-spec/swagger.json"), models, sum: download.sum })
}

/// A module that can run programs of Kubernetes. Kubernetes' own `go.mod` points the modules it is published with
/// (`k8s.io/api` and others) at folders; here they point at the versions published with it, `1.36.3` as `v0.36.3`.
fn go_mod(version: &str, module: &Path) -> Result<String> {
    let own = fs::read_to_string(module.join("go.mod")).context("cannot read the module's go.mod")?;
    let go = own.lines().find(|line| line.starts_with("go ")).context("go.mod without a go line")?;
    let minor = version.strip_prefix("1.").context("a version of Kubernetes starts with 1.")?;
    let mut text =
        format!("module example.invalid/models\n\n{go}\n\nrequire k8s.io/kubernetes v{version}\n\nreplace (\n");
    for line in own.lines() {
        if let Some((path, _)) = line.trim().split_once(" => ./staging/") {
            text.push_str(&format!("\t{path} => {path} v0.{minor}\n"));
        }
    }
    text.push_str(")\n");
    Ok(text)
}
