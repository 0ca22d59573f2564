//! What is wrong with a policy file.

use sluice_policy::ConfigError;
use sluice_report::Format;

use crate::sample::{options, place};

pub(crate) fn errors() -> Vec<ConfigError> {
    let source = "plugins:\n  - name: image-tags\n    «setings»: {}\n    action: deny\n";
    let (location, snippet) = place("sluice.yaml", source);
    vec![
        ConfigError {
            message: "unknown field `setings`".into(),
            help: "did you mean `settings`?".into(),
            location: Some(location),
            snippet: Some(snippet),
        },
        ConfigError { message: "no plugin is named".into(), help: String::new(), location: None, snippet: None },
    ]
}

fn text(errors: &[ConfigError], format: Format) -> String {
    let mut out = Vec::new();
    sluice_report::write_config_errors(errors, &options(format), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn for_people() {
    insta::assert_snapshot!(text(&errors(), Format::Human));
}

#[test]
fn for_github() {
    insta::assert_snapshot!(text(&errors(), Format::Github));
}
