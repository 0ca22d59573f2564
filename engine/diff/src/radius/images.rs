//! Which images containers begin or cease to run.

use std::collections::BTreeMap;

use sluice_manifest::{Node, Path, Resource};

use crate::{Change, Object, Shown, What};

/// An image that takes the place of another, is new, or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The image before; none for a container that is new.
    pub before: Option<String>,
    /// The image after; none for a container that is gone.
    pub after: Option<String>,
    /// Where it runs.
    pub uses: Vec<Use>,
}

/// A place where an image runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The object, by its place in [`Diff::objects`](crate::Diff::objects).
    pub object: usize,
    /// The name of the container; the field, for a custom resource.
    pub container: String,
}

/// Where the kinds that run containers keep them.
const POD_SPECS: [(&str, &str, &str); 10] = [
    ("", "Pod", "/spec"),
    ("", "PodTemplate", "/template/spec"),
    ("", "ReplicationController", "/spec/template/spec"),
    ("apps", "Deployment", "/spec/template/spec"),
    ("apps", "StatefulSet", "/spec/template/spec"),
    ("apps", "DaemonSet", "/spec/template/spec"),
    ("apps", "ReplicaSet", "/spec/template/spec"),
    ("batch", "Job", "/spec/template/spec"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("argoproj.io", "Rollout", "/spec/template/spec"),
];

/// The lists of containers.
const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// What was, what is.
type Pair = (Option<String>, Option<String>);

pub(super) fn of(objects: &[Object]) -> Vec<Image> {
    let mut images = BTreeMap::<Pair, Vec<Use>>::new();
    for (index, object) in objects.iter().enumerate().filter(|(_, object)| object.change != Change::Moved) {
        for (container, pair) in of_object(object).into_iter().filter(|(_, (was, is))| was != is) {
            images.entry(pair).or_default().push(Use { object: index, container });
        }
    }
    images.into_iter().map(|((before, after), uses)| Image { before, after, uses }).collect()
}

fn of_object(object: &Object) -> Vec<(String, Pair)> {
    let (group, kind) = (object.identity.group(), object.identity.kind.as_str());
    if let Some((_, _, spec)) = POD_SPECS.iter().find(|(of, name, _)| (*of, *name) == (group, kind)) {
        return of_pods(object, spec);
    }
    // Groups with a dot that are not of Kubernetes itself hold custom resources.
    if group.contains('.') && !group.ends_with(".k8s.io") { of_custom(object) } else { Vec::new() }
}

fn of_pods(object: &Object, spec: &str) -> Vec<(String, Pair)> {
    let mut containers = BTreeMap::<(usize, String), Pair>::new();
    for (list, name) in LISTS.into_iter().enumerate() {
        for (container, image) in images(object.before.as_deref(), spec, name) {
            containers.entry((list, container)).or_default().0 = Some(image);
        }
        for (container, image) in images(object.after.as_deref(), spec, name) {
            containers.entry((list, container)).or_default().1 = Some(image);
        }
    }
    containers.into_iter().map(|((_, container), pair)| (container, pair)).collect()
}

fn images(object: Option<&Resource>, spec: &str, list: &str) -> Vec<(String, String)> {
    let containers = object.and_then(|object| object.root().at(spec)?.get(list)).into_iter().flat_map(Node::items);
    let text = |container: Node<'_>, name: &str| container.get(name).and_then(Node::as_str).map(String::from);
    let named = |(at, container): (usize, Node<'_>)| {
        Some((text(container, "name").unwrap_or_else(|| at.to_string()), text(container, "image")?))
    };
    containers.enumerate().filter_map(named).collect()
}

/// Every member `image` of an object whose kind is not known.
fn of_custom(object: &Object) -> Vec<(String, Pair)> {
    let whole =
        |object: &Option<std::sync::Arc<Resource>>| object.as_ref().map(|o| found("", o.root())).unwrap_or_default();
    let gone = |images: Vec<(String, String)>| images.into_iter().map(|(field, image)| (field, (Some(image), None)));
    let new = |images: Vec<(String, String)>| images.into_iter().map(|(field, image)| (field, (None, Some(image))));
    match object.change {
        Change::Added => new(whole(&object.after)).collect(),
        Change::Removed => gone(whole(&object.before)).collect(),
        Change::Moved => Vec::new(),
        Change::Changed => {
            let mut all = Vec::new();
            for field in &object.fields {
                let below = |shown: &Shown| found(&field.pointer, shown.node());
                match &field.what {
                    What::Added(value) => all.extend(new(below(value))),
                    What::Removed(value) => all.extend(gone(below(value))),
                    What::Changed(was, is) if field.pointer.ends_with("/image") => {
                        let text = |shown: &Shown| shown.node().as_str().map(String::from);
                        all.push((field.field.clone(), (text(was), text(is))));
                    }
                    What::Changed(was, is) => {
                        all.extend(gone(below(was)));
                        all.extend(new(below(is)));
                    }
                    What::Reordered { .. } => {}
                }
            }
            all
        }
    }
}

/// The images at and below a value that stands at a pointer.
fn found(pointer: &str, value: Node<'_>) -> Vec<(String, String)> {
    if pointer.ends_with("/image") {
        return value.as_str().map(|image| (pointer.to_owned(), image.to_owned())).into_iter().collect();
    }
    let Ok(path) = Path::parse("$..image") else { return Vec::new() };
    let mut images = Vec::new();
    path.select(value, &mut |below, image| {
        images.extend(image.as_str().map(|image| (format!("{pointer}{below}"), image.to_owned())));
    });
    images
}
