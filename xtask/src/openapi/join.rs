//! Joins the versions into one set of definitions: every kind, field and enum value says in which versions it exists.
//!
//! A version differs from the next in about one field of a hundred, so all of them together are hardly larger than one,
//! and a rule can say that a field it does not know came with a later version.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use super::document::{Document, GroupVersionKind, Schema};

/// A set of versions: bit `n` is the version with index `n`.
pub type Versions = u16;

/// All versions at once.
pub struct Joined {
    /// `1.36.3`, oldest first.
    pub versions: Vec<String>,
    /// In the order of their names.
    pub definitions: Vec<Definition>,
    /// Every type that a field has, once.
    pub types: Vec<Type>,
    /// Values with the versions that accept them.
    pub enums: Vec<Vec<(String, Versions)>>,
    /// Names of fields that tell the elements of a list apart.
    pub key_sets: Vec<Vec<String>>,
    /// What a manifest can say it is.
    pub kinds: Vec<Kind>,
}

/// An object with known fields.
pub struct Definition {
    /// Those that some version requires first, then by name. Of one name there may be several, for disjoint versions.
    pub fields: Vec<Field>,
}

/// A field of a definition.
pub struct Field {
    pub name: String,
    pub versions: Versions,
    pub required: Versions,
    /// Index into the types.
    pub kind: usize,
}

/// A kind of the API.
pub struct Kind {
    pub api_version: String,
    pub kind: String,
    pub versions: Versions,
    /// Index into the definitions.
    pub definition: usize,
}

/// How the elements of a list are told apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Elements {
    /// Not at all.
    Atomic,
    /// By their value.
    Set,
    /// By these fields: index into the key sets.
    Keyed(usize),
}

/// What a value has to be. Numbers are indexes into the list that the variant speaks of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    Any,
    Text,
    Boolean,
    Int32,
    Int64,
    Number,
    Bytes,
    Time,
    MicroTime,
    IntOrString,
    Quantity,
    Labels,
    Annotations,
    Enum(usize),
    Object(usize),
    Map(usize),
    List(usize, Elements),
}

/// A type before definitions, enums and types have numbers.
#[derive(Clone, PartialEq, Eq)]
enum Shape {
    Plain(Type),
    Enum(BTreeMap<String, Versions>),
    Reference(String),
    Map(Box<Shape>),
    List(Box<Shape>, ListShape),
}

#[derive(Clone, PartialEq, Eq)]
enum ListShape {
    Atomic,
    Set,
    Keyed(Vec<String>),
}

struct Draft {
    name: String,
    versions: Versions,
    required: Versions,
    shape: Shape,
}

const META: &str = "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Definitions that are not what their schema says, but have a form of their own in JSON.
const SPECIAL: [(&str, Type); 11] = [
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", Type::Quantity),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", Type::Time),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", Type::MicroTime),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", Type::IntOrString),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", Type::Any),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Patch", Type::Any),
    ("io.k8s.apimachinery.pkg.runtime.RawExtension", Type::Any),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", Type::Any),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray", Type::Any),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool", Type::Any),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray", Type::Any),
];

/// Maps of strings whose keys and values have the syntax of labels or annotations.
const SYNTAX: [(&str, &str, Type); 6] = [
    ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "labels", Type::Labels),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "annotations", Type::Annotations),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "matchLabels", Type::Labels),
    ("io.k8s.api.core.v1.PodSpec", "nodeSelector", Type::Labels),
    ("io.k8s.api.core.v1.ServiceSpec", "selector", Type::Labels),
    ("io.k8s.api.core.v1.ReplicationControllerSpec", "selector", Type::Labels),
];

/// Joins documents, which come oldest first.
pub fn join(documents: &[Document]) -> Result<Joined> {
    if documents.len() > Versions::BITS as usize {
        bail!("more than {} versions need a wider set", Versions::BITS);
    }
    let mut drafts: BTreeMap<String, Vec<Draft>> = BTreeMap::new();
    let mut kinds: BTreeMap<GroupVersionKind, (String, Versions)> = BTreeMap::new();
    for (index, document) in documents.iter().enumerate() {
        let version: Versions = 1 << index;
        for (name, definition) in &document.definitions {
            if is_special(name).is_some() {
                continue;
            }
            let fields = drafts.entry(name.clone()).or_default();
            add_fields(name, definition, version, fields).with_context(|| format!("{name} of {}", document.version))?;
            if definition.properties.get("metadata").is_none_or(|metadata| metadata.reference != META) {
                continue;
            }
            for kind in &definition.kinds {
                let (known, versions) = kinds.entry(kind.clone()).or_insert_with(|| (name.clone(), 0));
                if known != name {
                    bail!("{} is {known} in one version and {name} in another", kind.kind);
                }
                *versions |= version;
            }
        }
    }
    let versions = documents.iter().map(|document| document.version.clone()).collect();
    number(versions, drafts, kinds)
}

fn is_special(name: &str) -> Option<Type> {
    SPECIAL.iter().find(|(special, _)| *special == name).map(|(_, kind)| kind.clone())
}

fn add_fields(owner: &str, definition: &Schema, version: Versions, fields: &mut Vec<Draft>) -> Result<()> {
    if definition.kind != "object" || definition.additional.is_some() || definition.preserve_unknown {
        bail!("a definition that is no object with fields");
    }
    for (name, property) in &definition.properties {
        let syntax = SYNTAX.iter().find(|(definition, field, _)| *definition == owner && field == name);
        let shape = match syntax {
            Some((_, _, kind)) => Shape::Plain(kind.clone()),
            None => shape_of(property, version).with_context(|| format!("field {name}"))?,
        };
        let required = if definition.required.contains(name) { version } else { 0 };
        let mut same_name = fields.iter_mut().filter(|field| field.name == *name);
        let joined = same_name.find_map(|field| Some((merge(&field.shape, &shape)?, field)));
        match joined {
            Some((shape, field)) => {
                field.shape = shape;
                field.versions |= version;
                field.required |= required;
            }
            None => fields.push(Draft { name: name.clone(), versions: version, required, shape }),
        }
    }
    Ok(())
}

fn shape_of(schema: &Schema, version: Versions) -> Result<Shape> {
    if let Some(name) = schema.reference.strip_prefix("#/definitions/") {
        return Ok(is_special(name).map_or_else(|| Shape::Reference(name.to_owned()), Shape::Plain));
    }
    if schema.preserve_unknown {
        return Ok(Shape::Plain(Type::Any));
    }
    let plain = match (schema.kind.as_str(), schema.format.as_str()) {
        ("string", "") if !schema.values.is_empty() => return enum_of(schema, version),
        ("string", "") => Type::Text,
        ("string", "byte") => Type::Bytes,
        ("string", "date-time") => Type::Time,
        ("boolean", "") => Type::Boolean,
        ("integer", "int32") => Type::Int32,
        ("integer", "int64") => Type::Int64,
        ("number", "double") => Type::Number,
        ("array", "") => {
            let items = schema.items.as_ref().context("a list without items")?;
            let elements = match schema.list_type.as_str() {
                "map" => keyed(&schema.list_map_keys)?,
                "set" => ListShape::Set,
                "atomic" | "" => ListShape::Atomic,
                other => bail!("unknown list type {other}"),
            };
            return Ok(Shape::List(Box::new(shape_of(items, version)?), elements));
        }
        ("object", "") if schema.properties.is_empty() => match &schema.additional {
            Some(additional) => return Ok(Shape::Map(Box::new(shape_of(additional, version)?))),
            None => Type::Any,
        },
        (kind, format) => bail!("unknown type {kind:?} of format {format:?}"),
    };
    Ok(Shape::Plain(plain))
}

/// The keys of a list that is a map. Where a key may be left out its preset counts: of all keys that is `protocol`
/// alone, and what reads the data knows that it is `TCP`.
fn keyed(keys: &[String]) -> Result<ListShape> {
    if keys.is_empty() {
        bail!("a list that is a map without keys");
    }
    Ok(ListShape::Keyed(keys.to_vec()))
}

fn enum_of(schema: &Schema, version: Versions) -> Result<Shape> {
    let values = schema.values.iter().map(|value| Some((value.as_str()?.to_owned(), version)));
    values.collect::<Option<BTreeMap<_, _>>>().map(Shape::Enum).context("an enum of something else than strings")
}

/// One shape for both, where they differ in the values of enums only.
fn merge(left: &Shape, right: &Shape) -> Option<Shape> {
    match (left, right) {
        (Shape::Enum(left), Shape::Enum(right)) => {
            let mut both = left.clone();
            for (value, versions) in right {
                *both.entry(value.clone()).or_default() |= versions;
            }
            Some(Shape::Enum(both))
        }
        (Shape::Map(left), Shape::Map(right)) => Some(Shape::Map(Box::new(merge(left, right)?))),
        (Shape::List(left, elements), Shape::List(right, others)) if elements == others => {
            Some(Shape::List(Box::new(merge(left, right)?), elements.clone()))
        }
        (left, right) if left == right => Some(left.clone()),
        _ => None,
    }
}

/// Leaves out what no kind reaches, and gives everything its number.
fn number(
    versions: Vec<String>,
    mut drafts: BTreeMap<String, Vec<Draft>>,
    kinds: BTreeMap<GroupVersionKind, (String, Versions)>,
) -> Result<Joined> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = kinds.values().map(|(name, _)| name.clone()).collect();
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            let fields = drafts.get(&name).with_context(|| format!("a reference to {name}, which is not there"))?;
            fields.iter().for_each(|field| references(&field.shape, &mut open));
        }
    }
    let order: BTreeMap<&str, usize> = reached.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let mut joined = Joined {
        versions,
        definitions: vec![],
        types: vec![Type::Any],
        enums: vec![],
        key_sets: vec![],
        kinds: vec![],
    };
    for name in &reached {
        let mut fields = drafts.remove(name).unwrap_or_default();
        fields.sort_by(|a, b| (a.required == 0, &a.name, a.versions).cmp(&(b.required == 0, &b.name, b.versions)));
        let mut definition = Definition { fields: Vec::new() };
        for field in fields {
            let kind = joined.intern(&field.shape, &order)?;
            definition.fields.push(Field {
                name: field.name,
                versions: field.versions,
                required: field.required,
                kind,
            });
        }
        joined.definitions.push(definition);
    }
    for (kind, (name, versions)) in kinds {
        let definition = *order.get(name.as_str()).context("a kind without definition")?;
        let api_version = if kind.group.is_empty() { kind.version } else { format!("{}/{}", kind.group, kind.version) };
        joined.kinds.push(Kind { api_version, kind: kind.kind, versions, definition });
    }
    Ok(joined)
}

fn references(shape: &Shape, into: &mut Vec<String>) {
    match shape {
        Shape::Reference(name) => into.push(name.clone()),
        Shape::Map(inner) | Shape::List(inner, _) => references(inner, into),
        Shape::Plain(_) | Shape::Enum(_) => {}
    }
}

impl Joined {
    fn intern(&mut self, shape: &Shape, order: &BTreeMap<&str, usize>) -> Result<usize> {
        let kind = match shape {
            Shape::Plain(kind) => kind.clone(),
            Shape::Enum(values) => {
                let values = values.iter().map(|(value, versions)| (value.clone(), *versions)).collect();
                Type::Enum(place(&mut self.enums, values))
            }
            Shape::Reference(name) => Type::Object(*order.get(name.as_str()).context("a lost reference")?),
            Shape::Map(inner) => Type::Map(self.intern(inner, order)?),
            Shape::List(inner, elements) => {
                let inner = self.intern(inner, order)?;
                Type::List(
                    inner,
                    match elements {
                        ListShape::Atomic => Elements::Atomic,
                        ListShape::Set => Elements::Set,
                        ListShape::Keyed(keys) => Elements::Keyed(place(&mut self.key_sets, keys.clone())),
                    },
                )
            }
        };
        Ok(place(&mut self.types, kind))
    }
}

/// The index of a value in a list, which takes it in when it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}
