//! `sluice plugin inspect`: what a component says about itself, and what it is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sluice_plugin::{KindSelector, Plugin, Scope, Severity};

use super::{Stop, load};
use crate::builtin;
use crate::exit::Exit;
use crate::output;

/// Show what a plugin is: its rules, kinds, settings, imports, size and digest
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The component, or the name of a built-in plugin as in `builtin:image-tags`
    file: PathBuf,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Stop> {
    let plugin = match arguments.file.to_str().and_then(|file| file.strip_prefix("builtin:")) {
        Some(name) => built_in(name)?,
        None => load(&arguments.file).map_err(|stop| meant(&arguments.file, stop))?,
    };
    let text = if arguments.json { json(&plugin) } else { human(&plugin) };
    Ok(output::print(&text))
}

/// A built-in plugin by its name alone is a file that is not there.
fn meant(file: &Path, stop: Stop) -> Stop {
    match file.to_str().filter(|name| !file.exists() && builtin::find(name).is_some()) {
        Some(name) => stop.help(format!("the built-in plugin is `builtin:{name}`")),
        None => stop,
    }
}

fn built_in(name: &str) -> Result<Plugin, Stop> {
    let wasm = builtin::find(name).ok_or_else(|| {
        Stop::usage(format!("there is no built-in plugin `{name}`")).help(format!("there are {}", builtin::names()))
    })?;
    let options = sluice_plugin::HostOptions { cache: None, now: std::time::SystemTime::UNIX_EPOCH, jobs: 1 };
    let host = sluice_plugin::Host::new(&options).map_err(|error| Stop::failed(error.to_string()))?;
    host.load(wasm).map_err(|error| Stop::failed(format!("cannot load `{name}`: {error}")).help(error.help()))
}

fn human(plugin: &Plugin) -> String {
    let about = plugin.description();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<9} {value}");
    };
    line("name", &about.name);
    line("version", &about.version);
    line("world", plugin.world());
    line("scope", scope(about.scope));
    line("size", &format!("{} bytes", plugin.size()));
    line("digest", plugin.digest());
    line("kinds", &list(about.kinds.iter().map(selector)));
    line("context", &list(about.context.iter().map(selector)));
    line("imports", &list(plugin.imports().iter().cloned()));
    for rule in &about.rules {
        let _ = writeln!(out, "\n{}/{} ({})", about.name, rule.id, severity(rule.severity));
        let _ = writeln!(out, "  {}", rule.summary);
        wrap(&rule.help, &mut out);
        if let Some(url) = &rule.url {
            let _ = writeln!(out, "  {url}");
        }
    }
    match &about.settings_schema {
        Some(schema) => {
            let value: Option<serde_json::Value> = serde_json::from_str(schema).ok();
            let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
            let _ = writeln!(out, "\nsettings schema\n{}", pretty.as_deref().unwrap_or(schema).trim_end());
        }
        None => out.push_str("\nno settings schema: any settings are handed to the plugin\n"),
    }
    out
}

/// Indented lines of at most 98 characters.
fn wrap(text: &str, out: &mut String) {
    for paragraph in text.lines() {
        let mut width = 0;
        for word in paragraph.split_whitespace() {
            let fits = width > 0 && width + 1 + word.chars().count() <= 96;
            if width > 0 && !fits {
                out.push('\n');
                width = 0;
            }
            out.push_str(if width == 0 { "    " } else { " " });
            out.push_str(word);
            width += 1 + word.chars().count();
        }
        if width > 0 {
            out.push('\n');
        }
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn selector(kind: &KindSelector) -> String {
    let KindSelector { group, version, kind } = kind;
    match (group.as_str(), version.as_str()) {
        ("*", "*") => kind.clone(),
        ("", "*") => format!("core/{kind}"),
        ("", version) => format!("{version}/{kind}"),
        (group, "*") => format!("{group}/{kind}"),
        (group, version) => format!("{group}/{version}/{kind}"),
    }
}

fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Resource => "resource",
        Scope::Set => "set",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspected<'a> {
    name: &'a str,
    version: &'a str,
    world: &'a str,
    scope: &'a str,
    size: usize,
    digest: &'a str,
    kinds: Vec<Selector<'a>>,
    context: Vec<Selector<'a>>,
    imports: &'a [String],
    rules: Vec<RuleOut<'a>>,
    settings_schema: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Selector<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

impl<'a> Selector<'a> {
    fn of(selector: &'a KindSelector) -> Self {
        Self { group: &selector.group, version: &selector.version, kind: &selector.kind }
    }
}

#[derive(Serialize)]
struct RuleOut<'a> {
    id: &'a str,
    severity: &'a str,
    summary: &'a str,
    help: &'a str,
    url: Option<&'a str>,
}

fn json(plugin: &Plugin) -> String {
    let about = plugin.description();
    let inspected = Inspected {
        name: &about.name,
        version: &about.version,
        world: plugin.world(),
        scope: scope(about.scope),
        size: plugin.size(),
        digest: plugin.digest(),
        kinds: about.kinds.iter().map(Selector::of).collect(),
        context: about.context.iter().map(Selector::of).collect(),
        imports: plugin.imports(),
        rules: about
            .rules
            .iter()
            .map(|rule| RuleOut {
                id: &rule.id,
                severity: severity(rule.severity),
                summary: &rule.summary,
                help: &rule.help,
                url: rule.url.as_deref(),
            })
            .collect(),
        settings_schema: about.settings_schema.as_deref().and_then(|schema| serde_json::from_str(schema).ok()),
    };
    // Strings, numbers and lists: nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(&inspected).unwrap_or_default();
    text.push('\n');
    text
}
