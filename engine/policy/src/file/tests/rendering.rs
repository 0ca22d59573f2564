//! What a person reads when an entry of `render` is wrong, and what comes out of one that is right.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use sluice_manifest::Text;

use super::{ALL, HEAD, PLUGIN, below};
use crate::{Policy, RenderMethod, Setting};

/// What is wrong with an entry.
fn entry(fields: &str) -> String {
    below(&format!("{PLUGIN}render:\n- {{{fields}}}\n"))
}

#[test]
fn a_right_entry_is_read() {
    let policy = Policy::parse(&Arc::new(Text::new("sluice.yaml", ALL))).unwrap();
    let [plain, kustomize, chart, library, generated] = policy.render() else { panic!("{:?}", policy.render()) };
    assert!(matches!(plain.render.method, RenderMethod::Plain) && plain.render.allow_empty);
    assert!(matches!(kustomize.render.method, RenderMethod::Kustomize) && !kustomize.render.allow_empty);
    let RenderMethod::Helm(helm) = &chart.render.method else { panic!("{chart:?}") };
    let arguments = |settings: &[Setting]| -> Vec<String> {
        let placed = settings.iter().map(|setting| {
            let (text, span) = setting.argument.place();
            format!("{} at {}, {}", setting.argument.value, text.slice(span), setting.is_value)
        });
        placed.collect()
    };
    let numbers = ["replicas=3 at 3, true", "debug=false at false, true", "nothing=null at null, true"];
    assert_eq!(arguments(&helm.set), numbers);
    assert_eq!(arguments(&helm.set_string), ["image.tag=1.4 at \"1.4\", true", "number=0123 at number=0123, false"]);
    assert_eq!((helm.kube_version.as_deref(), helm.api_versions.len(), helm.values.len()), (Some("1.36"), 1, 2));
    assert!(helm.skip_crds && helm.skip_tests && helm.no_hooks);
    let RenderMethod::Helm(alone) = &library.render.method else { panic!("{library:?}") };
    assert!(alone.release.is_none() && !alone.skip_crds && library.path.value == "../lib");
    let RenderMethod::Command(command) = &generated.render.method else { panic!("{generated:?}") };
    assert_eq!((command.program.value.as_str(), command.arguments.join(" ").as_str()), ("jsonnet", "-y  main.jsonnet"));
    assert_eq!((command.memory, command.time), (Some(256 << 20), Some(Duration::from_secs(5))));
}

#[test]
fn entries() {
    assert_snapshot!(below(&format!("{PLUGIN}render: {{}}\n")), @"6:9: `render` has to be a list, not an object");
    assert_snapshot!(entry("path: a"), @"7:4: this entry does not say how its path is rendered (add `plain: {}`, `kustomize: {}`, `helm: {…}` or `command: […]`)");
    assert_snapshot!(entry("plain: {}"), @"7:4: an entry of `render` lacks the field `path`");
    assert_snapshot!(entry("path: a, kustomise: {}"), @r"
    7:4: this entry does not say how its path is rendered (add `plain: {}`, `kustomize: {}`, `helm: {…}` or `command: […]`)
    7:13: an entry of `render` has no field `kustomise` (did you mean `kustomize`?)
    ");
    assert_snapshot!(entry("path: a, plain: {}, helm: {}"), @"7:30: `plain` and `helm` cannot both render one path (keep one of them)");
    assert_snapshot!(entry("path: a, plain: {recursive: true}, allowEmpty: 3"), @r"
    7:21: `plain` has no field `recursive`
    7:51: `allowEmpty` has to be `true` or `false`, not a number
    ");
    assert_snapshot!(entry("path: /srv, plain: {}"), @"7:10: `/srv` is no path of the repository (write it from the folder of this file, with `/` between the names: `deploy/prod`)");
    assert_snapshot!(entry("path: a/prod-*, plain: {}"), @"7:10: `a/prod-*` is no pattern (`*` stands for one whole name: `apps/*/prod`)");
    assert_snapshot!(below(&format!("{PLUGIN}render: [{{path: a/b, plain: {{}}}}, {{path: ./a//b/, helm: {{}}}}]\n")), @"6:41: there are two entries for `a/b` (a path is rendered in one way: keep one of them)");
}

#[test]
fn charts() {
    assert_snapshot!(entry("path: a, helm: {relese: x, kubeVersion: 1.36, values: [1]}"), @r#"
    7:20: `helm` has no field `relese` (did you mean `release`?)
    7:44: `kubeVersion` has to be a string, not a number (put it in quotes: "1.36")
    7:59: an element of `values` has to be a string, not a number (put it in quotes: "1")
    "#);
    assert_snapshot!(entry("path: a, helm: {set: [image], setString: {a: {b: c}}}"), @r"
    7:26: `image` sets nothing (write `name=value`, as for `helm --set`)
    7:50: a value that is set has to be a single one (write one name for each value (`image.tag: …`), or name a file under `values`)
    ");
    assert_snapshot!(entry("path: a, helm: {set: {cpu: 1.5}}"), @r#"7:31: Helm can set whole numbers only (put it in quotes ("1.5"), or into a file that `values` names)"#);
    assert_snapshot!(entry("path: a, helm: {set: {tag: 1.10}}"), @r#"7:31: Helm can set whole numbers only (put it in quotes ("1.10"), or into a file that `values` names)"#);
    assert_snapshot!(entry("path: a, helm: {release: &a x, setString: {a: &b 1.10, b: *b}}"), @"7:62: a text is wanted here, and this is none (write it out, in quotes)");
    assert_snapshot!(entry("path: a, helm: {skipTests: some}, limits: {memory: 1Gi}"), @r"
    7:31: `skipTests` has to be `true` or `false`, not a string
    7:47: `limits` are those of a `command`, and this is `helm` (what runs in the sandbox has the limits of the sandbox: leave them out)
    ");
}

/// Helm's own `--set-string` takes texts as they stand.
#[test]
fn what_is_set_as_a_text_stays_as_it_is_written() {
    let entry = "helm: {setString: {a: 1.10, b: 010, c: 0x10, d: 1e3, e: yes, f: 'x,y', g: False}}";
    let text = Text::new("sluice.yaml", format!("{HEAD}{PLUGIN}render:\n- {{path: a, {entry}}}\n"));
    let policy = Policy::parse(&Arc::new(text)).unwrap();
    let RenderMethod::Helm(helm) = &policy.render()[0].render.method else { panic!("{:?}", policy.render()) };
    let set: Vec<&str> = helm.set_string.iter().map(|setting| setting.argument.value.as_str()).collect();
    assert_eq!(set, ["a=1.10", "b=010", "c=0x10", "d=1e3", "e=yes", "f=x\\,y", "g=False"]);
}

#[test]
fn commands() {
    assert_snapshot!(entry("path: a, command: make all"), @"7:22: `command` has to be a list, not a string");
    assert_snapshot!(entry("path: a, command: []"), @"7:22: `command` names no program (write the program and its arguments)");
    assert_snapshot!(entry("path: a, command: ['', x, 1]"), @"7:23: a word of `command` is empty");
    assert_snapshot!(entry("path: a, command: [sleep, 1]"), @r#"7:30: a word of `command` has to be a string, not a number (put it in quotes: "1")"#);
    assert_snapshot!(entry("path: a, command: [x], limits: {memory: much, time: 0s, cpu: 1}"), @r"
    7:44: `much` is no size (write `64Mi`, `512Ki` or `1Gi`)
    7:56: `0s` is no duration (write `1s`, `500ms` or `2m`)
    7:60: `limits` of a command has no field `cpu` (known are `memory`, `time`)
    ");
}
