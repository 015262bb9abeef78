//! Attention's product in AVX2 and AVX-512 registers.

use super::product::{Kernel, Product, Start};
use crate::PAGE_TOKENS;
use crate::codes::x86::add_pair_products;
use std::arch::x86_64::*;

/// A register of 32-bit lanes, each a sum or a pair of codes.
///
/// # Safety
/// Every function needs a CPU with the instruction set of its implementor, and pointers to as many readable (for `add_to`:
/// writable) elements as there are lanes; no alignment is asked.
trait Lanes: Copy {
    const N: usize;
    unsafe fn zero() -> Self;
    /// A pair of codes a lane.
    unsafe fn load(from: *const i16) -> Self;
    /// One pair of codes in all lanes.
    unsafe fn splat(pair: *const i16) -> Self;
    /// `self + a₀b₀ + a₁b₁` of each lane's pairs.
    unsafe fn add_products(self, a: Self, b: Self) -> Self;
    /// `to = weight · self + start`
    unsafe fn add_to(self, to: *mut f32, weight: *const f32, start: Start);
}

impl Lanes for __m256i {
    const N: usize = 8;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller proves AVX.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn load(from: *const i16) -> Self {
        // SAFETY: the caller proves AVX and 8 readable pairs (32 bytes).
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(pair: *const i16) -> Self {
        // SAFETY: the caller proves AVX and one readable pair.
        unsafe { _mm256_set1_epi32(pair.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller proves AVX2.
        unsafe { _mm256_add_epi32(self, _mm256_madd_epi16(a, b)) }
    }
    #[inline(always)]
    unsafe fn add_to(self, to: *mut f32, weight: *const f32, start: Start) {
        // SAFETY: the caller proves AVX2 and FMA, 8 writable elements and a readable weight.
        unsafe {
            let start = match start {
                Start::Zero => _mm256_setzero_ps(),
                Start::Previous => _mm256_loadu_ps(to),
            };
            let sum = _mm256_cvtepi32_ps(self);
            _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_set1_ps(*weight), sum, start));
        }
    }
}

impl Lanes for __m512i {
    const N: usize = 16;
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller proves AVX-512F.
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn load(from: *const i16) -> Self {
        // SAFETY: the caller proves AVX-512F and 16 readable pairs (64 bytes).
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(pair: *const i16) -> Self {
        // SAFETY: the caller proves AVX-512F and one readable pair.
        unsafe { _mm512_set1_epi32(pair.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn add_products(self, a: Self, b: Self) -> Self {
        // SAFETY: the caller proves AVX-512 VNNI.
        unsafe { add_pair_products(self, a, b) }
    }
    #[inline(always)]
    unsafe fn add_to(self, to: *mut f32, weight: *const f32, start: Start) {
        // SAFETY: the caller proves AVX-512F, 16 writable elements and a readable weight.
        unsafe {
            let start = match start {
                Start::Zero => _mm512_setzero_ps(),
                Start::Previous => _mm512_loadu_ps(to),
            };
            let sum = _mm512_cvtepi32_ps(self);
            _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_set1_ps(*weight), sum, start));
        }
    }
}

/// First elements of the rows and columns that one register tile covers.
#[derive(Clone, Copy)]
struct Corner {
    c: *mut f32,
    weights: *const f32,
    a: *const i16,
    b: *const i16,
    next: *const i16, // never read, only prefetched
}

impl Corner {
    /// The first tile of a product whose every element is proved to lie inside the slices.
    #[inline(always)]
    fn first(
        product: Product,
        c: &mut [f32],
        weights: &[f32],
        a: &[i16],
        b: &[i16],
        next: &[i16],
    ) -> Corner {
        product.check(c, weights, a, b);
        Corner {
            c: c.as_mut_ptr(),
            weights: weights.as_ptr(),
            a: a.as_ptr(),
            b: b.as_ptr(),
            next: next.as_ptr(),
        }
    }

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
                weights: self.weights.add(n_rows),
                a: self.a.add(n_rows * product.a_stride),
                b: self.b.add(2 * n_cols),
                next: self.next.wrapping_add(2 * n_cols),
            }
        }
    }
}

/// Elements of a cache line.
const LINE: usize = 64 / size_of::<i16>();

/// `ROWS × WIDTH` registers, held over all terms.
///
/// # Safety
/// The CPU must have `V`'s instruction set; `ROWS` rows and `WIDTH · V::N` columns from `at` must lie inside the product.
#[inline(always)]
unsafe fn tile<V: Lanes, const ROWS: usize, const WIDTH: usize>(product: Product, at: Corner) {
    // SAFETY: rows and columns are inside the product, as the caller proves.
    unsafe {
        let mut sums = [[V::zero(); WIDTH]; ROWS];
        for k in 0..product.n_pairs {
            let row = 2 * k * product.n_cols;
            for line in (0..2 * WIDTH * V::N).step_by(LINE) {
                _mm_prefetch::<_MM_HINT_T1>(at.next.wrapping_add(row + line).cast());
            }
            let mut b = [V::zero(); WIDTH];
            for (w, b) in b.iter_mut().enumerate() {
                *b = V::load(at.b.add(row + 2 * w * V::N));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let a = V::splat(at.a.add(r * product.a_stride + 2 * k));
                for (sum, b) in sums.iter_mut().zip(b) {
                    *sum = sum.add_products(a, b);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (w, sum) in sums.iter().enumerate() {
                let to = at.c.add(r * product.c_stride + w * V::N);
                sum.add_to(to, at.weights.add(r), product.start);
            }
        }
    }
}

/// The columns from `first_col`, as many tiles of `WIDTH` registers as fit, for `ROWS` rows; returns the first column left
/// over.
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

/// AVX2 and FMA: tiles of 4 × 2 registers.
pub(crate) struct Ymm;

/// All columns of `ROWS` rows in 256-bit registers.
///
/// # Safety
/// The CPU must have AVX2 and FMA; `ROWS` rows from `at` must lie inside the product.
#[inline(always)]
unsafe fn ymm_rows<const ROWS: usize>(product: Product, at: Corner) {
    // SAFETY: as the caller proves.
    unsafe {
        let col = columns::<__m256i, ROWS, 2>(product, at, 0);
        columns::<__m256i, ROWS, 1>(product, at, col);
    }
}

impl Kernel for Ymm {
    #[inline(always)]
    fn multiply_add(
        product: Product,
        c: &mut [f32],
        weights: &[f32],
        a: &[i16],
        b: &[i16],
        next: &[i16],
    ) {
        let at = Corner::first(product, c, weights, a, b, next);
        let mut row = 0;
        while row < product.n_rows {
            let n_rows = (product.n_rows - row).min(4);
            // SAFETY: this kernel runs only where AVX2 and FMA were found (see `Attention::run`); `Corner::first` has
            // proved that all rows and columns are inside the slices.
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
    fn encode(codes: &mut [i16; PAGE_TOKENS], x: &[f32; PAGE_TOKENS], inverse: f32) {
        // SAFETY: this kernel runs only where AVX2 was found; both arrays have 32 elements.
        unsafe {
            let inverse = _mm256_set1_ps(inverse);
            for i in (0..PAGE_TOKENS).step_by(16) {
                let low = _mm256_mul_ps(_mm256_loadu_ps(x.as_ptr().add(i)), inverse);
                let high = _mm256_mul_ps(_mm256_loadu_ps(x.as_ptr().add(i + 8)), inverse);
                let packed = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
                // The pack works within halves of 128 bits: its quarters come out as 0, 2, 1, 3.
                let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
                _mm256_storeu_si256(codes.as_mut_ptr().add(i).cast(), packed);
            }
        }
    }

    #[inline(always)]
    fn prefetch(block: &[i16]) {
        prefetch(block);
    }
}

/// Fetches the cache lines of a block.
#[inline(always)]
fn prefetch(block: &[i16]) {
    let (lines, _) = block.as_chunks::<LINE>();
    for line in lines {
        // SAFETY: SSE is part of x86-64, and a prefetch has no effect but on the cache.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
}

/// AVX-512 with VNNI: tiles of 8 × 2 registers.
pub(crate) struct Zmm;

/// All columns of `ROWS` rows in 512-bit registers, the last 8 perhaps in 256-bit ones.
///
/// # Safety
/// The CPU must have AVX-512F and AVX-512 VNNI; `ROWS` rows from `at` must lie inside the product.
#[inline(always)]
unsafe fn zmm_rows<const ROWS: usize>(product: Product, at: Corner) {
    // SAFETY: as the caller proves.
    unsafe {
        let col = columns::<__m512i, ROWS, 2>(product, at, 0);
        let col = columns::<__m512i, ROWS, 1>(product, at, col);
        columns::<__m256i, ROWS, 1>(product, at, col);
    }
}

impl Kernel for Zmm {
    #[inline(always)]
    fn multiply_add(
        product: Product,
        c: &mut [f32],
        weights: &[f32],
        a: &[i16],
        b: &[i16],
        next: &[i16],
    ) {
        let at = Corner::first(product, c, weights, a, b, next);
        // SAFETY: this kernel runs only where AVX-512 VNNI was found (see `Attention::run`); `Corner::first` has
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
    fn encode(codes: &mut [i16; PAGE_TOKENS], x: &[f32; PAGE_TOKENS], inverse: f32) {
        // SAFETY: this kernel runs only where AVX-512F was found; both arrays have 32 elements.
        unsafe {
            let inverse = _mm512_set1_ps(inverse);
            for i in (0..PAGE_TOKENS).step_by(16) {
                let x = _mm512_mul_ps(_mm512_loadu_ps(x.as_ptr().add(i)), inverse);
                let rounded = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x));
                _mm256_storeu_si256(codes.as_mut_ptr().add(i).cast(), rounded);
            }
        }
    }

    #[inline(always)]
    fn prefetch(block: &[i16]) {
        prefetch(block);
    }
}
