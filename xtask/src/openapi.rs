//! `cargo xtask openapi`: makes the data of the plugin `kubernetes-schema` out of Kubernetes' own OpenAPI documents.
//!
//! It fetches each version's Go module, takes the definitions of `swagger.json` with the enums that `models-schema`
//! prints (together they are what a live server serves), joins all versions into one set of definitions in which every
//! field says in which versions it exists, and writes that as one file that a program walks where it lies. The result
//! is committed with its digest: a build needs neither Go nor a network. `plugins/kubernetes-schema/data/format.md`
//! describes the file.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::guests::write_if_changed;
use crate::process::say;
use crate::workspace;

pub mod document;
mod encode;
pub mod fetch;
mod join;

/// The versions that the data knows: the newest patch of each minor that the Go module proxy has. Oldest first.
const VERSIONS: [&str; 7] = ["1.31.14", "1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3", "1.37.2"];

/// Options of `cargo xtask openapi`.
#[derive(clap::Args)]
pub struct Args {
    /// Only compare what would be written with what is committed
    #[arg(long)]
    pub check: bool,
}

/// Generates the data, or checks that the committed data is what would be generated.
pub fn run(args: &Args) -> Result<()> {
    let cache = workspace::cache()?.join("openapi");
    let mut documents = Vec::new();
    let mut sources = String::new();
    for version in VERSIONS {
        let fetched = fetch::fetch(version, &cache)?;
        sources.push_str(&format!("{}  k8s.io/kubernetes@v{version}\n", fetched.sum));
        documents.push(document::Document::read(version, &fetched)?);
    }
    let joined = join::join(&documents)?;
    say(format!(
        "{} definitions, {} fields, {} kinds, {} enums over {} versions",
        joined.definitions.len(),
        joined.definitions.iter().map(|definition| definition.fields.len()).sum::<usize>(),
        joined.kinds.len(),
        joined.enums.len(),
        VERSIONS.len()
    ));
    let bytes = encode::encode(&joined)?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let digests = format!("sha256:{digest}  schemas.bin\n{sources}");

    let folder = data();
    if args.check {
        let same = |name: &str, content: &[u8]| std::fs::read(folder.join(name)).is_ok_and(|known| known == content);
        if !same("schemas.bin", &bytes) || !same("DIGESTS", digests.as_bytes()) {
            bail!("{} is not what the documents give: run `cargo xtask openapi`", workspace::shown(&folder));
        }
        say(format!("{} is what the documents give (sha256:{digest})", workspace::shown(&folder)));
        return Ok(());
    }
    write_if_changed(&folder.join("schemas.bin"), &bytes).context("cannot write the schemas")?;
    write_if_changed(&folder.join("DIGESTS"), digests.as_bytes()).context("cannot write the digests")?;
    say(format!("{} bytes in {} (sha256:{digest})", bytes.len(), workspace::shown(&folder)));
    Ok(())
}

fn data() -> PathBuf {
    workspace::root().join("plugins/kubernetes-schema/data")
}
