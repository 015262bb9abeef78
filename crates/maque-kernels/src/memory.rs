//! Anonymous memory for weights: aligned to huge pages and asking for them before the first touch.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// Small matrices share mappings of this size, so that they lie on huge pages too.
const SHARED_BYTES: usize = 16 << 20;
/// Alignment of every piece: a cache line, and a 512-bit register.
const LINE: usize = 64;

/// One mapping; unmapped when the last piece of it is dropped.
struct Mapping {
    start: NonNull<u8>, // aligned to a huge page
    len: usize,
    mapped: (NonNull<u8>, usize), // with what alignment cost
}

// SAFETY: the mapping is plain memory; who may touch which bytes is settled by `Memory`.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` zeroed bytes.
    ///
    /// # Panics
    /// If the system has no such address space left.
    fn new(len: usize) -> Mapping {
        let n_mapped = len
            .checked_add(HUGE_PAGE)
            .expect("a matrix is larger than the address space");
        let mapped = system::map(n_mapped).unwrap_or_else(|| panic!("no memory for {len} bytes"));
        let offset = mapped.as_ptr().align_offset(HUGE_PAGE);
        // SAFETY: the offset is below `HUGE_PAGE`, so `len` bytes from there are inside the mapping.
        let start = unsafe { mapped.add(offset) };
        system::ask_for_huge_pages(start, len);
        Mapping {
            start,
            len,
            mapped: (mapped, n_mapped),
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        system::unmap(self.mapped.0, self.mapped.1);
    }
}

/// A piece of a mapping that one owner reads and writes, at first zeroed; its start is aligned to 64.
pub(crate) struct Memory {
    _mapping: Arc<Mapping>, // keeps it mapped
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: it owns its bytes: `Arena` gives no byte to two pieces.
unsafe impl Send for Memory {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for Memory {}

impl Memory {
    /// A mapping of its own, for one piece.
    ///
    /// # Panics
    /// If the system has no such address space left.
    pub(crate) fn alone(len: usize) -> Memory {
        piece(Arc::new(Mapping::new(len)), 0, len)
    }
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: the piece lies inside its mapping, is initialised (zeroed by the system) and owned.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

/// Gives out pieces of memory, one after the other.
#[derive(Default)]
pub(crate) struct Arena {
    current: Mutex<Option<(Arc<Mapping>, usize)>>, // with the bytes given out
}

impl Arena {
    /// A piece of `len` zeroed bytes.
    ///
    /// # Panics
    /// If the system has no memory left.
    pub(crate) fn take(&self, len: usize) -> Memory {
        if SHARED_BYTES / 2 < len {
            return Memory::alone(len);
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (mapping, at) = current
            .take()
            .filter(|(mapping, at)| len <= mapping.len - at)
            .unwrap_or_else(|| (Arc::new(Mapping::new(SHARED_BYTES)), 0));
        // A piece that has been given back is not used again: weights live as long as their model.
        let next = at + len.next_multiple_of(LINE);
        if next < mapping.len {
            *current = Some((Arc::clone(&mapping), next));
        }
        piece(mapping, at, len)
    }
}

fn piece(mapping: Arc<Mapping>, at: usize, len: usize) -> Memory {
    // SAFETY: the caller has room for `len` bytes at `at` in the mapping.
    let start = unsafe { mapping.start.add(at) };
    Memory {
        _mapping: mapping,
        start,
        len,
    }
}

#[cfg(unix)]
mod system {
    //! Anonymous mappings.
    use std::ptr::{NonNull, null_mut};

    pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
        // SAFETY: a new private mapping at an address of the system's choice touches nothing else.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        (start != libc::MAP_FAILED).then(|| NonNull::new(start.cast()))?
    }

    #[cfg(target_os = "linux")]
    pub(super) fn ask_for_huge_pages(start: NonNull<u8>, len: usize) {
        // SAFETY: the range is inside a mapping of ours; the advice changes no contents. Where the
        // system has no huge pages it refuses, and small ones serve.
        unsafe { libc::madvise(start.as_ptr().cast(), len, libc::MADV_HUGEPAGE) };
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn ask_for_huge_pages(_start: NonNull<u8>, _len: usize) {}

    pub(super) fn unmap(start: NonNull<u8>, len: usize) {
        // SAFETY: the range is exactly what `map` returned, and its last user is gone.
        unsafe { libc::munmap(start.as_ptr().cast(), len) };
    }
}

#[cfg(not(unix))]
mod system {
    //! Zeroed memory of the global allocator.
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ptr::NonNull;

    fn layout(len: usize) -> Option<Layout> {
        Layout::from_size_align(len, super::LINE).ok()
    }

    pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
        // SAFETY: the layout is not empty, since alignment adds to it.
        NonNull::new(unsafe { alloc_zeroed(layout(len)?) })
    }

    pub(super) fn ask_for_huge_pages(_start: NonNull<u8>, _len: usize) {}

    pub(super) fn unmap(start: NonNull<u8>, len: usize) {
        if let Some(layout) = layout(len) {
            // SAFETY: `map` allocated it with the same layout.
            unsafe { dealloc(start.as_ptr(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_zeroed_aligned_and_apart() {
        let arena = Arena::default();
        let lens = [1, 63, 64, 4096, 3 << 20, 15 << 20, 7 << 20, 7 << 20, 100, 0];
        let mut pieces: Vec<Memory> = lens.iter().map(|len| arena.take(*len)).collect();
        for (i, piece) in pieces.iter_mut().enumerate() {
            assert_eq!(piece.as_slice().len(), lens[i]);
            assert!(piece.as_slice().as_ptr().addr().is_multiple_of(LINE));
            assert!(piece.as_slice().iter().all(|byte| *byte == 0));
            piece.as_mut_slice().fill(i as u8 + 1);
        }
        drop(arena);
        for (i, piece) in pieces.iter().enumerate() {
            assert!(piece.as_slice().iter().all(|byte| *byte == i as u8 + 1));
        }
    }
}
