//! The renderers, as they come: against the tools that they stand in for, against hostile trees, and against themselves.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod command;
mod helm;
mod hostile_helm;
mod hostile_kustomize;
mod kustomize;
mod load;
mod plain;
mod same;
mod stage;
