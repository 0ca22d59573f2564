//! The gate from texts to the verdict, with stubs for plugins.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, reason = "tests")]

mod cost;
mod exceptions;
mod faults;
mod mutation;
mod reading;
mod selection;
mod sets;
