//! Every way to run away, hoard or crash, and the fault that it becomes.

use std::time::{Duration, Instant};

use sluice_plugin::{ConfigureError, Fault, Grants, Limits};

use crate::stage::{HOSTILE, broken, call, check, deployments, hostile, hostile_with, limits, mutate, resource};

fn timed(limits: Limits, question: impl FnOnce() -> Fault) {
    let start = Instant::now();
    assert_eq!(question(), Fault::TimedOut { limit: limits.time });
    assert!(start.elapsed() >= limits.time, "{:?}", start.elapsed());
    assert!(start.elapsed() < limits.time + Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_panic_is_a_trap_with_a_stack() {
    let Err(Fault::Trapped { message, backtrace }) = check("trap") else { panic!("no trap") };
    assert_eq!(message, "panicked or aborted (`unreachable` was executed)");
    assert!(backtrace.starts_with("0: "), "{backtrace}");
}

#[test]
fn loops_end_at_the_deadline() {
    let short = Limits { time: Duration::from_millis(100), ..limits() };
    for mode in ["loop", "loop-identity", "loop-select", "loop-paths", "loop-log"] {
        let plugin = hostile_with(mode, short, Grants::default());
        timed(short, || plugin.check(&deployments(1)).unwrap_err());
    }
    let fault = HOSTILE.configure(r#"{"mode":"configure-loop"}"#, short, Grants::default()).err();
    assert_eq!(fault, Some(ConfigureError::Fault(Fault::TimedOut { limit: short.time })));
}

#[test]
fn host_calls_that_work_long_end_at_the_deadline() {
    // Every answer to `$..*` on this object is 3 MB of JSON text in 40,000 values.
    let members: Vec<String> = (0..20_000).map(|index| format!(r#""key{index}":["{}"]"#, "x".repeat(50))).collect();
    let large = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"l"}},"data":{{{}}}}}"#,
        members.join(",")
    );
    let short = Limits { time: Duration::from_millis(200), memory: 1 << 30, ..limits() };
    let plugin = hostile_with("loop-select", short, Grants::default());
    timed(short, || plugin.check(&call(vec![resource(&large)])).unwrap_err());
}

#[test]
fn a_memory_bomb_is_told_from_a_crash() {
    let limit = 32 << 20;
    assert_eq!(check("memory").unwrap_err(), Fault::OutOfMemory { limit });
    assert_eq!(check("memory-polite").unwrap_err(), Fault::OutOfMemory { limit });
    let fault = Fault::OutOfMemory { limit };
    assert_eq!(fault.to_string(), "asked for more than 32 MiB of memory");
    assert!(fault.help().contains("limits: { memory:"), "{}", fault.help());
}

#[test]
fn an_answer_of_the_host_that_the_guest_has_no_room_for_is_a_lack_of_memory() {
    // 1,000 levels deep, so the answers to `$..*` add up to far more than the object.
    let deep = format!("{}1{}", r#"{"a":"#.repeat(900), "}".repeat(900));
    let object = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"l"}},"pad":"{}","data":{deep}}}"#,
        "x".repeat(10_000)
    );
    let small = Limits { memory: 2 << 20, ..limits() };
    let plugin = hostile_with("loop-select", small, Grants::default());
    let many = vec![resource(&object.replace(":1}", &format!(r#":"{}"}}"#, "y".repeat(20_000))))];
    assert_eq!(plugin.check(&call(many)).unwrap_err(), Fault::OutOfMemory { limit: 2 << 20 });
}

#[test]
fn an_exhausted_stack_says_so() {
    let fault = check("recursion").unwrap_err();
    let Fault::StackLimit { limit: 1_048_576, backtrace } = &fault else { panic!("{fault:?}") };
    assert!(backtrace.starts_with("0: "), "{backtrace}");
    assert_eq!((fault.to_string().as_str(), fault.rule()), ("exhausted its stack of 1 MiB", "plugin-stack-limit"));
}

#[test]
fn too_much_output_is_refused() {
    assert_eq!(check("many-findings").unwrap_err(), Fault::OutputLimit { limit: 100_000, unit: "findings" });
    assert_eq!(mutate("many-patches").unwrap_err(), Fault::OutputLimit { limit: 100_000, unit: "patches" });
    let of_one = Fault::OutputLimit { limit: 64, unit: "patches for one object" };
    assert_eq!(of_one.to_string(), "returned more than 64 patches for one object");
    assert_eq!(mutate("patches-of-one").unwrap_err(), of_one);
    let roomy = Limits { memory: 256 << 20, ..limits() };
    for mode in ["long-message", "long-path"] {
        let plugin = hostile_with(mode, roomy, Grants::default());
        let fault = plugin.check(&deployments(1)).unwrap_err();
        assert_eq!(fault, Fault::OutputLimit { limit: 16 << 20, unit: "bytes" }, "{mode}");
        assert_eq!(fault.to_string(), "returned more than 16 MiB");
    }
}

#[test]
fn leaked_handles_are_counted() {
    let mut call = deployments(1);
    let set = std::sync::Arc::make_mut(&mut call.set);
    set.previous = set.resources.iter().cloned().map(Some).collect();
    let long = Limits { time: Duration::from_secs(20), memory: 256 << 20, ..limits() };
    let fault = hostile_with("leak", long, Grants::default()).check(&call).unwrap_err();
    assert_eq!(fault, Fault::HandleLimit { limit: 100_002 });
    assert_eq!(
        (fault.to_string().as_str(), fault.rule()),
        ("held more than 100002 handles of objects at once", "plugin-handle-limit")
    );
}

#[test]
fn handles_that_are_not_its_own_are_refused() {
    assert_eq!(broken(check("handle-twice")), "unknown handle index 1");
    assert_eq!(broken(check("made-up-handle")), "unknown handle index 4711");
}

#[test]
fn a_flood_of_words_is_cut_and_changes_nothing() {
    let checked = check("log-flood").unwrap();
    assert_eq!(checked.findings, check("good").unwrap().findings);
    assert!(checked.log.iter().map(String::len).sum::<usize>() <= 65 << 10);
    assert_eq!(checked.log[..2], ["line 0", "and \\u{1b}[2J more"]);
    assert_eq!(checked.log.last().unwrap(), "… (the rest is left out: a call may write 64 KiB)");
}

#[test]
fn an_err_is_no_answer() {
    assert_eq!(check("err").unwrap_err(), Fault::Undecided { message: "cannot tell".to_owned() });
    let Err(Fault::Undecided { message }) = check("bad-path") else { panic!("the path was taken") };
    assert!(message.contains("$[?(@.a)]"), "{message}");
}

#[test]
fn nothing_is_kept_from_one_call_to_the_next() {
    let plugin = hostile("state");
    for _ in 0..3 {
        assert_eq!(plugin.check(&deployments(1)).unwrap().findings[0].message, "call 1");
    }
}

#[test]
fn settings_may_be_refused() {
    let refusal = HOSTILE.configure(r#"{"mode":"configure-refuse"}"#, limits(), Grants::default()).err().unwrap();
    let ConfigureError::Settings(errors) = &refusal else { panic!("{refusal:?}") };
    assert_eq!((errors[0].pointer.as_str(), errors[0].message.as_str()), ("/mode", "not this one"));
    let trap = HOSTILE.configure(r#"{"mode":"configure-trap"}"#, limits(), Grants::default()).err().unwrap();
    assert!(matches!(trap, ConfigureError::Fault(Fault::Trapped { .. })), "{trap:?}");
}
