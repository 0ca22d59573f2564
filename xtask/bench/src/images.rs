//! The plugin `image-tags` in the sandbox, a fresh instance for each batch, against a native rule that parses each object
//! from its JSON text for itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use sluice_manifest::{Documents, Limits as ReadLimits};
use sluice_plugin::{Call, Grants, Host, HostOptions, Limits, Set};

use crate::{Figures, best_of};

/// Rounds of a comparison.
const ROUNDS: usize = 7;

/// Judges the images of all objects, both ways, on one thread.
pub(crate) fn compare(files: &[PathBuf], component: &Path) -> Result<Figures> {
    let mut resources = Vec::new();
    for path in files {
        let documents = Documents::from_bytes("bench.yaml", fs::read(path)?, ReadLimits::default());
        resources.extend(documents.flat_map(|document| document.resources).map(Arc::new));
    }
    let texts: Vec<String> = resources.iter().map(|resource| resource.root().to_json()).collect();

    let host = Host::new(&HostOptions { cache: None, now: SystemTime::UNIX_EPOCH, jobs: 1 })?;
    let bytes = fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    let plugin = host.load(&bytes)?.configure("{}", Limits::default(), Grants::default());
    let plugin = plugin.map_err(|error| anyhow!("{error}"))?;
    let calls: Vec<Call> = resources
        .chunks(sluice_policy::BATCH)
        .map(|batch| Set { resources: batch.to_vec(), ..Set::default() })
        .map(|set| Call { chosen: (0..set.resources.len() as u32).collect(), set: Arc::new(set), context: None })
        .collect();

    let sandboxed =
        || calls.iter().map(|call| plugin.check(call).map(|checked| checked.findings.len())).sum::<Result<usize, _>>();
    let native = || texts.iter().map(|text| native_rule(text)).sum::<usize>();
    let found = (sandboxed()?, native());
    let (ours, reference) = best_of(ROUNDS, sandboxed, native);
    Ok(Figures::from([
        ("ours", ours),
        ("reference", reference),
        ("objects", resources.len() as f64),
        ("found_sandboxed", found.0 as f64),
        ("found_native", found.1 as f64),
    ]))
}

/// How many images of an object have a tag that can move.
fn native_rule(text: &str) -> usize {
    let Ok(object) = serde_json::from_str::<Value>(text) else { return 0 };
    let pod = match object.get("kind").and_then(Value::as_str) {
        Some("Pod") => object.pointer("/spec"),
        Some("PodTemplate") => object.pointer("/template/spec"),
        Some("CronJob") => object.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => object.pointer("/spec/template/spec"),
    };
    let Some(pod) = pod else { return 0 };
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let containers = lists.iter().filter_map(|list| pod.get(list)?.as_array()).flatten();
    containers.filter_map(|container| container.get("image")?.as_str()).filter(|image| is_mutable(image)).count()
}

fn is_mutable(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}
