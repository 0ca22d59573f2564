//! From the engine's error to the cause that a person can do something about. The guest often fails for another reason
//! than the one that counts: an allocator that was refused memory ends in `unreachable`.

use wasmtime::{Trap, WasmBacktrace};

use crate::answer::{broken, shown};
use crate::engine::{MOST_INSTANCES, MOST_MEMORIES, MOST_TABLES, STACK, TABLE_ELEMENTS};
use crate::fault::Fault;
use crate::state::State;

/// What an error means, and what a plugin that crashed wrote before: that is where its panic message is.
pub(crate) fn fault(error: &wasmtime::Error, state: State) -> Fault {
    let mut fault = cause(error, &state);
    if let Fault::Trapped { backtrace, .. } | Fault::StackLimit { backtrace, .. } = &mut fault {
        let written = state.into_log();
        let last = written.get(written.len().saturating_sub(MOST_LINES)..).unwrap_or_default();
        for line in last {
            backtrace.push_str("\nwrote: ");
            backtrace.push_str(line);
        }
    }
    fault
}

fn cause(error: &wasmtime::Error, state: &State) -> Fault {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone();
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        return Fault::TimedOut { limit: state.limits.time };
    }
    // Nothing else ends like this, whatever was refused before.
    if trap == Some(Trap::StackOverflow) {
        return Fault::StackLimit { limit: STACK as u64, backtrace: backtrace(error) };
    }
    if state.limiter.memory_denied {
        return Fault::OutOfMemory { limit: state.limits.memory };
    }
    if state.limiter.table_denied {
        return Fault::TableLimit { limit: TABLE_ELEMENTS as u64, unit: "elements in one table" };
    }
    if let Some(trap) = trap.filter(|trap| is_unreadable(*trap)) {
        return broken(format!("handed over what cannot be read: {}", words(trap)));
    }
    if let Some(trap) = trap {
        return Fault::Trapped { message: words(trap), backtrace: backtrace(error) };
    }
    let cause = error.root_cause().to_string();
    if cause.contains("handle limit exceeded") {
        return Fault::HandleLimit { limit: state.most_handles() as u64 };
    }
    if cause.contains("fuel allocated for hostcalls") {
        return Fault::OutputLimit { limit: state.limits.output, unit: "bytes" };
    }
    if let Some(fault) = parts(&cause) {
        return fault;
    }
    #[cfg(feature = "wasi")]
    if let Some(message) = crate::wasi::exit(error) {
        return Fault::Trapped { message, backtrace: backtrace(error) };
    }
    broken(shown(&cause))
}

/// Of what a component has too much, in the words of the engine where it makes instances. With the pool that is known
/// before, and the component is refused.
fn parts(cause: &str) -> Option<Fault> {
    let (kind, _) = cause.strip_prefix("resource limit exceeded: ")?.split_once(" count too high")?;
    match kind {
        "table" => Some(Fault::TableLimit { limit: MOST_TABLES.into(), unit: "tables" }),
        "memory" => Some(Fault::InstanceLimit { limit: MOST_MEMORIES.into(), unit: "memories" }),
        "instance" => Some(Fault::InstanceLimit { limit: MOST_INSTANCES.into(), unit: "instances" }),
        _ => None,
    }
}

/// Lines of the log that go with a crash.
const MOST_LINES: usize = 20;

fn words(trap: Trap) -> String {
    if trap == Trap::UnreachableCodeReached {
        return "panicked or aborted (`unreachable` was executed)".to_owned();
    }
    trap.to_string().trim_start_matches("wasm trap: ").to_owned()
}

/// Whether the trap is the host's, who could not read what the plugin handed over.
fn is_unreadable(trap: Trap) -> bool {
    const UNREADABLE: [Trap; 5] = [
        Trap::InvalidChar,
        Trap::StringOutOfBounds,
        Trap::ListOutOfBounds,
        Trap::InvalidDiscriminant,
        Trap::UnalignedPointer,
    ];
    UNREADABLE.contains(&trap)
}

fn backtrace(error: &wasmtime::Error) -> String {
    const MOST_FRAMES: usize = 40;
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return String::new();
    };
    let frames = backtrace.frames().iter().take(MOST_FRAMES).enumerate().map(|(index, frame)| {
        let name = frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), shown);
        format!("{index}: {name}")
    });
    frames.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Instance, Module, Store};

    use super::*;
    use crate::limiter::Limiter;

    /// What an engine without a pool says of more of something than a store may have.
    fn refused(module: &str, times: usize) -> Fault {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(module).unwrap()).unwrap();
        let mut store = Store::new(&engine, Limiter::new(1 << 20));
        store.limiter(|limiter| limiter);
        let made: wasmtime::Result<Vec<Instance>> =
            (0..times).map(|_| Instance::new(&mut store, &module, &[])).collect();
        parts(&made.unwrap_err().root_cause().to_string()).unwrap()
    }

    #[test]
    fn what_there_is_too_much_of_is_told_apart() {
        assert_eq!(refused("(module)", 65), Fault::InstanceLimit { limit: 64, unit: "instances" });
        assert_eq!(refused("(module (memory 0))", 9), Fault::InstanceLimit { limit: 8, unit: "memories" });
        let tables = format!("(module {})", "(table 0 funcref)".repeat(60));
        assert_eq!(refused(&tables, 2), Fault::TableLimit { limit: 64, unit: "tables" });
        assert_eq!(parts("resource limit"), None);
    }
}
