//! Applications on a real API server and etcd. Without a control plane these tests say that they were left out; with
//! `CI` set that is a failure.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests may fail loudly, and say what they saw"
)]

mod along;
mod apply;
mod context;
mod credentials;
mod ended;
mod faults;
mod files;
#[path = "../shared/git.rs"]
mod git;
mod ignored;
mod namespaces;
mod plane;
mod programs;
mod reconcile;
mod rights;
mod rollback;
mod spoken;
mod turn;
