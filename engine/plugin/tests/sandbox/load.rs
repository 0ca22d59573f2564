//! Components that are no plugins, each refused with the reason and what to do.

use std::time::{Duration, Instant};

use sluice_plugin::{Fault, LoadError, Plugin};

use crate::stage::{HOST, HOSTILE, guest};

/// A component that has the exports of a validator, by name at least, and does something when it is instantiated.
fn validator(core: &str, imports: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            {imports}
            (core module $m (func (export "f")) {core})
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $plugin (export "describe" (func $f)) (export "configure" (func $f)))
            (instance $validation (export "check" (func $f)))
            (export "sluice:policy/plugin@0.1.0" (instance $plugin))
            (export "sluice:policy/validation@0.1.0" (instance $validation)))"#
    );
    wat::parse_str(text).unwrap()
}

fn refused(wasm: &[u8]) -> LoadError {
    match HOST.load(wasm).map(|plugin: Plugin| plugin.description().clone()) {
        Err(error) => error,
        Ok(description) => panic!("was taken: {description:?}"),
    }
}

fn describing(what: &str) -> Vec<u8> {
    const MARK: &[u8] = b"hostile-describes:";
    let mut wasm = guest("hostile");
    let at = wasm.windows(MARK.len()).position(|bytes| bytes == MARK).unwrap() + MARK.len();
    wasm[at..at + 14].copy_from_slice(format!("{what:.<14}").as_bytes());
    wasm
}

#[test]
fn a_plugin_says_what_it_is() {
    let plugin = &HOSTILE;
    assert_eq!(plugin.description().name, "hostile");
    assert_eq!(plugin.world(), "sluice:policy/policy@0.1.0");
    assert!(plugin.roles().validates && plugin.roles().mutates);
    assert!(plugin.imports().iter().all(|import| import.starts_with("sluice:policy/")), "{:?}", plugin.imports());
    assert_eq!((plugin.digest().len(), plugin.size()), (71, guest("hostile").len()));
}

#[test]
fn what_is_no_component() {
    let whole = guest("hostile");
    assert_eq!(refused(b""), LoadError::NotWasm);
    assert_eq!(refused(b"\x7fELF and so on"), LoadError::NotWasm);
    assert_eq!(refused(&wat::parse_str("(module)").unwrap()), LoadError::CoreModule);
    assert!(matches!(refused(&whole[..whole.len() / 2]), LoadError::Invalid { .. }));
    // Whatever a broken byte does, it does not do it to the host.
    for at in (8..whole.len()).step_by(whole.len() / 12) {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        let _ = HOST.load(&broken);
    }
}

#[test]
fn imports_that_plugins_are_not_given() {
    let error = refused(&validator("", r#"(import "wasi:http/outgoing-handler@0.2.0" (instance))"#));
    assert_eq!(error.to_string(), "it imports `wasi:http/outgoing-handler@0.2.0`, which plugins are not given");
    assert!(error.help().contains("take whatever calls this out of it"), "{}", error.help());
    for import in ["acme:secrets/vault", "wasi:cli/environment@0.3.0", "sluice:policy/network@0.1.0", "env"] {
        let import = format!(r#"(import "{import}" (instance))"#);
        assert!(matches!(refused(&validator("", &import)), LoadError::UnknownImport { .. }), "{import}");
    }
}

#[test]
fn another_version_of_the_contract() {
    let error = refused(&validator("", r#"(import "sluice:policy/manifests@1.4.0" (instance))"#));
    assert_eq!(
        error.to_string(),
        "it was made for another version of the contract: `sluice:policy/manifests@1.4.0`, where this program speaks 0.1.0"
    );
}

#[test]
fn another_world() {
    let empty = refused(&wat::parse_str("(component)").unwrap());
    assert_eq!(empty.to_string(), "it exports nothing, not `plugin` with `validation` or `mutation`");
    let command = wat::parse_str(r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#).unwrap();
    let error = refused(&command);
    assert_eq!(error.to_string(), "it exports `wasi:cli/run@0.2.0`, not `plugin` with `validation` or `mutation`");
    assert!(error.help().contains("`validator`"), "{}", error.help());
}

#[test]
fn functions_of_another_type() {
    let LoadError::Describe(Fault::Contract { message }) = refused(&validator("", "")) else { panic!("was called") };
    assert!(!message.is_empty());
}

#[test]
fn bombs_that_go_off_when_instantiated() {
    let grow = |grown: &str| {
        format!(
            "{grown} (func $go (loop $again {} (br $again))) (start $go)",
            match grown {
                "(table 0 funcref)" =>
                    "(if (i32.eq (table.grow (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))",
                _ => "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))",
            }
        )
    };
    let fault = |core: &str| {
        let error = refused(&validator(core, ""));
        let LoadError::Describe(fault) = error else { panic!("{error:?}") };
        fault
    };
    let table = fault(&grow("(table 0 funcref)"));
    assert_eq!(table, Fault::TableLimit { limit: 32_768, unit: "elements in one table" });
    assert_eq!(
        (table.to_string().as_str(), table.rule()),
        ("asked for more than 32768 elements in one table", "plugin-table-limit")
    );
    assert_eq!(fault(&grow("(memory 1)")), Fault::OutOfMemory { limit: 64 << 20 });
    assert_eq!(fault("(memory 2000)"), Fault::OutOfMemory { limit: 64 << 20 });
    assert!(matches!(fault("(func $go unreachable) (start $go)"), Fault::Trapped { .. }));
    let start = Instant::now();
    assert!(matches!(fault("(func $go (loop $again (br $again))) (start $go)"), Fault::TimedOut { .. }));
    assert!(start.elapsed() < Duration::from_secs(20));
    // More than the pool has room for is refused before anything runs.
    assert!(matches!(
        refused(&validator("(table 100000 funcref)", "")),
        LoadError::Invalid { .. } | LoadError::Describe(_)
    ));
    assert!(matches!(refused(&validator(&"(memory 1)".repeat(9), "")), LoadError::Invalid { .. }));
}

#[test]
fn descriptions_that_break_the_contract() {
    for (what, words) in [
        ("name", "the name `Hostile/../x\\u{1b}[2J` is not in kebab-case, such as `image-tags`"),
        ("gate", "the name `sluice` is kept for the gate's own rules"),
        ("version", "the version `latest` is not a semantic version, such as `1.2.0`"),
        ("rule", "the rule id `Bad Rule` is not in kebab-case, such as `mutable-tag`"),
        ("twice", "the rule id `rule` is declared twice"),
        ("number", "the schema of the settings is neither an object nor a boolean"),
        ("kind", "the kind selector `*/*` lacks a version or a kind: `*` stands for any"),
    ] {
        assert_eq!(refused(&describing(what)), LoadError::Description { message: words.to_owned() }, "{what}");
    }
    let error = refused(&describing("schema"));
    assert!(error.to_string().contains("the schema of the settings is no JSON"), "{error}");
    assert!(matches!(refused(&describing("trap")), LoadError::Describe(Fault::Trapped { .. })));
    assert!(matches!(refused(&describing("loop")), LoadError::Describe(Fault::TimedOut { .. })));
    assert!(matches!(refused(&describing("flood")), LoadError::Describe(_)));
}
