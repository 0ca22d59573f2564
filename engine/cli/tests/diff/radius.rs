//! What a change touches beyond the objects themselves.

use anyhow::Result;
use serde_json::Value;

use crate::{Repository, WEB};

const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
  - {name: v1beta1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}
";

const OTHERS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

/// `! message` for each effect that someone should look at twice, `  message` for each other.
fn effects(report: &Value) -> Vec<String> {
    let effects = report["blastRadius"]["effects"].as_array().into_iter().flatten();
    let line = |effect: &Value| {
        let sign = if effect["loud"] == true { '!' } else { ' ' };
        format!(
            "{sign} {} {}",
            effect["area"].as_str().unwrap_or_default(),
            effect["message"].as_str().unwrap_or_default()
        )
    };
    effects.map(line).collect()
}

#[test]
fn what_goes_with_it_is_told() -> Result<()> {
    let repository = Repository::new(&[("crd.yaml", CRD), ("others.yaml", OTHERS), ("web.yaml", WEB)])?;
    repository.write(&[("crd.yaml", &CRD.replace("name: v1beta1, served: true", "name: v1beta1, served: false"))])?;
    repository.remove("others.yaml")?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(
        effects(&report),
        [
            "  pruned Namespace shop removed",
            "  pruned PersistentVolumeClaim shop/data removed",
            "! definitions CustomResourceDefinition widgets.example.com changed: the version `v1beta1` is served no longer",
            "! namespaces Namespace shop removed: everything in it goes with it",
            "! volumes PersistentVolumeClaim shop/data removed: its data may go with it",
        ]
    );
    repository.remove("crd.yaml")?;
    let human = repository.diff(&["base"])?;
    let line =
        "! definition  CustomResourceDefinition widgets.example.com removed: every object of its kind goes with it";
    assert!(human.out.contains(line), "{}", human.out);
    Ok(())
}

#[test]
fn rights_that_grow_are_told() -> Result<()> {
    let role = |rules: &str| {
        format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r}}\nrules: [{rules}]\n")
    };
    let binding = |subjects: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}\nsubjects: [{subjects}]\n"
        )
    };
    let pods = "{apiGroups: [''], resources: [pods], verbs: [get, list]}";
    let one = "{kind: User, name: one}";
    let repository = Repository::new(&[("role.yaml", &role(pods)), ("binding.yaml", &binding(one))])?;
    // Fewer rights are no growth, whatever their order.
    repository.write(&[("role.yaml", &role("{apiGroups: [''], resources: [pods], verbs: [list]}"))])?;
    assert_eq!(effects(&repository.json(&["base"])?.1), ["  access Role r changed"]);
    let more = format!("{pods}, {{apiGroups: [''], resources: [secrets], verbs: ['*']}}");
    repository.write(&[
        ("role.yaml", &role(&more)),
        ("binding.yaml", &binding(&format!("{one}, {{kind: Group, name: 'system:authenticated'}}"))),
    ])?;
    assert_eq!(
        effects(&repository.json(&["base"])?.1),
        [
            "! access ClusterRoleBinding b changed: it binds `cluster-admin`, which may do everything; it binds 1 more subject; it \
         binds everyone in `system:authenticated`",
            "! access Role r changed: it allows what it did not allow; `*` among its verbs; it lets Secrets be read",
        ]
    );
    Ok(())
}

#[test]
fn images_are_told_wherever_they_run() -> Result<()> {
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {schedule: '@daily', jobTemplate: {spec: \
               {template: {spec: {restartPolicy: Never, containers: [{name: j, image: 'registry.example.com/web:1.4.1'}]}}}}}\n";
    let custom =
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {image: 'registry.example.com/w:1'}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: ClusterIP, ports: [{port: 80}]}\n";
    let repository =
        Repository::new(&[("web.yaml", WEB), ("job.yaml", job), ("custom.yaml", custom), ("service.yaml", service)])?;
    repository.write(&[
        ("web.yaml", &WEB.replace("1.4.1", "1.4.2")),
        ("job.yaml", &job.replace("1.4.1", "1.4.2")),
        ("custom.yaml", &custom.replace("w:1", "w:2")),
        ("service.yaml", &service.replace("ClusterIP", "LoadBalancer")),
    ])?;
    let (_, report) = repository.json(&["base"])?;
    let images = report["blastRadius"]["images"].as_array().map(Vec::as_slice).unwrap_or_default();
    let uses = |image: &Value| image["uses"].as_array().map_or(0, Vec::len);
    let told: Vec<String> =
        images.iter().map(|image| format!("{} {} {}", image["before"], image["after"], uses(image))).collect();
    assert_eq!(
        told,
        [
            "\"registry.example.com/w:1\" \"registry.example.com/w:2\" 1",
            "\"registry.example.com/web:1.4.1\" \"registry.example.com/web:1.4.2\" 2",
        ]
    );
    let exposed = "  exposure Service s changed: `LoadBalancer` is reached from outside of the cluster";
    assert_eq!(effects(&report), [exposed]);
    Ok(())
}
