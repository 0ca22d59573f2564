//! Helm's own program, which the tests compare the renderer with. It is compiled by Go into the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::guests::go_version;
use crate::process::capture;
use crate::workspace;

/// The version of the library in `renderers/helm/go.mod`.
const HELM: &str = "v4.3.1";

/// The program, ready to run.
pub fn ready() -> Result<PathBuf> {
    go_version()?;
    let folder = workspace::cache()?.join("helm");
    super::once(&folder, HELM, &format!("compiling helm {HELM} to compare with (some minutes)"), || {
        let mut go = Command::new("go");
        go.args(["install", "-trimpath", "-ldflags=-s -w", &format!("helm.sh/helm/v4/cmd/helm@{HELM}")]);
        capture(go.env("GOBIN", &folder).env("GOFLAGS", "-buildvcs=false").current_dir(&folder)).map(drop)
    })?;
    Ok(folder.join("helm"))
}

#[cfg(test)]
mod tests {
    use super::HELM;

    #[test]
    fn the_program_and_the_library_are_of_one_version() {
        let module = std::fs::read_to_string(crate::workspace::root().join("renderers/helm/go.mod")).unwrap();
        assert!(module.contains(&format!("helm.sh/helm/v4 {HELM}\n")));
    }
}
