//! F16: pairs of codes of 14 bits times pairs of activations; `vpmaddwd` multiplies and adds the two.

use super::unpack::{Lines, Scales, Slab, line, lines, prefetch};
use super::{Arithmetic, Chain, Pair};
use crate::activations::Tile;
use crate::block::SUB_BLOCK;
use crate::matmul::Product;
use crate::matmul::packed::{Packed, for_each_pair};
use crate::pairs::{CENTRE, HIGH, HIGH_AT, LOW, LOW_BITS, MIDDLE};
use crate::panel::{Codes, N_WORDS};
use std::arch::asm;
use std::arch::x86_64::*;
use std::ops::Range;

/// The arithmetic of F16.
pub(in crate::matmul) struct Pairs;

impl Arithmetic for Pairs {
    const BY_NIBBLES: bool = false;

    #[target_feature(enable = "avx2,fma,f16c")]
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
            let (sets, scales) = slab.block::<F, Pairs>(i);
            let (sets, _) = sets.as_chunks::<2>();
            let pairs = |j: usize| sets[0][j / N_WORDS][j % N_WORDS];
            add::<N>(chains, pairs, scales.d, tile, b * tile.n_tokens + first);
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn one_token<F: Packed>(product: &Product<'_>, tile: Tile<'_>, group: usize) -> Chain {
        let group = product.group(group);
        let (mut chains, mut scales) = ([[_mm256_setzero_ps(); 2]], Scales::zero());
        for b in 0..tile.code_scales.len() {
            prefetch::<F>(group, b);
            scales.read::<F>(group, b);
            let lines = lines::<F>(group, b);
            add::<1>(&mut chains, |j| pair::<F>(lines, j), scales.d, tile, b);
        }
        chains[0]
    }
}

/// Adds the products of one sub-block to the chains of `N` columns, the first being block `at` of the tile; `pairs(j)` is
/// pair `j`.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add<const N: usize>(
    chains: &mut [Chain; N],
    pairs: impl Fn(usize) -> Pair<__m256i>,
    d: Pair<__m256>,
    tile: Tile<'_>,
    at: usize,
) {
    let (codes, _) = tile.codes[at * SUB_BLOCK..][..N * SUB_BLOCK].as_chunks::<SUB_BLOCK>();
    let scales = &tile.code_scales[at..][..N];
    let mut dots = [[_mm256_setzero_si256(); 2]; N];
    for_each_pair!(J => {
        let weights = pairs(J);
        for (dots, codes) in dots.iter_mut().zip(codes) {
            let [first, second] = codes.as_chunks().0[J];
            let pair = _mm256_set1_epi32(i32::from(second) << 16 | i32::from(first as u16));
            for (dot, weights) in dots.iter_mut().zip(weights) {
                *dot = add_pair_products(*dot, weights, pair);
            }
        }
    });
    for c in 0..N {
        let scale = _mm256_set1_ps(scales[c]);
        for h in 0..2 {
            let dot = _mm256_cvtepi32_ps(dots[c][h]);
            chains[c][h] = _mm256_fmadd_ps(_mm256_mul_ps(d[h], scale), dot, chains[c][h]);
        }
    }
}

/// `sum + a₀b₀ + a₁b₁` of each lane, written out: the compiler would make trees of the additions, for which there are not
/// enough registers.
#[target_feature(enable = "avx2")]
#[inline]
fn add_pair_products(mut sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: the function's feature proves the instructions, and they touch registers only.
    unsafe {
        asm!(
            "vpmaddwd {products}, {a}, {b}",
            "vpaddd {sum}, {sum}, {products}",
            products = out(ymm_reg) _,
            sum = inout(ymm_reg) sum,
            a = in(ymm_reg) a,
            b = in(ymm_reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// Pair `j` of a sub-block.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn pair<F: Packed>(lines: Lines<'_>, j: usize) -> Pair<__m256i> {
    let (high, first) = lines.first.split_at(HIGH);
    let (middle, rest) = first.split_at(MIDDLE);
    let low = match F::CODES {
        Codes::HighPlane => [_mm256_set1_epi16(1 << (LOW_BITS - 1)); 2],
        Codes::Whole => moved(&rest[j % LOW], j / LOW * LOW, 0),
        Codes::Planes => moved(&lines.low[j % LOW], j / LOW * LOW, 0),
    };
    let middle = moved(&middle[j % MIDDLE], j / MIDDLE * MIDDLE, LOW_BITS as usize);
    let mut pair = moved(&high[j % HIGH], j / HIGH * HIGH, HIGH_AT as usize);
    for h in 0..2 {
        let high = _mm256_and_si256(pair[h], _mm256_set1_epi16(15 << HIGH_AT));
        let middle = _mm256_and_si256(middle[h], _mm256_set1_epi16(3 << LOW_BITS));
        let low = _mm256_and_si256(low[h], _mm256_set1_epi16(255));
        let code = _mm256_or_si256(high, _mm256_or_si256(middle, low));
        pair[h] = _mm256_sub_epi16(code, _mm256_set1_epi16(CENTRE));
    }
    pair
}

/// A line, in each half of whose words bit `from` becomes bit `to`.
#[target_feature(enable = "avx2")]
#[inline]
fn moved(bytes: &[u8; 64], from: usize, to: usize) -> Pair<__m256i> {
    let mut line = line(bytes);
    for half in &mut line {
        *half = match from < to {
            true => _mm256_sll_epi16(*half, _mm_cvtsi32_si128((to - from) as i32)),
            false => _mm256_srl_epi16(*half, _mm_cvtsi32_si128((from - to) as i32)),
        };
    }
    line
}
