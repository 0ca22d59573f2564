//! One renderer as WebAssembly, and its runs: each has an instance of its own, on a thread with room for deep recursion,
//! within its limits.

use std::time::Duration;

use sluice_wasm::ticker::{self, Running};
use wasmtime::{Engine, Instance, InstancePre, Module, Store};

use crate::engine::THREAD_STACK;
use crate::limits::Limits;
use crate::state::State;
use crate::touched::Touched;
use crate::wasi;

/// The name that a guest's memory is exported under.
pub(crate) const MEMORY: &str = "memory";
/// Set in a result that is an error.
const FAILED: u64 = 1 << 31;

/// A renderer, compiled and linked.
pub(crate) struct Program {
    engine: Engine,
    pre: InstancePre<State>,
    touched: Touched,
}

/// A run that has ended.
pub(crate) struct Run {
    /// What it answered, or why there is no answer.
    pub(crate) end: Result<Answer, End>,
    /// What is left of it.
    pub(crate) state: State,
}

/// What a guest answered.
pub(crate) enum Answer {
    /// A rendered set, still in one piece.
    Rendered(Vec<u8>),
    /// The tool's own words for what is wrong.
    Failed(Vec<u8>),
}

/// Why a guest did not answer.
pub(crate) enum End {
    /// The engine stopped it.
    Stopped(wasmtime::Error),
    /// The answer is longer than it may be.
    TooLong,
    /// The system gives no thread.
    NoThread,
}

impl Program {
    /// Links a module with what it may use.
    pub(crate) fn link(engine: &Engine, module: &Module, touched: Touched) -> wasmtime::Result<Self> {
        let pre = wasi::link(engine, module)?.instantiate_pre(module)?;
        Ok(Self { engine: engine.clone(), pre, touched })
    }

    /// Asks a fresh instance. `None` where the system gives no thread.
    pub(crate) fn ask(&self, state: State, limits: Limits, request: &[u8]) -> Option<Run> {
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().name("sluice-render".to_owned()).stack_size(THREAD_STACK);
            let thread = builder.spawn_scoped(scope, || self.run(state, limits, request)).ok()?;
            thread.join().ok()
        })
    }

    fn run(&self, state: State, limits: Limits, request: &[u8]) -> Run {
        let Some(_running) = Running::start() else { return Run { end: Err(End::NoThread), state } };
        let mut store = store(&self.engine, state, limits.time);
        let end = self.answer(&mut store, limits, request);
        Run { end, state: store.into_data() }
    }

    fn answer(&self, store: &mut Store<State>, limits: Limits, request: &[u8]) -> Result<Answer, End> {
        let instance = self.instance(store).map_err(End::Stopped)?;
        let packed = call(&instance, store, limits.memory, request).map_err(End::Stopped)?;
        let (address, length) = ((packed >> 32) as usize, packed & (FAILED - 1));
        if length > limits.output {
            return Err(End::TooLong);
        }
        let memory = instance.get_memory(&mut *store, MEMORY);
        let bytes = memory.and_then(|memory| memory.data(&*store).get(address..)?.get(..usize::try_from(length).ok()?));
        let bytes = bytes.ok_or_else(|| End::Stopped(wasmtime::Error::msg("its answer lies outside of its memory")))?;
        Ok(if packed & FAILED == 0 { Answer::Rendered(bytes.to_vec()) } else { Answer::Failed(bytes.to_vec()) })
    }

    fn instance(&self, store: &mut Store<State>) -> wasmtime::Result<Instance> {
        let instance = self.pre.instantiate(&mut *store)?;
        if let Some(memory) = instance.get_memory(&mut *store, MEMORY) {
            self.touched.touch(memory.data_mut(&mut *store));
        }
        Ok(instance)
    }
}

/// A store that keeps to its limits.
pub(crate) fn store(engine: &Engine, state: State, time: Duration) -> Store<State> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.usage);
    store.set_epoch_deadline(ticker::ticks(time));
    store
}

/// Hands a request over and gives what `call` gives.
pub(crate) fn call(
    instance: &Instance,
    store: &mut Store<State>,
    memory: u64,
    request: &[u8],
) -> wasmtime::Result<u64> {
    // A snapshot has been initialized already, and has no such function any more.
    if let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut *store, "_initialize") {
        initialize.call(&mut *store, ())?;
    }
    // Some of the memory is none of the collector's: code, stacks, what it keeps books with.
    if let Ok(limit) = instance.get_typed_func::<u64, ()>(&mut *store, "limit") {
        limit.call(&mut *store, memory / 4 * 3)?;
    }
    let alloc = instance.get_typed_func::<u32, u32>(&mut *store, "alloc")?;
    let address = alloc.call(&mut *store, u32::try_from(request.len())?)?;
    let memory = instance.get_memory(&mut *store, MEMORY).ok_or_else(|| wasmtime::Error::msg("it has no memory"))?;
    memory.write(&mut *store, address as usize, request)?;
    instance.get_typed_func::<(), u64>(&mut *store, "call")?.call(&mut *store, ())
}
