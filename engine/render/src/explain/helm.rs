//! What helm's words mean. It names files by the chart's name, not by where the chart lies.

use super::{Subject, shortened};
use crate::error::RenderError;
use crate::files::join;

/// How errors name the tool.
pub(super) const NAME: &str = "helm";
/// What it says of templates that never end.
const ENDLESS: [&str; 2] = ["nested reference name", "exceeded maximum template depth"];
/// What it says before dependencies that are not in the chart.
const ABSENT: &str = "missing in charts/ directory: ";
/// Files that it names without their chart.
const OF_THE_CHART: [(&str, &str); 8] = [
    ("Chart.yaml", "Chart.yaml"),
    ("chart.metadata", "Chart.yaml"),
    ("kubeVersion", "Chart.yaml"),
    ("not installable", "Chart.yaml"),
    ("apiVersion", "Chart.yaml"),
    ("cannot load values.yaml", "values.yaml"),
    ("specifications of the schema", "values.schema.json"),
    ("Chart.lock", "Chart.lock"),
];

/// The error that the words stand for.
pub(super) fn error(subject: &Subject<'_>) -> RenderError {
    let (renderer, message) = (NAME.to_owned(), shortened(&without_values(subject.words)));
    let file = file(subject);
    if ENDLESS.iter().any(|words| message.contains(words)) {
        return RenderError::Endless { renderer, message, file };
    }
    if let Some((_, what)) = message.split_once(ABSENT) {
        return RenderError::Remote { renderer, what: what.to_owned(), file };
    }
    RenderError::Failed { renderer, message, file }
}

/// The words without the values that its checker of schemas repeats: what is wrong is told, and where.
fn without_values(words: &str) -> String {
    const PATTERN: &str = "' does not match pattern ";
    const FORMAT: &str = "' is not valid ";
    let mut words = words.to_owned();
    let mut from = 0;
    let find = |words: &str, from: usize| {
        let rest = words.get(from..)?;
        let found = [PATTERN, FORMAT].into_iter().filter_map(|after| rest.find(after).map(|at| (from + at, after)));
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((end, after)) = find(&words, from) {
        let start = words.get(..end).and_then(|before| {
            let place = before.rfind("- at '")?;
            let named = before.get(place..)?.find("': '")?;
            Some(place + named + "': ".len())
        });
        let Some(start) = start else { break };
        if after == FORMAT {
            // The reason repeats it too; the next problem begins with the place.
            let told = end + after.len();
            let rest = words.get(told..).unwrap_or_default();
            let until = rest.find(" - at '").unwrap_or(rest.len());
            let name = rest.get(..until).unwrap_or_default().find(':').unwrap_or(until);
            words.replace_range(told + name..told + until, "");
        }
        words.replace_range(start..=end, "the value");
        from = start + "the value".len();
    }
    words
}

/// The file that the words name.
fn file(subject: &Subject<'_>) -> Option<String> {
    if subject.is_file(subject.base) {
        return Some(subject.base.to_owned());
    }
    let words = subject.words.split(|c: char| c.is_whitespace() || "()\"'<>,".contains(c));
    let template = words.filter_map(|word| template(subject, word)).next_back();
    let values = || subject.words.strip_prefix("failed to parse ")?.split_once(": ").map(|(path, _)| path.to_owned());
    template.or_else(|| subject.file(values()?)).or_else(|| of_the_chart(subject))
}

/// A word such as `shop/templates/a.yaml:1:6`, as a path from the root of the checkout.
fn template(subject: &Subject<'_>, word: &str) -> Option<String> {
    let (_, below) = word.split_once('/')?;
    let path = below.split(':').next().unwrap_or(below);
    subject.file(join(subject.base, path))
}

fn of_the_chart(subject: &Subject<'_>) -> Option<String> {
    let (_, name) = OF_THE_CHART.iter().find(|(words, _)| subject.words.contains(words))?;
    subject.file(join(subject.base, name))
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::error;
    use crate::files::MemoryFiles;

    fn told(words: &str) -> Option<String> {
        let paths =
            ["charts/shop/Chart.yaml", "charts/shop/templates/a.yaml", "charts/shop/charts/db/templates/_h.tpl"];
        let files: MemoryFiles = paths.iter().map(|path| (path, &b""[..])).collect();
        error(&Subject { files: &files, base: "charts/shop", words }).file().map(str::to_owned)
    }

    #[test]
    fn words_repeat_no_values() {
        for (words, plain) in [
            (
                "values don't meet the schema: - at '/pw': 'hunter: '2' does not match pattern '^a$' - at '/n': got string",
                "values don't meet the schema: - at '/pw': the value does not match pattern '^a$' - at '/n': got string",
            ),
            (
                "- at '/u': 'postgres://u:hunter2@h h' is not valid uri: parse \"postgres://u:hunter2@h h\": bad - at '/p': 'hunter2' does not match pattern '^a$'",
                "- at '/u': the value is not valid uri - at '/p': the value does not match pattern '^a$'",
            ),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(super::without_values(words), plain);
        }
    }

    #[test]
    fn files_are_named_by_where_they_lie() {
        for (words, file) in [
            ("execution error at (shop/templates/a.yaml:1:6): no way", Some("charts/shop/templates/a.yaml")),
            ("YAML parse error on shop/templates/a.yaml: error converting", Some("charts/shop/templates/a.yaml")),
            ("parse error at (shop/templates/a.yaml:1): missing value for if", Some("charts/shop/templates/a.yaml")),
            (
                "template: shop/templates/a.yaml:1:6: executing \"x\" at <include \"y\" .>: error calling include: \
                 template: shop/charts/db/templates/_h.tpl:1:19: executing",
                Some("charts/shop/charts/db/templates/_h.tpl"),
            ),
            ("cannot load Chart.yaml: error converting YAML to JSON", Some("charts/shop/Chart.yaml")),
            ("library charts are not installable", Some("charts/shop/Chart.yaml")),
            ("something else", None),
        ] {
            assert_eq!(told(words).as_deref(), file, "{words}");
        }
    }
}
