//! A renderer that has been warmed up, for the program that takes a snapshot of it: the same sandbox as for a render, with
//! an empty checkout. Nothing else has a use for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sluice_wasm::ticker::{self, Running};
use wasmtime::{Instance, Module, Store, Val};

use crate::engine::{self, THREAD_STACK};
use crate::files::FolderFiles;
use crate::guest::{MEMORY, call, store};
use crate::limits::Limits;
use crate::method::{Helm, Origins, helm_request, kustomize_request};
use crate::state::State;
use crate::touched::{PAGE, SECTION, Touched};
use crate::wasi;

const NO_THREAD: &str = "there is no thread to keep a deadline with";
/// How long warming up may take.
const LONGEST: Duration = Duration::from_secs(120);

/// An instance after `_initialize` and `warm`.
pub struct Warm {
    store: Store<State>,
    instance: Instance,
}

/// The value of a global variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// 32 bits.
    I32(i32),
    /// 64 bits.
    I64(i64),
    /// The bits of a float of 32.
    F32(u32),
    /// The bits of a float of 64.
    F64(u64),
}

impl Warm {
    /// Compiles a module, makes an instance of it and warms it up.
    ///
    /// # Errors
    /// Words for what went wrong, with what the guest wrote.
    pub fn up(wasm: &[u8]) -> Result<Self, String> {
        with_deep_stack(|| start(wasm))
    }

    /// A global variable, by the name that it is exported under.
    pub fn global(&mut self, name: &str) -> Option<Value> {
        let global = self.instance.get_global(&mut self.store, name)?;
        match global.get(&mut self.store) {
            Val::I32(value) => Some(Value::I32(value)),
            Val::I64(value) => Some(Value::I64(value)),
            Val::F32(bits) => Some(Value::F32(bits)),
            Val::F64(bits) => Some(Value::F64(bits)),
            Val::V128(_) | Val::FuncRef(_) | Val::ExternRef(_) | Val::AnyRef(_) | Val::ExnRef(_) | Val::ContRef(_) => {
                None
            }
        }
    }

    /// The content of a memory, by the name that it is exported under.
    pub fn memory(&mut self, name: &str) -> Option<&[u8]> {
        Some(self.instance.get_memory(&mut self.store, name)?.data(&self.store))
    }
}

/// A folder that a renderer is tried on.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Where it lies.
    pub root: &'a Path,
    /// Its path from there.
    pub path: &'a str,
}

/// The name and the content of the custom section of a snapshot that says which pages of its memory the renders of samples
/// write to.
///
/// # Errors
/// Words for what went wrong.
pub fn touched(wasm: &[u8], renderer: &str, samples: &[Sample<'_>]) -> Result<(&'static str, Vec<u8>), String> {
    with_deep_stack(|| touch(wasm, renderer, samples))
}

/// Works on a thread that has the stack of those that render.
fn with_deep_stack<T: Send>(work: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(THREAD_STACK);
        let thread = builder.spawn_scoped(scope, work).map_err(|error| error.to_string())?;
        thread.join().map_err(|_| "the thread crashed".to_owned())?
    })
}

fn touch(wasm: &[u8], renderer: &str, samples: &[Sample<'_>]) -> Result<(&'static str, Vec<u8>), String> {
    let words = |error: wasmtime::Error| format!("{error:#}");
    let engine = engine::new().map_err(words)?;
    ticker::register(&engine);
    let _running = Running::start().ok_or(NO_THREAD)?;
    let module = Module::from_binary(&engine, wasm).map_err(words)?;
    let linker = wasi::link(&engine, &module).map_err(words)?;
    let mut pages = BTreeMap::new();
    for Sample { root, path } in samples {
        for origins in [Origins::None, Origins::Positions] {
            let files = Arc::new(FolderFiles::open(root).map_err(|error| error.to_string())?);
            let request = match renderer {
                "helm" => helm_request(path, &Helm::default(), origins),
                _ => kustomize_request(path, origins),
            };
            let request = request.map_err(|error| error.to_string())?;
            let limits = Limits::default();
            let mut store = store(&engine, State::new(files, SystemTime::UNIX_EPOCH, limits), LONGEST);
            let instance = linker.instantiate(&mut store, &module).map_err(words)?;
            let memory = instance.get_memory(&mut store, MEMORY).ok_or("it has no memory")?;
            let before = memory.data(&store).to_vec();
            call(&instance, &mut store, limits.memory, &request).map_err(words)?;
            let after = memory.data(&store).chunks(PAGE);
            let changed = (0..).zip(before.chunks(PAGE).zip(after)).filter(|(_, (before, after))| before != after);
            pages.extend(changed.filter_map(|(page, (before, _))| Some((page, *before.first()?))));
        }
    }
    Ok((SECTION, Touched::of(pages).section().to_vec()))
}

fn start(wasm: &[u8]) -> Result<Warm, String> {
    let words = |error: wasmtime::Error| format!("{error:#}");
    let engine = engine::new().map_err(words)?;
    ticker::register(&engine);
    let _running = Running::start().ok_or(NO_THREAD)?;
    let module = Module::from_binary(&engine, wasm).map_err(words)?;
    let linker = wasi::link(&engine, &module).map_err(words)?;
    let mut store =
        store(&engine, State::new(State::empty().files, SystemTime::UNIX_EPOCH, Default::default()), LONGEST);
    let started = linker.instantiate(&mut store, &module).and_then(|instance| {
        for name in ["_initialize", "warm"] {
            instance.get_typed_func::<(), ()>(&mut store, name)?.call(&mut store, ())?;
        }
        Ok(instance)
    });
    match started {
        Ok(instance) => Ok(Warm { store, instance }),
        Err(error) => Err(format!("{error:#}\n{}", store.data().log.lines().join("\n"))),
    }
}
