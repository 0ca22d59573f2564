//! Charts that mean harm to whoever renders them, each refused with the reason and the file.

use std::time::{Duration, Instant};

use sluice_render::{Helm, Limits, Method, Origins, RenderError, Rendered};

use crate::stage::{helm, renderers, tree};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";
const TEMPLATE: &str = "charts/c/templates/a.yaml";
const HELPERS: &str = "charts/c/templates/_h.tpl";

fn chart(template: &str, helpers: &str) -> Result<Rendered, RenderError> {
    helm(&[("charts/c/Chart.yaml", CHART), (TEMPLATE, template), (HELPERS, helpers)], "charts/c")
}

fn limited(template: &str, limits: Limits) -> RenderError {
    let files = [("c/Chart.yaml", CHART), ("c/templates/a.yaml", template)];
    renderers(limits).render(tree(&files), "c", &Method::Helm(Helm::default()), Origins::None).expect_err(template)
}

#[test]
fn templates_that_never_end() {
    for (template, helpers) in [
        ("a: {{ include \"x\" . }}", "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}"),
        ("a: {{ template \"x\" . }}", "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}"),
        (
            "a: {{ include \"x\" . }}",
            "{{ define \"x\" }}{{ include \"y\" . }}{{ end }}{{ define \"y\" }}{{ include \"x\" . }}{{ end }}",
        ),
        ("a: {{ include \"x\" . }}", "{{ define \"x\" }}{{ tpl \"{{ include \\\"x\\\" . }}\" . }}{{ end }}"),
    ] {
        let error = chart(template, helpers).expect_err(helpers);
        assert!(matches!(error, RenderError::Endless { .. }), "{helpers}: {error:?}");
        assert_eq!(error.file(), Some(HELPERS), "{error}");
        assert!(error.to_string().len() < 1200, "{error}");
    }
}

#[test]
fn a_gigabyte_of_output() {
    let million =
        "a: {{ range until 1000000 }}0123456789012345678901234567890123456789012345678901234567890123456789{{ end }}";
    let thousand = format!("{million}{{{{ range until 15 }}}}{}{{{{ end }}}}", million.trim_start_matches("a: "));
    let error = limited(&thousand, Limits { memory: 256 << 20, ..Limits::default() });
    let RenderError::TooMuch { what: "memory", limit, .. } = error else { panic!("{error:?}") };
    assert_eq!(limit, 256 << 20);

    let error = limited(million, Limits { output: 1 << 20, ..Limits::default() });
    assert_eq!(error.to_string(), "helm: `c` takes more than 1 MiB of output");
}

#[test]
fn work_that_takes_too_long() {
    // So that nobody compiles while the clock runs.
    assert!(chart("a: b", "").is_ok());
    let limit = Duration::from_millis(300);
    let started = Instant::now();
    let loops = "a: {{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    let error = limited(loops, Limits { time: limit, ..Limits::default() });
    assert_eq!(error, RenderError::TimedOut { renderer: "helm".to_owned(), path: "c".to_owned(), limit });
    assert!(started.elapsed() < 20 * limit, "{:?}", started.elapsed());
}

#[test]
fn files_that_are_too_many() {
    let files = [("c/Chart.yaml", CHART), ("c/big", &"x".repeat(3 << 20))];
    let limits = Limits { read: 2 << 20, ..Limits::default() };
    let error = renderers(limits).render(tree(&files), "c", &Method::Helm(Helm::default()), Origins::None).unwrap_err();
    assert_eq!(error.to_string(), "helm: `c` takes more than 2 MiB of files");
}

#[test]
fn charts_in_charts_without_end_are_bounded() {
    let mut files = Vec::new();
    let mut path = "c".to_owned();
    for _ in 0..300 {
        files.push((format!("{path}/Chart.yaml"), CHART));
        path.push_str("/charts/c");
    }
    files.push((format!("{path}/Chart.yaml"), "broken: ["));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let error = helm(&files, "c").unwrap_err();
    assert!(matches!(error, RenderError::Endless { .. }), "{error:?}");
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (template, message, file) in [
        (
            "a: {{ required \"a name is needed\" .Values.name }}",
            "helm: execution error at (c/templates/a.yaml:1:6): a name is needed",
            TEMPLATE,
        ),
        ("a: {{ fail \"no\" }}", "helm: execution error at (c/templates/a.yaml:1:6): no", TEMPLATE),
        ("a: {{ if }}", "helm: parse error at (c/templates/a.yaml:1): missing value for if", TEMPLATE),
        ("a: {{ nope }}", "helm: parse error at (c/templates/a.yaml:1): function \"nope\" not defined", TEMPLATE),
        (
            "a: [b",
            "helm: YAML parse error on c/templates/a.yaml: error converting YAML to JSON: yaml: line 1: did not find \
             expected ',' or ']'",
            TEMPLATE,
        ),
    ] {
        let error = chart(template, "").expect_err(template);
        assert_eq!((error.to_string().as_str(), error.file()), (message, Some(file)));
    }
    let with = |name: &str, text: &str| helm(&[("c/Chart.yaml", CHART), (name, text)], "c").unwrap_err();
    assert_eq!(with("c/values.yaml", "a: [").file(), Some("c/values.yaml"));
    assert_eq!(with("c/values.schema.json", r#"{"required": ["x"]}"#).file(), Some("c/values.schema.json"));
    for metadata in [
        "a: [",
        "name: c\n",
        "apiVersion: v3\nname: c\nversion: 1.0.0\n",
        &format!("{CHART}type: library\n"),
        &format!("{CHART}kubeVersion: \">=99\"\n"),
    ] {
        let error = helm(&[("c/Chart.yaml", metadata)], "c").expect_err(metadata);
        assert_eq!(error.file(), Some("c/Chart.yaml"), "{error}");
    }
}

#[test]
fn nothing_is_fetched() {
    let metadata =
        format!("{CHART}dependencies: [{{name: db, version: 1.0.0, repository: \"https://example.com\"}}]\n");
    let error = helm(&[("c/Chart.yaml", &metadata)], "c").unwrap_err();
    assert_eq!(error.to_string(), "helm: `db` is not in the checkout");
    assert_eq!(error.file(), Some("c/Chart.yaml"));
}

#[test]
fn nothing_comes_out() {
    for template in ["", "# a comment\n", "{{ if false }}a: b{{ end }}"] {
        let error = chart(template, "").expect_err(template);
        assert_eq!(error, RenderError::Empty { renderer: "helm".to_owned(), path: "charts/c".to_owned() });
    }
}

#[test]
fn a_broken_archive() {
    for (content, words) in
        [("", "does not appear to be"), ("\u{1f}\u{8b}", "does not appear to be"), ("a: b", "does not appear to be")]
    {
        let error = helm(&[("c.tgz", content)], "c.tgz").expect_err(content);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.file(), Some("c.tgz"));
    }
}
