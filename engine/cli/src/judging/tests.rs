//! What becomes of a folder whose thread dies while its past is read.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};

use sluice_manifest::Resource;
use sluice_policy::Policy;

use super::*;

const POLICY: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: neighbours\n  source: file:n.wasm\n  \
    grants: {context: [{apiVersion: v1, kind: Namespace}, {apiVersion: v1, kind: ConfigMap}]}\n";

/// A past that every thread but one dies of, and which that one is told only after another has died.
struct Deadly {
    spared: ThreadId,
    died: Mutex<Option<String>>,
    told: Condvar,
}

impl Past for Deadly {
    fn get(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, String> {
        let mut died = self.died.lock().unwrap();
        if thread::current().id() != self.spared {
            *died = Some(format!("folder {}", identity.name));
            drop(died);
            self.told.notify_all();
            panic!("as asked");
        }
        drop(self.told.wait_while(died, |died| died.is_none()).unwrap());
        Ok(None)
    }
}

impl Pasts for Deadly {
    fn of(&self, _: &str) -> &dyn Past {
        self
    }
}

#[test]
fn a_folder_whose_thread_dies_is_the_only_one_that_failed() {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let guest = std::fs::read(package.join("../../target/guests/neighbours.wasm")).unwrap();
    let host = Host::new(&HostOptions { cache: None, now: UNIX_EPOCH, jobs: 2 }).unwrap();
    let policy = Policy::parse(&Arc::new(Text::new("sluice.yaml", POLICY))).unwrap();
    let gate = Gate::new(&policy, &host, &|_| Ok(Cow::Owned(guest.clone())), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let past = Deadly { spared: thread::current().id(), died: Mutex::default(), told: Condvar::new() };
    let options = Options {
        jobs: 2,
        keep: Keep::Set,
        alike: Alike::Once,
        base: Some(&past),
        beside: None,
        turn: Turn::Alone,
        now: None,
        quiet: true,
        pulse: None,
    };
    let set = |name: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        let input = Input::text(Arc::new(Text::new(format!("folder {name}"), text)));
        (format!("folder {name}"), gate.begin(vec![input], &options.run("")))
    };
    // The last holds nothing that can be read, and nothing that waits: whoever takes it lives.
    let broken = Input::text(Arc::new(Text::new("folder broken", "a: [")));
    let broken = (String::from("folder broken"), gate.begin(vec![broken], &options.run("")));
    let rendered = vec![set("a"), set("b"), broken];
    let begun = Begun {
        plain: Vec::new(),
        names: rendered.iter().map(|(name, _)| name.as_str().into()).collect(),
        rendered,
        shares: Vec::new(),
        skipped: Vec::new(),
        failed: BTreeSet::new(),
        warnings: Vec::new(),
    };
    let Passed { failed, .. } = finish(&gate, begun, &options);
    let died = past.died.into_inner().unwrap().unwrap();
    assert_eq!(failed, BTreeSet::from([died, String::from("folder broken")]));
}
