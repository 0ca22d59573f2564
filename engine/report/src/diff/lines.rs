//! Texts of several lines compared line by line, as far as people look at them: what changed, with a little around it.

use std::collections::HashMap;

use sluice_manifest::align;

/// Lines around a change that are shown.
const CONTEXT: usize = 3;

/// A line of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// So many lines that are the same are left out.
    Skipped(usize),
    /// A line that both have.
    Same(&'t str),
    /// A line that is gone.
    Removed(&'t str),
    /// A line that is new.
    Added(&'t str),
}

/// The lines that differ, with three around them. A break at the end that only one has shows as a line of its own.
pub(super) fn compare<'t>(before: &'t str, after: &'t str) -> Vec<Line<'t>> {
    // The break that ends both texts begins no line.
    let ended = before.strip_suffix('\n').zip(after.strip_suffix('\n'));
    let (before, after) = ended.unwrap_or((before, after));
    let (one, other): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let mut known = HashMap::<&str, u64>::new();
    let mut numbers = |lines: &[&'t str]| -> Vec<u64> {
        let number = |line: &&'t str| {
            let next = known.len() as u64;
            *known.entry(line).or_insert(next)
        };
        lines.iter().map(number).collect()
    };
    let pairs = align(&numbers(&one), &numbers(&other));
    let mut all = Vec::with_capacity(one.len().max(other.len()));
    let (mut b, mut a) = (0, 0);
    for (next, there) in pairs.into_iter().chain(std::iter::once((one.len(), other.len()))) {
        all.extend(one.get(b..next).unwrap_or_default().iter().map(|line| Line::Removed(line)));
        all.extend(other.get(a..there).unwrap_or_default().iter().map(|line| Line::Added(line)));
        all.extend(one.get(next).map(|line| Line::Same(line)));
        (b, a) = (next + 1, there + 1);
    }
    shortened(all)
}

fn shortened(all: Vec<Line<'_>>) -> Vec<Line<'_>> {
    let changes: Vec<usize> =
        all.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))).map(|(at, _)| at).collect();
    let near = |at: usize| {
        let next = changes.partition_point(|change| *change < at);
        let after = changes.get(next).is_some_and(|change| change - at <= CONTEXT);
        let before =
            next.checked_sub(1).and_then(|last| changes.get(last)).is_some_and(|change| at - change <= CONTEXT);
        after || before
    };
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, line) in all.into_iter().enumerate() {
        if near(at) {
            lines.push(line);
        } else if let Some(Line::Skipped(count)) = lines.last_mut() {
            *count += 1;
        } else {
            lines.push(Line::Skipped(1));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Line, compare};

    #[test]
    fn what_changed_is_shown_with_a_little_around_it() {
        let text: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
        let before = text.join("\n");
        let after = before.replace("10", "ten");
        let expected = [
            Line::Skipped(6),
            Line::Same("7"),
            Line::Same("8"),
            Line::Same("9"),
            Line::Removed("10"),
            Line::Added("ten"),
            Line::Same("11"),
            Line::Same("12"),
            Line::Same("13"),
            Line::Skipped(7),
        ];
        assert_eq!(compare(&before, &after), expected);
        assert_eq!(compare("a\n", "a"), [Line::Same("a"), Line::Removed("")]);
    }
}
