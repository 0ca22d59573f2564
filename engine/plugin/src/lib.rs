//! The sandbox: compiles components, keeps the compiled code, and calls plugins within their limits.
//!
//! This crate owns wasmtime, the WIT bindings and the compile cache; none of their types leave it. It refuses to decide
//! what a finding means: it hands over what a plugin said, or the [`Fault`] that kept it from saying anything.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sluice_plugin::{Call, Grants, Host, HostOptions, Limits, Set};
//!
//! let options = HostOptions { cache: sluice_plugin::default_cache_dir(), now: std::time::SystemTime::now(), jobs: 2 };
//! let plugin = Host::new(&options)?.load(&std::fs::read("image-tags.wasm")?)?;
//! let configured = plugin.configure("{}", Limits::default(), Grants::default())?;
//! let call = Call { set: std::sync::Arc::new(Set::default()), chosen: Vec::new(), context: None };
//! for finding in configured.check(&call)?.findings {
//!     println!("{}: {}", finding.pointer, finding.message);
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod bindings;
mod call;
mod context;
mod describe;
mod engine;
mod error;
mod fault;
mod host;
mod limiter;
mod log;
mod plugin;
mod state;
mod trap;
mod types;
#[cfg(feature = "wasi")]
mod wasi;
mod weight;

pub use answer::MOST_FINDINGS;
pub use call::{Call, Set, Tapes};
pub use describe::name_problem;
pub use error::{ConfigureError, HostError, LoadError};
pub use fault::Fault;
pub use host::{Host, HostOptions};
pub use plugin::{Configured, Plugin};
pub use sluice_wasm::default_dir as default_cache_dir;
pub use types::{
    Checked, Description, Finding, Grants, KindSelector, Limits, Mutated, Patch, Roles, Rule, Scope, SecretAccess,
    SettingsError, Severity,
};
