//! The sandbox: compiles components, keeps the compiled code, and calls plugins within their limits.
//!
//! This crate owns wasmtime, the WIT bindings and the compile cache; none of their types leave it. It refuses to decide
//! what a finding means: it hands over what a plugin said, or the [`Fault`] that kept it from saying anything.

mod fault;
mod types;

pub use fault::Fault;
pub use types::{
    Checked, Description, Finding, Grants, KindSelector, Limits, Mutated, Patch, Roles, Rule, Scope, SecretAccess,
    SettingsError, Severity,
};
