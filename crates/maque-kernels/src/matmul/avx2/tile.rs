//! The columns of a tile side by side, and their chains.

use super::unpack::Scales;
use super::{Chain, Pair};
use crate::activations::Tile;
use crate::block::{Kind, SUB_BLOCK};
use crate::matmul::packed::Packed;
use std::arch::x86_64::*;
use std::ops::Range;

/// `N` columns of one sub-block of a tile.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a, const N: usize> {
    pub(super) tile: Tile<'a>,
    at: usize,
}

impl<'a, const N: usize> Columns<'a, N> {
    /// Those from `first` on in sub-block `b`.
    #[inline(always)]
    pub(super) fn of(tile: Tile<'a>, b: usize, first: usize) -> Columns<'a, N> {
        let at = b * tile.n_tokens + first;
        assert!(at + N <= tile.scales.len(), "a tile has {N} columns");
        Columns { tile, at }
    }
    /// Theirs of something of the tile that has one element for each sub-block and column.
    #[inline(always)]
    pub(super) fn part<T>(self, all: &[T]) -> &[T; N] {
        debug_assert!(self.at + N <= all.len());
        // SAFETY: `of` has checked it for the scales, and a tile has as many of everything.
        unsafe { &*all.as_ptr().add(self.at).cast() }
    }
    #[inline(always)]
    pub(super) fn quants(self) -> &'a [[i8; SUB_BLOCK]; N] {
        self.part(self.tile.quants.as_chunks().0)
    }
}

/// How the columns of a tile of `n` are divided: with the sums of four at a time, nearly all that is in
/// use fits into the 16 registers.
pub(super) fn fours(n: usize) -> [Range<usize>; 2] {
    let first = if n <= 4 { n } else { n.div_ceil(2) };
    [0..first, first..n]
}

/// What meets word `j`: four elements of one column, in all lanes.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn quad(quants: &[i8; SUB_BLOCK], j: usize) -> __m256i {
    let quad = u32::from_le_bytes(quants.as_chunks().0[j].map(|q: i8| q as u8));
    _mm256_set1_epi32(quad as i32)
}

/// The next step of all chains.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
pub(super) fn grow<F: Packed, const N: usize>(
    chains: &mut [Chain; N],
    dots: [Pair<__m256i>; N],
    scales: &Scales,
    x: Columns<'_, N>,
) {
    let (d, scaled_sums) = (x.part(x.tile.scales), x.part(x.tile.scaled_sums));
    for c in 0..N {
        let (d, scaled_sum) = (_mm256_set1_ps(d[c]), _mm256_set1_ps(scaled_sums[c]));
        for h in 0..2 {
            let scale = _mm256_mul_ps(scales.d[h], d);
            let dot = _mm256_cvtepi32_ps(dots[c][h]);
            chains[c][h] = _mm256_fmadd_ps(scale, dot, chains[c][h]);
            if F::KIND == Kind::Affine {
                chains[c][h] = _mm256_fmadd_ps(scales.m[h], scaled_sum, chains[c][h]);
            }
        }
    }
}
