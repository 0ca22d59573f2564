//! Which findings are new, and what a policy sees of the past.

use anyhow::{Context, Result};

use crate::{Repository, WEB, guest, names, objects};

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: 'a:latest'}]}\n";

#[test]
fn findings_are_new_resolved_or_stay() -> Result<()> {
    let pod = |name: &str| POD.replace("NAME", name);
    let repository = Repository::new(&[("a.yaml", &pod("a")), ("b.yaml", &pod("b"))])?;
    // Lines move and a container is put before it: still the same finding.
    let moved = pod("a").replace("[{name: a", "[{name: new, image: 'b:1'}, {name: a");
    repository.write(&[("a.yaml", &format!("\n# moved\n\n{moved}")), ("b.yaml", &pod("b").replace("latest", "1"))])?;
    let (code, report) = repository.json(&["base"])?;
    let findings = &report["findings"];
    assert_eq!(code, Some(0), "what denied before does not keep a change from going on");
    assert_eq!(names(&findings["new"]), Vec::<String>::new());
    assert_eq!(names(&findings["resolved"]), ["image-tags/mutable-tag b"]);
    assert_eq!(names(&findings["staying"]), ["image-tags/mutable-tag a"]);
    assert_eq!(findings["staying"][0]["location"]["line"], 7);
    // A new one is shown as `sluice check` shows it.
    repository.write(&[("c.yaml", &pod("c"))])?;
    let ran = repository.diff(&["base"])?;
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains(" --> c.yaml:4:") && ran.out.contains("denied: 1 new finding denies, 1 resolved, 1 as before"),
        "{}",
        ran.out
    );
    let quiet = repository.diff(&["-q", "base"])?;
    assert!(quiet.out.starts_with("error[image-tags/mutable-tag]"), "{}", quiet.out);
    Ok(())
}

/// Alike to the letter: as many as there were stay, and one more is new.
#[test]
fn one_more_of_the_same_is_new() -> Result<()> {
    let pods = |times: usize| vec![POD.replace("NAME", "a"); times].join("---\n");
    let repository = Repository::new(&[("a.yaml", &pods(2))])?;
    repository.write(&[("a.yaml", &pods(3))])?;
    let (code, report) = repository.json(&["base"])?;
    let count =
        |list: &str| names(&report["findings"][list]).iter().filter(|name| name.starts_with("image-tags")).count();
    assert_eq!((code, count("new"), count("staying"), count("resolved")), (Some(1), 1, 2, 0));
    Ok(())
}

const SCHEMA: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: s, source: 'builtin:kubernetes-schema', \
                      settings: {version: '1.35'}}\n";

/// The words of `kubernetes-schema` have numbers of elements in them.
#[test]
fn a_finding_stays_when_an_element_is_put_before_its_own() -> Result<()> {
    let pod = |containers: &str, tolerations: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{containers}]\n  tolerations: [{tolerations}]\n"
        )
    };
    let (bad, good) = ("{name: bad, image: 'b:1', no: 1}", "{name: good, image: 'g:1'}");
    let old = pod(&[bad, good].join(", "), "{no: 1}");
    let repository = Repository::new(&[("sluice.yaml", SCHEMA), ("a.yaml", &old)])?;
    let check = |pod: &str, expected: (Option<i32>, usize, usize, usize)| -> Result<()> {
        repository.write(&[("a.yaml", pod)])?;
        let (code, report) = repository.json(&["base"])?;
        let count = |list: &str| names(&report["findings"][list]).len();
        assert_eq!((code, count("new"), count("resolved"), count("staying")), expected, "{report}");
        Ok(())
    };
    let sidecar = "{name: sidecar, image: 's:1'}";
    check(&pod(&[sidecar, bad, good].join(", "), "{key: x, operator: Exists}, {no: 1}"), (Some(0), 0, 0, 2))?;
    check(&pod(&[good, bad].join(", "), "{no: 1}"), (Some(0), 0, 0, 2))?;
    // Repaired, and made where it was.
    let other = [good.replace('}', ", no: 1}"), bad.replace(", no: 1", "")].join(", ");
    check(&pod(&other, "{no: 1}"), (Some(1), 1, 1, 1))?;
    check(&pod(&[bad, good].join(", "), "{no: 1}, {no: 1}"), (Some(1), 1, 0, 2))
}

/// Where the first one stands is in the words.
#[test]
fn what_is_there_twice_stays_so_when_one_of_them_moves() -> Result<()> {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: '1'\n  x: '2'\n";
    let repository = Repository::new(&[("sluice.yaml", SCHEMA), ("b/a.yaml", map), ("c/a.yaml", map)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, names(&report["findings"]["staying"]).len()), (Some(0), 3), "{report}");
    let stays = || -> Result<()> {
        let (code, report) = repository.json(&["base"])?;
        let count = |list: &str| names(&report["findings"][list]).len();
        assert_eq!((code, count("new"), count("resolved")), (Some(0), 0, 0), "{report}");
        Ok(())
    };
    repository.write(&[("b/a.yaml", &format!("# a comment\n{map}"))])?;
    stays()?;
    for (from, to) in [("b", "z"), ("c", "d")] {
        std::fs::rename(repository.path().join(from), repository.path().join(to))?;
        stays()?;
    }
    repository.write(&[("e.yaml", map)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, names(&report["findings"]["new"]).len()), (Some(1), 2), "one more of the same: {report}");
    Ok(())
}

/// Two environments with the same objects: each is told by its file.
#[test]
fn a_finding_goes_with_its_object_that_is_there_twice() -> Result<()> {
    let pod = POD.replace("NAME", "a");
    let repository = Repository::new(&[("prod/a.yaml", &pod), ("staging/a.yaml", &pod)])?;
    std::fs::rename(repository.path().join("staging"), repository.path().join("stage"))?;
    let (code, report) = repository.json(&["base"])?;
    let tags = |report: &serde_json::Value, list: &str| {
        names(&report["findings"][list]).iter().filter(|name| name.starts_with("image-tags")).count()
    };
    assert_eq!((code, tags(&report, "new"), tags(&report, "staying")), (Some(0), 0, 2), "{report}");
    // Repaired in the one that moved, and made in another.
    repository.write(&[("stage/a.yaml", &pod.replace("latest", "1")), ("test/a.yaml", &pod)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, tags(&report, "new"), tags(&report, "resolved")), (Some(1), 1, 1), "{report}");
    Ok(())
}

/// What is repaired in one place and made in another is new there.
#[test]
fn a_finding_stays_where_its_object_is() -> Result<()> {
    let pod = |tag: &str| POD.replace("NAME", "a").replace("latest", tag);
    let overlay = |image: &str| format!("resources: [../base]\nimages: [{{name: a, newTag: {image}}}]\n");
    let repository = Repository::new(&[
        ("plain/one/pod.yaml", &pod("latest")),
        ("plain/two/pod.yaml", &pod("1")),
        ("base/pod.yaml", &pod("1")),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("three/kustomization.yaml", &overlay("latest")),
        ("four/kustomization.yaml", &overlay("'2'")),
    ])?;
    repository.write(&[("plain/one/pod.yaml", &pod("1")), ("plain/two/pod.yaml", &pod("latest"))])?;
    let (code, report) = repository.json(&["base", "--", "plain"])?;
    let tags =
        |list: &str| names(&report["findings"][list]).iter().filter(|name| name.starts_with("image-tags")).count();
    assert_eq!((code, tags("new"), tags("resolved")), (Some(1), 1, 1), "{report}");
    repository
        .write(&[("three/kustomization.yaml", &overlay("'2'")), ("four/kustomization.yaml", &overlay("latest"))])?;
    let (code, report) = repository.json(&["base", "--", "base", "three", "four"])?;
    let count = |list: &str| names(&report["findings"][list]).len();
    assert_eq!((code, count("new"), count("resolved")), (Some(1), 1, 1), "{report}");
    Ok(())
}

/// Two overlays share what is wrong with their base; one of them is repaired.
#[test]
fn a_finding_of_two_sets_stays_in_one() -> Result<()> {
    let overlay = "resources: [../base]\n";
    let repository = Repository::new(&[
        ("base/pod.yaml", &POD.replace("NAME", "a")),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("one/kustomization.yaml", overlay),
        ("two/kustomization.yaml", overlay),
    ])?;
    repository.write(&[("one/kustomization.yaml", &format!("{overlay}images: [{{name: a, newTag: '1'}}]\n"))])?;
    let (code, report) = repository.json(&["base"])?;
    let count = |list: &str| names(&report["findings"][list]).len();
    assert_eq!((code, count("new"), count("resolved"), count("staying")), (Some(0), 0, 1, 1), "{report}");
    // What is new in both is told once.
    repository.commit()?;
    repository.write(&[(
        "base/pod.yaml",
        &POD.replace("NAME", "a").replace("{name: a,", "{name: b, image: 'b:latest'}, {name: a,"),
    )])?;
    let (code, report) = repository.json(&["HEAD"])?;
    assert_eq!((code, names(&report["findings"]["new"]).len()), (Some(1), 1), "{report}");
    Ok(())
}

#[test]
fn a_policy_that_is_named_is_no_manifest() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: t, source: 'builtin:image-tags'}]\n";
    let repository = Repository::new(&[("web.yaml", WEB), ("strict.yaml", policy)])?;
    let (code, report) = repository.json(&["base", "--policy", "strict.yaml"])?;
    assert_eq!((code, objects(&report), &report["summary"]["unchanged"]), (Some(0), vec![], &1.into()), "{report}");
    Ok(())
}

/// Elements without a key are known by what they hold: another one that has the fault is another finding.
#[test]
fn another_element_that_is_as_wrong_is_new() -> Result<()> {
    let pod = |volumes: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers: [{{name: a, image: 'a:1'}}]\n{volumes}"
        )
    };
    let tolerations = |all: &[&str]| pod(&format!("  tolerations: [{}]\n", all.join(", ")));
    let (wrong, other) = ("{key: a, operator: Exist}", "{key: b, operator: Exist}");
    let (mended, fine) = ("{key: a, operator: Exists}", "{key: c, operator: Exists}");
    let repository = Repository::new(&[("pod.yaml", &tolerations(&[wrong, fine])), ("sluice.yaml", SCHEMA)])?;
    repository.write(&[("pod.yaml", &tolerations(&[fine, wrong]))])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, names(&report["findings"]["new"]).len()), (Some(0), 0), "it moves: {report}");
    repository.write(&[("pod.yaml", &tolerations(&[mended, other]))])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, names(&report["findings"]["new"]).len()), (Some(1), 1), "{report}");
    Ok(())
}

/// What a plugin fails on is not decided, and nothing seems to be gone.
#[test]
fn a_plugin_that_fails_removes_nothing() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: hostile\n  source: 'file:hostile.wasm'\n  \
                  settings: {mode: trap}\n  grants: {context: [{apiVersion: '*', kind: '*'}]}\n";
    let repository = Repository::new(&[("web.yaml", WEB)])?;
    std::fs::write(repository.path().join("hostile.wasm"), guest("hostile.wasm")?)?;
    repository.write(&[("sluice.yaml", policy)])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, &report["verdict"], objects(&report)), (Some(3), &"undecided".into(), vec![]), "{report}");
    let ran = repository.diff(&["base"])?;
    assert!(ran.out.contains("error[sluice/plugin-trapped]"), "{}", ran.out);
    Ok(())
}

#[test]
fn the_policy_is_that_of_the_head() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: image-tags, source: 'builtin:image-tags', action: warn}\n";
    let repository = Repository::new(&[("a.yaml", &POD.replace("NAME", "a")), ("sluice.yaml", policy)])?;
    repository.write(&[("sluice.yaml", &policy.replace("warn", "deny"))])?;
    repository.commit()?;
    // That a rule denies now makes nothing new.
    let (code, report) = repository.json(&["base", "HEAD"])?;
    assert_eq!((code, objects(&report).len()), (Some(0), 0), "{report}");
    assert_eq!(names(&report["findings"]["staying"]), ["image-tags/mutable-tag a"]);
    let human = repository.diff(&["base", "HEAD"])?;
    assert!(human.out.contains("note: the policy changed; both sides were judged by that of HEAD"), "{}", human.out);
    repository.write(&[("sluice.yaml", "nonsense")])?;
    let ran = repository.diff(&["base"])?;
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    let ran = repository.diff(&["--format", "json", "base"])?;
    assert!(ran.out.contains("\"errors\""), "{}", ran.out);
    Ok(())
}

#[test]
fn another_component_at_the_same_path_is_another_policy() -> Result<()> {
    let policy =
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: tags, source: 'file:./plugins/tags.wasm'}\n";
    let repository = Repository::new(&[("deploy/a.yaml", WEB), ("deploy/sluice.yaml", policy)])?;
    let file = repository.path().join("deploy/plugins/tags.wasm");
    std::fs::create_dir(file.parent().context("no folder")?)?;
    std::fs::write(&file, guest("image-tags.wasm")?)?;
    let changed = |arguments: &[&str]| Ok::<_, anyhow::Error>(repository.json(arguments)?.1["policyChanged"].clone());
    // One that is built and not kept is no change of each run.
    assert_eq!(changed(&["HEAD", "--", "deploy"])?, false);
    repository.commit()?;
    repository.git(&["tag", "with"])?;
    assert_eq!(changed(&["with", "--", "deploy"])?, false);
    let mut other = guest("image-tags.wasm")?;
    // An empty custom section: the same program in other bytes.
    other.extend([0, 2, 1, b'x']);
    std::fs::write(&file, other)?;
    assert_eq!(changed(&["with", "--", "deploy"])?, true);
    repository.commit()?;
    assert_eq!(changed(&["with", "HEAD", "deploy"])?, true);
    assert_eq!(changed(&["HEAD", "--", "deploy"])?, false);
    let human = repository.diff(&["with", "HEAD", "deploy"])?;
    assert!(human.out.contains("note: the policy changed; both sides were judged by that of HEAD"), "{}", human.out);
    Ok(())
}

/// The fixture `twin` denies where `previous()` gives nothing, and warns where it gives an object.
#[test]
fn plugins_see_the_past_of_their_own_set() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: twin, source: 'file:twin.wasm'}\n";
    let web = WEB.replace(":1.4.1", ":latest");
    let overlay = "resources: [../base]\n";
    let repository = Repository::new(&[
        ("sluice.yaml", policy),
        ("base/web.yaml", &web),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("one/kustomization.yaml", overlay),
    ])?;
    std::fs::write(repository.path().join("twin.wasm"), guest("twin.wasm")?)?;
    repository.write(&[("base/web.yaml", &web.replace("replicas: 3", "replicas: 1"))])?;
    let (code, report) = repository.json(&["base"])?;
    let new = &report["findings"]["new"];
    assert_eq!((code, names(new)), (Some(0), vec![String::from("twin/mutable-tag web")]), "{report}");
    assert_eq!(
        (&new[0]["severity"], &new[0]["message"]),
        (&"warning".into(), &"`registry.example.com/web:latest` can change under 1 replicas".into())
    );
    // An overlay that is new has no past, though another one holds an object of that name.
    repository.write(&[("base/web.yaml", &web), ("two/kustomization.yaml", overlay)])?;
    let (code, report) = repository.json(&["base"])?;
    let severities: Vec<_> =
        report["findings"]["new"].as_array().into_iter().flatten().map(|f| f["severity"].to_string()).collect();
    assert_eq!((code, severities), (Some(1), vec![String::from("\"error\"")]), "{report}");
    // One that has another name than before has the past of that.
    std::fs::rename(repository.path().join("one"), repository.path().join("three"))?;
    std::fs::remove_dir_all(repository.path().join("two"))?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, objects(&report)), (Some(0), vec![String::from("moved Deployment web")]), "{report}");
    Ok(())
}

/// A catalogue of many bad images: what is new and what is repaired is known as long as all of them are told.
#[test]
fn a_violation_among_many_of_an_object_is_new_and_a_repair_is_not() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: image-tags\n  source: builtin:image-tags\n  \
                  settings: {customResources: [{kind: Catalog, paths: ['$..image']}]}\n";
    // The tags of the images, but for these.
    let catalog = |count: usize, other: &[(usize, &str)]| -> String {
        let tag = |n: usize| other.iter().find(|(at, _)| *at == n).map_or("latest", |(_, tag)| tag);
        let items: String = (0..count).map(|n| format!("- image: app-{n}:{}\n", tag(n))).collect();
        format!("apiVersion: acme.io/v1\nkind: Catalog\nmetadata: {{name: c}}\nentries:\n{items}")
    };
    let pinned = (140, "1");
    let repository = Repository::new(&[("sluice.yaml", policy), ("c.yaml", &catalog(150, &[pinned]))])?;
    let count = |report: &serde_json::Value, list: &str| names(&report["findings"][list]).len();
    repository.write(&[("c.yaml", &catalog(150, &[(120, "1")]))])?;
    let (code, report) = repository.json(&["base"])?;
    assert_eq!((code, count(&report, "new"), count(&report, "resolved")), (Some(1), 1, 1), "{report}");
    for repaired in [20, 120] {
        repository.write(&[("c.yaml", &catalog(150, &[pinned, (repaired, "1")]))])?;
        let (code, report) = repository.json(&["base"])?;
        assert_eq!((code, count(&report, "new"), count(&report, "resolved")), (Some(0), 0, 1), "{report}");
    }
    // Past what is told of an object it is not known, until it is changed no more.
    repository.write(&[("c.yaml", &catalog(1_050, &[pinned]))])?;
    repository.commit()?;
    repository.write(&[("c.yaml", &catalog(1_050, &[(1_020, "1")]))])?;
    let (code, report) = repository.json(&["HEAD"])?;
    assert_eq!((code, count(&report, "new")), (Some(3), 0), "{report}");
    let sides: Vec<&serde_json::Value> =
        report["gaps"].as_array().into_iter().flatten().map(|gap| &gap["side"]).collect();
    assert_eq!(
        (sides, &report["gaps"][1]["name"]),
        (vec![&"base".into(), &"head".into()], &"c.yaml".into()),
        "{report}"
    );
    let ran = repository.diff(&["HEAD"])?;
    assert!(ran.out.contains("not all that was found in `c.yaml` in"), "{}{}", ran.out, ran.err);
    repository.commit()?;
    repository.write(&[("web.yaml", WEB)])?;
    let (code, report) = repository.json(&["HEAD"])?;
    assert_eq!((code, &report["gaps"]), (Some(0), &serde_json::json!([])), "{report}");
    Ok(())
}
