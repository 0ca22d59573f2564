//! Reading the file from the top: plugins, exceptions, and their fields.

use std::collections::BTreeMap;
use std::time::Duration;

use sluice_manifest::{Node, Value};
use sluice_plugin::{Grants, KindSelector, Limits, SecretAccess, Severity};

use super::decode::{Decoder, Fields, head};
use super::{API_VERSION, Exception, Places, PluginEntry, Policy, RuleEntry, matching, render, values};
use crate::Action;
use crate::matching::{Glob, Match};

pub(crate) const POLICY_FIELDS: &[&str] = &["apiVersion", "kind", "render", "plugins", "exceptions"];
pub(crate) const PLUGIN_FIELDS: &[&str] =
    &["name", "source", "settings", "match", "action", "rules", "grants", "limits"];
pub(crate) const RULE_FIELDS: &[&str] = &["action", "severity"];
pub(crate) const GRANTS_FIELDS: &[&str] = &["context", "secrets"];
pub(crate) const CONTEXT_FIELDS: &[&str] = &["apiVersion", "kind"];
pub(crate) const LIMITS_FIELDS: &[&str] = &["memory", "time", "output"];
pub(crate) const EXCEPTION_FIELDS: &[&str] = &["rule", "match", "reason", "expires"];

const ACTIONS: [(&str, Action); 3] = [("deny", Action::Deny), ("warn", Action::Warn), ("audit", Action::Audit)];
const SEVERITIES: [(&str, Severity); 3] =
    [("info", Severity::Info), ("warning", Severity::Warning), ("error", Severity::Error)];
const SECRETS: [(&str, SecretAccess); 2] = [("redacted", SecretAccess::Redacted), ("full", SecretAccess::Full)];

/// Most plugins of a policy file.
const MAX_PLUGINS: usize = 256;
/// The most that a policy file can give a plugin, with its words. Who writes the file may be a stranger to the machine that
/// judges: the policy of a source is everybody's who may write there.
const MAX_MEMORY: (u64, &str) = (1 << 30, "1Gi");
const MAX_OUTPUT: (u64, &str) = (256 << 20, "256Mi");
const MAX_TIME: (Duration, &str) = (Duration::from_secs(60), "1m");

/// Reads a policy file; none where it is not even an object.
pub(crate) fn policy<'t>(decoder: &mut Decoder<'t>, root: Node<'t>) -> Option<Policy> {
    let fields = decoder.object(root, "a policy file", POLICY_FIELDS)?;
    constant(decoder, &fields, "apiVersion", API_VERSION);
    constant(decoder, &fields, "kind", "Policy");
    let mut plugins: Vec<PluginEntry> = Vec::new();
    if let Some(list) = decoder.required(&fields, "plugins") {
        for (index, node) in decoder.list(list, "`plugins`").enumerate() {
            let Some(entry) = plugin(decoder, node, index) else { continue };
            if plugins.iter().any(|other| other.name == entry.name) {
                let message = format!("there are two plugins of the name `{}`", entry.name);
                decoder.error(entry.places.entry, message, "names stand before rule ids, so each has to be unique");
            }
            plugins.push(entry);
        }
        if matches!(list.value(), Value::Array(items) if items.len() == 0) {
            decoder.error(list.span(), "no plugin is named, so nothing would be judged", "");
        }
        if plugins.len() > MAX_PLUGINS {
            decoder.error(head(list), format!("there are more than {MAX_PLUGINS} plugins"), "");
        }
    }
    let mut exceptions = Vec::new();
    if let Some(list) = fields.get("exceptions") {
        for node in decoder.list(list, "`exceptions`") {
            exceptions.extend(exception(decoder, node));
        }
    }
    let render = fields.get("render").map_or_else(Vec::new, |list| render::entries(decoder, list));
    Some(Policy { plugins, exceptions, render, tree: None })
}

pub(crate) fn constant<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>, name: &str, wanted: &str) {
    let Some(node) = decoder.required(fields, name) else { return };
    match decoder.string(node, &format!("`{name}`")) {
        Some(text) if text != wanted => {
            decoder.error(node.span(), format!("`{name}` is `{text}`"), format!("write `{wanted}`"));
        }
        Some(_) | None => {}
    }
}

fn plugin<'t>(decoder: &mut Decoder<'t>, node: Node<'t>, index: usize) -> Option<PluginEntry> {
    let fields = decoder.object(node, "a plugin", PLUGIN_FIELDS)?;
    let name_node = decoder.required(&fields, "name");
    let name = name_node.and_then(|node| plugin_name(decoder, node));
    let source_node = decoder.required(&fields, "source");
    let source = source_node.and_then(|node| {
        let text = decoder.string(node, "`source`")?;
        values::source(text)
            .map_err(|help| decoder.error(node.span(), format!("`{text}` is no source of a plugin"), help))
            .ok()
    });
    let settings = fields.get("settings").and_then(|node| {
        decoder.open_object(node, "`settings`")?;
        Some(node.to_json())
    });
    let matches = fields.get("match").map_or_else(Match::default, |node| matching::matches(decoder, node));
    let action = fields.get("action").and_then(|node| decoder.word(node, "action", &ACTIONS));
    let rules = fields.get("rules").map_or_else(BTreeMap::new, |node| rules(decoder, node));
    let grants = fields.get("grants").map_or_else(Grants::default, |node| grants(decoder, node));
    let limits = fields.get("limits").map_or_else(Limits::default, |node| limits(decoder, node));
    let (name_node, source_node) = (name_node?, source_node?);
    Some(PluginEntry {
        name: name?.to_owned(),
        source: source?,
        settings,
        matches,
        action: action.unwrap_or(Action::Deny),
        rules,
        grants,
        limits,
        places: Places {
            entry: name_node.span(),
            source: source_node.span(),
            settings: format!("/plugins/{index}/settings"),
            matches: fields.get("match").map(head),
            grants: fields.get("grants").map(head),
        },
    })
}

fn plugin_name<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<&'t str> {
    let name = decoder.string(node, "`name`")?;
    if name == "sluice" {
        decoder.error(node.span(), "the name `sluice` stands for the gate itself", "choose another name");
    } else if !values::is_kebab(name) {
        let help = "use lowercase letters, digits and hyphens: it stands before rule ids";
        decoder.error(node.span(), format!("`{name}` is no name of a plugin"), help);
    }
    Some(name)
}

fn rules<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> BTreeMap<String, RuleEntry> {
    let mut rules = BTreeMap::new();
    if decoder.open_object(node, "`rules`").is_none() {
        return rules;
    }
    for (key, value) in node.entries() {
        let Some(fields) = decoder.object(value, "a rule", RULE_FIELDS) else { continue };
        let action = fields.get("action").and_then(|node| decoder.word(node, "action", &ACTIONS));
        let severity = fields.get("severity").and_then(|node| decoder.word(node, "severity", &SEVERITIES));
        let entry = RuleEntry { action, severity, place: key.span() };
        rules.insert(key.as_str().unwrap_or_default().to_owned(), entry);
    }
    rules
}

fn grants<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Grants {
    let Some(fields) = decoder.object(node, "`grants`", GRANTS_FIELDS) else {
        return Grants::default();
    };
    let mut context = Vec::new();
    if let Some(node) = fields.get("context") {
        for item in decoder.list(node, "`context`") {
            context.extend(granted_kind(decoder, item));
        }
    }
    let secrets = fields.get("secrets").and_then(|node| decoder.word(node, "access to secrets", &SECRETS));
    Grants { context, secrets: secrets.unwrap_or_default() }
}

fn granted_kind<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<KindSelector> {
    let fields = decoder.object(node, "a kind that is granted", CONTEXT_FIELDS)?;
    let api_version = decoder.required(&fields, "apiVersion").and_then(|node| decoder.string(node, "`apiVersion`"));
    let kind = decoder.required(&fields, "kind").and_then(|node| decoder.string(node, "`kind`"));
    let api_version = api_version?;
    let (group, version) = match api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None if api_version == "*" => ("*", "*"),
        None => ("", api_version),
    };
    Some(KindSelector { group: group.to_owned(), version: version.to_owned(), kind: kind?.to_owned() })
}

fn limits<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Limits {
    let mut limits = Limits::default();
    let Some(fields) = decoder.object(node, "`limits`", LIMITS_FIELDS) else {
        return limits;
    };
    if let Some(node) = fields.get("memory") {
        limits.memory = size(decoder, node, "`memory`").unwrap_or(limits.memory);
        at_most(decoder, node, limits.memory, MAX_MEMORY);
    }
    if let Some(node) = fields.get("output") {
        limits.output = size(decoder, node, "`output`").unwrap_or(limits.output);
        at_most(decoder, node, limits.output, MAX_OUTPUT);
    }
    if let Some(node) = fields.get("time") {
        limits.time = duration(decoder, node).unwrap_or(limits.time);
        at_most(decoder, node, limits.time, MAX_TIME);
    }
    limits
}

fn at_most<'t, T: PartialOrd>(decoder: &mut Decoder<'t>, node: Node<'t>, limit: T, (most, words): (T, &str)) {
    if limit > most {
        let message = format!("this is more than a plugin can be given, which is `{words}`");
        decoder.error(node.span(), message, "a plugin that needs more asks for more than rules need");
    }
}

/// Reads a duration under `time`.
pub(crate) fn duration<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<Duration> {
    let text = match node.value() {
        Value::Number(number) => decoder.as_written(node).unwrap_or(number),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            decoder.string(node, "`time`")?
        }
    };
    let duration = values::duration(text);
    if duration.is_none() {
        decoder.error(node.span(), format!("`{text}` is no duration"), "write `1s`, `500ms` or `2m`");
    }
    duration
}

/// Reads a number of bytes.
pub(crate) fn size<'t>(decoder: &mut Decoder<'t>, node: Node<'t>, what: &str) -> Option<u64> {
    let text = match node.value() {
        Value::Number(text) => text,
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            decoder.string(node, what)?
        }
    };
    let size = values::size(text).filter(|size| *size > 0);
    if size.is_none() {
        decoder.error(node.span(), format!("`{text}` is no size"), "write `64Mi`, `512Ki` or `1Gi`");
    }
    size
}

fn exception<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<Exception> {
    let fields = decoder.object(node, "an exception", EXCEPTION_FIELDS)?;
    let rule_node = decoder.required(&fields, "rule");
    let rule = rule_node.and_then(|node| exception_rule(decoder, node));
    let matches = decoder.required(&fields, "match").map(|node| {
        let errors = decoder.count();
        let matches = matching::matches(decoder, node);
        if matches.is_any() && decoder.count() == errors {
            decoder.error(node.span(), "this exception does not say which objects it is for", EVERYTHING);
        }
        matches
    });
    let reason = decoder.required(&fields, "reason").and_then(|node| decoder.string(node, "`reason`"));
    // A day that was to be filled in is no exception without an end.
    let expires_node = fields.node.get("expires");
    let expires = expires_node.and_then(|node| {
        let text = decoder.string(node, "`expires`")?;
        let date = values::date(text);
        if date.is_none() {
            decoder.error(
                node.span(),
                format!("`{text}` is no date"),
                "write the last day on which it holds: `2027-01-31`",
            );
        }
        date
    });
    Some(Exception {
        rule: rule?,
        matches: matches?,
        reason: reason?.to_owned(),
        expires,
        place: rule_node?.span(),
        expires_place: expires_node.map(Node::span),
    })
}

const EVERYTHING: &str = "name kinds, names, namespaces or labels; `match: { kinds: [\"*\"] }` covers everything";

/// The rules of the gate that an exception can be for. Where it could not decide, none can.
pub(crate) const GATE_RULES: [&str; 4] =
    ["sluice/duplicate-key", "sluice/duplicate-object", "sluice/mutation-conflict", "sluice/not-idempotent"];

fn exception_rule<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<Glob> {
    let text = decoder.string(node, "`rule`")?;
    if text.split('/').count() != 2 || text.split('/').any(str::is_empty) {
        let help = "write the plugin and the rule, as findings do: `image-tags/mutable-tag`, or `image-tags/*`";
        decoder.error(node.span(), format!("`{text}` is no rule"), help);
        return None;
    }
    if text.starts_with("sluice/") && !GATE_RULES.iter().any(|rule| Glob::new(text).fits(rule)) {
        let help = "a plugin that fails and a file that cannot be read keep the gate from deciding; only these of its \
                    own rules can be excepted: ";
        let help = format!("{help}{}", crate::config::quoted(GATE_RULES));
        decoder.error(node.span(), format!("there can be no exception from `{text}`"), help);
        return None;
    }
    Some(Glob::new(text))
}
