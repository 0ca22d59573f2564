//! The gate from texts to the verdict, with stubs for plugins.

mod batches;
mod exceptions;
mod faults;
mod fixes;
mod mutation;
mod reading;
mod rendered;
mod selection;
mod sets;
