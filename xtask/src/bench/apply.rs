//! Applying to a cluster: a first apply beside `kubectl apply --server-side`, and a round of the agent that finds nothing to
//! do, with its requests counted.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::measure;
use super::table::{Bound, Row};
use crate::process::{capture, exists, say};
use crate::setup::control_plane;
use crate::workspace;

/// Objects that are applied.
pub(super) const OBJECTS: usize = 1000;
/// First applies of each of the two.
const ROUNDS: usize = 2;

/// A control plane for as long as it is held.
pub(super) struct Plane {
    programs: PathBuf,
    state: PathBuf,
}

impl Plane {
    pub(super) fn start(state: PathBuf) -> Result<Self> {
        let plane = Self { programs: control_plane::ready()?, state };
        plane.call("up")?;
        Ok(plane)
    }

    fn call(&self, word: &str) -> Result<()> {
        let mut command = Command::new(workspace::root().join("tests/control-plane/control-plane.sh"));
        command.arg(word).arg(&self.programs).arg(&self.state);
        // What goes on running must not hold a pipe open.
        let status =
            command.stdin(Stdio::null()).stdout(Stdio::null()).status().context("cannot run the control plane")?;
        if status.success() { Ok(()) } else { bail!("the control plane does not go {word}") }
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.state.join("kubeconfig")
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        // It was told already if it does not end.
        let _ = self.call("down");
    }
}

pub fn apply(bench: &Bench) -> Result<Vec<Row>> {
    if !exists("kubectl") {
        say("left out: there is no kubectl to compare with");
        return Ok(Vec::new());
    }
    let plane = Plane::start(bench.scratch.join("plane"))?;
    let manifests = bench.scratch.join("thousand");
    write(&manifests, OBJECTS)?;
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(plane.kubeconfig()).args(arguments);
        command
    };
    let (mut ours, mut theirs) = (None::<measure::Cost>, None::<measure::Cost>);
    for round in 0..ROUNDS {
        let (here, there) = (format!("ours-{round}"), format!("theirs-{round}"));
        for name in [&here, &there] {
            capture(&mut kubectl(&["create", "namespace", name]))?;
        }
        let application = write_application(&bench.scratch.join(&here), &here, &manifests)?;
        let mut command = Command::new(&bench.sluice);
        command.arg("apply").arg(application).arg("--quiet").arg("--kubeconfig").arg(plane.kubeconfig());
        best(&mut ours, measure::of(&command, &[0])?);
        let folder = manifests.to_str().context("no text")?;
        best(&mut theirs, measure::of(&kubectl(&["apply", "--server-side", "-n", &there, "-f", folder]), &[0])?);
    }
    let (ours, theirs) = (ours.context("no round")?, theirs.context("no round")?);

    let config = bench.scratch.join("ours-0");
    let mut agent = Command::new(&bench.sluice);
    agent
        .args(["reconcile", "--once", "--listen", "off", "--config"])
        .arg(&config)
        .arg("--kubeconfig")
        .arg(plane.kubeconfig());
    let cost = measure::best_of(3, &agent, &[0])?;
    let said = capture(&mut agent)?;
    let count = |word: &str| -> Result<f64> {
        let rest =
            said.split(&format!("{word}=")).nth(1).with_context(|| format!("the agent does not count {word}"))?;
        Ok(rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse()?)
    };
    let objects = OBJECTS as f64;
    Ok(vec![
        Row::seconds(
            "first apply of 1,000 objects / kubectl apply --server-side",
            ours.wall,
            theirs.wall,
            Bound::AtMost(1.0),
        ),
        Row::seconds("first apply of 1,000 objects / kubectl, CPU", ours.cpu, theirs.cpu, Bound::None),
        Row::value("round of the agent with nothing to do, 1,000 objects", cost.wall, "s"),
        Row::figure("reads of that round / objects", count("reads")? / objects, Bound::AtMost(1.01)),
        Row::figure("dry runs of that round", count("dryRuns")?, Bound::AtMost(0.0)),
        Row::figure("writes of that round", count("writes")?, Bound::AtMost(0.0)),
        Row::value("memory of that round at the peak", cost.memory, "MiB"),
    ])
}

fn best(known: &mut Option<measure::Cost>, cost: measure::Cost) {
    if known.is_none_or(|known| cost.wall < known.wall) {
        *known = Some(cost);
    }
}

/// Writes an application into a folder of the scratch folder, for a namespace of the same name.
pub(super) fn write_application(folder: &Path, name: &str, manifests: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let text = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source: {{path: '{}'}}\n  \
         policy: ../schema.yaml\n  destination: {{namespace: {name}}}\n",
        manifests.display()
    );
    let file = folder.join(format!("{name}.yaml"));
    std::fs::write(&file, text)?;
    Ok(file)
}

/// Writes so many objects: half of them ConfigMaps, half Deployments.
pub(super) fn write(folder: &Path, objects: usize) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for number in 0..objects / 2 {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: config-{number}}}\ndata: {{number: \"{number}\", text: some words}}\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web-{number}}}\nspec:\n  replicas: 2\n  \
             selector: {{matchLabels: {{app: web-{number}}}}}\n  template:\n    metadata: {{labels: {{app: web-{number}}}}}\n    \
             spec:\n      containers:\n        - name: web\n          image: registry.example.com/web:1.{number}.0\n          \
             ports: [{{containerPort: 8080, protocol: TCP}}]\n          resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}\n"
        );
        std::fs::write(folder.join(format!("{number:04}.yaml")), text)?;
    }
    Ok(())
}
