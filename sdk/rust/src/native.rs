//! What the host does for a guest, done on a tape for unit tests: JSON text, and paths without filters.

use crate::finding::{escape, json_of};
use crate::resource::Selected;
use crate::tape::{Kind, Node};

/// A value as JSON text.
pub(crate) fn json(node: Node<'_>) -> String {
    let join = |parts: Vec<String>| parts.join(",");
    match node.kind() {
        Kind::Null => String::from("null"),
        Kind::Bool => (node.as_bool() == Some(true)).to_string(),
        Kind::Number => node.number_text().unwrap_or_default().to_owned(),
        Kind::String => json_of(node.as_str().unwrap_or_default()),
        Kind::Array => format!("[{}]", join(node.items().map(json).collect())),
        Kind::Object => {
            let member = |(key, value): (Node<'_>, Node<'_>)| format!("{}:{}", json(key), json(value));
            format!("{{{}}}", join(node.entries().map(member).collect()))
        }
    }
}

/// What a path selects, in document order.
pub(crate) fn select(root: Node<'_>, path: &str) -> Result<Vec<Selected>, String> {
    let steps = parse(path).ok_or_else(|| format!("the path `{path}` is not understood"))?;
    let mut found = Vec::new();
    walk(root, &mut String::new(), &steps, &mut found);
    found.sort_by_key(|(index, _)| *index);
    found.dedup_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, selected)| selected).collect())
}

enum Selector {
    Name(String),
    Index(i64),
    Any,
}

struct Step {
    descend: bool,
    selectors: Vec<Selector>,
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let descend = rest.starts_with("..");
        let after_dots = rest.strip_prefix("..").or_else(|| rest.strip_prefix('.'));
        if let Some(inner) = after_dots.unwrap_or(rest).strip_prefix('[') {
            if after_dots.is_some() && !descend {
                return None;
            }
            let (selectors, after) = bracket(inner)?;
            steps.push(Step { descend, selectors });
            rest = after;
        } else {
            let text = after_dots?;
            let end = text.find(['.', '[']).unwrap_or(text.len());
            let (name, after) = text.split_at(end);
            let selector = match name {
                "" => return None,
                "*" => Selector::Any,
                name if name.chars().all(|c| c.is_alphanumeric() || c == '_') => Selector::Name(name.to_owned()),
                _ => return None,
            };
            steps.push(Step { descend, selectors: vec![selector] });
            rest = after;
        }
    }
    Some(steps)
}

fn bracket(mut rest: &str) -> Option<(Vec<Selector>, &str)> {
    let mut selectors = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            // Escapes are rare in names; the host knows them, the stub does not.
            let (name, after) = rest.get(1..)?.split_once(quote).filter(|(name, _)| !name.contains('\\'))?;
            selectors.push(Selector::Name(name.to_owned()));
            rest = after;
        } else {
            let (text, after) = rest.split_at(rest.find([',', ']'])?);
            let text = text.trim_end();
            selectors.push(if text == "*" { Selector::Any } else { Selector::Index(text.parse().ok()?) });
            rest = after;
        }
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            return Some((selectors, after));
        }
        rest = rest.strip_prefix(',')?;
    }
}

fn walk(node: Node<'_>, pointer: &mut String, steps: &[Step], found: &mut Vec<(u32, Selected)>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push((node.index(), Selected { pointer: pointer.clone(), json: json(node) }));
        return;
    };
    let length = node.len() as i64;
    let members = node.entries().map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), None, value));
    let elements = node.items().zip(0_i64..).map(|(value, index)| (index.to_string(), Some(index), value));
    for (token, index, value) in members.chain(elements) {
        let before = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape(&token));
        let is_selected = step.selectors.iter().any(|selector| match selector {
            Selector::Any => true,
            Selector::Name(name) => index.is_none() && *name == token,
            Selector::Index(wanted) => index.is_some_and(|index| index == *wanted || index - length == *wanted),
        });
        if is_selected {
            walk(value, pointer, rest, found);
        }
        if step.descend {
            walk(value, pointer, steps, found);
        }
        pointer.truncate(before);
    }
}
