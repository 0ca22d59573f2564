//! How many objects a plugin is asked about at once, after it failed on a batch: the blame has to fall on one of them, and a
//! plugin that is merely slow is asked about fewer.
//!
//! Whether a plugin that keeps to the contract fails on some objects depends on each of them alone. Then two halves of what
//! it failed on are never both answered, so that few calls about few objects lead to the one; where there are many, it
//! is the number that it fails on, and to go on object by object would take an application's time for all others.

use super::batch::BATCH;

/// To be asked about fewer objects than these at once is to be slow.
const FEW: usize = 32;
/// Calls about few objects that are answered, apart from those that lead up from one. A small set comes to its end with
/// them; of a plugin that keeps to the contract there are no more than five for a failure.
const MOST_CALLS: u32 = 64;

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
    stage: Stage,
    calls: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not failed yet.
    Trusted,
    /// From one object up: a plugin that always fails is known by its first answers.
    Up,
    /// Down to the object that it fails on.
    Down,
}

impl Pace {
    /// For a plugin that has not failed yet.
    pub(crate) fn trusting() -> Self {
        Self { size: BATCH, stage: Stage::Trusted, calls: 0 }
    }

    /// For one that has.
    pub(crate) fn careful() -> Self {
        Self { size: 1, stage: Stage::Up, calls: 0 }
    }

    /// Most objects to ask about next.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// It has answered.
    pub(crate) fn answered(&mut self) -> Next {
        match self.stage {
            Stage::Trusted => {}
            Stage::Up => self.size = (self.size * 2).min(BATCH),
            Stage::Down if self.size < FEW => self.calls += 1,
            Stage::Down => {}
        }
        if self.calls > MOST_CALLS { Next::End } else { Next::On }
    }

    /// It has failed on several of so many objects, and is to be asked about fewer.
    pub(crate) fn failed(&mut self, objects: usize) {
        (self.size, self.stage) = match self.stage {
            Stage::Trusted => (1, Stage::Up),
            Stage::Up | Stage::Down => (objects.div_ceil(2), Stage::Down),
        };
    }

    /// It has failed on one object: the next may be as good as any.
    pub(crate) fn found(&mut self) {
        (self.size, self.stage) = (1, Stage::Up);
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
            let (part, after) = rest.split_at(pace.size().min(rest.len()));
            calls += 1;
            if answers(part) {
                if pace.answered() == Next::End {
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
            assert!(next == Next::On && calls < 330, "{most}: {calls}");
        }
        for most in [1, 2, 10, 31] {
            let (calls, next) = calls(Pace::trusting(), 10_000, |part| part.len() <= most);
            assert!(next == Next::End && calls < 80, "{most}: {calls}");
        }
        assert_eq!(calls(Pace::trusting(), 60, |part| part.len() == 1).1, Next::On);
    }
}
