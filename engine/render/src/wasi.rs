//! WASI preview 1 for renderers, over a checkout that can only be read. There is no file system of the host, no network,
//! no environment and no other process; the clock stands at a given time, random numbers come from a fixed seed, folders
//! are listed in order, and files have no dates. Whatever would write answers that this cannot be written to, and what is
//! not known here answers that it does not exist.
//!
//! Layouts and numbers are those of `wasi_snapshot_preview1`.

use wasmtime::{Caller, Engine, Extern, FuncType, Linker, Module, Val};

use crate::state::State;

mod descriptors;
mod entropy;
mod errno;
mod files;
mod process;
mod view;

pub(crate) use descriptors::{Descriptors, Open};
pub(crate) use entropy::Entropy;
pub(crate) use process::{Exit, Process};

pub(crate) use errno::Errno;

/// A guest's words with paths as they are in the checkout, the root being `/`.
pub(crate) fn from_the_root(words: &str) -> String {
    words.replace(&format!("{CHECKOUT}/"), "/").replace(CHECKOUT, "/")
}

/// Whether a path of a guest lies in the checkout.
pub(crate) fn is_inside(path: &str) -> bool {
    path.starts_with(CHECKOUT)
}
use view::View;

const MODULE: &str = "wasi_snapshot_preview1";
/// The path of the checkout's root for a guest. It is not `/`, above which there is nothing: a path with one `..` too many
/// would lead to the root again, and to other files than the tool means.
const CHECKOUT: &str = "/.sluice-checkout";

/// What would change a file or a folder.
const WRITING: [&str; 15] = [
    "fd_allocate",
    "fd_datasync",
    "fd_fdstat_set_rights",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pwrite",
    "fd_renumber",
    "fd_sync",
    "path_create_directory",
    "path_filestat_set_times",
    "path_link",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
];

/// Defines everything that a module imports.
pub(crate) fn link(engine: &Engine, module: &Module) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    files::link(&mut linker)?;
    process::link(&mut linker)?;
    // A module may import a function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let (name, ty) = (import.name(), import.ty());
        let Some(ty) = ty.func().filter(|_| import.module() == MODULE) else { continue };
        if WRITING.contains(&name) {
            refuse(&mut linker, name, ty, Errno::ReadOnly)?;
        } else if linker.get_by_import(&mut wasmtime::Store::new(engine, State::empty()), &import).is_none() {
            refuse(&mut linker, name, ty, Errno::Unknown)?;
        }
    }
    Ok(linker)
}

/// Defines a function that does nothing and says why.
fn refuse(linker: &mut Linker<State>, name: &str, ty: &FuncType, errno: Errno) -> wasmtime::Result<()> {
    linker.func_new(MODULE, name, ty.clone(), move |_, _, results| {
        if let Some(result) = results.first_mut() {
            *result = Val::I32(errno as i32);
        }
        Ok(())
    })?;
    Ok(())
}

/// Runs a call that sees the guest's memory and the state, and gives its number: 0 for success.
fn answer(caller: &mut Caller<'_, State>, call: impl FnOnce(&mut View<'_>) -> Result<(), Errno>) -> i32 {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return Errno::Fault as i32 };
    let (memory, state) = memory.data_and_store_mut(&mut *caller);
    match call(&mut View { memory, state }) {
        Ok(()) => 0,
        Err(errno) => errno as i32,
    }
}
