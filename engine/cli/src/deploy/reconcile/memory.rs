//! Memory that is not needed any more goes back to the system.

/// The smallest piece that is given back by itself, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const PIECE: i32 = 128 << 10;

/// Lets large pieces go back as soon as nobody needs them. Left to itself, glibc keeps them from the second on, for each
/// thread apart, and what a list of inventories took once would stay taken.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the standard library does not speak with the allocator")]
        // SAFETY: it takes two numbers, and changes from where pieces of this size come from now on.
        let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, PIECE) };
    }
}
