//! Applications on a real API server and etcd. Without a control plane these tests say that they were left out; with
//! `CI` set that is a failure.

mod apply;
mod faults;
mod plane;
mod reconcile;
mod rights;
