//! From the engine's error to the cause that a person can do something about. The guest often fails for another reason
//! than the one that counts: an allocator that was refused memory ends in `unreachable`.

use wasmtime::{Trap, WasmBacktrace};

use crate::answer::{broken, shown};
use crate::fault::Fault;
use crate::state::State;

/// What an error means, and what a plugin that crashed wrote before: that is where its panic message is.
pub(crate) fn fault(error: &wasmtime::Error, state: State) -> Fault {
    let mut fault = cause(error, &state);
    if let Fault::Trapped { backtrace, .. } = &mut fault {
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
    if state.limiter.memory_denied {
        return Fault::OutOfMemory { limit: state.limits.memory };
    }
    if state.limiter.table_denied {
        return Fault::ResourceLimit { what: "tables" };
    }
    if let Some(trap) = trap.filter(|trap| is_unreadable(*trap)) {
        return broken(format!("handed over what cannot be read: {}", words(trap)));
    }
    if let Some(trap) = trap {
        return Fault::Trapped { message: words(trap), backtrace: backtrace(error) };
    }
    let cause = error.root_cause().to_string();
    if cause.contains("handle limit exceeded") {
        return Fault::ResourceLimit { what: "handles" };
    }
    if cause.contains("fuel allocated for hostcalls") {
        return Fault::OutputLimit { limit: state.limits.output, unit: "bytes" };
    }
    if cause.contains("resource limit exceeded") || cause.contains("instance limit") {
        return Fault::ResourceLimit { what: "instances" };
    }
    #[cfg(feature = "wasi")]
    if let Some(message) = crate::wasi::exit(error) {
        return Fault::Trapped { message, backtrace: backtrace(error) };
    }
    broken(shown(&cause))
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
