//! How many of the problems of an object are told. For each a place is looked for, so no more are than the host takes; where
//! there are more, each rule and severity has its share, and the SDK says how many are left out.

use sluice_sdk::{Finding, Rule, shares};

/// What is told of an object, problem by problem.
pub(crate) struct Told {
    /// The sort of each problem that is still to come.
    problems: std::vec::IntoIter<u8>,
    /// Rules and whether the server tolerates it: fewer than a byte can count.
    sorts: Vec<Sort>,
    /// The sort of the problem that is told now.
    now: u8,
}

struct Sort {
    rule: &'static Rule,
    is_tolerated: bool,
    all: usize,
    share: usize,
    told: usize,
    /// The finding that was told last.
    last: usize,
    more: usize,
}

impl Told {
    /// For problems of these sorts, where so many findings are told already.
    pub(crate) fn of(problems: impl Iterator<Item = (&'static Rule, bool)>, before: usize) -> Self {
        let mut sorts: Vec<Sort> = Vec::new();
        let mut number = |(rule, is_tolerated): (&'static Rule, bool)| {
            let known = sorts.iter().position(|sort| sort.rule.id == rule.id && sort.is_tolerated == is_tolerated);
            let number = known.unwrap_or(sorts.len());
            match sorts.get_mut(number) {
                Some(sort) => sort.all += 1,
                None => sorts.push(Sort { rule, is_tolerated, all: 1, share: 0, told: 0, last: 0, more: 0 }),
            }
            number as u8
        };
        let problems: Vec<u8> = problems.map(&mut number).collect();
        // What is told already is wanted as well.
        let wanted: Vec<usize> = sorts.iter().map(|sort| sort.all).chain([before]).collect();
        for (sort, share) in sorts.iter_mut().zip(shares(&wanted)) {
            sort.share = share;
        }
        Self { problems: problems.into_iter(), sorts, now: 0 }
    }

    /// The rule of the next problem and whether it is tolerated; none where it is only counted.
    pub(crate) fn next(&mut self) -> Option<(&'static Rule, bool)> {
        self.now = self.problems.next()?;
        let sort = self.sorts.get_mut(usize::from(self.now))?;
        if sort.told == sort.share {
            sort.more += 1;
            return None;
        }
        Some((sort.rule, sort.is_tolerated))
    }

    /// Notes that the problem is told by the finding of this number.
    pub(crate) fn note(&mut self, number: usize) {
        if let Some(sort) = self.sorts.get_mut(usize::from(self.now)) {
            (sort.told, sort.last) = (sort.told + 1, number);
        }
    }

    /// Says with the last ones how many more there are.
    pub(crate) fn sum_up(self, findings: &mut [Finding]) {
        for sort in self.sorts.iter().filter(|sort| sort.more > 0) {
            if let Some(last) = findings.get_mut(sort.last) {
                last.and_more(sort.more);
            }
        }
    }
}
