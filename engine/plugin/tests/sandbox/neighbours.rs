//! Misbehaviour beside good behaviour: whatever one plugin does, the answers of the others are the same bytes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sluice_plugin::{Call, Fault, Grants, Limits};

use crate::stage::{HOST, deployments, guest, hostile, hostile_with, limits};

/// What some plugin is asked again and again.
type Question<'q> = Box<dyn Fn() -> String + Send + 'q>;

/// Everything that a plugin can do wrong, with a name for it.
fn misdeeds(call: &Call) -> Vec<(&'static str, Question<'_>)> {
    // Only what loops may run out of time here, however busy the machine is.
    let patient = |mode: &str| {
        let time = Duration::from_millis(if mode.starts_with("loop") { 100 } else { 60_000 });
        hostile_with(mode, Limits { time, ..limits() }, Grants::default())
    };
    let check = |mode: &'static str| -> (&'static str, Question<'_>) {
        let plugin = patient(mode);
        (mode, Box::new(move || format!("{:?}", plugin.check(call))))
    };
    let mutate = |mode: &'static str| -> (&'static str, Question<'_>) {
        let plugin = patient(mode);
        (mode, Box::new(move || format!("{:?}", plugin.mutate(call))))
    };
    let load = |what: &'static str, wasm: Vec<u8>| -> (&'static str, Question<'_>) {
        (what, Box::new(move || format!("{:?}", HOST.load(&wasm).map(|plugin| plugin.description().clone()))))
    };
    let tables = HOST.load(&guest("tables")).unwrap().configure("{}", limits(), Grants::default()).unwrap();
    let half = guest("hostile").len() / 2;
    let checks = [
        "trap",
        "loop",
        "loop-select",
        "loop-log",
        "memory",
        "recursion",
        "many-findings",
        "log-flood",
        "bad-subject",
        "unknown-rule",
        "pointer-nowhere",
        "fix-json",
        "handle-twice",
        "made-up-handle",
        "err",
        "crowd",
    ];
    let mutates = ["rename", "rekind", "move-namespace", "replace-metadata", "replace-root", "many-patches"];
    let others = [
        ("a table bomb", Box::new(move || format!("{:?}", tables.check(call))) as Question<'_>),
        load("an import that nobody declared", guest("undeclared-import")),
        load("another world", guest("wrong-world")),
        load("no component", b"not wasm".to_vec()),
        load("half a component", guest("hostile").split_off(half)),
        load("a component cut off", guest("hostile")[..half].to_vec()),
    ];
    checks.into_iter().map(check).chain(mutates.into_iter().map(mutate)).chain(others).collect()
}

#[test]
fn neighbours_are_unharmed() {
    let call = deployments(20);
    let alone = hostile("good");
    let (checked, mutated) = (alone.check(&call).unwrap(), alone.mutate(&call).unwrap());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let neighbours: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut turns = 0;
                    while !done.load(Ordering::Relaxed) || turns == 0 {
                        assert_eq!(alone.check(&call).unwrap(), checked);
                        assert_eq!(alone.mutate(&call).unwrap(), mutated);
                        turns += 1;
                    }
                    turns
                })
            })
            .collect();
        // More at once than the pool has slots, so that they take turns in the same memories.
        let culprits: Vec<_> = misdeeds(&call)
            .into_iter()
            .map(|(what, ask)| (what, scope.spawn(move || (0..3).map(|_| ask()).collect::<Vec<_>>())))
            .collect();
        let answers: Vec<_> = culprits.into_iter().map(|(what, culprit)| (what, culprit.join())).collect();
        done.store(true, Ordering::Relaxed);
        for (what, answers) in answers {
            let answers = answers.unwrap();
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{what}: {answers:?}");
            // What the host takes for an answer is not for the sandbox to judge.
            let may_answer = ["log-flood", "crowd"].contains(&what);
            assert_eq!(answers[0].starts_with("Ok("), may_answer, "{what}: {}", answers[0]);
        }
        for neighbour in neighbours {
            assert!(neighbour.join().unwrap() > 0);
        }
    });
}

#[test]
fn a_table_bomb_is_a_denial_of_its_own() {
    let tables = HOST.load(&guest("tables")).unwrap().configure("{}", limits(), Grants::default()).unwrap();
    let fault = tables.check(&deployments(1)).unwrap_err();
    assert_eq!(fault, Fault::TableLimit { limit: 32_768, unit: "elements in one table" });
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
