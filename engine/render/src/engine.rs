//! The wasmtime engine of the renderers, and the stack that they run on.

use wasmtime::{Config, Engine, OptLevel};

/// Bytes of native stack that a guest may use: templates that include each other a thousand deep need some of it.
const GUEST_STACK: usize = 24 << 20;
/// The stack of the thread that a guest runs on.
pub(crate) const THREAD_STACK: usize = GUEST_STACK + (2 << 20);
/// Largest memory image that is mapped rather than copied when an instance is made.
const MOST_IMAGE: u64 = 512 << 20;

/// An engine.
pub(crate) fn new() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .async_stack_size(THREAD_STACK)
        .max_wasm_stack(GUEST_STACK)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(MOST_IMAGE)
        .parallel_compilation(true);
    Engine::new(&config)
}
