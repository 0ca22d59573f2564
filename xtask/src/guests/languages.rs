//! The fixtures in JavaScript and Python: proof that the contract is one for every language. Each is built twice, with
//! the tool's defaults, which import WASI, and without any import but the contract's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::write_if_changed;
use crate::process::{capture, say};
use crate::setup::languages;
use crate::workspace;

/// A component to build.
struct Fixture {
    name: &'static str,
    /// Path of the source, from the root of the checkout.
    source: &'static str,
    /// Whether WASI is left out.
    stubbed: bool,
}

const JAVASCRIPT: &str = "tests/languages/javascript/policy.js";
const PYTHON: &str = "tests/languages/python/policy.py";

/// Builds the fixtures whose tools can be had. Where a tool is missing, CI fails and a person is told.
pub fn build() -> Result<()> {
    let fixture = |name, source, stubbed| Fixture { name, source, stubbed };
    match had(languages::javascript(), "JavaScript")? {
        Some(tool) => {
            make(&fixture("javascript", JAVASCRIPT, true), |out, wit| javascript(&tool, out, wit, true))?;
            make(&fixture("javascript-wasi", JAVASCRIPT, false), |out, wit| javascript(&tool, out, wit, false))?;
        }
        None => missing("node and npm with its registry", "JavaScript")?,
    }
    match had(languages::python(), "Python")? {
        Some(tool) => {
            make(&fixture("python", PYTHON, true), |out, wit| python(&tool, out, wit, true))?;
            make(&fixture("python-wasi", PYTHON, false), |out, wit| python(&tool, out, wit, false))?;
        }
        None => missing("python3 with venv and its registry", "Python")?,
    }
    Ok(())
}

/// A tool that cannot be installed is one that is not here.
fn had(tool: Result<Option<PathBuf>>, language: &str) -> Result<Option<PathBuf>> {
    match tool {
        Err(error) if !workspace::is_ci() => {
            say(format!("the tool for the {language} fixture cannot be installed: {error:#}"));
            Ok(None)
        }
        tool => tool,
    }
}

fn missing(program: &str, language: &str) -> Result<()> {
    if workspace::is_ci() {
        bail!("the {language} fixture needs {program}");
    }
    say(format!("left out: the {language} fixture, because {program} is not here"));
    Ok(())
}

/// Builds one component, unless its source, the contract and the tool are those of the last time.
fn make(fixture: &Fixture, build: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<()> {
    let out = workspace::components();
    let (component, stamp) = (out.join(fixture.name).with_extension("wasm"), out.join(".stamps").join(fixture.name));
    let wit = workspace::root().join("wit/0.1.0");
    let digest = digest(fixture, &wit)?;
    if component.is_file() && fs::read_to_string(&stamp).is_ok_and(|known| known == digest) {
        return Ok(());
    }
    say(format!("building {} from {}", workspace::shown(&component), fixture.source));
    let folder = tempfile::tempdir()?;
    let built = folder.path().join("built.wasm");
    build(&built, &wit)?;
    write_if_changed(&component, &fs::read(&built)?)?;
    write_if_changed(&stamp, digest.as_bytes())?;
    Ok(())
}

fn digest(fixture: &Fixture, wit: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    for path in [workspace::root().join(fixture.source), wit.join("policy.wit")] {
        hasher.update(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    hasher.update(format!("{:?} {}", languages::VERSIONS, fixture.stubbed));
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn javascript(tool: &Path, out: &Path, wit: &Path, stubbed: bool) -> Result<()> {
    let mut command = Command::new(tool);
    command.arg("--wit").arg(wit).args(["-n", "validator", "--sync", "--js"]);
    command.arg(workspace::root().join(JAVASCRIPT)).arg("-o").arg(out);
    if stubbed {
        command.arg("--stub-wasi");
    }
    capture(&mut command).map(drop)
}

/// The tool writes beside its source, so it is given a copy.
fn python(tool: &Path, out: &Path, wit: &Path, stubbed: bool) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::copy(workspace::root().join(PYTHON), folder.path().join("policy.py"))?;
    let mut command = Command::new(tool);
    command.arg("-q").arg("-d").arg(wit).args(["-w", "validator", "componentize"]).current_dir(folder.path());
    if stubbed {
        command.arg("--stub-wasi");
    }
    capture(command.args(["policy", "-o"]).arg(out)).map(drop)
}
