//! A renderer that has been warmed up, for the program that takes a snapshot of it: the same sandbox as for a render, with
//! an empty checkout. Nothing else has a use for it.

use std::time::{Duration, SystemTime};

use sluice_wasm::ticker::{self, Running};
use wasmtime::{Instance, Module, Store, Val};

use crate::engine::{self, THREAD_STACK};
use crate::guest::store;
use crate::state::State;
use crate::wasi;

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
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(THREAD_STACK);
            let thread = builder.spawn_scoped(scope, || start(wasm)).map_err(|error| error.to_string())?;
            thread.join().map_err(|_| "the thread crashed".to_owned())?
        })
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

fn start(wasm: &[u8]) -> Result<Warm, String> {
    let words = |error: wasmtime::Error| format!("{error:#}");
    let engine = engine::new().map_err(words)?;
    ticker::register(&engine);
    let _running = Running::start().ok_or("there is no thread to keep a deadline with")?;
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
