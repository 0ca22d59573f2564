//! A checkout: an immutable, read-only tree of files, from a folder of this machine or from a revision of a Git repository.
//!
//! This crate owns where files come from: folders, the objects of local repositories, and fetching from other machines. It
//! follows links inside the checkout and nowhere else, holds every read to limits, and knows whether a commit is signed by
//! someone who may. It refuses to guess: what it cannot represent, reach or verify is an error that names the path and the
//! way out. It never writes a work tree, runs no hook, filter, credential helper or program that a repository's
//! configuration names, asks nobody for a password, and knows nothing of manifests.

mod budget;
mod checkout;
mod commit;
mod credentials;
mod deadline;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod folder;
mod local;
mod location;
mod name;
mod objects;
mod program;
mod request;
mod resolve;
mod signature;
mod store;
mod tracked;
pub mod walked;
mod words;
mod work_tree;

pub use checkout::{Checkout, Entry, Kind, Stat};
pub use commit::{Commit, Signature, SignatureFormat};
pub use credentials::{Account, Credentials, CredentialsError};
#[cfg(feature = "fetch")]
pub use error::FetchCause;
pub use error::{PathError, PathFault, SignatureError, SourceError};
pub use local::merge_base;
pub use location::{LocationError, RepoLocation};
pub use name::NameFault;
pub use request::{Limits, Request, SignaturePolicy};
pub use store::Below;
pub use tracked::{Indexes, Tracked};
