//! Reading `render`: entries, and what each says of its method.

use std::time::Duration;

use sluice_manifest::{Node, Value};

use super::chart::{namespace_problem, release_problem, version_problem};
use super::{CommandRender, HelmRender, Render, RenderEntry, RenderMethod, Setting, Written};
use crate::file::decode::{Decoder, Fields, head};
use crate::file::entries::{duration, size};

pub(crate) const ENTRY_FIELDS: &[&str] =
    &["path", METHODS[0], METHODS[1], METHODS[2], METHODS[3], "limits", "allowEmpty"];
pub(crate) const HELM_FIELDS: &[&str] = &[
    "release",
    "namespace",
    "values",
    "set",
    "setString",
    "kubeVersion",
    "apiVersions",
    "includeCRDs",
    "skipTests",
    "noHooks",
];
pub(crate) const LIMITS_FIELDS: &[&str] = &["memory", "time"];

const METHODS: [&str; 4] = ["plain", "kustomize", "helm", "command"];

/// How a value is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// As Helm reads it.
    AsItLooks,
    /// It is a text, whatever it looks like.
    AsText,
}

/// Reads the list of entries.
pub(crate) fn entries<'t>(decoder: &mut Decoder<'t>, list: Node<'t>) -> Vec<RenderEntry> {
    let mut entries: Vec<RenderEntry> = Vec::new();
    for node in decoder.list(list, "`render`") {
        let Some(entry) = entry(decoder, node) else { continue };
        if entries.iter().any(|other| other.path.value == entry.path.value) {
            let path = if entry.path.value.is_empty() { "." } else { &entry.path.value };
            let message = format!("there are two entries for `{path}`");
            decoder.error(entry.path.span, message, "a path is rendered in one way: keep one of them");
        }
        entries.push(entry);
    }
    entries
}

fn entry<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<RenderEntry> {
    let fields = decoder.object(node, "an entry of `render`", ENTRY_FIELDS)?;
    let path = decoder.required(&fields, "path").and_then(|node| path(decoder, node));
    let render = render(decoder, &fields);
    Some(RenderEntry { path: path?, render: render? })
}

/// Reads how the one path of an application is rendered.
pub(crate) fn alone<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<RenderEntry> {
    let known: Vec<&'static str> = ENTRY_FIELDS.iter().copied().filter(|name| *name != "path").collect();
    let fields = decoder.object(node, "`render`", &known)?;
    let render = render(decoder, &fields)?;
    Some(RenderEntry { path: decoder.written(String::from("."), head(node)), render })
}

/// Reads a path.
fn path<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<Written<String>> {
    let text = decoder.string(node, "`path`")?;
    let mut wrong = |message: String, help: &str| {
        decoder.error(node.span(), message, help);
        None
    };
    if text.starts_with('/') || text.contains('\\') {
        return wrong(format!("`{text}` is no path of the repository"), RELATIVE);
    }
    if text.split('/').any(|name| name != "*" && name.contains('*')) {
        return wrong(format!("`{text}` is no pattern"), "`*` stands for one whole name: `apps/*/prod`");
    }
    let path = resolved(text);
    Some(decoder.written(path, node.span()))
}

const RELATIVE: &str = "write it from the folder of this file, with `/` between the names: `deploy/prod`";

/// A path without `.` and doubled slashes, and without `..` but at its start.
fn resolved(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

/// Reads how: exactly one method.
fn render<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>) -> Option<Render> {
    // A method without anything more to say may be written with nothing behind its name.
    let mut said = METHODS.into_iter().filter_map(|name| Some((name, fields.node.get(name)?)));
    let Some((name, node)) = said.next() else {
        let help = "add `plain: {}`, `kustomize: {}`, `helm: {…}` or `command: […]`";
        decoder.error(head(fields.node), "this entry does not say how its path is rendered", help);
        return None;
    };
    if let Some((other, second)) = said.next() {
        let message = format!("`{name}` and `{other}` cannot both render one path");
        decoder.error(head(second), message, "keep one of them");
    }
    let limits = fields.get("limits");
    let method = match name {
        "plain" => nothing(decoder, node, "`plain`", RenderMethod::Plain),
        "kustomize" => nothing(decoder, node, "`kustomize`", RenderMethod::Kustomize),
        "helm" => helm(decoder, node).map(|helm| RenderMethod::Helm(Box::new(helm))),
        _ => command(decoder, node, limits).map(RenderMethod::Command),
    };
    if let Some(limits) = limits.filter(|_| name != "command") {
        let help = "what runs in the sandbox has the limits of the sandbox: leave them out";
        decoder.error(head(limits), format!("`limits` are those of a `command`, and this is `{name}`"), help);
    }
    let allow_empty = fields.get("allowEmpty").and_then(|node| decoder.flag(node, "`allowEmpty`"));
    Some(Render { method: method?, allow_empty: allow_empty.unwrap_or(false) })
}

/// A method that has nothing more to say.
fn nothing<'t>(
    decoder: &mut Decoder<'t>,
    node: Node<'t>,
    what: &'static str,
    method: RenderMethod,
) -> Option<RenderMethod> {
    if !node.is_null() {
        decoder.object(node, what, &[])?;
    }
    Some(method)
}

fn helm<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<HelmRender> {
    if node.is_null() {
        return Some(HelmRender::default());
    }
    let fields = decoder.object(node, "`helm`", HELM_FIELDS)?;
    let mut text = |name: &str, problem: fn(&str) -> Option<&'static str>| {
        let node = fields.get(name)?;
        let text = decoder.string(node, &format!("`{name}`"))?;
        if let Some(form) = problem(text) {
            decoder.error(node.span(), format!("Helm takes no `{text}` for `{name}`"), format!("write {form}"));
        }
        Some(text.to_owned())
    };
    let (release, namespace) = (text("release", release_problem), text("namespace", namespace_problem));
    let kube_version = text("kubeVersion", version_problem);
    let api_versions = texts(decoder, &fields, "apiVersions").into_iter().map(|text| text.value).collect();
    let values = texts(decoder, &fields, "values");
    let set = settings(decoder, &fields, "set", Typed::AsItLooks);
    let as_text = settings(decoder, &fields, "setString", Typed::AsText);
    // What is a text in this file stays one.
    let (mut set_string, set): (Vec<_>, Vec<_>) = set.into_iter().partition(|(typed, _)| *typed == Typed::AsText);
    set_string.extend(as_text);
    let mut flag = |name: &str| fields.get(name).and_then(|node| decoder.flag(node, &format!("`{name}`")));
    Some(HelmRender {
        skip_crds: flag("includeCRDs") == Some(false),
        skip_tests: flag("skipTests") == Some(true),
        no_hooks: flag("noHooks") == Some(true),
        set: set.into_iter().map(|(_, setting)| setting).collect(),
        set_string: set_string.into_iter().map(|(_, setting)| setting).collect(),
        release,
        namespace,
        kube_version,
        api_versions,
        values,
    })
}

/// A list of texts, or one alone.
fn texts<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>, name: &'static str) -> Vec<Written<String>> {
    let Some(node) = fields.get(name) else { return Vec::new() };
    let what = format!("`{name}`");
    let nodes: Vec<Node<'t>> = if node.as_str().is_some() { vec![node] } else { decoder.list(node, &what).collect() };
    let mut texts = Vec::new();
    for node in nodes {
        let Some(text) = decoder.string(node, &format!("an element of {what}")) else { continue };
        texts.push(decoder.written(text.to_owned(), node.span()));
    }
    texts
}

/// Values that are set by themselves: arguments as on Helm's command line, or names with values.
fn settings<'t>(
    decoder: &mut Decoder<'t>,
    fields: &Fields<'t>,
    name: &'static str,
    typed: Typed,
) -> Vec<(Typed, Setting)> {
    let Some(node) = fields.get(name) else { return Vec::new() };
    let mut settings = Vec::new();
    if let Value::Object(entries) = node.value() {
        for (key, value) in entries {
            let Some((typed, text)) = scalar(decoder, value, typed) else { continue };
            let argument = format!("{}={text}", key.as_str().unwrap_or_default());
            settings.push((typed, Setting { argument: decoder.written(argument, value.span()), is_value: true }));
        }
        return settings;
    }
    for argument in texts(decoder, fields, name) {
        if !argument.value.contains('=') {
            let message = format!("`{}` sets nothing", argument.value);
            decoder.error(argument.span, message, "write `name=value`, as for `helm --set`");
        }
        settings.push((typed, Setting { argument, is_value: false }));
    }
    settings
}

/// A value, in the form that Helm reads back as what it is.
fn scalar<'t>(decoder: &mut Decoder<'t>, node: Node<'t>, typed: Typed) -> Option<(Typed, String)> {
    match node.value() {
        Value::String(text) => Some((Typed::AsText, escaped(text))),
        // Who wants a text means the one that stands there.
        Value::Bool(_) | Value::Number(_) if typed == Typed::AsText => match decoder.as_written(node) {
            Some(text) => Some((Typed::AsText, text.to_owned())),
            None => {
                decoder.error(node.span(), "a text is wanted here, and this is none", "write it out, in quotes");
                None
            }
        },
        Value::Bool(_) => Some((typed, node.to_json())),
        Value::Number(text) if text.bytes().all(|byte| b"-0123456789".contains(&byte)) => {
            Some((typed, text.to_owned()))
        }
        Value::Null => Some((Typed::AsItLooks, String::from("null"))),
        Value::Number(text) => {
            let text = decoder.as_written(node).unwrap_or(text);
            let help = format!("put it in quotes (\"{text}\"), or into a file that `values` names");
            decoder.error(node.span(), "Helm can set whole numbers only", help);
            None
        }
        Value::Array(_) | Value::Object(_) => {
            let help = "write one name for each value (`image.tag: …`), or name a file under `values`";
            decoder.error(head(node), "a value that is set has to be a single one", help);
            None
        }
    }
}

/// A text as Helm takes it whole: a comma would begin the next value, a brace a list.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(',', "\\,");
    if text.starts_with('{') { format!("\\{text}") } else { text }
}

fn command<'t>(decoder: &mut Decoder<'t>, node: Node<'t>, limits: Option<Node<'t>>) -> Option<CommandRender> {
    let mut words = Vec::new();
    for word in decoder.list(node, "`command`") {
        // An argument may be empty, unlike the other strings of the file.
        match word.as_str().filter(|_| !words.is_empty()) {
            Some(text) => words.push(text.to_owned()),
            None => words.push(decoder.string(word, "a word of `command`")?.to_owned()),
        }
    }
    let mut words = words.into_iter();
    let Some(program) = words.next() else {
        if matches!(node.value(), Value::Array(_)) {
            decoder.error(node.span(), "`command` names no program", "write the program and its arguments");
        }
        return None;
    };
    let (memory, time) = limits.map_or((None, None), |node| command_limits(decoder, node));
    Some(CommandRender { program: decoder.written(program, node.span()), arguments: words.collect(), memory, time })
}

fn command_limits<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> (Option<u64>, Option<Duration>) {
    let Some(fields) = decoder.object(node, "`limits` of a command", LIMITS_FIELDS) else {
        return (None, None);
    };
    let memory = fields.get("memory").and_then(|node| size(decoder, node, "`memory`"));
    (memory, fields.get("time").and_then(|node| duration(decoder, node)))
}

#[cfg(test)]
mod tests {
    use super::{escaped, resolved};

    #[test]
    fn paths_are_resolved() {
        for (path, expected) in [
            (".", ""),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("../../a/..", "../.."),
            ("a/*/b", "a/*/b"),
        ] {
            assert_eq!(resolved(path), expected, "{path}");
        }
    }

    #[test]
    fn helm_takes_a_text_whole() {
        assert_eq!(escaped("a,b\\c"), "a\\,b\\\\c");
        assert_eq!(escaped("{a}"), "\\{a}");
    }
}
