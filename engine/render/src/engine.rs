//! The wasmtime engine of the renderers, and the stack that they run on.

use std::num::NonZeroUsize;

use wasmtime::{Config, Enabled, Engine, OptLevel, PoolingAllocationConfig};

/// Bytes of native stack that a guest may use: templates that include each other a thousand deep need some of it.
const GUEST_STACK: usize = 24 << 20;
/// The stack of the thread that a guest runs on.
pub(crate) const THREAD_STACK: usize = GUEST_STACK + (2 << 20);
/// Largest memory image that is mapped rather than copied when an instance is made.
const MOST_IMAGE: u64 = 512 << 20;

/// Bytes of an instance's memory that stay with it for the next one, reset in place: more than a usual overlay writes to.
const RESIDENT: usize = 64 << 20;
/// Elements of the table of a guest.
const TABLE_ELEMENTS: usize = 1 << 22;

/// An engine. Its instances come from a pool where the system has the address space for one: then those after the first
/// find their memory in place.
pub(crate) fn new() -> wasmtime::Result<Engine> {
    Engine::new(&config(Some(pool()))).or_else(|_| Engine::new(&config(None)))
}

fn config(pool: Option<PoolingAllocationConfig>) -> Config {
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
    if let Some(pool) = pool {
        config.allocation_strategy(pool);
    }
    config
}

/// Instances at once: more than one for each core would gain nothing.
pub(crate) fn slots() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(512)
}

fn pool() -> PoolingAllocationConfig {
    let slots = u32::try_from(slots()).unwrap_or(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(0)
        .total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .max_memory_size(4 << 30)
        .max_core_instance_size(16 << 20)
        .max_tables_per_module(1)
        .max_memories_per_module(1)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(RESIDENT)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto)
        // Stacks for asynchronous calls, of which there are none: by default a thousand, set up at once.
        .total_stacks(0);
    pool
}
