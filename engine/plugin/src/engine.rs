//! The one wasmtime engine of a host: what code may use, how it is compiled, and the pool that instances come from.

use wasmtime::{Config, Enabled, Engine, OptLevel, PoolingAllocationConfig};

/// Core instances of one component. Python's has 38.
pub(crate) const MOST_INSTANCES: u32 = 64;
/// Memories of one component. QuickJS has 3; each reserves 4 GiB of address space.
pub(crate) const MOST_MEMORIES: u32 = 8;
/// Tables of one component.
pub(crate) const MOST_TABLES: u32 = 64;
/// Elements of one table. The largest seen has 7,700.
pub(crate) const TABLE_ELEMENTS: usize = 32_768;

/// Bytes of native stack that a guest may use. Threads have 2 MiB, and the host's own frames come on top.
pub(crate) const STACK: usize = 1 << 20;
/// Bytes of each memory and table that stay resident from one call to the next, reset in place.
const RESIDENT_MEMORY: usize = 2 << 20;
const RESIDENT_TABLE: usize = 64 << 10;

/// An engine for `jobs` calls at once.
pub(crate) fn new(jobs: usize) -> wasmtime::Result<Engine> {
    Engine::new(&config(Some(pool(jobs)))).or_else(|_| Engine::new(&config(None)))
}

/// Measured on a batch of 100 objects: `Speed` runs 15 to 20 % faster than no optimisation and compiles about as fast;
/// canonical NaNs cost nothing that could be seen, the checks of the deadline little.
fn config(pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK)
        .memory_init_cow(true)
        .parallel_compilation(true);
    if let Some(pool) = pool {
        config.allocation_strategy(pool);
    }
    config
}

fn pool(jobs: usize) -> PoolingAllocationConfig {
    let jobs = u32::try_from(jobs).unwrap_or(u32::MAX).clamp(1, 512);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(jobs)
        .total_core_instances(jobs.saturating_mul(MOST_INSTANCES))
        .total_memories(jobs.saturating_mul(MOST_MEMORIES))
        .total_tables(jobs.saturating_mul(MOST_TABLES))
        .max_core_instances_per_component(MOST_INSTANCES)
        .max_memories_per_component(MOST_MEMORIES)
        .max_tables_per_component(MOST_TABLES)
        .max_memory_size(4 << 30)
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(16 << 20)
        .max_tables_per_module(MOST_TABLES)
        .max_memories_per_module(MOST_MEMORIES)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(RESIDENT_MEMORY)
        .table_keep_resident(RESIDENT_TABLE)
        .pagemap_scan(Enabled::Auto);
    // WASI turns on stacks for asynchronous calls, of which there are none here: by default a thousand, set up at once.
    #[cfg(feature = "wasi")]
    pool.total_stacks(0);
    pool
}
