//! Verdicts to render. Sources are written with the place of a finding between `«` and `»`.

use sluice_manifest::Identity;
use sluice_plugin::Severity;
use sluice_policy::{Action, Decision, Finding, Location, Related, Rendered, RuleInfo, Snippet, Summary, Verdict};
use sluice_report::{Format, Options, Verbosity};

pub(crate) const CART: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: cart
          image: «ghcr.io/acme/cart:latest»
          ports:
            - containerPort: 8080
";

pub(crate) fn options(format: Format) -> Options {
    Options { format, color: false, verbosity: Verbosity::Normal, width: Some(100), tool_version: "0.1.0", jobs: 2 }
}

pub(crate) fn written(verdict: &Verdict, options: &Options) -> String {
    let mut out = Vec::new();
    sluice_report::write(verdict, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Where `«…»` stands, and the lines there with one around them.
pub(crate) fn place(file: &str, marked: &str) -> (Location, Snippet) {
    let start = marked.find('«').unwrap();
    let end = marked.find('»').unwrap() - '«'.len_utf8();
    let source = marked.replace(['«', '»'], "");
    let position = |at: usize| {
        let before = &source[..at];
        let line = before.matches('\n').count() as u32 + 1;
        (line, before.rsplit('\n').next().unwrap().chars().count() as u32 + 1)
    };
    let ((line, column), (end_line, end_column)) = (position(start), position(end));
    let location = Location { file: file.to_owned(), line, column, end_line, end_column, exact: true };
    let first_line = line.saturating_sub(1).max(1);
    let number = end_line.min(line + 5) + 2 - first_line;
    let lines = source.split('\n').skip(first_line as usize - 1).take(number as usize);
    (location, Snippet { first_line, text: lines.collect::<Vec<_>>().join("\n"), moved: None })
}

pub(crate) fn cart() -> Identity {
    Identity {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        namespace: Some("shop".into()),
        name: "cart".into(),
    }
}

/// The finding that most people will meet first.
pub(crate) fn mutable_tag() -> Finding {
    let (location, snippet) = place("deploy/cart.yaml", CART);
    Finding {
        rule: "image-tags/mutable-tag".into(),
        plugin: "image-tags".into(),
        severity: Severity::Error,
        action: Action::Deny,
        message: "`ghcr.io/acme/cart:latest` uses the mutable tag `latest`".into(),
        help: "a mutable tag names another image tomorrow, and a roll-back does not bring the old one back; \
               write a version, or better a digest: `ghcr.io/acme/cart@sha256:…`"
            .into(),
        url: Some("https://sluice.dev/rules/image-tags/mutable-tag".into()),
        resource: Some(cart()),
        path: Some("/spec/template/spec/containers/0/image".into()),
        steady: Some("/spec/template/spec/containers/~=cart/image".into()),
        location: Some(location),
        snippet: Some(snippet),
        rendered: None,
        fix: vec![],
        exception: None,
        written_by: None,
        detail: None,
    }
}

/// What a finding says whose object was rendered.
pub(crate) fn rendered(verbatim: bool) -> Option<Rendered> {
    let (location, _) = place("chart/templates/cart.yaml", CART);
    let option = "`--set image=…` of the command line, which goes into it";
    let related = vec![
        Related { what: "the template that prints it".into(), location: Some(location) },
        Related { what: option.into(), location: None },
    ];
    Some(Rendered { name: "helm chart".into(), line: 41, column: 16, verbatim, related })
}

/// A finding at `«…»` of another source.
pub(crate) fn finding_at(file: &str, marked: &str) -> Finding {
    let (location, snippet) = place(file, marked);
    Finding { location: Some(location), snippet: Some(snippet), url: None, ..mutable_tag() }
}

pub(crate) fn fault() -> Finding {
    Finding {
        rule: "sluice/plugin-timed-out".into(),
        plugin: "slow-rules".into(),
        message: "`slow-rules` did not answer within 1s".into(),
        help: "raise `limits.time` of the plugin in the policy file, or give it less to do with `match`".into(),
        url: None,
        resource: None,
        path: None,
        location: None,
        snippet: None,
        detail: Some("wasm backtrace:\n  0: slow_rules::spin\n  1: check".into()),
        ..mutable_tag()
    }
}

/// A verdict over findings, decided as the gate does.
pub(crate) fn verdict(findings: Vec<Finding>) -> Verdict {
    let undecided = findings.iter().any(|finding| finding.rule.starts_with("sluice/plugin-"));
    let decision = match (undecided, findings.iter().any(Finding::denies)) {
        (true, _) => Decision::Undecided,
        (false, true) => Decision::Deny,
        (false, false) => Decision::Allow,
    };
    let summary = Summary {
        resources: 12,
        documents: 14,
        files: 4,
        skipped: vec![],
        plugins: 3,
        findings: findings.len() as u64,
        excepted: findings.iter().filter(|finding| finding.exception.is_some()).count() as u64,
        mutated: 0,
    };
    Verdict { decision, findings, summary, rules: rules(), log: vec![] }
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, severity, summary: &str, help: &str, url: Option<&str>| RuleInfo {
        id: id.into(),
        severity,
        summary: summary.into(),
        help: help.into(),
        url: url.map(Into::into),
    };
    vec![
        rule(
            "image-tags/mutable-tag",
            Severity::Error,
            "images name a fixed version",
            "a mutable tag names another image tomorrow; write a version or a digest",
            Some("https://sluice.dev/rules/image-tags/mutable-tag"),
        ),
        rule("kubernetes-schema/unknown-field", Severity::Warning, "fields are known to Kubernetes", "", None),
    ]
}
