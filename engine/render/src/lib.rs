//! From a checkout to rendered text. Kustomize and helm run as guests of a sandbox that sees the checkout, read-only, and
//! nothing else; plain YAML is read as it lies there; any other command runs only where the caller asks for it by name.
//! This stage reads through [`Files`] alone, judges nothing, and never gives a part of a set: a render is whole or an error.

mod answer;
mod command;
mod engine;
mod error;
mod explain;
mod files;
mod guest;
mod limits;
mod log;
mod method;
mod plain;
mod renderers;
mod state;
mod touched;
pub mod warm;
mod wasi;

pub use answer::{Chosen, Origin, Rendered};
pub use error::{LoadError, RenderError};
pub use files::{Files, FilesError, FolderFiles, Kind, MemoryFiles, Stat};
pub use limits::Limits;
pub use method::{Command, Helm, Method, Origins, find};
pub use renderers::{Guest, Guests, Renderers, RenderersOptions};
