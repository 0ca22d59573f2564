//! What is rendered: folders of a repository that is written for the benches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::capture;
use crate::workspace;

/// Overlays of one base.
const OVERLAYS: usize = 20;
/// Services of the large chart, each with four objects.
const SERVICES: usize = 100;

/// The folder of the repository. What is rendered may name whatever lies in it.
pub fn repository(scratch: &Path) -> Result<PathBuf> {
    let folder = scratch.join("repository");
    capture(Command::new("git").args(["init", "--quiet"]).arg(&folder))?;
    Ok(folder)
}

/// The installation of Argo CD, most of it definitions of custom resources, in another namespace and with a label more.
pub fn write_large_overlay(folder: &Path) -> Result<()> {
    let install = workspace::root().join("../shared/corpus/manifests/argo-cd/install.yaml");
    let text = fs::read(&install)
        .with_context(|| format!("the benches need the third-party manifests: cannot read {}", install.display()))?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("install.yaml"), text)?;
    let kustomization = "namespace: argocd\nresources: [install.yaml]\nlabels: [{pairs: {team: bench}}]\n";
    fs::write(folder.join("kustomization.yaml"), kustomization).context("cannot write the overlay")
}

/// A chart as people write them: helpers, values with defaults, and a loop over services.
pub fn write_large_chart(folder: &Path) -> Result<()> {
    let templates = folder.join("templates");
    fs::create_dir_all(&templates)?;
    fs::write(folder.join("Chart.yaml"), "apiVersion: v2\nname: large\nversion: 1.0.0\n")?;
    let services: String = (0..SERVICES)
        .map(|index| {
            format!("  service-{index}: {{replicas: {}, port: {}, level: debug}}\n", index % 5 + 1, 8000 + index)
        })
        .collect();
    fs::write(folder.join("values.yaml"), format!("{VALUES}services:\n{services}"))?;
    for (name, text) in TEMPLATES {
        fs::write(templates.join(name), text)?;
    }
    Ok(())
}

/// Overlays beside the base that they share.
pub fn write_overlays(folder: &Path) -> Result<()> {
    let base = folder.join("base");
    fs::create_dir_all(&base)?;
    let source = workspace::root().join("tests/render/kustomize/base");
    for name in ["kustomization.yaml", "deployment.yaml", "service.yaml", "config.yaml"] {
        fs::copy(source.join(name), base.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    for index in 0..OVERLAYS {
        let overlay = folder.join(format!("overlay-{index:02}"));
        fs::create_dir_all(&overlay)?;
        let text = format!(
            "resources: [../base]\nnamespace: team-{index}\nnamePrefix: team-{index}-\nreplicas: [{{name: web, count: {}}}]\n",
            index + 1
        );
        fs::write(overlay.join("kustomization.yaml"), text)?;
    }
    Ok(())
}

const VALUES: &str = "\
registry: registry.example.com/bench
tag: 1.4.2
resources:
  requests: {cpu: 100m, memory: 64Mi}
  limits: {memory: 128Mi}
environment: {LEVEL: info, REGION: north}
";

const TEMPLATES: [(&str, &str); 5] = [
    (
        "_helpers.tpl",
        r#"{{- define "large.labels" -}}
app.kubernetes.io/name: {{ .name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}
"#,
    ),
    (
        "deployments.yaml",
        r#"{{- range $name, $service := .Values.services }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "large.labels" (dict "name" $name "root" $) | nindent 4 }}
spec:
  replicas: {{ $service.replicas }}
  selector:
    matchLabels: {app.kubernetes.io/name: {{ $name }}}
  template:
    metadata:
      labels: {{- include "large.labels" (dict "name" $name "root" $) | nindent 8 }}
      annotations:
        checksum/environment: {{ toJson $.Values.environment | sha256sum }}
    spec:
      containers:
        - name: {{ $name }}
          image: "{{ $.Values.registry }}/{{ $name }}:{{ $service.tag | default $.Values.tag }}"
          ports:
            - {name: http, containerPort: {{ $service.port }}}
          envFrom:
            - configMapRef: {name: {{ $name }}}
          resources: {{- toYaml $.Values.resources | nindent 12 }}
{{- end }}
"#,
    ),
    (
        "services.yaml",
        r#"{{- range $name, $service := .Values.services }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "large.labels" (dict "name" $name "root" $) | nindent 4 }}
spec:
  selector: {app.kubernetes.io/name: {{ $name }}}
  ports:
    - {name: http, port: 80, targetPort: http}
{{- end }}
"#,
    ),
    (
        "configs.yaml",
        r#"{{- range $name, $service := .Values.services }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  labels: {{- include "large.labels" (dict "name" $name "root" $) | nindent 4 }}
data:
  {{- range $key, $value := merge (dict "LEVEL" $service.level) $.Values.environment }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
{{- end }}
"#,
    ),
    (
        "accounts.yaml",
        r#"{{- range $name, $service := .Values.services }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- include "large.labels" (dict "name" $name "root" $) | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
"#,
    ),
];
