//! Which object is which, and what differs.

use anyhow::Result;

use crate::{Repository, WEB, fields, objects};

const KUSTOMIZATION: &str = "resources: [../base]\nnamespace: shop\n";

#[test]
fn an_overlay_is_compared_as_it_is_rendered() -> Result<()> {
    let repository = Repository::new(&[
        ("base/web.yaml", WEB),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("dev/kustomization.yaml", "resources: [../base]\nnamespace: dev\n"),
        ("prod/kustomization.yaml", KUSTOMIZATION),
    ])?;
    repository.write(&[(
        "prod/kustomization.yaml",
        "resources: [../base]\nnamespace: shop\nimages: [{name: registry.example.com/web, newTag: 1.5.0}]\n",
    )])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!(code, Some(0));
    assert_eq!(objects(&report), ["changed Deployment web"]);
    let object = &report["objects"][0];
    assert_eq!(object["set"], "kustomize prod");
    assert_eq!(object["location"]["file"], "base/web.yaml");
    assert_eq!(
        fields(object),
        [
            "changed spec.template.spec.containers[web].image \"registry.example.com/web:1.4.1\" \"registry.example.com/web:1.5.0\""
        ]
    );
    assert_eq!(report["summary"]["unchanged"], 1);
    assert_eq!(report["blastRadius"]["images"][0]["after"], "registry.example.com/web:1.5.0");
    // A change of the base reaches both.
    repository.write(&[("base/web.yaml", &WEB.replace("replicas: 3", "replicas: 4"))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(objects(&report), ["changed Deployment web"; 2]);
    Ok(())
}

#[test]
fn a_chart_is_compared_with_the_same_values() -> Result<()> {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\ndata: {size: {{ .Values.size | quote }}}\n";
    let repository = Repository::new(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "name: settings\nsize: 1\n"),
        ("shop/templates/settings.yaml", template),
    ])?;
    repository.write(&[("shop/values.yaml", "name: settings\nsize: 2\n")])?;
    let (code, report) = repository.json(&["base", "--", "shop"])?;
    assert_eq!((code, fields(&report["objects"][0])), (Some(0), vec![String::from("changed data.size \"1\" \"2\"")]));
    let (_, report) = repository.json(&["base", "--set", "size=3"])?;
    assert_eq!(objects(&report).len(), 0, "what the command line sets holds on both sides: {report}");
    Ok(())
}

#[test]
fn an_inserted_container_changes_no_other() -> Result<()> {
    let repository = Repository::new(&[("web.yaml", WEB)])?;
    let proxy = "containers:\n      - {name: proxy, image: 'registry.example.com/proxy:2.0.0'}\n";
    repository.write(&[("web.yaml", &WEB.replace("containers:\n", proxy))])?;
    let (_, report) = repository.json(&["base"])?;
    let expected = "added spec.template.spec.containers[proxy] {\"image\":\"registry.example.com/proxy:2.0.0\",\"name\":\"proxy\"}";
    assert_eq!(fields(&report["objects"][0]), [expected]);
    assert_eq!(report["objects"][0]["fields"][0]["path"], "/spec/template/spec/containers/0");
    Ok(())
}

#[test]
fn an_object_stays_itself() -> Result<()> {
    let generator = |value: &str| format!("configMapGenerator: [{{name: settings, literals: [a={value}]}}]\n");
    let ingress = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
                   spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}}\n";
    let repository =
        Repository::new(&[("a/web.yaml", WEB), ("scale.yaml", ingress), ("set/kustomization.yaml", &generator("1"))])?;
    // Another file, another version of its API, another hash in its name.
    repository.remove("a/web.yaml")?;
    repository.write(&[
        ("b/web.yaml", WEB),
        ("scale.yaml", &ingress.replace("autoscaling/v1", "autoscaling/v2")),
        ("set/kustomization.yaml", &generator("2")),
    ])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!(code, Some(0));
    let found = objects(&report);
    assert_eq!(found[..2], ["moved Deployment web", "changed HorizontalPodAutoscaler web"]);
    assert!(found[2].starts_with("changed ConfigMap settings-"), "{found:?}");
    assert_eq!(report["objects"][0]["from"]["location"]["file"], "a/web.yaml");
    assert_eq!(fields(&report["objects"][1]), ["changed apiVersion \"autoscaling/v1\" \"autoscaling/v2\""]);
    assert!(report["objects"][2]["from"]["name"].as_str().is_some_and(|name| name.starts_with("settings-")));
    assert_eq!(report["blastRadius"]["effects"].as_array().map(Vec::len), Some(0), "nothing is pruned: {report}");
    Ok(())
}

/// Two objects with one name are an error, and still none of them is lost.
#[test]
fn of_two_with_one_name_none_is_lost() -> Result<()> {
    let map = |value: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{a: '{value}'}}\n");
    let repository = Repository::new(&[("a.yaml", &map("1")), ("b.yaml", &map("2"))])?;
    repository.write(&[("b.yaml", &format!("{}---\n{}", map("3"), map("4")))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(objects(&report), ["added ConfigMap m", "changed ConfigMap m"]);
    assert_eq!(fields(&report["objects"][1]), ["changed data.a \"2\" \"3\""]);
    repository.remove("a.yaml")?;
    repository.write(&[("b.yaml", &map("2"))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(objects(&report), ["removed ConfigMap m"]);
    assert_eq!(report["objects"][0]["location"]["file"], "a.yaml");
    Ok(())
}

/// A document that is no YAML any more because of `{{ … }}` in it may be anything: nothing seems to be gone.
#[test]
fn what_a_template_hides_is_not_removed() -> Result<()> {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  a: {{ a }} is down\n";
    let repository = Repository::new(&[("web.yaml", WEB), ("template.yaml", template)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report), &report["gaps"]), (Some(0), vec![], &serde_json::json!([])), "{report}");
    repository.write(&[("web.yaml", &WEB.replace("replicas: 3", "replicas: {{ n }} now"))])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report)), (Some(3), vec![]), "{report}");
    assert_eq!(report["gaps"][0]["name"], "web.yaml", "{report}");
    Ok(())
}

/// What the cluster would get is after the mutators, which change both sides alike.
#[test]
fn both_sides_are_mutated() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: labels\n  \
                  source: builtin:standard-labels\n  settings: {labels: {team: VALUE}}\n";
    let repository = Repository::new(&[("web.yaml", WEB), ("sluice.yaml", &policy.replace("VALUE", "one"))])?;
    repository.write(&[("sluice.yaml", &policy.replace("VALUE", "two"))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!((objects(&report).len(), &report["policyChanged"]), (0, &true.into()), "{report}");
    repository.write(&[("web.yaml", &WEB.replace("labels: {app: web}", "labels: {app: web, team: mine}"))])?;
    let (_, report) = repository.json(&["base"])?;
    assert_eq!(fields(&report["objects"][0]), ["changed spec.template.metadata.labels.team \"two\" \"mine\""]);
    Ok(())
}
