//! Attention's product in AVX2 and AVX-512 registers.

use super::product::{Kernel, Product, Start};
use half::f16;
use std::arch::x86_64::*;

/// A register of f32 lanes.
///
/// # Safety
/// Every function needs a CPU with the instruction set of its implementor, and pointers to as many
/// readable (for `store`: writable) elements as there are lanes; no alignment is asked.
trait Lanes: Copy {
    const N: usize;
    unsafe fn zero() -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn widen(from: *const f16) -> Self;
    unsafe fn splat(x: *const f32) -> Self;
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self;
    unsafe fn store(self, to: *mut f32);
}

impl Lanes for __m256 {
    const N: usize = 8;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller proves AVX.
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller proves AVX and 8 readable elements.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn widen(from: *const f16) -> Self {
        // SAFETY: the caller proves F16C and 8 readable elements (16 bytes).
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
    }
    #[inline(always)]
    unsafe fn splat(x: *const f32) -> Self {
        // SAFETY: the caller proves AVX and one readable element.
        unsafe { _mm256_set1_ps(*x) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        // SAFETY: the caller proves FMA.
        unsafe { _mm256_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller proves AVX and 8 writable elements.
        unsafe { _mm256_storeu_ps(to, self) }
    }
}

impl Lanes for __m512 {
    const N: usize = 16;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller proves AVX-512F.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller proves AVX-512F and 16 readable elements.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn widen(from: *const f16) -> Self {
        // SAFETY: the caller proves AVX-512F and 16 readable elements (32 bytes).
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
    }
    #[inline(always)]
    unsafe fn splat(x: *const f32) -> Self {
        // SAFETY: the caller proves AVX-512F and one readable element.
        unsafe { _mm512_set1_ps(*x) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        // SAFETY: the caller proves AVX-512F.
        unsafe { _mm512_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller proves AVX-512F and 16 writable elements.
        unsafe { _mm512_storeu_ps(to, self) }
    }
}

/// First elements of the rows and columns that one register tile covers.
#[derive(Clone, Copy)]
struct Corner {
    c: *mut f32,
    a: *const f32,
    b: *const f16,
    next: *const f16, // never read, only prefetched
}

impl Corner {
    /// The tile `n_rows` further down and `n_cols` further right.
    ///
    /// # Safety
    /// That tile must begin inside the product.
    #[inline(always)]
    unsafe fn shifted(self, product: Product, n_rows: usize, n_cols: usize) -> Corner {
        // SAFETY: the caller proves that the new corner is inside the slices.
        unsafe {
            Corner {
                c: self.c.add(n_rows * product.c_stride + n_cols),
                a: self.a.add(n_rows * product.a_stride),
                b: self.b.add(n_cols),
                next: self.next.wrapping_add(n_cols),
            }
        }
    }
}

/// `ROWS × WIDTH` registers, held over all terms.
///
/// # Safety
/// The CPU must have `V`'s instruction set; `ROWS` rows and `WIDTH · V::N` columns from `at` must
/// lie inside the product.
#[inline(always)]
unsafe fn tile<V: Lanes, const ROWS: usize, const WIDTH: usize>(product: Product, at: Corner) {
    // SAFETY: rows and columns are inside the product, as the caller proves.
    unsafe {
        let mut sums = [[V::zero(); WIDTH]; ROWS];
        if product.start == Start::Previous {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (w, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(at.c.add(r * product.c_stride + w * V::N));
                }
            }
        }
        for k in 0..product.n_terms {
            _mm_prefetch::<_MM_HINT_T0>(at.next.wrapping_add(k * product.n_cols).cast());
            let mut b = [V::zero(); WIDTH];
            for (w, b) in b.iter_mut().enumerate() {
                *b = V::widen(at.b.add(k * product.n_cols + w * V::N));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let a = V::splat(at.a.add(r * product.a_stride + k));
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = a.multiply_add(b, *sum);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (w, sum) in sums.iter().enumerate() {
                sum.store(at.c.add(r * product.c_stride + w * V::N));
            }
        }
    }
}

/// The columns from `first_col`, as many tiles of `WIDTH` registers as fit, for `ROWS` rows; returns
/// the first column left over.
///
/// # Safety
/// As [`tile`], for `ROWS` rows and all columns of the product.
#[inline(always)]
unsafe fn columns<V: Lanes, const ROWS: usize, const WIDTH: usize>(
    product: Product,
    at: Corner,
    first_col: usize,
) -> usize {
    let mut col = first_col;
    while col + WIDTH * V::N <= product.n_cols {
        // SAFETY: the tile ends inside the product's columns, and the caller proves the rows.
        unsafe { tile::<V, ROWS, WIDTH>(product, at.shifted(product, 0, col)) };
        col += WIDTH * V::N;
    }
    col
}

/// Fetches the cache lines of a block.
#[inline(always)]
fn prefetch(block: &[f16]) {
    let (lines, _) = block.as_chunks::<32>();
    for line in lines {
        // SAFETY: SSE is part of x86-64, and a prefetch has no effect but on the cache.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

/// AVX2, FMA and F16C: tiles of 4 × 2 registers.
pub(crate) struct Ymm;

/// All columns of `ROWS` rows in 256-bit registers.
///
/// # Safety
/// The CPU must have AVX2, FMA and F16C; `ROWS` rows from `at` must lie inside the product.
#[inline(always)]
unsafe fn ymm_rows<const ROWS: usize>(product: Product, at: Corner) {
    // SAFETY: as the caller proves.
    unsafe {
        let col = columns::<__m256, ROWS, 2>(product, at, 0);
        columns::<__m256, ROWS, 1>(product, at, col);
    }
}

impl Kernel for Ymm {
    #[inline(always)]
    fn multiply_add(product: Product, c: &mut [f32], a: &[f32], b: &[f16], next: &[f16]) {
        product.check(c, a, b);
        let at = Corner {
            c: c.as_mut_ptr(),
            a: a.as_ptr(),
            b: b.as_ptr(),
            next: next.as_ptr(),
        };
        let mut row = 0;
        while row < product.n_rows {
            let n_rows = (product.n_rows - row).min(4);
            // SAFETY: this kernel runs only where AVX2, FMA and F16C were found (see `attend_avx2`);
            // `check` has proved that all rows and columns are inside the slices.
            unsafe {
                let at = at.shifted(product, row, 0);
                match n_rows {
                    4 => ymm_rows::<4>(product, at),
                    3 => ymm_rows::<3>(product, at),
                    2 => ymm_rows::<2>(product, at),
                    _ => ymm_rows::<1>(product, at),
                }
            }
            row += n_rows;
        }
    }

    #[inline(always)]
    fn prefetch(block: &[f16]) {
        prefetch(block);
    }
}

/// AVX-512: tiles of 8 × 2 registers.
pub(crate) struct Zmm;

/// All columns of `ROWS` rows in 512-bit registers, the last 8 perhaps in 256-bit ones.
///
/// # Safety
/// The CPU must have AVX-512F; `ROWS` rows from `at` must lie inside the product.
#[inline(always)]
unsafe fn zmm_rows<const ROWS: usize>(product: Product, at: Corner) {
    // SAFETY: as the caller proves.
    unsafe {
        let col = columns::<__m512, ROWS, 2>(product, at, 0);
        let col = columns::<__m512, ROWS, 1>(product, at, col);
        columns::<__m256, ROWS, 1>(product, at, col);
    }
}

impl Kernel for Zmm {
    #[inline(always)]
    fn multiply_add(product: Product, c: &mut [f32], a: &[f32], b: &[f16], next: &[f16]) {
        product.check(c, a, b);
        let at = Corner {
            c: c.as_mut_ptr(),
            a: a.as_ptr(),
            b: b.as_ptr(),
            next: next.as_ptr(),
        };
        // SAFETY: this kernel runs only where AVX-512 was found (see `attend_avx512`); `check` has
        // proved that all rows and columns are inside the slices.
        unsafe {
            match product.n_rows {
                0 => {}
                1 => zmm_rows::<1>(product, at),
                2 => zmm_rows::<2>(product, at),
                3 => zmm_rows::<3>(product, at),
                4 => zmm_rows::<4>(product, at),
                5 => zmm_rows::<5>(product, at),
                6 => zmm_rows::<6>(product, at),
                7 => zmm_rows::<7>(product, at),
                _ => zmm_rows::<8>(product, at),
            }
        }
    }

    #[inline(always)]
    fn prefetch(block: &[f16]) {
        prefetch(block);
    }
}
