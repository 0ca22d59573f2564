//! The fixtures in JavaScript, Python and Go, and the one in Rust for WASI: proof that the contract is one for every
//! language. Each is built with the tool's defaults, which import WASI, and without any import but the contract's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::encode::contract;
use super::{WASI_TARGET, cargo_for, compiled, go_version, write_if_changed};
use crate::process::{capture, run, say};
use crate::setup::{Toolchain, languages};
use crate::workspace;

mod go;

/// A component to build.
struct Fixture {
    name: &'static str,
    /// Path of the source, a file or a folder, from the root of the checkout.
    source: &'static str,
    /// What else the component comes of: versions.
    tools: String,
    /// Whether WASI is left out.
    stubbed: bool,
}

const JAVASCRIPT: &str = "tests/languages/javascript/policy.js";
const PYTHON: &str = "tests/languages/python/policy.py";
const GO: &str = "tests/languages/go";
/// The guest in Rust that is built for WASI too, and the name that it has then.
const TWIN: (&str, &str) = ("twin", "wasip2");

/// Builds the fixtures whose tools can be had. Where a tool is missing, CI fails and a person is told.
pub fn build(toolchain: &Toolchain) -> Result<()> {
    let versions = format!("{:?}", languages::VERSIONS);
    let fixture = |name, source, stubbed| Fixture { name, source, tools: versions.clone(), stubbed };
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
    let tools = format!("{} {}", go_version()?, go::RECIPE);
    for (name, stubbed) in [("go", true), ("go-wasi", false)] {
        let fixture = Fixture { name, source: GO, tools: tools.clone(), stubbed };
        let done = make(&fixture, |out, _| go::component(&workspace::root().join(GO), out, stubbed));
        if had(done.map(Some), "Go")?.is_none() {
            missing("the module proxy of Go", "Go")?;
        }
    }
    wasi(toolchain)
}

/// Builds the twin once more, as somebody does who knows nothing of this project's target.
fn wasi(toolchain: &Toolchain) -> Result<()> {
    let (package, name) = TWIN;
    if !toolchain.has_wasi()? {
        // Nobody can help it where rustup has no way to its server, and CI must run there too.
        say(format!("left out: the fixture {name}, because the compiler of the guests has no {WASI_TARGET}"));
        return Ok(());
    }
    run(&mut cargo_for(toolchain, &["build", "--quiet", "--release", "--target", WASI_TARGET, "--package", package]))?;
    let built = compiled(toolchain).join(WASI_TARGET).join("release").join(format!("{package}.wasm"));
    let component = workspace::components().join(format!("{name}.wasm"));
    if write_if_changed(&component, &fs::read(&built)?)? {
        say(format!("wrote {}", workspace::shown(&component)));
    }
    Ok(())
}

/// A tool that cannot be installed is one that is not here.
fn had<T>(tool: Result<Option<T>>, language: &str) -> Result<Option<T>> {
    match tool {
        Err(error) if !workspace::is_ci() => {
            say(format!("what makes the {language} fixture cannot be had: {error:#}"));
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
    let wit = contract();
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
    let mut files = vec![wit.join("policy.wit")];
    files_at(&workspace::root().join(fixture.source), &mut files)?;
    files.sort();
    let mut hasher = Sha256::new();
    for path in files {
        hasher.update(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    hasher.update(format!("{} {}", fixture.tools, fixture.stubbed));
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Every file at a path or below it.
fn files_at(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        files_at(&entry?.path(), files)?;
    }
    Ok(())
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
