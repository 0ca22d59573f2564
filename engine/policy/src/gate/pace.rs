//! How many objects a plugin is asked about at once, after it failed on a batch: the blame has to fall on one of them, and a
//! plugin that is merely slow is asked about fewer.
//!
//! It is asked about half of what it failed on, until it answers, and about twice as many again once it has answered twice: a few
//! heavy objects side by side cost some twenty calls and leave the rest of the set as it was. One that fails wherever it is
//! asked about more is tried ever more seldom.
//!
//! The calls are bounded, since each may take the time that a plugin is given: there are at most 128, one for each 32 objects
//! that it is asked about and one for each 128 that are met, and then those to the next answer, which are seven, or seven for each
//! of three failures. A plugin that is slow or fails everywhere comes to that end, one that answers about 32 objects at once
//! does not. A small set comes to its own end before.

use super::batch::BATCH;

/// To be asked about fewer objects than these at once is to be slow: a call for so many is granted to each plugin.
const FEW: u64 = 32;
/// Calls beyond those, for objects that are heavy or that it fails on.
const MOST_CALLS: u64 = 128;

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// With the objects that follow.
    On,
    /// Not at all: it answers about few objects and fails on more.
    End,
}

/// How many objects are asked about at once.
#[derive(Debug)]
pub(crate) struct Pace {
    size: usize,
    /// It has not failed yet.
    is_trusted: bool,
    /// The size is tried: it has answered about fewer only.
    is_trial: bool,
    /// Answers in a row, and how many of them there have to be before it is asked about twice as many.
    answers: u32,
    wanted: u32,
    /// How many it failed on last.
    failed_on: usize,
    calls: u64,
    /// Objects for which calls are granted.
    settled: u64,
}

/// Objects that are taken together.
pub(crate) struct Part {
    /// How many there are.
    pub(crate) length: usize,
    /// Which of them the plugin is asked about.
    pub(crate) chosen: Vec<u32>,
}

impl Pace {
    /// For a plugin that has not failed yet.
    pub(crate) fn trusting() -> Self {
        Self { size: BATCH, is_trusted: true, ..Self::careful() }
    }

    /// For one that has: from one object up, so that one that always fails is known by its first answers.
    pub(crate) fn careful() -> Self {
        Self { size: 1, is_trusted: false, is_trial: false, answers: 0, wanted: 1, failed_on: 0, calls: 0, settled: 0 }
    }

    /// The objects to take next. Those that the plugin is not asked about count for nothing.
    pub(crate) fn part<T>(&self, items: &[T], is_asked: impl Fn(&T) -> bool) -> Part {
        let mut part = Part { length: 0, chosen: Vec::new() };
        for item in items.iter().take(BATCH) {
            if is_asked(item) {
                part.chosen.push(part.length as u32);
            }
            part.length += 1;
            if part.chosen.len() == self.size {
                break;
            }
        }
        part
    }

    /// It has answered about the objects of a part, of which there are some.
    pub(crate) fn answered(&mut self, part: &Part) -> Next {
        let objects = part.chosen.len();
        if objects == 0 {
            return Next::On;
        }
        self.calls += 1;
        // Where few of many are for it, no more can be asked about at once.
        self.settled += objects.max(part.length * FEW as usize / BATCH) as u64;
        // What it failed on lies behind.
        if objects >= self.failed_on {
            self.wanted = 1;
        }
        self.answers += 1;
        if self.answers >= self.wanted && self.size < BATCH {
            (self.size, self.is_trial, self.answers) = ((self.size * 2).min(BATCH), true, 0);
        }
        if self.calls > MOST_CALLS + self.settled / FEW { Next::End } else { Next::On }
    }

    /// It has failed on several, so many objects, and is to be asked about fewer.
    pub(crate) fn failed(&mut self, objects: usize) {
        if self.is_trusted {
            *self = Self::careful();
        } else {
            // Where the trial has failed, the next one is later. Else something heavy has come, and the two halves are asked about.
            self.wanted = if self.is_trial { self.wanted.saturating_mul(2) } else { 2 };
            (self.size, self.is_trial, self.answers) = (objects.div_ceil(2), false, 0);
        }
        self.calls += 1;
        self.failed_on = objects;
    }

    /// It has failed on one object: the next may be as good as any.
    pub(crate) fn found(&mut self) {
        *self = Self { calls: self.calls + 1, settled: self.settled + 1, ..Self::careful() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls until all of these objects are settled, and how it ends, where `answers` says whether it answers about some.
    fn calls(mut pace: Pace, objects: usize, answers: impl Fn(&[usize]) -> bool) -> (u32, Next) {
        let all: Vec<usize> = (0..objects).collect();
        let (mut rest, mut calls) = (&all[..], 0);
        while !rest.is_empty() {
            let taken = pace.part(rest, |_| true);
            let (part, after) = rest.split_at(taken.length);
            calls += 1;
            if answers(part) {
                if pace.answered(&taken) == Next::End {
                    return (calls, Next::End);
                }
            } else if part.len() > 1 {
                pace.failed(part.len());
                continue;
            } else {
                pace.found();
            }
            rest = after;
        }
        (calls, Next::On)
    }

    #[test]
    fn one_that_fails_on_single_objects_is_never_slow() {
        for bad in 0..300 {
            for make in [Pace::trusting, Pace::careful] {
                let (calls, next) = calls(make(), 300, |part| !part.contains(&bad) && !part.contains(&(bad * 7 % 300)));
                assert!(next == Next::On && calls < 60, "{bad}: {calls}");
            }
        }
    }

    #[test]
    fn one_that_is_slow_is_asked_about_fewer_and_not_about_very_few() {
        for most in [32, 64, 100, 127] {
            let (calls, next) = calls(Pace::trusting(), 10_000, |part| part.len() <= most);
            assert!(next == Next::On && calls < 340, "{most}: {calls}");
        }
        for most in [1, 2, 10, 31] {
            let (calls, next) = calls(Pace::trusting(), 10_000, |part| part.len() <= most);
            assert!(next == Next::End && calls < 300, "{most}: {calls}");
        }
        assert_eq!(calls(Pace::trusting(), 60, |part| part.len() == 1).1, Next::On);
    }

    #[test]
    fn a_few_heavy_objects_cost_a_few_calls_and_not_the_rest_of_the_set() {
        for first in 0..300 {
            for make in [Pace::trusting, Pace::careful] {
                let (calls, next) =
                    calls(make(), 10_000, |part| !(part.contains(&first) && part.contains(&(first + 1))));
                assert!(next == Next::On && calls < 110, "{first}: {calls}");
            }
        }
        // Sixty of which 25 are as much as it can take, and eight pairs.
        let (slow, next) = calls(Pace::trusting(), 10_000, |part| part.iter().filter(|it| **it < 60).count() <= 25);
        assert!(next == Next::On && slow < 100, "{slow}");
        let pairs = |part: &[usize]| part.windows(2).any(|pair| pair[0] % 1_000 == 777 && pair[0] < 8_000);
        let (slow, next) = calls(Pace::trusting(), 10_000, |part| !pairs(part));
        assert!(next == Next::On && slow < 300, "{slow}");
    }

    #[test]
    fn whatever_it_fails_on_the_calls_are_bounded() {
        let fails: [fn(&[usize]) -> bool; 5] = [
            |part| part.len() == 1,
            |part| part.iter().sum::<usize>() % 3 > 0,
            |part| part.len() == 1 || part[0] % 5 > 0,
            |part| part.len() == 1 || part.len() % 7 == 1,
            |part| part.len() == 1 || part[0] % 100 > 1,
        ];
        for (number, answers) in fails.iter().enumerate() {
            for objects in [10, 1_000, 10_000] {
                let (calls, _) = calls(Pace::trusting(), objects, |part| part.len() == 1 || answers(part));
                assert!(calls as usize <= 128 + objects / 32 + 8, "{number}: {calls} for {objects}");
            }
        }
    }

    #[test]
    fn objects_that_the_plugin_is_not_asked_about_count_for_nothing() {
        let part = |pace: &Pace, of: usize| pace.part(&(0..1_000).collect::<Vec<usize>>(), |it| it % of == of - 1);
        let (pace, Part { length, chosen }) = (Pace::careful(), part(&Pace::careful(), 10));
        assert_eq!((length, chosen), (10, vec![9]));
        assert_eq!((part(&pace, 500).length, part(&pace, 500).chosen.len()), (BATCH, 0));
        assert_eq!(part(&Pace::trusting(), 2).chosen.len(), BATCH / 2);
        // Few among many: a call for each, and one failure among them.
        let (mut pace, few) = (Pace::trusting(), part(&Pace::trusting(), 100));
        assert_eq!((few.length, few.chosen.len()), (BATCH, 1));
        assert!((0..1_000).all(|_| pace.answered(&few) == Next::On));
        pace.failed(2);
        assert!((0..1_000).all(|_| pace.answered(&few) == Next::On));
        let mut pace = Pace::careful();
        assert!((0..1_000).all(|_| pace.answered(&Part { length: 50, chosen: Vec::new() }) == Next::On));
    }
}
