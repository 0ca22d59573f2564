//! Where memory comes from and goes to. glibc is meant for everything at once; a run that ends soon wants to keep what it
//! has, and an agent wants to give it back.

/// The largest piece that is taken from a store of memory, and what a store grows by, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: [i32; 3] = [32 << 20, 4 << 20, 64 << 20];
/// The smallest piece that an agent gives back by itself, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const PIECE: i32 = 128 << 10;

/// For a run that ends soon. A store that grows page by page stops the threads of the other cores each time, and so does one
/// that gives back what is wanted again a moment later.
pub(crate) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let [piece, step, spare] = KEPT;
        tell(&[(libc::M_MMAP_THRESHOLD, piece), (libc::M_TOP_PAD, step), (libc::M_TRIM_THRESHOLD, spare)]);
    }
}

/// For an agent. Large pieces go back as soon as nobody needs them, and there are as many stores of memory as there are
/// cores. Left to itself, glibc keeps large pieces from the second on, in up to eight stores for each core, and what a list
/// of inventories took once would stay taken in each.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let stores = i32::try_from(cores).unwrap_or(i32::MAX);
        tell(&[(libc::M_MMAP_THRESHOLD, PIECE), (libc::M_ARENA_MAX, stores)]);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn tell(wishes: &[(i32, i32)]) {
    for (what, value) in wishes {
        #[expect(unsafe_code, reason = "the standard library does not speak with the allocator")]
        // SAFETY: it takes two numbers, and changes from where memory comes from now on.
        let _ = unsafe { libc::mallopt(*what, *value) };
    }
}
