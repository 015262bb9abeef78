//! One group of rows times the columns of one tile, with the instruction that sums four products in 32 bits.

use super::tile::{Columns, grow, quad};
use super::unpack::{Scales, Slab, lines, prefetch, word};
use super::{Arithmetic, Chain, Pair};
use crate::activations::Tile;
use crate::block::{Kind, SUB_BLOCK};
use crate::matmul::Product;
use crate::matmul::packed::Packed;
use crate::panel::N_WORDS;
use std::arch::x86_64::*;
use std::ops::Range;

/// The arithmetic of AVX-VNNI.
pub(in crate::matmul) struct Dpbusd;

impl Arithmetic for Dpbusd {
    const BY_NIBBLES: bool = false;

    #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
    unsafe fn add_blocks<F: Packed, const N: usize>(
        chains: &mut [Chain],
        slab: &Slab,
        tile: Tile<'_>,
        first: usize,
        blocks: Range<usize>,
    ) {
        let Some(chains) = chains.first_chunk_mut::<N>() else {
            return;
        };
        for (i, b) in blocks.enumerate() {
            let (sets, scales) = slab.block::<F, Dpbusd>(i);
            let x = Columns::of(tile, b, first);
            add::<F, N>(chains, |j| sets[0][j], scales, x);
        }
    }

    #[target_feature(enable = "avx2,fma,f16c,avxvnni")]
    unsafe fn one_token<F: Packed>(product: &Product<'_>, tile: Tile<'_>, group: usize) -> Chain {
        let group = product.group(group);
        let (mut chains, mut scales) = ([[_mm256_setzero_ps(); 2]], Scales::zero());
        for b in 0..tile.scales.len() {
            prefetch::<F>(group, b);
            scales.read::<F>(group, b);
            let lines = lines::<F>(group, b);
            let x = Columns::of(tile, b, 0);
            add::<F, 1>(&mut chains, |j| word::<F>(lines, j), &scales, x);
        }
        chains[0]
    }
}

/// Adds the products of one sub-block to the chains of its columns; `words(j)` is word `j`.
#[target_feature(enable = "avx2,fma,f16c,avxvnni")]
#[inline]
fn add<F: Packed, const N: usize>(
    chains: &mut [Chain; N],
    words: impl Fn(usize) -> Pair<__m256i>,
    scales: &Scales,
    x: Columns<'_, N>,
) {
    let mut dots = [[_mm256_setzero_si256(); 2]; N];
    match F::KIND {
        Kind::Centred { shift } => {
            for (dots, sums) in dots.iter_mut().zip(x.part(x.tile.sums)) {
                *dots = [_mm256_set1_epi32(sums.centre(shift)); 2];
            }
            add_words(&mut dots, words, x.quants(), 0..N_WORDS);
        }
        Kind::Affine => add_words(&mut dots, words, x.quants(), 0..N_WORDS),
        Kind::Scaled => {
            for half in 0..2 {
                let mut halves = [[_mm256_setzero_si256(); 2]; N];
                for (dots, sums) in halves.iter_mut().zip(x.part(x.tile.sums)) {
                    *dots = [_mm256_set1_epi32(sums.half_centres[half]); 2];
                }
                let range = half * N_WORDS / 2..(half + 1) * N_WORDS / 2;
                add_words(&mut halves, &words, x.quants(), range);
                for (dots, halves) in dots.iter_mut().zip(halves) {
                    for h in 0..2 {
                        let factor = _mm256_srai_epi32::<16>(scales.s[half][h]);
                        let scaled = _mm256_mullo_epi32(halves[h], factor);
                        dots[h] = _mm256_add_epi32(dots[h], scaled);
                    }
                }
            }
        }
    }
    grow::<F, N>(chains, dots, scales, x);
}

/// `dots[c] += words(j) · quants[c]` for some words.
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn add_words<const N: usize>(
    dots: &mut [Pair<__m256i>; N],
    words: impl Fn(usize) -> Pair<__m256i>,
    quants: &[[i8; SUB_BLOCK]; N],
    range: Range<usize>,
) {
    for j in range {
        let word = words(j);
        for (dots, quants) in dots.iter_mut().zip(quants) {
            let quad = quad(quants, j);
            for (dot, word) in dots.iter_mut().zip(word) {
                *dot = _mm256_dpbusd_avx_epi32(*dot, word, quad);
            }
        }
    }
}
