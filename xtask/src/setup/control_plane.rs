//! A real API server and etcd for the tests, compiled from Go modules into the cache; or those that `KUBEBUILDER_ASSETS`
//! names.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

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

/// A folder with a link to the programs that somebody brings: one for each place, so that a run that is brought others takes
/// none of them away from one that still has to end what it started.
fn given(assets: PathBuf, cache: PathBuf) -> Result<PathBuf> {
    for program in PROGRAMS {
        if !assets.join(program).is_file() {
            bail!("KUBEBUILDER_ASSETS names {}, which has no `{program}`", assets.display());
        }
    }
    let assets = assets.canonicalize()?;
    let digest = Sha256::digest(assets.as_os_str().as_encoded_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = cache.with_file_name(format!("control-plane-given-{digest}"));
    let _alone = super::alone(&folder, "linking to a control plane")?;
    std::fs::create_dir_all(&folder)?;
    let link = folder.join("bin");
    if !link.is_symlink() {
        std::os::unix::fs::symlink(&assets, &link).with_context(|| format!("cannot link to {}", assets.display()))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{PROGRAMS, given};

    #[test]
    fn programs_that_are_brought_stay_where_they_are_for_who_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let given = |name: &str| {
            let assets = folder.path().join(name);
            fs::create_dir_all(&assets).unwrap();
            PROGRAMS.iter().for_each(|program| fs::write(assets.join(program), name).unwrap());
            given(assets, folder.path().join("control-plane")).unwrap()
        };
        let (one, other) = (given("one"), given("other"));
        let brought = |folder: &std::path::Path| fs::read_to_string(folder.join("bin/etcd")).unwrap();
        assert_eq!([brought(&one), brought(&other)], ["one", "other"]);
        assert_eq!(given("one"), one);
    }
}
