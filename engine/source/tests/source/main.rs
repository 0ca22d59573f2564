//! Checkouts of folders, of local repositories, and over the wire, with the real `git` on the other side.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests may fail loudly"
)]

mod faults;
mod folder;
mod hostile;
mod http;
mod https;
mod local;
mod repo;
mod server;
mod signed;
mod ssh;

/// Says in words that a test is left out because a program is not installed, which may hold anywhere.
pub(crate) fn absent(program: &str) {
    eprintln!("left out: `{program}` is not installed");
}

/// Says in words that a test is left out; in CI that is a failure.
pub(crate) fn left_out(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what}, and CI leaves nothing out");
    eprintln!("left out: {what}");
}
