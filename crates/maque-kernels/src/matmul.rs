//! Matrix products: which groups of rows meet which tokens, on which thread.
//!
//! An output element is one chain over the sub-blocks `b` of 32 columns in order, whatever the batch,
//! the threads and the instruction set; `dot` is an exact integer and `fma` rounds once:
//!
//! - centred: `acc = fma(d_w · d_a, Σ (code − 2^shift) · a, acc)`
//! - affine: `acc = fma(d_w · d_a, Σ code · a, acc)`, then `acc = fma(m_w, d_a · Σ a, acc)`
//! - scaled: `acc = fma(d_w · d_a, s₀ · Σ₀ (code − 32) · a + s₁ · Σ₁ (code − 32) · a, acc)`, the sums over
//!   the two halves of the sub-block; the integer is below 2²⁴
//! - F16: as centred, `code − 8192` and `a` having 14 bits each; the integer is rounded to f32 before it is multiplied
//! - F32 and BF16: `acc = fma(w, x, acc)` over the columns in order
//!
//! where `d_w` and `m_w` are as in [`crate::block::LaneScales`]. Last, the bias or the old output is
//! added once.

use crate::activations::TILE_TOKENS;
use crate::panel::{GROUP_ROWS, Group, Layout};
use crate::parts::Parts;
use crate::{Activations, Isa, Machine, Matrix};
use std::ops::Range;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512vnni;
#[cfg(target_arch = "x86_64")]
mod packed;
mod scalar;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx512vnni::multiply_whole_tiles;
#[cfg(target_arch = "x86_64")]
use avx512vnni::{Amx, Vnni};

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
    layout: Layout, // of the weights, as far as they are read
    out: Parts<'a, f32>,
    place: Place,
    finish: Finish<'a>,
}

/// Which part of all products `out` holds: the rows from `first_row` on, for the tokens from `first_token` on.
#[derive(Clone, Copy, Default)]
struct Place {
    first_token: usize,
    first_row: usize,
    n_rows: usize, // from one token's products to the next one's
}

/// What one thread computes at a time: all rows of `groups` for all tokens of `tiles`.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) groups: Range<usize>,
    pub(crate) tiles: Range<usize>,
}

/// Bytes of activations that stay in a core's second-level cache while the weights pass.
const CACHED_BYTES: usize = 512 << 10;
/// Tiles of one pass at most: their chains lie on the stack.
pub(crate) const MAX_TILES: usize = 64;
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
        check(weights, x);
        assert_eq!(
            out.len(),
            x.n_tokens() * weights.n_rows(),
            "a product is [n_tokens, n_rows]"
        );
        if let Finish::Bias(bias) = finish {
            assert_eq!(bias.len(), weights.n_rows(), "a bias is [n_rows]");
        }
        Product {
            weights,
            layout: *weights.layout(),
            out: Parts::new(out),
            place: Place {
                n_rows: weights.n_rows(),
                ..Place::default()
            },
            finish,
        }
    }

    /// The same, but of the high plane of the weights.
    ///
    /// # Panics
    /// If the weights are not in planes.
    pub(crate) fn of_high_plane(self) -> Product<'a> {
        Product {
            layout: self.layout.high_plane(),
            ..self
        }
    }

    /// The same, but memory is fetched `ahead` bytes before its use.
    pub(crate) fn fetching(mut self, ahead: usize) -> Product<'a> {
        self.layout.ahead = ahead;
        self
    }

    /// The rows of `piece`'s groups for the tokens of its tiles go to `out`, `n_rows` of them a token.
    ///
    /// # Panics
    /// If the columns of weights and `x` differ. What does not fit into `out` panics when it is computed.
    pub(crate) fn of_piece(
        out: &'a mut [f32],
        n_rows: usize,
        weights: &'a Matrix,
        x: &Activations,
        piece: &Piece,
    ) -> Product<'a> {
        check(weights, x);
        Product {
            weights,
            layout: *weights.layout(),
            out: Parts::new(out),
            place: Place {
                first_token: piece.tiles.start * TILE_TOKENS,
                first_row: piece.groups.start * GROUP_ROWS,
                n_rows,
            },
            finish: Finish::Write,
        }
    }

    /// The bytes of a group.
    #[inline(always)]
    fn group(&self, index: usize) -> Group<'_> {
        Group {
            layout: &self.layout,
            bytes: self.weights.group(index),
        }
    }

    /// Rows of a group that exist.
    #[inline(always)]
    pub(crate) fn rows(&self, group: usize) -> Range<usize> {
        GROUP_ROWS * group..self.weights.n_rows().min(GROUP_ROWS * (group + 1))
    }

    /// Where the products of one group's rows with one token go.
    ///
    /// # Safety
    /// No other thread may have the same group and token.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)] // as `Parts::take`
    pub(crate) unsafe fn out_of(&self, token: usize, rows: &Range<usize>) -> &mut [f32] {
        let Place {
            first_token,
            first_row,
            n_rows,
        } = self.place;
        let start = (token - first_token) * n_rows;
        let rows = rows.start - first_row..rows.end - first_row;
        // SAFETY: this part of `out` is that of this group and token alone.
        unsafe { self.out.take(start + rows.start..start + rows.end) }
    }

    /// Finishes the sums of one group's rows for one token.
    ///
    /// # Safety
    /// No other thread may finish the same group and token.
    #[inline(always)]
    unsafe fn finish(&self, token: usize, group: usize, sums: &[f32; GROUP_ROWS]) {
        let rows = self.rows(group);
        // SAFETY: the caller proves that this part of `out` is its own.
        let out = unsafe { self.out_of(token, &rows) };
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

/// # Panics
/// If the columns differ, or `x` lacks the form that these weights read.
fn check(weights: &Matrix, x: &Activations) {
    assert_eq!(
        weights.n_cols(),
        x.n_cols(),
        "weights and activations have the same columns"
    );
    assert!(
        x.have(weights.precision()),
        "the activations are in another form"
    );
}

/// The tiles of `x` in passes: the tokens of one pass meet all weights before those of the next one do.
pub(crate) fn passes(x: &Activations) -> impl Iterator<Item = Range<usize>> {
    let n_tiles = x.n_tiles();
    let tile_bytes = TILE_TOKENS * x.n_cols().max(1);
    let tiles_per_pass = (CACHED_BYTES / tile_bytes).clamp(1, MAX_TILES);
    let firsts = (0..n_tiles).step_by(tiles_per_pass);
    firsts.map(move |first| first..n_tiles.min(first + tiles_per_pass))
}

/// Computes all products of the same activations in one region of the pool.
pub(crate) fn multiply(machine: &Machine, products: &[Product<'_>], x: &Activations) {
    for tiles in passes(x) {
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
pub(crate) struct Pieces {
    pub(crate) n: usize,
    pub(crate) n_groups: usize, // in each
}

impl Pieces {
    pub(crate) fn of(weights: &Matrix, n_tiles: usize, n_threads: usize) -> Pieces {
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

    pub(crate) fn groups(&self, index: usize, n: usize) -> Range<usize> {
        index * self.n_groups..n.min((index + 1) * self.n_groups)
    }
}

/// Computes one piece with the instruction set's own code, or the specification.
pub(crate) fn run(isa: Isa, product: &Product<'_>, x: &Activations, piece: Piece) {
    match isa {
        Isa::Scalar => scalar::run(product, x, piece),
        // SAFETY: the value proves that the CPU has the instruction set.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) => unsafe { avx2::run::<avx2::Maddubs>(product, x, piece) },
        // SAFETY: the value proves that the CPU has the instruction set.
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni(_) => unsafe { avx2::run::<avx2::Dpbusd>(product, x, piece) },
        // SAFETY: the value proves that the CPU has the instruction set.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) => unsafe { avx512vnni::run::<Vnni>(product, x, piece) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Amx(_) => unsafe { avx512vnni::run::<Amx>(product, x, piece) },
        #[cfg(not(target_arch = "x86_64"))]
        Isa::Avx2(_) | Isa::AvxVnni(_) | Isa::Avx512Vnni(_) | Isa::Amx(_) => {
            scalar::run(product, x, piece)
        }
    }
}

#[cfg(test)]
mod tests;
