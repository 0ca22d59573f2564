//! What a plugin that imports WASI sees: a world in which nothing happens, the same everywhere and each time.

use sluice_plugin::{Configured, Fault, Grants};

use crate::stage::{HOST, deployments, guest, limits};

fn worldly(settings: &str) -> Configured {
    HOST.load(&guest("worldly")).unwrap().configure(settings, limits(), Grants::default()).unwrap()
}

#[test]
fn the_world_is_empty_and_stands_still() {
    let plugin = worldly("{}");
    assert!(plugin.plugin().imports().iter().any(|import| import.starts_with("wasi:clocks/")));
    let checked = plugin.check(&deployments(1)).unwrap();
    let sights: Vec<&str> = checked.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        sights,
        [
            "wall 1769860800.000000005",
            "monotonic stands still: true",
            // These bits are what every run on every machine must see: a change of them is a change of verdicts.
            "random [212, 67, 47, 89] 17220408106698878416",
            "seed (126909663503205, 126909663503205)",
            "environment [] in None",
            "arguments [\"plugin\"]",
            "folders 0",
            "stdin Err(\"ended\")",
            "network ErrorCode { code: 1, name: \"access-denied\", message: \"\" }",
            "written true",
        ]
    );
    assert_eq!(checked.log, ["written to the log", "written to stdout"]);
    assert_eq!(plugin.check(&deployments(1)).unwrap(), checked);
}

#[test]
fn leaving_is_no_answer() {
    let Err(Fault::Trapped { message, .. }) = worldly("exit").check(&deployments(1)) else { panic!("no trap") };
    assert_eq!(message, "called `exit` with status 1");
}

#[test]
fn a_flood_on_stdout_is_cut_and_changes_nothing() {
    let checked = worldly("flood").check(&deployments(1)).unwrap();
    let quiet = worldly("{}").check(&deployments(1)).unwrap();
    assert_eq!(checked.findings, quiet.findings);
    assert!(checked.log.iter().map(String::len).sum::<usize>() <= 65 << 10);
}
