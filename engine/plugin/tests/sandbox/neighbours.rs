//! Misbehaviour beside good behaviour: whatever one plugin does, the answers of the others are the same bytes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sluice_plugin::{Grants, Limits};

use crate::stage::{deployments, hostile, hostile_with, limits};

#[test]
fn neighbours_are_unharmed() {
    let call = deployments(20);
    let good = hostile("good");
    let expected = good.check(&call).unwrap();
    let done = AtomicBool::new(false);
    let bad = [
        "trap",
        "loop",
        "loop-select",
        "memory",
        "recursion",
        "many-findings",
        "log-flood",
        "bad-subject",
        "handle-twice",
    ];
    std::thread::scope(|scope| {
        let neighbours: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut turns = 0;
                    while !done.load(Ordering::Relaxed) || turns == 0 {
                        assert_eq!(good.check(&call).unwrap(), expected);
                        turns += 1;
                    }
                    turns
                })
            })
            .collect();
        // More at once than the pool has slots, so that they take turns in the same memories.
        let culprits: Vec<_> = bad
            .iter()
            .map(|mode| {
                // Only what loops may run out of time here, however busy the machine is.
                let time = Duration::from_millis(if mode.starts_with("loop") { 100 } else { 60_000 });
                let (call, plugin) = (&call, hostile_with(mode, Limits { time, ..limits() }, Grants::default()));
                scope.spawn(move || (0..3).map(|_| format!("{:?}", plugin.check(call))).collect::<Vec<_>>())
            })
            .collect();
        let answers: Vec<_> = culprits.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        for answers in answers.into_iter().map(Result::unwrap) {
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        }
        for neighbour in neighbours {
            assert!(neighbour.join().unwrap() > 0);
        }
    });
}

#[test]
fn batches_in_any_cut_and_order_say_the_same() {
    let call = deployments(30);
    let good = hostile("good");
    let whole = good.check(&call).unwrap().findings;
    for size in [1, 7, 30] {
        let mut pieces = Vec::new();
        for chosen in call.chosen.rchunks(size) {
            let mut part = call.clone();
            part.chosen = chosen.iter().rev().copied().collect();
            for mut finding in good.check(&part).unwrap().findings {
                finding.subject = part.chosen[finding.subject as usize];
                pieces.push(finding);
            }
        }
        pieces.sort_by_key(|finding| finding.subject);
        assert_eq!(pieces, whole);
    }
}
