//! One group of rows times the columns of one tile, in 16 bits.
//!
//! `vpmaddubsw` multiplies unsigned codes by signed activations and adds neighbours in 16 bits; the words
//! of a sub-block are added up there too, before one `vpmaddwd` widens the sum. For codes of 4 bits
//! that is exact: 15 · 127 · 16 at most. For those of 5 and 6 bits the sum begins at `−2^shift · Σ a`;
//! it may wrap around on its way but ends as `Σ (code − 2^shift) · a`, which is 16 · 127 · 16 at most
//! or, over half a sub-block, 32 · 127 · 8. Codes of 8 bits are two sums, of their nibbles.

use super::tile::{Columns, grow, quad};
use super::unpack::{Scales, Slab, is_high_plane, lines, nibbles, prefetch, word, word_by_nibbles};
use super::{Arithmetic, Chain, Pair};
use crate::Format;
use crate::activations::Tile;
use crate::block::{Kind, SUB_BLOCK};
use crate::matmul::Product;
use crate::matmul::packed::Packed;
use crate::panel::N_WORDS;
use std::arch::asm;
use std::arch::x86_64::*;
use std::ops::Range;

/// The arithmetic of AVX2.
pub(in crate::matmul) struct Maddubs;

impl Arithmetic for Maddubs {
    const BY_NIBBLES: bool = true;

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
            let (sets, scales) = slab.block::<F, Maddubs>(i);
            let x = Columns::of(tile, b, first);
            add::<F, N>(chains, |set, j| sets[set][j], scales, x);
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn one_token<F: Packed>(product: &Product<'_>, tile: Tile<'_>, group: usize) -> Chain {
        let group = product.group(group);
        let (mut chains, mut scales) = ([[_mm256_setzero_ps(); 2]], Scales::zero());
        for b in 0..tile.scales.len() {
            prefetch::<F>(group, b);
            scales.read::<F>(group, b);
            let lines = lines::<F>(group, b);
            let words = |set: usize, j| match F::FORMAT {
                Format::Q8_0 if !is_high_plane::<F>() => nibbles(word::<F>(lines, j)[set]),
                _ => word_by_nibbles::<F>(lines, j),
            };
            add::<F, 1>(&mut chains, words, &scales, Columns::of(tile, b, 0));
        }
        chains[0]
    }
}

/// Adds the products of one sub-block to the chains of its columns; `words(set, j)` is word `j`.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add<F: Packed, const N: usize>(
    chains: &mut [Chain; N],
    words: impl Fn(usize, usize) -> Pair<__m256i>,
    scales: &Scales,
    x: Columns<'_, N>,
) {
    let zero = _mm256_setzero_si256();
    let mut dots = [[zero; 2]; N];
    let pairs = x.part(x.tile.sums).each_ref().map(|sums| &sums.minus_pairs);
    match F::KIND {
        Kind::Centred { shift: 7 } if !is_high_plane::<F>() => {
            for h in 0..2 {
                let mut sums = centres(pairs, 3);
                (0..N).for_each(|c| sums[c][1] = zero);
                add_words(&mut sums, |j| words(h, j), x.quants(), 0..N_WORDS);
                for (dots, [high, low]) in dots.iter_mut().zip(sums) {
                    let high = _mm256_madd_epi16(high, _mm256_set1_epi16(16));
                    dots[h] = _mm256_add_epi32(high, _mm256_madd_epi16(low, _mm256_set1_epi16(1)));
                }
            }
        }
        Kind::Centred { shift } => {
            // A high plane is four bits of eight, with 8 for the others: `16 · (high − 8) + 8`.
            let (shift, factor) = if is_high_plane::<F>() {
                (3, 16)
            } else {
                (shift, 1)
            };
            let mut sums = centres(pairs, shift);
            add_words(&mut sums, |j| words(0, j), x.quants(), 0..N_WORDS);
            widen(&mut dots, sums, factor);
            if is_high_plane::<F>() {
                subtract(&mut dots, x, shift);
            }
        }
        Kind::Affine => {
            let is_long = matches!(F::FORMAT, Format::Q5_1 | Format::Q5_K);
            let mut sums = [[zero; 2]; N];
            if is_long {
                sums = centres(pairs, 4);
            }
            add_words(&mut sums, |j| words(0, j), x.quants(), 0..N_WORDS);
            widen(&mut dots, sums, 1);
            if is_long {
                subtract(&mut dots, x, 4);
            }
        }
        Kind::Scaled => scaled_halves(&mut dots, words, scales, x),
    }
    grow::<F, N>(chains, dots, scales, x);
}

/// Codes of six bits whose scales are those of halves of a sub-block.
#[target_feature(enable = "avx2")]
#[inline]
fn scaled_halves<const N: usize>(
    dots: &mut [Pair<__m256i>; N],
    words: impl Fn(usize, usize) -> Pair<__m256i>,
    scales: &Scales,
    x: Columns<'_, N>,
) {
    for half in 0..2 {
        let halves = x.part(x.tile.sums).each_ref();
        let mut sums = centres(halves.map(|sums| &sums.minus_half_pairs[half]), 5);
        let range = half * N_WORDS / 2..(half + 1) * N_WORDS / 2;
        add_words(&mut sums, |j| words(0, j), x.quants(), range);
        for (dots, sums) in dots.iter_mut().zip(sums) {
            for h in 0..2 {
                let scaled = _mm256_madd_epi16(sums[h], scales.s[half][h]);
                dots[h] = _mm256_add_epi32(dots[h], scaled);
            }
        }
    }
}

/// Where sums begin: `−2^shift · Σ a`, in two parts of 16 bits in each lane.
#[target_feature(enable = "avx2")]
#[inline]
fn centres<const N: usize>(minus_sums: [&[i16; 2]; N], shift: u32) -> [Pair<__m256i>; N] {
    let mut centres = [[_mm256_setzero_si256(); 2]; N];
    for (centres, [first, second]) in centres.iter_mut().zip(minus_sums) {
        let parts = u32::from(*first as u16) | u32::from(*second as u16) << 16;
        let parts = _mm256_set1_epi32(parts as i32);
        let parts = _mm256_sll_epi16(parts, _mm_cvtsi32_si128(shift as i32));
        *centres = [parts; 2];
    }
    centres
}

/// Takes sums in two parts of 16 bits, times a factor, as sums of 32 bits.
#[target_feature(enable = "avx2")]
#[inline]
fn widen<const N: usize>(dots: &mut [Pair<__m256i>; N], sums: [Pair<__m256i>; N], factor: i16) {
    for (dots, sums) in dots.iter_mut().zip(sums) {
        for (dot, sum) in dots.iter_mut().zip(sums) {
            *dot = _mm256_madd_epi16(sum, _mm256_set1_epi16(factor));
        }
    }
}

/// Takes `−2^shift · Σ a` away from the sums of each column.
#[target_feature(enable = "avx2")]
#[inline]
fn subtract<const N: usize>(dots: &mut [Pair<__m256i>; N], x: Columns<'_, N>, shift: u32) {
    for (dots, sums) in dots.iter_mut().zip(x.part(x.tile.sums)) {
        let minus = _mm256_set1_epi32(sums.centre(shift));
        for dot in dots {
            *dot = _mm256_sub_epi32(*dot, minus);
        }
    }
}

/// `sums[c] += words(j) · quants[c]` for some words, four at a time.
#[target_feature(enable = "avx2")]
#[inline]
fn add_words<const N: usize>(
    sums: &mut [Pair<__m256i>; N],
    words: impl Fn(usize) -> Pair<__m256i>,
    quants: &[[i8; SUB_BLOCK]; N],
    range: Range<usize>,
) {
    for j in range.step_by(4) {
        add_word(sums, words(j), quants, j);
        add_word(sums, words(j + 1), quants, j + 1);
        add_word(sums, words(j + 2), quants, j + 2);
        add_word(sums, words(j + 3), quants, j + 3);
    }
}

/// `sums[c] += word · quants[c]`, the word being number `j`.
#[target_feature(enable = "avx2")]
#[inline]
fn add_word<const N: usize>(
    sums: &mut [Pair<__m256i>; N],
    word: Pair<__m256i>,
    quants: &[[i8; SUB_BLOCK]; N],
    j: usize,
) {
    for (sums, quants) in sums.iter_mut().zip(quants) {
        let quad = quad(quants, j);
        for (sum, word) in sums.iter_mut().zip(word) {
            *sum = in_order(_mm256_add_epi16(*sum, _mm256_maddubs_epi16(word, quad)));
        }
    }
}

/// The same sum, but the compiler cannot see that: it would make trees of the additions, for which there
/// are not enough registers.
#[target_feature(enable = "avx2")]
#[inline]
fn in_order(mut sum: __m256i) -> __m256i {
    // SAFETY: there is no instruction.
    unsafe {
        asm!("/* {0} */", inlateout(ymm_reg) sum, options(pure, nomem, nostack, preserves_flags));
    }
    sum
}
