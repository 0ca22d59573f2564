//! A real API server and etcd for the tests, compiled from Go modules into the cache; or those that `KUBEBUILDER_ASSETS`
//! names.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::guests::go_version;
use crate::process::{run, say};
use crate::workspace;

/// The programs that a control plane has.
const PROGRAMS: [&str; 2] = ["etcd", "kube-apiserver"];

/// The folder whose `bin` holds the programs.
pub fn ready() -> Result<PathBuf> {
    let folder = workspace::cache()?.join("control-plane");
    if let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|assets| !assets.is_empty()) {
        return given(PathBuf::from(assets), folder);
    }
    go_version()?;
    let _alone = super::alone(&folder, "compiling a control plane for the tests")?;
    if !folder.join("bin/.stamp").is_file() {
        say("compiling a control plane for the tests (five to ten minutes the first time)");
    }
    run(Command::new(workspace::root().join("tests/control-plane/setup.sh")).arg(&folder))?;
    Ok(folder)
}

/// A folder with a link to the programs that somebody brings.
fn given(assets: PathBuf, cache: PathBuf) -> Result<PathBuf> {
    for program in PROGRAMS {
        if !assets.join(program).is_file() {
            bail!("KUBEBUILDER_ASSETS names {}, which has no `{program}`", assets.display());
        }
    }
    let folder = cache.with_file_name("control-plane-given");
    std::fs::create_dir_all(&folder)?;
    let link = folder.join("bin");
    if link.is_symlink() {
        std::fs::remove_file(&link)?;
    }
    let assets = assets.canonicalize()?;
    std::os::unix::fs::symlink(&assets, &link).with_context(|| format!("cannot link to {}", assets.display()))?;
    Ok(folder)
}
