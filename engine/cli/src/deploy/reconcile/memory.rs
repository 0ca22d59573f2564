//! Memory that is not needed any more goes back to the system.

/// The smallest piece that is given back by itself, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const PIECE: i32 = 128 << 10;

/// Lets large pieces go back as soon as nobody needs them, and has as many stores of memory as there are cores. Left to
/// itself, glibc keeps large pieces from the second on, in up to eight stores for each core, and what a list of inventories
/// took once would stay taken in each.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let stores = i32::try_from(cores).unwrap_or(i32::MAX);
        for (what, value) in [(libc::M_MMAP_THRESHOLD, PIECE), (libc::M_ARENA_MAX, stores)] {
            #[expect(unsafe_code, reason = "the standard library does not speak with the allocator")]
            // SAFETY: it takes two numbers, and changes from where memory comes from now on.
            let _ = unsafe { libc::mallopt(what, value) };
        }
    }
}
