//! Which elements of one sequence are still there in another, in order. Bounded: short stretches are compared in full, long
//! ones by what is there once on both sides (patience), so that no input makes the time grow with the square.

use std::collections::HashMap;
use std::ops::Range;

/// The largest table for comparing in full, in cells of two bytes.
const TABLE: usize = 1 << 22;
/// How often a stretch is divided before it counts as wholly different.
const ROUNDS: u32 = 12;

/// A stretch of both sequences between things that are alike.
struct Stretch {
    before: Range<usize>,
    after: Range<usize>,
    round: u32,
}

/// Pairs the elements that two sequences share, as `(index before, index after)`, both rising. Elements are alike where
/// their numbers are.
///
/// The longest common subsequence for up to about 2,000 elements that changed; for more, a common subsequence that need
/// not be the longest.
#[must_use]
pub fn align(before: &[u64], after: &[u64]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut open = vec![Stretch { before: 0..before.len(), after: 0..after.len(), round: 0 }];
    while let Some(stretch) = open.pop() {
        let Stretch { before: left, after: right, round } = trimmed(before, after, stretch, &mut pairs);
        let (one, two) = (slice(before, &left), slice(after, &right));
        if one.is_empty() || two.is_empty() || round > ROUNDS {
            continue;
        }
        if one.len().saturating_mul(two.len()) <= TABLE {
            pairs.extend(longest(one, two).into_iter().map(|(b, a)| (left.start + b, right.start + a)));
            continue;
        }
        let anchors = anchors(one, two);
        let (mut b, mut a) = (left.start, right.start);
        let ends = anchors.iter().map(|(b, a)| (left.start + b, right.start + a));
        for (next_b, next_a) in ends.chain(std::iter::once((left.end, right.end))) {
            if !anchors.is_empty() {
                open.push(Stretch { before: b..next_b, after: a..next_a, round: round + 1 });
            }
            if next_b < left.end {
                pairs.push((next_b, next_a));
            }
            (b, a) = (next_b + 1, next_a + 1);
        }
    }
    pairs.sort_unstable();
    pairs
}

fn slice<'s>(all: &'s [u64], range: &Range<usize>) -> &'s [u64] {
    all.get(range.clone()).unwrap_or_default()
}

/// Takes what is alike from both ends of a stretch.
fn trimmed(before: &[u64], after: &[u64], stretch: Stretch, pairs: &mut Vec<(usize, usize)>) -> Stretch {
    let Stretch { before: mut left, after: mut right, round } = stretch;
    let (one, two) = (slice(before, &left), slice(after, &right));
    let head = one.iter().zip(two).take_while(|(b, a)| b == a).count();
    pairs.extend((0..head).map(|at| (left.start + at, right.start + at)));
    (left.start, right.start) = (left.start + head, right.start + head);
    let (one, two) = (slice(before, &left), slice(after, &right));
    let tail = one.iter().rev().zip(two.iter().rev()).take_while(|(b, a)| b == a).count();
    (left.end, right.end) = (left.end - tail, right.end - tail);
    pairs.extend((0..tail).map(|at| (left.end + at, right.end + at)));
    Stretch { before: left, after: right, round }
}

/// The longest common subsequence, by a table of its lengths from every place to the ends.
fn longest(before: &[u64], after: &[u64]) -> Vec<(usize, usize)> {
    let mut rows: Vec<Vec<u16>> = vec![vec![0; after.len() + 1]];
    for element in before.iter().rev() {
        let mut row = Vec::with_capacity(after.len() + 1);
        row.push(0);
        let mut left = 0_u16;
        let below = rows.last().map(Vec::as_slice).unwrap_or_default();
        for (other, pair) in after.iter().rev().zip(below.windows(2)) {
            let &[diagonal, up] = pair else { continue };
            left = if element == other { diagonal + 1 } else { left.max(up) };
            row.push(left);
        }
        rows.push(row);
    }
    let length = |rest: usize, other: usize| rows.get(rest).and_then(|row| row.get(other)).copied().unwrap_or(0);
    let (mut pairs, mut b, mut a) = (Vec::new(), 0, 0);
    while let (Some(one), Some(two)) = (before.get(b), after.get(a)) {
        let (rest, other) = (before.len() - b, after.len() - a);
        if one == two {
            pairs.push((b, a));
            (b, a) = (b + 1, a + 1);
        } else if length(rest - 1, other) >= length(rest, other - 1) {
            b += 1;
        } else {
            a += 1;
        }
    }
    pairs
}

/// What is there once on both sides, as far as its order is the same on both.
fn anchors(before: &[u64], after: &[u64]) -> Vec<(usize, usize)> {
    let mut places = HashMap::<u64, (u32, u32, usize)>::with_capacity(before.len());
    for element in before {
        places.entry(*element).or_default().0 += 1;
    }
    for (at, element) in after.iter().enumerate() {
        if let Some((_, times, place)) = places.get_mut(element) {
            (*times, *place) = (*times + 1, at);
        }
    }
    let once = before.iter().enumerate().filter_map(|(at, element)| match places.get(element) {
        Some((1, 1, place)) => Some((at, *place)),
        Some(_) | None => None,
    });
    rising(&once.collect::<Vec<_>>())
}

/// The longest run of pairs, not necessarily neighbours, whose second numbers rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length, the pair that ends a run of it with the smallest number; for each pair, the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut links: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: usize| pairs.get(at).map_or(0, |(_, second)| *second);
    for (at, (_, number)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(*end) < *number);
        links.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(place) = at {
        run.extend(pairs.get(place).copied());
        at = links.get(place).copied().flatten();
    }
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use super::align;

    fn numbers(text: &str) -> Vec<u64> {
        text.bytes().map(u64::from).collect()
    }

    #[test]
    fn finds_what_stayed() {
        for (before, after, shared) in [
            ("", "", 0),
            ("abc", "abc", 3),
            ("abc", "xabc", 3),
            ("abcd", "acbd", 3),
            ("aXbYc", "1a2b3c", 3),
            ("ab", "cd", 0),
        ] {
            let (one, two) = (numbers(before), numbers(after));
            let pairs = align(&one, &two);
            assert_eq!(pairs.len(), shared, "{before} {after}: {pairs:?}");
            assert!(pairs.iter().all(|(b, a)| one[*b] == two[*a]), "{before} {after}");
            assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1), "{before} {after}");
        }
    }

    #[test]
    fn long_sequences_are_bounded() {
        let many: Vec<u64> = (0..100_000).collect();
        let mut moved = many.clone();
        moved.rotate_left(30_000);
        moved.insert(50_000, 1_000_000);
        assert!(align(&many, &moved).len() >= 60_000);
        // Nothing is there once, and nothing is at its place.
        let one: Vec<u64> = (0..100_000).map(|at| at % 7).collect();
        let other: Vec<u64> = (0..100_000).map(|at| (at * 3 + 1) % 5).collect();
        let pairs = align(&one, &other);
        assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
        let reversed: Vec<u64> = many.iter().rev().copied().collect();
        assert!(!align(&many, &reversed).is_empty());
    }
}
