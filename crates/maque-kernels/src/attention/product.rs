//! The one product that attention is made of: a few f32 rows times an f16 block, added in order.

use half::f16;

/// Rows of queries that share each load of keys and values.
pub(crate) const TILE_ROWS: usize = 8;

/// What the sums of a product start from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Zero: `c` is only written.
    Zero,
    /// What `c` holds.
    Previous,
}

/// Shape of `c[r][..n_cols] += Σ_k a[r][k] · b[k][..n_cols]`, all row-major, `b` without gaps.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    /// Rows of `a` and `c`, at most [`TILE_ROWS`].
    pub(crate) n_rows: usize,
    /// Columns of `b` and `c`, a multiple of 8.
    pub(crate) n_cols: usize,
    /// Terms of each sum.
    pub(crate) n_terms: usize,
    /// Elements from a row of `a` to the next.
    pub(crate) a_stride: usize,
    /// Elements from a row of `c` to the next.
    pub(crate) c_stride: usize,
    pub(crate) start: Start,
}

impl Product {
    /// Asserts that every element it names lies inside the slices.
    #[inline(always)]
    pub(crate) fn check(&self, c: &[f32], a: &[f32], b: &[f16]) {
        let last_row = self.n_rows.saturating_sub(1);
        assert!(self.n_rows <= TILE_ROWS && self.n_cols.is_multiple_of(8));
        assert!(last_row * self.a_stride + self.n_terms <= a.len());
        assert!(last_row * self.c_stride + self.n_cols <= c.len());
        assert!(self.n_terms * self.n_cols <= b.len());
    }
}

/// An instruction set's way to compute a [`Product`]: every element of `c` is one chain of fused
/// multiply-adds over `k` in order, so all ways give the same bits.
pub(crate) trait Kernel {
    /// Writes or adds the product to `c`. Meanwhile `next`, the block of a later call (or `b` again), may be
    /// fetched into the cache.
    fn multiply_add(product: Product, c: &mut [f32], a: &[f32], b: &[f16], next: &[f16]);
    /// Fetches a block into the cache.
    fn prefetch(block: &[f16]);
}

/// Portable Rust: the specification.
pub(crate) struct Naive;

impl Kernel for Naive {
    #[inline(always)]
    fn multiply_add(product: Product, c: &mut [f32], a: &[f32], b: &[f16], _next: &[f16]) {
        product.check(c, a, b);
        for row in 0..product.n_rows {
            if product.start == Start::Zero {
                c[row * product.c_stride..][..product.n_cols].fill(0.0);
            }
        }
        for (k, b) in b
            .chunks_exact(product.n_cols)
            .take(product.n_terms)
            .enumerate()
        {
            for row in 0..product.n_rows {
                let a = a[row * product.a_stride + k];
                let c = &mut c[row * product.c_stride..][..product.n_cols];
                for (c, b) in c.iter_mut().zip(b) {
                    *c = a.mul_add(b.to_f32(), *c);
                }
            }
        }
    }

    fn prefetch(_block: &[f16]) {}
}
