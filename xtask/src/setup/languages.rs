//! The tools that make components of JavaScript and Python, each in a folder of the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process::{capture, exists};
use crate::workspace;

const COMPONENTIZE_QJS: &str = "0.4.5";
const COMPONENTIZE_PY: &str = "0.25.1";

/// The versions of both, for stamps.
pub const VERSIONS: [&str; 2] = [COMPONENTIZE_QJS, COMPONENTIZE_PY];

/// The program that makes components of JavaScript; none where there is no npm to install it with.
pub fn javascript() -> Result<Option<PathBuf>> {
    if !exists("node") || !exists("npm") {
        return Ok(None);
    }
    let folder = workspace::cache()?.join("componentize-qjs");
    let what = format!("installing componentize-qjs {COMPONENTIZE_QJS} with npm");
    super::once(&folder, COMPONENTIZE_QJS, &what, || {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"]).arg(&folder);
        npm.arg(format!("componentize-qjs@{COMPONENTIZE_QJS}")).current_dir(&folder);
        capture(&mut npm).map(drop)
    })?;
    Ok(Some(folder.join("node_modules/.bin/componentize-qjs")))
}

/// The program that makes components of Python; none where there is no Python to install it with.
pub fn python() -> Result<Option<PathBuf>> {
    let folder = workspace::cache()?.join("componentize-py");
    let requirements = format!("componentize-py=={COMPONENTIZE_PY}");
    Ok(virtual_environment(&folder, &requirements)?.map(|programs| programs.join("componentize-py")))
}

/// A virtual environment with these requirements (the lines of a requirements file); gives the folder of its programs,
/// or none where there is no Python.
pub fn virtual_environment(folder: &std::path::Path, requirements: &str) -> Result<Option<PathBuf>> {
    if !exists("python3") {
        return Ok(None);
    }
    let programs = folder.join("venv/bin");
    let what = format!("installing {} with pip", names(requirements));
    super::once(folder, requirements, &what, || {
        capture(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        std::fs::write(folder.join("requirements.txt"), requirements)?;
        let mut pip = Command::new(programs.join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--requirement"]);
        capture(pip.arg(folder.join("requirements.txt"))).map(drop)
    })?;
    Ok(Some(programs))
}

fn names(requirements: &str) -> String {
    requirements.lines().filter_map(|line| line.split_whitespace().next()).collect::<Vec<_>>().join(", ")
}
