//! The one product that attention is made of: a few rows of int16 codes times a block of them, in whole numbers; and the
//! codes of probabilities that it is given.

use crate::PAGE_TOKENS;
use crate::codes::round;

/// Rows of queries that share each load of keys and values.
pub(crate) const TILE_ROWS: usize = 8;

/// What a product is added to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Zero: `c` is only written.
    Zero,
    /// What `c` holds.
    Previous,
}

/// Shape of `c[r][..n_cols] += weights[r] · Σ_k a[r][k] · b[k][..n_cols]`, all row-major. `a` and `b` are codes, and `b` has
/// pairs of rows woven together, `[n_pairs][n_cols][2]`, as the instructions that multiply pairs read them.
///
/// The sum is a whole number of 32 bits and so the same in whichever order it is taken; who calls sees to it that it fits.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    /// Rows of `a` and `c`, at most [`TILE_ROWS`].
    pub(crate) n_rows: usize,
    /// Columns of `b` and `c`, a multiple of 8.
    pub(crate) n_cols: usize,
    /// Half the terms of each sum.
    pub(crate) n_pairs: usize,
    /// Elements from a row of `a` to the next.
    pub(crate) a_stride: usize,
    /// Elements from a row of `c` to the next.
    pub(crate) c_stride: usize,
    pub(crate) start: Start,
}

impl Product {
    /// Asserts that every element it names lies inside the slices.
    #[inline(always)]
    pub(crate) fn check(&self, c: &[f32], weights: &[f32], a: &[i16], b: &[i16]) {
        let last_row = self.n_rows.saturating_sub(1);
        assert!(self.n_rows <= TILE_ROWS && self.n_cols.is_multiple_of(8));
        assert!(self.n_rows <= weights.len());
        assert!(last_row * self.a_stride + 2 * self.n_pairs <= a.len());
        assert!(last_row * self.c_stride + self.n_cols <= c.len());
        assert!(2 * self.n_pairs * self.n_cols <= b.len());
    }
}

/// An instruction set's way to compute a [`Product`].
pub(crate) trait Kernel {
    /// Writes or adds the product to `c`. Meanwhile `next`, a block as large as `b` that is needed soon (or `b` again), may
    /// be fetched into the cache.
    fn multiply_add(
        product: Product,
        c: &mut [f32],
        weights: &[f32],
        a: &[i16],
        b: &[i16],
        next: &[i16],
    );

    /// The codes of a page's numbers, none of them beyond the largest code once it is multiplied by `inverse`.
    fn encode(codes: &mut [i16; PAGE_TOKENS], x: &[f32; PAGE_TOKENS], inverse: f32);

    /// May fetch codes or scales into the cache.
    fn prefetch(block: &[i16]);
}

/// Portable Rust: the specification.
pub(crate) struct Naive;

impl Kernel for Naive {
    #[inline(always)]
    fn multiply_add(
        product: Product,
        c: &mut [f32],
        weights: &[f32],
        a: &[i16],
        b: &[i16],
        _next: &[i16],
    ) {
        product.check(c, weights, a, b);
        for (row, weight) in weights.iter().enumerate().take(product.n_rows) {
            let a = &a[row * product.a_stride..][..2 * product.n_pairs];
            let c = &mut c[row * product.c_stride..][..product.n_cols];
            for (col, c) in c.iter_mut().enumerate() {
                let terms = a.chunks_exact(2).enumerate().map(|(k, a)| {
                    let b = &b[2 * (k * product.n_cols + col)..][..2];
                    i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1])
                });
                let sum: i32 = terms.sum();
                let start = match product.start {
                    Start::Zero => 0.0,
                    Start::Previous => *c,
                };
                *c = weight.mul_add(sum as f32, start);
            }
        }
    }

    #[inline(always)]
    fn encode(codes: &mut [i16; PAGE_TOKENS], x: &[f32; PAGE_TOKENS], inverse: f32) {
        for (code, x) in codes.iter_mut().zip(x) {
            *code = round(x * inverse);
        }
    }

    fn prefetch(_block: &[i16]) {}
}
