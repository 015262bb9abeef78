//! Matrix products: which groups of rows meet which tokens, on which thread.
//!
//! An output element is one chain over the sub-blocks `b` of 32 columns in order, whatever the batch,
//! the threads and the instruction set; `dot` is an exact integer and `fma` rounds once:
//!
//! - centred: `acc = fma(d_w · d_a, Σ (code − 2^shift) · a, acc)`
//! - affine: `acc = fma(d_w · d_a, Σ code · a, acc)`, then `acc = fma(m_w, d_a · Σ a, acc)`
//! - scaled: `acc = fma(d_w · d_a, s₀ · Σ₀ (code − 32) · a + s₁ · Σ₁ (code − 32) · a, acc)`, the sums over
//!   the two halves of the sub-block; the integer is below 2²⁴
//! - float weights: `acc = fma(w, x, acc)` over the columns in order
//!
//! where `d_w` and `m_w` are as in [`crate::block::LaneScales`]. Last, the bias or the old output is
//! added once.

use crate::activations::TILE_TOKENS;
use crate::panel::GROUP_ROWS;
use crate::parts::Parts;
use crate::vectorise::vectorise;
use crate::{Activations, Isa, Machine, Matrix};
use std::ops::Range;

#[cfg(target_arch = "x86_64")]
mod avx512vnni;
mod scalar;

/// What happens to a finished sum.
#[derive(Clone, Copy)]
pub(crate) enum Finish<'a> {
    /// `out = sum`
    Write,
    /// `out = sum + bias`; `[n_rows]`
    Bias(&'a [f32]),
    /// `out = out + sum`
    Add,
}

/// One matrix to multiply with, and where its product goes.
pub(crate) struct Product<'a> {
    weights: &'a Matrix,
    out: Parts<'a, f32>, // [n_tokens, n_rows]
    finish: Finish<'a>,
}

/// What one thread computes at a time: all rows of `groups` for all tokens of `tiles`.
#[derive(Clone)]
struct Piece {
    groups: Range<usize>,
    tiles: Range<usize>,
}

/// Bytes of activations that stay in a core's second-level cache while the weights pass.
const CACHED_BYTES: usize = 512 << 10;
/// Tiles of one pass at most: their chains lie on the stack.
const MAX_TILES: usize = 64;
/// Work of one piece, in bytes of weights to read and in 16 multiply-adds: some 10 µs. In smaller ones
/// too much of what a thread fetches ahead belongs to the next thread's piece.
const PIECE_WORK: usize = 256 << 10;

impl<'a> Product<'a> {
    /// # Panics
    /// If the shapes of `out` (`[n_tokens, n_rows]`), weights, bias and `x` do not fit together.
    pub(crate) fn new(
        out: &'a mut [f32],
        weights: &'a Matrix,
        finish: Finish<'a>,
        x: &Activations,
    ) -> Product<'a> {
        assert_eq!(
            weights.n_cols(),
            x.n_cols(),
            "weights and activations have the same columns"
        );
        assert_eq!(
            out.len(),
            x.n_tokens() * weights.n_rows(),
            "a product is [n_tokens, n_rows]"
        );
        if let Finish::Bias(bias) = finish {
            assert_eq!(bias.len(), weights.n_rows(), "a bias is [n_rows]");
        }
        let out = Parts::new(out);
        Product {
            weights,
            out,
            finish,
        }
    }

    /// Rows of a group that exist.
    #[inline(always)]
    fn rows(&self, group: usize) -> Range<usize> {
        GROUP_ROWS * group..self.weights.n_rows().min(GROUP_ROWS * (group + 1))
    }

    /// Finishes the sums of one group's rows for one token.
    ///
    /// # Safety
    /// No other thread may finish the same group and token.
    #[inline(always)]
    unsafe fn finish(&self, token: usize, group: usize, sums: &[f32; GROUP_ROWS]) {
        let (rows, start) = (self.rows(group), token * self.weights.n_rows());
        // SAFETY: this part of `out` is that of this group and token alone.
        let out = unsafe { self.out.take(start + rows.start..start + rows.end) };
        if let Some(out) = out.first_chunk_mut::<GROUP_ROWS>() {
            let start = GROUP_ROWS * group;
            return match self.finish {
                Finish::Write => *out = *sums,
                Finish::Bias(bias) => {
                    let bias = &bias[start..][..GROUP_ROWS];
                    (0..GROUP_ROWS).for_each(|i| out[i] = sums[i] + bias[i]);
                }
                Finish::Add => (0..GROUP_ROWS).for_each(|i| out[i] += sums[i]),
            };
        }
        match self.finish {
            Finish::Write => out.copy_from_slice(&sums[..rows.len()]),
            Finish::Bias(bias) => {
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(&bias[rows]) {
                    *out = sum + bias;
                }
            }
            Finish::Add => {
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out += sum;
                }
            }
        }
    }
}

/// Computes all products of the same activations in one region of the pool.
pub(crate) fn multiply(machine: &Machine, products: &[Product<'_>], x: &Activations) {
    let n_tiles = x.n_tiles();
    let tile_bytes = TILE_TOKENS * x.n_cols().max(1);
    let tiles_per_pass = (CACHED_BYTES / tile_bytes).clamp(1, MAX_TILES);
    // The tokens of one pass meet all weights before those of the next one do.
    for first in (0..n_tiles).step_by(tiles_per_pass) {
        let tiles = first..n_tiles.min(first + tiles_per_pass);
        let pieces: [Pieces; MAX_PRODUCTS] = std::array::from_fn(|i| {
            products.get(i).map_or(Pieces::default(), |product| {
                Pieces::of(product.weights, tiles.len(), machine.n_threads())
            })
        });
        let n_pieces = pieces.iter().map(|pieces| pieces.n).sum();
        machine.pool().run(n_pieces, &|mut i| {
            for (product, pieces) in products.iter().zip(&pieces) {
                if i < pieces.n {
                    let groups = pieces.groups(i, product.weights.n_groups());
                    let tiles = tiles.clone();
                    return run(machine.isa(), product, x, Piece { groups, tiles });
                }
                i -= pieces.n;
            }
        });
    }
}

/// Groups of a piece at least, where there are enough: with single ones neighbouring threads write
/// neighbouring cache lines, which costs a sixth of the speed of large batches.
const MIN_GROUPS: usize = 4;
/// Most matrices in one region.
pub(crate) const MAX_PRODUCTS: usize = 3;

/// How many pieces a product falls into.
#[derive(Clone, Copy, Default)]
struct Pieces {
    n: usize,
    n_groups: usize, // in each
}

impl Pieces {
    fn of(weights: &Matrix, n_tiles: usize, n_threads: usize) -> Pieces {
        let multiply_adds = GROUP_ROWS * weights.n_cols() * TILE_TOKENS * n_tiles;
        let group_work = weights.layout().group_bytes + multiply_adds / 16;
        let fair_share = weights.n_groups().div_ceil(n_threads);
        let n_groups = (PIECE_WORK / group_work.max(1))
            .max(MIN_GROUPS)
            .min(fair_share)
            .max(1);
        Pieces {
            n: weights.n_groups().div_ceil(n_groups),
            n_groups,
        }
    }

    fn groups(&self, index: usize, n: usize) -> Range<usize> {
        index * self.n_groups..n.min((index + 1) * self.n_groups)
    }
}

/// Computes one piece with the instruction set's own code, or the specification compiled for it.
fn run(isa: Isa, product: &Product<'_>, x: &Activations, piece: Piece) {
    match isa {
        Isa::Scalar => scalar::run(product, x, piece),
        Isa::Avx2(_) => vectorise(
            isa,
            #[inline(always)]
            || scalar::run(product, x, piece),
        ),
        // SAFETY: the value proves that the CPU has the instruction set.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) => unsafe { avx512vnni::run(product, x, piece) },
        #[cfg(not(target_arch = "x86_64"))]
        Isa::Avx512Vnni(_) => scalar::run(product, x, piece),
    }
}

#[cfg(test)]
mod tests;
