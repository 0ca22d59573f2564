//! What the three forms have in common: they are the same on any number of threads, and show no secret.

use std::fmt::Write as _;

use anyhow::Result;

use crate::{Repository, WEB, schema, valid};

const FORMATS: [&[&str]; 4] = [&["--format", "human"], &["-v"], &["--format", "markdown"], &["--format", "json"]];

#[test]
fn no_form_shows_a_secret() -> Result<()> {
    let secret = |plain: &str, coded: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  annotations:\n    \
             kubectl.kubernetes.io/last-applied-configuration: '{{\"stringData\":{{\"a\":\"{plain}\"}}}}'\n\
             stringData: {{password: {plain}{more}}}\ndata: {{token: {coded}, list: [{{name: {plain}}}]}}\n"
        )
    };
    // `hunter2hunter2`, `swordfish`, `hunter3hunter3`, `swordfisk`, `tell-nobody`, and what they are in base64.
    let repository = Repository::new(&[
        ("db.yaml", &secret("hunter2hunter2", "c3dvcmRmaXNo", "")),
        ("gone.yaml", &secret("hunter2hunter2", "c3dvcmRmaXNo", "").replace("name: db", "name: gone")),
    ])?;
    repository.write(&[
        ("db.yaml", &secret("hunter3hunter3", "c3dvcmRmaXNr", ", new: tell-nobody")),
        ("come.yaml", &secret("hunter3hunter3", "c3dvcmRmaXNr", "").replace("name: db", "name: come")),
    ])?;
    repository.remove("gone.yaml")?;
    for format in FORMATS {
        let ran = repository.diff(&[format, &["base"]].concat())?;
        let all = format!("{}{}", ran.out, ran.err);
        for word in ["hunter", "swordfis", "c3dvcmRmaX", "aHVudGVy", "nobody"] {
            assert!(!all.contains(word), "{format:?} shows {word}: {all}");
        }
        assert!(all.contains("stringData.password") && all.contains("data.token"), "{format:?}: {all}");
        assert!(all.contains("stringData.new"), "{format:?}: {all}");
    }
    let (_, report) = repository.json(&["base"])?;
    let hidden =
        report["objects"][1]["fields"].as_array().into_iter().flatten().filter(|field| field["hidden"] == true);
    assert_eq!(hidden.count(), 5, "{report}");
    Ok(())
}

/// What asks nothing of anybody is counted by itself, in both forms for people.
#[test]
fn what_is_not_shown_is_counted_apart() -> Result<()> {
    let policy = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: t, source: 'builtin:image-tags'}\n- {name: a, \
                  source: 'builtin:image-tags', action: audit}\nexceptions:\n- {rule: t/*, match: {name: known*}, reason: agreed}\n";
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: 'a:latest'}}]}}\n"
        )
    };
    let repository =
        Repository::new(&[("sluice.yaml", policy), ("old.yaml", &pod("old")), ("one.yaml", &pod("known-one"))])?;
    repository.write(&[("new.yaml", &pod("new")), ("known.yaml", &pod("known"))])?;
    repository.commit()?;
    let seen = |base: &str, head: &str| -> Result<[String; 2]> {
        let human = repository.diff(&[base, head])?.out;
        Ok([human, repository.diff(&["--format", "markdown", base, head])?.out])
    };
    let [human, markdown] = seen("base", "HEAD")?;
    assert!(
        human.contains("denied: 1 new finding denies (2 audited, 1 excepted), 0 resolved, 4 as before;"),
        "{human}"
    );
    assert!(markdown.contains("### Sluice: denied, 1 new finding denies (2 audited, 1 excepted)\n"), "{markdown}");
    assert!(markdown.contains("| 4 (1 denies, 2 audited, 1 excepted) | 0 | 4 |"), "{markdown}");
    let [human, markdown] = seen("HEAD", "base")?;
    assert!(human.contains("allowed: no new finding, 4 resolved (2 audited, 1 excepted), 4 as before;"), "{human}");
    assert!(markdown.contains("| 0 | 4 (2 audited, 1 excepted) | 4 |"), "{markdown}");
    assert!(markdown.contains("<summary>1 finding resolved</summary>"), "{markdown}");
    assert_eq!(
        (human.matches("resolved[").count(), markdown.matches("- **error**").count()),
        (1, 1),
        "{human}{markdown}"
    );
    Ok(())
}

/// A change with something of everything, as people see it. `SNAPSHOTS=overwrite` accepts what was printed.
#[test]
fn what_people_see() -> Result<()> {
    let script = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scripts, namespace: shop}\ndata:\n  run.sh: |\n    set -e\n    \
                  one\n    two\n    three\n    four\n    five\n    exec run\n";
    let web = WEB.replace("namespace: shop}", "namespace: shop}\n# The shop");
    let repository = Repository::new(&[
        ("base/web.yaml", &web),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("scripts.yaml", script),
        ("shop.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"),
        (
            "old/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: old}\nspec: {containers: [{name: a, image: a}]}\n",
        ),
        ("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: one}\n"),
    ])?;
    let proxy = "containers:\n      - {name: proxy, image: 'registry.example.com/proxy:2.0.0'}\n";
    repository.write(&[
        (
            "base/web.yaml",
            &web.replace("replicas: 3", "replicas: 1").replace("1.4.1", "latest").replace("containers:\n", proxy),
        ),
        ("scripts.yaml", &script.replace("    two\n", "    zwei\n")),
        ("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: two}\n"),
        (
            "new/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80}]}\n",
        ),
        (
            "moved/old.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: old}\nspec: {containers: [{name: a, image: a}]}\n",
        ),
    ])?;
    repository.remove("shop.yaml")?;
    repository.remove("old/pod.yaml")?;
    let human = repository.diff(&["base"])?;
    snapbox::assert_data_eq!(human.out, snapbox::file!["expected/change.txt"].raw());
    let markdown = repository.diff(&["--format", "markdown", "base"])?;
    snapbox::assert_data_eq!(markdown.out, snapbox::file!["expected/change.md"].raw());
    Ok(())
}

#[test]
fn threads_make_no_difference() -> Result<()> {
    let repository = Repository::new(&[])?;
    let write = |image: &str| {
        for overlay in 0..6 {
            let web = WEB.replace("name: web,", &format!("name: web{overlay},")).replace("web:1.4.1", image);
            repository.write(&[
                (&format!("set{overlay}/web.yaml"), &web),
                (&format!("set{overlay}/kustomization.yaml"), "resources: [web.yaml]\n"),
                (&format!("plain/{overlay}.yaml"), &web.replace("namespace: shop", "namespace: plain")),
            ])?;
        }
        Ok::<_, anyhow::Error>(())
    };
    write("web:1.4.1")?;
    repository.commit()?;
    write("web:latest")?;
    for format in FORMATS {
        let runs = ["1", "8", "8"].map(|jobs| repository.diff(&[format, &["--jobs", jobs, "HEAD"]].concat()));
        let [one, two, three] = runs;
        let one = one?;
        assert_eq!(one.code, Some(1), "{}{}", one.out, one.err);
        assert_eq!((&one.out, &one.out), (&two?.out, &three?.out), "{format:?}");
    }
    Ok(())
}

#[test]
fn markdown_is_short_first_and_cut_honestly() -> Result<()> {
    let many = |value: &str, objects: usize| {
        let mut text = String::new();
        for object in 0..objects {
            let _ = write!(
                text,
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{object}}}\ndata: {{a: '{value}'}}\n"
            );
        }
        text
    };
    let repository = Repository::new(&[("a.yaml", &many("1", 1_000)), ("web.yaml", WEB)])?;
    repository.write(&[("a.yaml", &many("2", 1_000)), ("web.yaml", &WEB.replace("1.4.1", "latest"))])?;
    let ran = repository.diff(&["--format", "markdown", "--output", "out.md", "base"])?;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    let text = std::fs::read_to_string(repository.path().join("out.md"))?;
    assert!(text.starts_with("### Sluice: denied, 1 new finding denies\n"), "{text}");
    let characters = text.chars().count();
    assert!((50_000..=65_000).contains(&characters), "{characters}");
    let shown = text.matches("<details>").count();
    let end = format!(
        "**{} objects are left out**: this text may have 65000 characters. `sluice diff -v base` shows everything.\n",
        1_001 - shown
    );
    assert!(text.ends_with(&end), "{}", &text[text.len() - 300..]);
    assert_eq!(shown, text.matches("</details>").count());
    let finding =
        "- **error** `image-tags/mutable-tag` `web.yaml:12`: `registry.example.com/web:latest` uses the mutable tag";
    assert!(text.contains(finding), "{text}");
    Ok(())
}

#[test]
fn no_form_can_be_broken_out_of() -> Result<()> {
    let map =
        |text: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  a: |\n    one\n{text}");
    let hostile = "    ::error::x\n    ```\n    </details>\n    @everyone <b>\n    ````\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'x</code></summary>|@all'}\nspec: {containers: [{name: a, image: 'a`@all<b>`:latest'}]}\n";
    let repository = Repository::new(&[("m.yaml", &map("    ::error::y\n"))])?;
    repository.write(&[("m.yaml", &map(&format!("    ::error::y\n{hostile}"))), ("pod.yaml", pod)])?;
    let ran = repository.diff(&["base"])?;
    assert!(ran.out.contains("> ::error::y\n    +   ::error::x"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| !line.trim_start().starts_with("::")), "{}", ran.out);
    let ran = repository.diff(&["--format", "markdown", "base"])?;
    let text = ran.out;
    assert!(text.contains("\n`````diff\n") && text.contains("+   </details>\n"), "{text}");
    assert!(text.contains("x&lt;/code&gt;&lt;/summary&gt;|@all</code>"), "{text}");
    for (number, line) in text.lines().enumerate() {
        let is_code = line.starts_with(['+', '-', ' ']) && !line.starts_with("- **") || line.contains("<summary>");
        assert!(
            is_code || !line.contains("@all") || line.contains("@<!-- -->all") || line.contains("``"),
            "{number}: {line}"
        );
        assert!(!line.starts_with("</details>") || line == "</details>", "{line}");
    }
    Ok(())
}

/// A member that the schema does not know, or knows and does not get, must not pass.
#[test]
fn the_schema_is_strict() -> Result<()> {
    let repository = Repository::new(&[("web.yaml", WEB)])?;
    repository.write(&[("web.yaml", &WEB.replace("1.4.1", "latest"))])?;
    let (_, report) = repository.json(&["base"])?;
    assert!(schema()?["$id"].as_str().is_some_and(|id| id.ends_with("diff-v1.json")));
    let pointers = [
        "",
        "/base",
        "/summary",
        "/objects/0",
        "/objects/0/location",
        "/objects/0/fields/0",
        "/blastRadius",
        "/blastRadius/images/0",
        "/blastRadius/images/0/uses/0",
        "/findings",
        "/findings/new/0",
    ];
    for pointer in pointers {
        let mut more = report.clone();
        if let Some(part) = more.pointer_mut(pointer) {
            part["unheardOf"] = serde_json::Value::Null;
        }
        assert!(valid(&more).is_err(), "{pointer} takes any member");
        let members = report.pointer(pointer).and_then(serde_json::Value::as_object).into_iter().flatten();
        for (name, _) in members {
            let mut less = report.clone();
            less.pointer_mut(pointer).and_then(serde_json::Value::as_object_mut).map(|part| part.remove(name));
            assert!(valid(&less).is_err(), "{pointer} may lack {name}");
        }
    }
    Ok(())
}
