//! What a person may have meant: the field or value that is spelt nearly so, or the place where the field belongs.

use crate::data::{Definition, Type, Versions};
use crate::place::{Place, words};

/// What to say about a field that its object does not know.
pub(crate) enum Advice {
    /// Other versions have it.
    OtherVersions(Versions),
    /// It is spelt differently. Certain where nothing else comes near.
    Spelling {
        /// The right name.
        name: &'static str,
        /// Whether it may be put right without asking.
        certain: bool,
    },
    /// It belongs somewhere else: a place in words, empty for the root.
    Elsewhere(String),
    /// Nothing comes near.
    Nothing,
}

/// Names that are fields of so many things that meeting one elsewhere says nothing.
const COMMON: [&str; 7] = ["name", "type", "kind", "key", "value", "values", "path"];

/// Looks for what was meant by a field that the last level of a place does not know.
pub(crate) fn field(place: &Place<'_>, versions: Versions) -> Advice {
    let name = place.name();
    let Some((holder, above)) = place.levels.split_last() else { return Advice::Nothing };
    let Some(definition) = holder.definition() else { return Advice::Nothing };
    if let Some((_, field)) = definition.find(name.as_bytes(), Versions::MAX) {
        return Advice::OtherVersions(field.versions());
    }
    let names = || definition.fields(versions).map(|field| field.name());
    let simple = simplified(name);
    if let Some(name) = names().find(|known| simplified(known) == simple) {
        return Advice::Spelling { name, certain: true };
    }
    let near = nearest(name, names());
    if let Some((name, 1, alone)) = near {
        return Advice::Spelling { name, certain: alone && name.len() >= 4 };
    }
    if !COMMON.contains(&name) {
        let knows = |definition: Definition| definition.find(name.as_bytes(), versions).is_some();
        let higher = above.iter().rposition(|level| level.definition().is_some_and(knows));
        if let Some(level) = higher {
            return Advice::Elsewhere(words(place.steps.get(..level).unwrap_or_default()));
        }
        if let Some(path) = below(definition, name, versions) {
            let holder = place.holder();
            let dot = if holder.is_empty() { "" } else { "." };
            return Advice::Elsewhere(format!("{holder}{dot}{path}"));
        }
    }
    near.map_or(Advice::Nothing, |(name, _, _)| Advice::Spelling { name, certain: false })
}

/// The one field of a definition, at most two levels below, that holds a field with this name.
fn below(definition: Definition, name: &str, versions: Versions) -> Option<String> {
    let mut level = vec![(String::new(), definition)];
    for _ in 0..2 {
        let mut next = Vec::new();
        for (path, definition) in &level {
            for field in definition.fields(versions) {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{}", field.name());
                match field.kind() {
                    Type::Object(inner) => next.push((path, Definition::at(inner))),
                    Type::List(element, _) => {
                        if let Type::Object(inner) = Type::at(element) {
                            next.push((format!("{path}[]"), Definition::at(inner)));
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut found = next.iter().filter(|(_, definition)| definition.find(name.as_bytes(), versions).is_some());
        if let Some((path, _)) = found.next() {
            return if found.next().is_none() { Some(path.clone()) } else { None };
        }
        level = next;
    }
    None
}

/// The nearest of some names, how many strokes away it is, and whether no other is as near.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<(&'n str, usize, bool)> {
    let limit = match name.len() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let mut best: Option<(&str, usize, bool)> = None;
    for known in names {
        if known.len().abs_diff(name.len()) > limit {
            continue;
        }
        let strokes = strokes(name, known);
        match &mut best {
            _ if strokes > limit => {}
            Some((_, fewest, alone)) if strokes == *fewest => *alone = false,
            Some((_, fewest, _)) if strokes > *fewest => {}
            _ => best = Some((known, strokes, true)),
        }
    }
    best
}

/// How many letters have to be added, removed, changed or swapped with their neighbour.
fn strokes(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let change = at(&last, j) + usize::from(letter != other);
            let mut fewest = change.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(other) && b.get(j - 1) == Some(letter);
            if swapped {
                fewest = fewest.min(at(&before, j - 1) + 1);
            }
            row.push(fewest);
        }
        before = core::mem::replace(&mut last, row);
    }
    at(&last, b.len())
}

/// A name without case, dashes and underscores: `image_pull_policy` is meant to be `imagePullPolicy`.
pub(crate) fn simplified(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).map(|letter| letter.to_ascii_lowercase()).collect()
}
