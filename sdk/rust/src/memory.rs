//! Where a policy's memory comes from.
//!
//! A policy lives for one batch. Rust's own allocator asks the host for memory at each start, and to give memory to a
//! guest stops every other thread of the host for a moment; so the first of it is part of the component, and the host is
//! asked only by those that need more.

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// What most batches need.
const FIRST: usize = 768 << 10;
/// What the host is asked for at least, where there is so much to be had.
const STEP: usize = 1 << 20;
/// WebAssembly's unit of memory.
const PAGE: usize = 64 << 10;
/// Bytes that the allocator writes beside what was asked for.
const OVERHEAD: usize = 64;

#[global_allocator]
static MEMORY: TalcSyncCell<Pages, WasmBinning> = TalcSyncCell::new_wasm(Pages { end: None });

static mut ARENA: MaybeUninit<[u8; FIRST]> = MaybeUninit::uninit();

/// The arena, then pages of the host.
#[derive(Debug)]
struct Pages {
    /// The end of what the allocator has; none before the first call.
    end: Option<NonNull<u8>>,
}

// SAFETY: calls nothing that allocates, and answers `Ok` only where there is more to allocate from than before.
unsafe impl Source for Pages {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let Some(end) = talc.source.end else {
            // SAFETY: nobody else names the arena, and it is given away once.
            talc.source.end = unsafe { talc.claim((&raw mut ARENA).cast(), FIRST) };
            return talc.source.end.map(|_| ()).ok_or(());
        };
        let wanted = layout.size().checked_add(layout.align() + OVERHEAD).ok_or(())?;
        let grown = [wanted.max(STEP), wanted].into_iter().find_map(grow);
        let (start, size) = grown.ok_or(())?;
        // SAFETY: the host has just made these bytes, so nobody has them; where they follow what the allocator has, they
        // lengthen it.
        let end = unsafe {
            if end.as_ptr() == start {
                Some(talc.extend(end, start.wrapping_add(size)))
            } else {
                talc.claim(start, size)
            }
        };
        talc.source.end = Some(end.ok_or(())?);
        Ok(())
    }
}

/// Has the host add memory: its start and its bytes.
fn grow(bytes: usize) -> Option<(*mut u8, usize)> {
    let pages = bytes.div_ceil(PAGE);
    match memory_grow::<0>(pages) {
        usize::MAX => None,
        before => Some(((before * PAGE) as *mut u8, pages * PAGE)),
    }
}
