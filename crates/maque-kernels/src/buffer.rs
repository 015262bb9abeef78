//! Numbers on 64-byte borders: a vector register never straddles two cache lines.

use crate::memory::Memory;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A zeroed slice of numbers, aligned to 64 bytes and, if it is large, on huge pages. Memory is used when
/// it is first written.
pub struct Buffer<T> {
    memory: Memory,
    numbers: PhantomData<T>,
}

/// What a buffer may hold.
///
/// # Safety
/// Zero bytes are a value of the type, dropping it does nothing, and its alignment is at most 64.
pub unsafe trait Number: Copy {}

// SAFETY: zero bytes are zero.
unsafe impl Number for f32 {}
// SAFETY: as above.
unsafe impl Number for i8 {}
// SAFETY: as above.
unsafe impl Number for i32 {}
// SAFETY: as above.
unsafe impl Number for i16 {}
// SAFETY: an array of numbers is numbers.
unsafe impl<T: Number, const N: usize> Number for [T; N] {}

impl<T: Number> Buffer<T> {
    /// `len` zeros.
    ///
    /// # Panics
    /// If the system has no such address space left.
    pub fn zeroed(len: usize) -> Buffer<T> {
        let n_bytes = len.checked_mul(size_of::<T>());
        let n_bytes = n_bytes.expect("a buffer is larger than the address space");
        Buffer {
            memory: Memory::alone(n_bytes),
            numbers: PhantomData,
        }
    }
}

impl<T: Number> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        let bytes = self.memory.as_slice();
        // SAFETY: the memory is aligned to 64, was zeroed, and is written as numbers only.
        unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<T>()) }
    }
}

impl<T: Number> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let bytes = self.memory.as_mut_slice();
        let (start, len) = (bytes.as_mut_ptr(), bytes.len() / size_of::<T>());
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(start.cast(), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zeroed_aligned_and_writable() {
        for len in [0, 1, 100, 1 << 20] {
            let mut buffer = Buffer::<f32>::zeroed(len);
            assert_eq!(buffer.len(), len);
            assert!(buffer.as_ptr().addr().is_multiple_of(64));
            assert!(buffer.iter().all(|x| *x == 0.0));
            buffer.fill(1.5);
            assert!(buffer.iter().all(|x| *x == 1.5));
        }
    }
}
