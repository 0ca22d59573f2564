//! What kustomize's words mean. It wraps an error once for each folder that it came through, and again for each way that
//! it tried to read a resource; what counts is the innermost.

use super::{Subject, shortened};
use crate::error::RenderError;
use crate::files::{join, normal};
use crate::wasi;

/// How errors name the tool.
pub(super) const NAME: &str = "kustomize";
/// What it says before it goes on in another folder.
const ELSEWHERE: [&str; 2] = ["recursed accumulation of path '", "couldn't make target for path '"];
/// What it says before a resource that it cannot read.
const RESOURCE: &str = "accumulating resources from '";
/// What it says before a path that it looks for.
const MISSING: &str = "lstat ";
/// Names of its own file.
const FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// What it says where a program would be run.
const PROGRAMS: [&str; 5] =
    ["--enable-helm", "--enable-exec", "external plugins", "external plugin", "function is disabled"];

/// The error that the words stand for.
pub(super) fn error(subject: &Subject<'_>) -> RenderError {
    let outside = outside(subject.words);
    let words = wasi::from_the_root(subject.words);
    let (folder, words) = innermost(&words, subject.base);
    let kustomization = kustomization(subject, &folder);
    let (resource, words) = resource(words);
    let (renderer, message) = (NAME.to_owned(), shortened(&without_values(&from_the_root(words))));
    if words.contains("cycle detected") {
        return RenderError::Endless { renderer, message, file: Some(kustomization) };
    }
    if let Some(what) = resource.filter(|resource| is_remote(resource)) {
        return RenderError::Remote { renderer, what: what.to_owned(), file: Some(kustomization) };
    }
    if PROGRAMS.iter().any(|program| words.contains(program)) {
        return RenderError::Program { renderer, message, file: Some(kustomization) };
    }
    if let (Some(path), true) = (outside, words.contains(MISSING)) {
        return RenderError::Outside { renderer, path, file: kustomization };
    }
    if let Some(path) = missing(words) {
        return RenderError::Missing { renderer, path, file: kustomization };
    }
    let file = told(subject, &folder, words, resource).unwrap_or(kustomization);
    RenderError::Failed { renderer, message, file: Some(file) }
}

/// The path outside of the checkout that it looks for at last, from the root; none where that is inside.
fn outside(words: &str) -> Option<String> {
    let (path, _) = words.rsplit_once(MISSING)?.1.split_once(": ")?;
    (!wasi::is_inside(path)).then(|| format!("..{path}"))
}

/// The path that is not there.
fn missing(words: &str) -> Option<String> {
    let (path, why) = words.rsplit_once(MISSING)?.1.split_once(": ")?;
    let is_missing = ["no such file", "No such file"].iter().any(|start| why.starts_with(start));
    is_missing.then(|| path.trim_start_matches('/').to_owned())
}

/// The folder that the innermost error is about, and its words.
fn innermost<'w>(mut words: &'w str, base: &str) -> (String, &'w str) {
    let mut folder = base.to_owned();
    while let Some((path, rest)) = ELSEWHERE
        .iter()
        .filter_map(|start| words.split_once(start))
        .map(|(_, rest)| rest)
        .max_by_key(|rest| rest.len())
        .and_then(|rest| rest.split_once("': "))
    {
        folder = path.trim_start_matches('/').to_owned();
        words = rest;
    }
    (folder, words)
}

/// The resource that could not be read, and why: of the two reasons that kustomize gives, the one that fits.
fn resource(words: &str) -> (Option<&str>, &str) {
    let Some((name, reason)) = words.split_once(RESOURCE).and_then(|(_, rest)| rest.split_once("': ")) else {
        return (None, words);
    };
    let as_file = reason.split_once("': ").filter(|(_, second)| {
        ["must build at directory", "cycle detected", "failed to run", "recursed merging"]
            .iter()
            .any(|start| second.starts_with(start))
    });
    let reason = match as_file {
        Some((first, second)) if second.starts_with("must build at directory") => first,
        Some((_, second)) => second,
        None => reason,
    };
    (Some(name), reason)
}

/// Whether kustomize would fetch it.
fn is_remote(resource: &str) -> bool {
    resource.contains("://")
        || ["git@", "git::", "github.com/", "github.com:"].iter().any(|start| resource.starts_with(start))
        || resource.contains("?ref=")
}

/// The file of a folder that kustomize reads first.
fn kustomization(subject: &Subject<'_>, folder: &str) -> String {
    let mut names = FILES.iter().map(|name| join(folder, name));
    names.find(|path| subject.is_file(path)).unwrap_or_else(|| folder.to_owned())
}

/// The file that the words name.
fn told(subject: &Subject<'_>, folder: &str, words: &str, resource: Option<&str>) -> Option<String> {
    let after = |start: &str, end: &[char]| {
        let (_, rest) = words.rsplit_once(start)?;
        Some(rest.split(end).next().unwrap_or(rest).trim())
    };
    let named = after(" in File: ", &[' '])
        .or_else(|| after("` path: ", &[' ', '`']))
        .or_else(|| after("from [path: \"", &['"']));
    [named, resource].into_iter().flatten().find_map(|name| subject.file(normal(&join(folder, name))?))
}

/// The words with paths as people write them: from the root of the checkout.
fn from_the_root(words: &str) -> String {
    words.replace("'/'", "the root of the checkout").replace("'/", "'").replace("lstat /", "lstat ")
}

/// The words without what they repeat of the files: it may belong to a `Secret`.
fn without_values(words: &str) -> String {
    // What is repeated may have its end in it, so it goes up to the last; where there is none it goes to the end.
    const REPEATED: [(&str, &str); 6] = [
        ("[patch: \"", "\"]"),
        ("with config: `", "`"),
        ("literal sources [", "]"),
        ("invalid literal source ", ", expected"),
        ("node contents:", "\n\n"),
        ("invalid utf8 bytes", "\n\n"),
    ];
    let cut = |words: String, (start, end): (&str, &str)| {
        let Some((before, rest)) = words.split_once(start) else { return words };
        match rest.rsplit_once(end) {
            Some((_, after)) => format!("{before}{start}…{end}{after}"),
            None => format!("{before}{start} …"),
        }
    };
    REPEATED.into_iter().fold(words.to_owned(), cut)
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::error;
    use crate::files::MemoryFiles;

    fn told(words: &str) -> (String, Option<String>) {
        let words = &words.replace("'/", "'/.sluice-checkout/").replace("lstat /", "lstat /.sluice-checkout/");
        of_the_tool(words)
    }

    /// What becomes of words in which paths are those of the tool.
    fn of_the_tool(words: &str) -> (String, Option<String>) {
        let paths = ["top/kustomization.yaml", "b/kustomization.yml", "b/a.yaml", "top/p.yaml"];
        let files: MemoryFiles = paths.iter().map(|path| (path, &b""[..])).collect();
        let error = error(&Subject { files: &files, base: "top", words });
        (error.to_string(), error.file().map(str::to_owned))
    }

    #[test]
    fn the_innermost_words_count() {
        let inner = "accumulating resources: accumulation err='accumulating resources from '../b': '/b' must resolve to a \
                     file': recursed accumulation of path '/b': ";
        for (words, message, file) in [
            (
                "accumulating resources: accumulating resources from 'a.yaml': MalformedYAMLError: yaml: line 4: did not \
                 find expected key in File: a.yaml",
                "kustomize: MalformedYAMLError: yaml: line 4: did not find expected key in File: a.yaml",
                "b/a.yaml",
            ),
            (
                "accumulating resources: accumulation err='accumulating resources from 'nope.yaml': evalsymlink failure on \
                 '/b/nope.yaml' : lstat /b/nope.yaml: no such file or directory': must build at directory: not a valid \
                 directory: evalsymlink failure on '/b/nope.yaml' : lstat /b/nope.yaml: no such file or directory",
                "kustomize: `b/kustomization.yml` needs `b/nope.yaml`, which is not there",
                "b/kustomization.yml",
            ),
            (
                "accumulating resources: accumulation err='accumulating resources from 'a.yaml': missing Resource \
                 metadata': must build at directory: '/b/a.yaml': file is not directory",
                "kustomize: missing Resource metadata",
                "b/a.yaml",
            ),
            (
                "invalid Kustomization: json: unknown field \"x\"",
                "kustomize: invalid Kustomization: json: unknown field \"x\"",
                "b/kustomization.yml",
            ),
        ] {
            assert_eq!(told(&format!("{inner}{words}")), (message.to_owned(), Some(file.to_owned())));
        }
    }

    #[test]
    fn a_path_out_of_the_checkout_is_told_as_one() {
        let (message, file) = of_the_tool(
            "accumulating resources: accumulation err='accumulating resources from '../../base': evalsymlink failure on \
             '/base' : lstat /base: no such file or directory': must build at directory: not a valid directory: evalsymlink \
             failure on '/base' : lstat /base: no such file or directory",
        );
        assert_eq!(message, "kustomize: `top/kustomization.yaml` needs `../base`, which lies outside of the checkout");
        assert_eq!(file.as_deref(), Some("top/kustomization.yaml"));
    }

    #[test]
    fn words_repeat_no_values() {
        for (words, message) in [
            (
                "unable to parse SM or JSON patch from [patch: \"kind: Secret {password: [\"hunter2\"], : }\"]",
                "kustomize: unable to parse SM or JSON patch from [patch: \"…\"]",
            ),
            (
                "trouble configuring builtin PatchTransformer with config: ` patch: {a: `hunter2`} `: unable to parse",
                "kustomize: trouble configuring builtin PatchTransformer with config: `…`: unable to parse",
            ),
            (
                "literal sources [hunter2]: invalid literal source hunter2, expected key=value",
                "kustomize: literal sources […]: invalid literal source …, expected key=value",
            ),
            (
                "wrong node kind: expected a but got b: node contents: hunter2 x",
                "kustomize: wrong node kind: expected a but got b: node contents: …",
            ),
            ("line 3 has invalid utf8 bytes : hunter2", "kustomize: line 3 has invalid utf8 bytes …"),
        ] {
            assert_eq!(told(words).0, message);
        }
    }

    #[test]
    fn what_would_be_fetched_or_run_is_told_apart() {
        let (message, file) = told(
            "accumulating resources: accumulation err='accumulating resources from 'https://github.com/a/b': Get \
             \"https://github.com/a/b\": dial tcp': failed to run git: no git",
        );
        assert_eq!(message, "kustomize: `https://github.com/a/b` is not in the checkout");
        assert_eq!(file.as_deref(), Some("top/kustomization.yaml"));
        let (message, _) = told("trouble configuring builtin HelmChartInflationGenerator: must specify --enable-helm");
        assert!(message.ends_with("must specify --enable-helm"), "{message}");
        let (_, file) =
            told("trouble configuring builtin PatchTransformer with config: ` path: p.yaml `: unable to parse");
        assert_eq!(file.as_deref(), Some("top/p.yaml"));
    }
}
