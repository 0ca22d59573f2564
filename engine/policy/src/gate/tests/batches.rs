//! Batches: what is asked about together depends on the set alone, so that even a plugin that breaks the contract, and says of
//! an object what depends on its neighbours, says the same with any number of threads and in any order of the files.

use sluice_plugin::{Call, Finding, Scope, Severity};

use crate::gate::stub::{Stub, gate, pod, policy, run_with};
use crate::{RunOptions, Verdict};

/// Says of each object how many it was asked about with, and who was the first of them.
fn crowd() -> Stub {
    let mut stub = Stub::check_set(|call: &Call| {
        let first = call.chosen.first().map(|index| call.set.resources[*index as usize].identity().name.clone());
        let message = format!("one of {}, after {}", call.chosen.len(), first.unwrap_or_default());
        let finding = |subject: usize| Finding {
            subject: subject as u32,
            rule: "rule".into(),
            pointer: "/spec/image".into(),
            message: message.clone(),
            severity: Severity::Error,
            fix: Vec::new(),
        };
        Ok((0..call.chosen.len()).map(finding).collect())
    });
    stub.description.scope = Scope::Resource;
    stub
}

/// Files of these numbers of objects.
fn files(objects: impl IntoIterator<Item = usize>) -> Vec<(String, String)> {
    let documents = |file: usize, objects: usize| -> String {
        (0..objects).map(|object| format!("---\n{}", pod(&format!("p{file}-{object}")))).collect()
    };
    let file = |(file, objects): (usize, usize)| (format!("f{file:04}.yaml"), documents(file, objects));
    objects.into_iter().enumerate().map(file).collect()
}

fn verdict(files: &[(String, String)], jobs: usize) -> Verdict {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let gate = gate(policy(&["a"], ""), &[crowd()]);
    run_with(&gate, &files, &RunOptions { jobs, ..RunOptions::default() }).verdict
}

/// How many objects were asked about at once, each number once.
fn sizes(verdict: &Verdict) -> Vec<usize> {
    let number = |message: &str| message.split([' ', ',']).nth(2).unwrap().parse().unwrap();
    let mut sizes: Vec<usize> = verdict.findings.iter().map(|finding| number(&finding.message)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

#[test]
fn what_is_asked_about_together_does_not_depend_on_threads_or_order() {
    let sets = [
        files([1_000]),
        files((0..3).map(|_| 200)),
        files((0..1_500).map(|_| 1)),
        files((0..400).map(|file| file % 7)),
        files((0..40).map(|file| if file == 7 { 900 } else { 3 })),
    ];
    for (number, mut files) in sets.into_iter().enumerate() {
        let alone = verdict(&files, 1);
        for jobs in [1, 2, 3, 8] {
            for _ in 0..5 {
                let by = 101 % files.len();
                files.rotate_left(by);
                files.reverse();
                assert!(verdict(&files, jobs) == alone, "set {number} on {jobs} threads");
            }
        }
    }
}

#[test]
fn batches_are_full_where_there_is_enough_to_fill_them() {
    assert_eq!(sizes(&verdict(&files([1_000]), 2)), [104, 128]);
    assert_eq!(sizes(&verdict(&files((0..4_800).map(|_| 1)), 2)), [75]);
    // A set that is too small for many threads is still cut for some.
    assert_eq!(sizes(&verdict(&files((0..12).map(|_| 1)), 2)), [4]);
}
