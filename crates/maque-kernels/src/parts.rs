//! A mutable slice that the threads of one region write in disjoint parts.

use crate::pool::Pool;
use std::marker::PhantomData;
use std::ops::Range;

/// Shares a mutable slice between threads that each take other parts of it.
pub(crate) struct Parts<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: it only hands out disjoint parts (see `Parts::take`), and those may go to other threads.
unsafe impl<T: Send> Sync for Parts<'_, T> {}

impl<'a, T> Parts<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Parts<'a, T> {
        Parts {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// No other part that overlaps it may be alive.
    ///
    /// # Panics
    /// If the range does not lie inside the slice.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)] // the caller proves that parts are disjoint
    pub(crate) unsafe fn take(&self, range: Range<usize>) -> &mut [T] {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "a part lies outside its slice"
        );
        // SAFETY: the range is inside the slice, which is borrowed mutably as long as `self` lives; the
        // caller proves that nobody else has these elements.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

/// Calls `job(i, chunk)` for each chunk of `len` elements (the last one may be shorter), on all threads.
pub(crate) fn for_each_chunk<T: Send>(
    pool: &Pool,
    slice: &mut [T],
    len: usize,
    job: impl Fn(usize, &mut [T]) + Sync,
) {
    let (n, parts) = (slice.len(), Parts::new(slice));
    pool.run(n.div_ceil(len), &|i| {
        // SAFETY: the pool hands out each `i` once, and chunks do not overlap.
        job(i, unsafe { parts.take(i * len..n.min((i + 1) * len)) });
    });
}
