//! The memory that the SDK gives to policies, used far past what they have at first.

use std::sync::LazyLock;

use sluice_plugin::{Checked, Fault, Grants, Limits, Plugin};

use crate::stage::{HOST, deployments, guest, limits};

static HOARDER: LazyLock<Plugin> = LazyLock::new(|| HOST.load(&guest("hoarder")).expect("loads"));

fn hoard(settings: &str, memory: u64) -> Result<Checked, Fault> {
    let limits = Limits { memory, ..limits() };
    HOARDER.configure(settings, limits, Grants::default()).expect("takes its settings").check(&deployments(1))
}

#[test]
fn what_a_policy_holds_stays_as_it_was_written() {
    let told = |bytes: usize| hoard(&format!(r#"{{"bytes":{bytes}}}"#), 32 << 20).unwrap().findings[0].message.clone();
    assert_eq!(told(100_000), "holds 100000 bytes in 6 blocks");
    assert_eq!(told(8 << 20), "holds 8388608 bytes in 36 blocks");
    assert_eq!(told(20 << 20), "holds 20971520 bytes in 72 blocks");
}

#[test]
fn what_a_policy_may_not_have_is_a_lack_of_memory() {
    let limit = 8 << 20;
    assert_eq!(hoard(r#"{"bytes":9000000}"#, limit).unwrap_err(), Fault::OutOfMemory { limit });
}

#[test]
fn a_panic_is_told_with_its_line_and_its_message() {
    let fault = hoard(r#"{"bytes":1,"panics":true}"#, 8 << 20).unwrap_err();
    let Fault::Trapped { backtrace, .. } = &fault else { panic!("{fault:?}") };
    let told = backtrace.lines().last().unwrap();
    assert!(told.starts_with("wrote: panicked at ") && told.ends_with(": as asked"), "{told}");
    assert!(told.contains("src/lib.rs:23:5"), "{told}");
}

#[test]
fn a_crash_close_to_the_limit_is_a_crash() {
    // Up to where the host still grants what is needed, but no longer the step that the allocator would rather have.
    for bytes in (6_000_000..=6_900_000).step_by(50_000) {
        let fault = hoard(&format!(r#"{{"bytes":{bytes},"panics":true}}"#), 8 << 20).unwrap_err();
        assert!(matches!(fault, Fault::Trapped { .. }), "{bytes}: {fault:?}");
    }
}
