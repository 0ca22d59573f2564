//! The plugin that looks around. On a machine of its own it would see the time, chance, an environment and a network;
//! here it must see the same on every machine and in every call.

use std::cell::RefCell;

mod bindings {
    wit_bindgen::generate!({
        path: ["../../../wit/0.1.0", "wit"],
        world: "sluice:worldly/worldly",
        generate_all,
    });
}

use bindings::exports::sluice::policy::plugin::{Description, Guest as Plugin, SettingsError};
use bindings::exports::sluice::policy::validation::{Finding, Guest as Validation};
use bindings::sluice::policy::log;
use bindings::sluice::policy::manifests::Manifest;
use bindings::sluice::policy::types::{KindSelector, Rule, Scope, Severity};
use bindings::wasi::cli::{environment, exit, stdin, stdout};
use bindings::wasi::clocks::{monotonic_clock, wall_clock};
use bindings::wasi::filesystem::preopens;
use bindings::wasi::io::poll;
use bindings::wasi::random::{insecure_seed, random};
use bindings::wasi::sockets::network::IpAddressFamily;
use bindings::wasi::sockets::{instance_network, tcp_create_socket};

struct Worldly;

bindings::export!(Worldly with_types_in bindings);

thread_local! {
    static MODE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Plugin for Worldly {
    fn describe() -> Description {
        Description {
            name: "worldly".to_owned(),
            version: "0.1.0".to_owned(),
            scope: Scope::Resource,
            kinds: vec![KindSelector { group: "*".to_owned(), version: "*".to_owned(), kind: "*".to_owned() }],
            rules: vec![Rule {
                id: "sight".to_owned(),
                severity: Severity::Info,
                summary: "tells what it sees".to_owned(),
                help: String::new(),
                url: None,
            }],
            settings_schema: None,
            context: Vec::new(),
        }
    }

    fn configure(settings: String) -> Result<(), Vec<SettingsError>> {
        MODE.set(settings);
        Ok(())
    }
}

impl Validation for Worldly {
    fn check(_: Vec<Manifest>) -> Result<Vec<Finding>, String> {
        let mode = MODE.with_borrow(String::clone);
        if mode.contains("exit") {
            exit::exit(Err(()));
        }
        if mode.contains("flood") {
            let out = stdout::get_stdout();
            for _ in 0..1_000 {
                out.blocking_write_and_flush(&[b'x'; 4096]).map_err(|error| format!("{error:?}"))?;
            }
        }
        Ok(sights().into_iter().map(|message| finding(&message)).collect())
    }
}

fn sights() -> Vec<String> {
    let before = monotonic_clock::now();
    // Ten years: what sleeps wakes at once, for the clock stands still.
    let sleep = monotonic_clock::subscribe_duration(10 * 365 * 24 * 3600 * 1_000_000_000);
    sleep.block();
    let polled = poll::poll(&[&sleep]);
    let wall = wall_clock::now();
    let out = stdout::get_stdout();
    let written = out.check_write().and_then(|_| out.write(b"written to stdout\n")).and_then(|()| out.blocking_flush());
    out.subscribe().block();
    log::write("written to the log");
    vec![
        format!("wall {}.{:09}", wall.seconds, wall.nanoseconds),
        format!("monotonic stands still: {}", before == monotonic_clock::now() && sleep.ready() && polled == [0]),
        format!("random {:?} {}", random::get_random_bytes(4), random::get_random_u64()),
        format!("seed {:?}", insecure_seed::insecure_seed()),
        format!("environment {:?} in {:?}", environment::get_environment(), environment::initial_cwd()),
        format!("arguments {:?}", environment::get_arguments()),
        format!("folders {}", preopens::get_directories().len()),
        format!("stdin {:?}", stdin::get_stdin().blocking_read(10).map_err(|_| "ended")),
        format!("network {}", {
            let _network = instance_network::instance_network();
            tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4)
                .map_or_else(|error| format!("{error:?}"), |_| "open".to_owned())
        }),
        format!("written {}", written.is_ok()),
    ]
}

fn finding(message: &str) -> Finding {
    Finding {
        subject: 0,
        rule: "sight".to_owned(),
        pointer: String::new(),
        message: message.to_owned(),
        severity: None,
        fix: Vec::new(),
    }
}
