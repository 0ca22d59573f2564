//! The application file: what goes from where to which cluster, and what happens when it fails. It is read as the policy
//! file is: everything that is wrong is told at once, each with its line.

mod ignore;
mod shape;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sluice_manifest::{Limits as ReadLimits, Node, Span, Text, Value, read_value};

use crate::ConfigError;
use crate::file::RenderEntry;
use crate::file::decode::{Decoder, Fields};
use crate::file::render::read::alone;
use crate::file::{API_VERSION, constant, values};

pub use ignore::{Ignore, Pattern, Token};
pub use shape::schema as application_schema;

/// What goes to a cluster.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its name: the inventory in the cluster carries it.
    pub name: String,
    /// Where its manifests are.
    pub source: ApplicationSource,
    /// How the path of the source becomes manifests; none for what the policy file or the folder says.
    pub render: Option<RenderEntry>,
    /// The policy file, relative to this file; none for the nearest one in the source.
    pub policy: Option<PathBuf>,
    /// Which cluster.
    pub destination: ApplicationDestination,
    /// Whether what is no longer in the set is deleted.
    pub prune: bool,
    /// How long to wait for health; none to not wait.
    pub wait: Option<Duration>,
    /// Applications that have to be healthy at this revision first.
    pub after: Vec<String>,
    /// What to do about changes that others make in the cluster.
    pub drift: Drift,
    /// What of objects is left to others.
    pub ignore: Vec<Ignore>,
    /// What to do when a revision fails.
    pub on_failure: OnFailure,
    /// Whether objects that are there and have no owner are taken over.
    pub adopt: bool,
    /// Whether fields that others own are taken over.
    pub take_fields: bool,
}

/// Where manifests are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationSource {
    /// A repository; none for the folder beside the file.
    pub repo: Option<String>,
    /// A branch, a tag or a commit of it.
    pub revision: String,
    /// The folder: in the repository, or relative to the file.
    pub path: String,
}

/// Which cluster, and where in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationDestination {
    /// A context of the kubeconfig; none for the current one.
    pub context: Option<String>,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The namespace of the inventory.
    pub inventory_namespace: String,
}

/// What to do about changes that others make in the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// Tell of them.
    #[default]
    Report,
    /// Undo them.
    Correct,
}

/// What to do when a revision cannot be applied or does not become healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Leave it as it is.
    #[default]
    Stay,
    /// Go back to the last healthy revision.
    Rollback,
}

const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];
const METADATA: &[&str] = &["name"];
const SPEC: &[&str] = &[
    "source",
    "render",
    "policy",
    "destination",
    "prune",
    "wait",
    "after",
    "drift",
    "ignore",
    "onFailure",
    "adopt",
    "conflicts",
];
const SOURCE: &[&str] = &["repo", "revision", "path"];
const DESTINATION: &[&str] = &["context", "namespace", "inventoryNamespace"];
const DRIFT: [(&str, Drift); 2] = [("report", Drift::Report), ("correct", Drift::Correct)];
const ON_FAILURE: [(&str, OnFailure); 2] = [("stay", OnFailure::Stay), ("rollback", OnFailure::Rollback)];
const CONFLICTS: [(&str, bool); 2] = [("refuse", false), ("take", true)];

/// Where inventories are, if the file does not say.
const INVENTORY_NAMESPACE: &str = "sluice-system";

impl Application {
    /// Reads an application file.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in the order of the file.
    pub fn parse(text: &Arc<Text>) -> Result<Self, Vec<ConfigError>> {
        let tree = read_value(Arc::clone(text), ReadLimits::default())
            .map_err(|problem| vec![ConfigError::at(text, problem.span, problem.message, problem.help)])?;
        let mut decoder = Decoder::new(text);
        let application = application(&mut decoder, tree.root());
        let errors = decoder.finish();
        match application {
            Some(application) if errors.is_empty() => Ok(application),
            Some(_) | None => Err(errors),
        }
    }
}

fn application<'t>(decoder: &mut Decoder<'t>, root: Node<'t>) -> Option<Application> {
    let fields = decoder.object(root, "an application file", FIELDS)?;
    constant(decoder, &fields, "apiVersion", API_VERSION);
    constant(decoder, &fields, "kind", "Application");
    let metadata = decoder.required(&fields, "metadata").and_then(|node| decoder.object(node, "`metadata`", METADATA));
    let name = metadata.and_then(|metadata| {
        let node = decoder.required(&metadata, "name")?;
        let name = decoder.string(node, "`name`")?;
        is_name(decoder, name, node.span());
        Some(name.to_owned())
    });
    let spec = decoder.required(&fields, "spec").and_then(|node| decoder.object(node, "`spec`", SPEC))?;
    let source = decoder.required(&spec, "source").and_then(|node| source(decoder, node));
    let destination = decoder.required(&spec, "destination").and_then(|node| destination(decoder, node));
    let render = spec.get("render").and_then(|node| alone(decoder, node));
    let policy = spec.get("policy").and_then(|node| decoder.string(node, "`policy`")).map(PathBuf::from);
    let after = spec.get("after").map_or_else(Vec::new, |node| {
        let names = decoder.strings(node, "`after`");
        let before = names.into_iter().map(|(before, node)| {
            if name.as_deref() == Some(before) {
                let help = "take it out of `after`: it would wait for itself for ever";
                decoder.error(node.span(), format!("`{before}` comes after itself"), help);
            }
            is_name(decoder, before, node.span()).to_owned()
        });
        before.collect()
    });
    let flag = |decoder: &mut Decoder<'t>, name: &str| spec.get(name).is_some_and(|node| boolean(decoder, node, name));
    let (prune, adopt) = (flag(decoder, "prune"), flag(decoder, "adopt"));
    let wait = spec.get("wait").and_then(|node| {
        let text = decoder.string(node, "`wait`")?;
        let wait = values::duration(text);
        if wait.is_none() {
            decoder.error(node.span(), format!("`{text}` is no duration"), "write `30s`, `5m` or `1h`");
        }
        wait
    });
    let drift = spec.get("drift").and_then(|node| decoder.word(node, "answer to drift", &DRIFT));
    let ignore = spec.get("ignore").map_or_else(Vec::new, |node| ignore::entries(decoder, node));
    let on_failure = spec.get("onFailure").and_then(|node| decoder.word(node, "answer to a failure", &ON_FAILURE));
    let take = spec.get("conflicts").and_then(|node| decoder.word(node, "answer to conflicts", &CONFLICTS));
    if let Some(node) = spec.get("onFailure").filter(|_| on_failure == Some(OnFailure::Rollback) && wait.is_none()) {
        let help = "set `wait` as well: without it nothing is known to be healthy, and there is nothing to go back to";
        decoder.error(node.span(), "`onFailure: rollback` needs `wait`", help);
    }
    Some(Application {
        name: name?,
        source: source?,
        render,
        policy,
        destination: destination?,
        prune,
        wait,
        after,
        drift: drift.unwrap_or_default(),
        ignore,
        on_failure: on_failure.unwrap_or_default(),
        adopt,
        take_fields: take.unwrap_or_default(),
    })
}

/// Says so of what cannot be the name of an application.
fn is_name<'n>(decoder: &mut Decoder<'_>, name: &'n str, span: Span) -> &'n str {
    if !values::is_kebab(name) || name.len() > 50 {
        let help = "use lowercase letters, digits and hyphens, 50 at most: objects in the cluster carry it";
        decoder.error(span, format!("`{name}` is no name of an application"), help);
    }
    name
}

fn source<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<ApplicationSource> {
    let fields = decoder.object(node, "`source`", SOURCE)?;
    let repo = text(decoder, &fields, "repo");
    let revision = text(decoder, &fields, "revision");
    if let Some(node) = fields.get("revision").filter(|_| repo.is_none()) {
        decoder.error(
            node.span(),
            "a folder has no revision",
            "name its repository with `repo`, or leave `revision` out",
        );
    }
    let path = text(decoder, &fields, "path").unwrap_or_else(|| String::from("."));
    Some(ApplicationSource { repo, revision: revision.unwrap_or_else(|| String::from("HEAD")), path })
}

fn destination<'t>(decoder: &mut Decoder<'t>, node: Node<'t>) -> Option<ApplicationDestination> {
    let fields = decoder.object(node, "`destination`", DESTINATION)?;
    let context = text(decoder, &fields, "context");
    let mut namespace = |name: &str, otherwise: &str| {
        let Some(node) = fields.get(name) else { return Some(otherwise.to_owned()) };
        let text = decoder.string(node, &format!("`{name}`"))?;
        let is_label = text.len() <= 63
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if !is_label {
            decoder.error(
                node.span(),
                format!("`{text}` is no name of a namespace"),
                "use lowercase letters, digits and hyphens",
            );
        }
        Some(text.to_owned())
    };
    let inventory_namespace = namespace("inventoryNamespace", INVENTORY_NAMESPACE);
    let namespace = namespace("namespace", "default");
    Some(ApplicationDestination { context, namespace: namespace?, inventory_namespace: inventory_namespace? })
}

fn text<'t>(decoder: &mut Decoder<'t>, fields: &Fields<'t>, name: &str) -> Option<String> {
    let node = fields.get(name)?;
    decoder.string(node, &format!("`{name}`")).map(String::from)
}

fn boolean(decoder: &mut Decoder<'_>, node: Node<'_>, name: &str) -> bool {
    match node.value() {
        Value::Bool(value) => value,
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            decoder.error(node.span(), format!("`{name}` has to be true or false"), "");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use sluice_manifest::Text;

    use super::{Application, Drift, OnFailure};

    fn parse(text: &str) -> Result<Application, Vec<String>> {
        let told = |error: crate::ConfigError| {
            let line = error.location.map_or(0, |location| location.line);
            format!("{line}: {}", error.message)
        };
        Application::parse(&Arc::new(Text::new("app.yaml", text.to_owned())))
            .map_err(|errors| errors.into_iter().map(told).collect())
    }

    const WHOLE: &str = "apiVersion: sluice.dev/v1alpha1
kind: Application
metadata: {name: shop-staging}
spec:
  source: {repo: https://git.example/shop.git, revision: main, path: deploy/staging}
  render: {kustomize: {}}
  policy: ./sluice.yaml
  destination: {context: staging, namespace: shop}
  prune: true
  wait: 5m
  after: [shop-dev]
  drift: correct
  onFailure: rollback
";

    #[test]
    fn everything_is_read() {
        let application = parse(WHOLE).unwrap();
        assert_eq!(application.name, "shop-staging");
        assert_eq!(application.source.path, "deploy/staging");
        assert_eq!(application.destination.inventory_namespace, "sluice-system");
        assert_eq!(application.wait, Some(Duration::from_secs(300)));
        assert_eq!((application.drift, application.on_failure), (Drift::Correct, OnFailure::Rollback));
        assert!(application.render.is_some());
        assert!(application.prune && !application.adopt && !application.take_fields);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let errors = parse(
            "apiVersion: sluice.dev/v1\nkind: Application\nmetadata: {name: Shop}\nspec:\n  source: {revision: main}\n  \
             destination: {namespace: -x}\n  prune: yes please\n  wait: soon\n  onFailure: rollback\n  retry: 3\n  after: [shop, Bad Name]\n",
        );
        assert_eq!(
            errors.unwrap_err(),
            [
                "1: `apiVersion` is `sluice.dev/v1`",
                "3: `Shop` is no name of an application",
                "5: a folder has no revision",
                "6: `-x` is no name of a namespace",
                "7: `prune` has to be true or false",
                "8: `soon` is no duration",
                "9: `onFailure: rollback` needs `wait`",
                "10: `spec` has no field `retry`",
                "11: `Bad Name` is no name of an application",
            ]
        );
        let errors = parse(&WHOLE.replace("[shop-dev]", "[shop-dev, shop-staging]"));
        assert_eq!(errors.unwrap_err(), ["11: `shop-staging` comes after itself"]);
    }
}
