//! What reading a revision costs, beside the same files on the disk.

use anyhow::{Context, Result};

use super::Bench;
use super::table::{Bound, Row};

/// Reads a repository of 2,000 manifests, of which `sluice-bench` has the recipe.
pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.scratch.join("revision");
    let told = bench.inside(&["read", folder.to_str().context("the scratch folder is no text")?])?;
    let what = |words: &str| told("files").map(|files| format!("{files} files {words}"));
    let disk = told("disk")?;
    Ok(vec![
        Row::seconds(&what("from Git's objects / from disk")?, told("git")?, disk, Bound::AtMost(1.5)),
        Row::seconds(&what("from Git's objects / from disk, CPU")?, told("git_cpu")?, told("disk_cpu")?, Bound::None),
        Row::seconds(&what("from Git's objects, 2 threads / from disk")?, told("git_two")?, disk, Bound::None),
        Row::seconds(&what("from a checked folder / from disk")?, told("folder")?, disk, Bound::None),
    ])
}
