//! One group of rows times the columns of one tile.

use super::unpack::{Block, prefetch};
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::{Kind, SUB_BLOCK};
use crate::matmul::packed::Packed;
use crate::panel::N_WORDS;
use std::arch::x86_64::*;

/// Adds the products of some sub-blocks, `first_block` of the tile being the first, and fetches what comes
/// ahead of those of `group`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn multiply<F: Packed>(
    chains: &mut [__m512; TILE_TOKENS],
    blocks: &[Block],
    group: Option<&[u8]>,
    tile: Tile<'_>,
    first_block: usize,
) {
    match tile.n_tokens {
        1 => columns::<F, 1>(chains, blocks, group, tile, first_block),
        2 => columns::<F, 2>(chains, blocks, group, tile, first_block),
        3 => columns::<F, 3>(chains, blocks, group, tile, first_block),
        4 => columns::<F, 4>(chains, blocks, group, tile, first_block),
        5 => columns::<F, 5>(chains, blocks, group, tile, first_block),
        6 => columns::<F, 6>(chains, blocks, group, tile, first_block),
        7 => columns::<F, 7>(chains, blocks, group, tile, first_block),
        _ => columns::<F, 8>(chains, blocks, group, tile, first_block),
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn columns<F: Packed, const N: usize>(
    chains: &mut [__m512; TILE_TOKENS],
    blocks: &[Block],
    group: Option<&[u8]>,
    tile: Tile<'_>,
    first_block: usize,
) {
    let Some(chains) = chains.first_chunk_mut::<N>() else {
        return;
    };
    let mut sums = *chains;
    for (i, block) in blocks.iter().enumerate() {
        if let Some(group) = group {
            prefetch::<F>(group, first_block + i);
        }
        add::<F, N>(&mut sums, block, tile, first_block + i);
    }
    *chains = sums;
}

/// Adds the products of one sub-block, number `b` of the tile, to the chains of its `N` columns.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
pub(super) fn add<F: Packed, const N: usize>(
    chains: &mut [__m512; N],
    block: &Block,
    tile: Tile<'_>,
    b: usize,
) {
    let quants = &tile.quants[b * N * SUB_BLOCK..][..N * SUB_BLOCK];
    let (quants, _) = quants.as_chunks::<SUB_BLOCK>();
    let mut dots = [_mm512_setzero_si512(); N];
    match F::KIND {
        Kind::Centred { shift } => {
            let minus_sums = &tile.minus_sums[b * N..][..N];
            for (dot, sum) in dots.iter_mut().zip(minus_sums) {
                *dot = _mm512_sllv_epi32(_mm512_set1_epi32(*sum), _mm512_set1_epi32(shift as i32));
            }
            add_words::<N>(&mut dots, &block.words, quants, 0);
        }
        Kind::Affine => add_words::<N>(&mut dots, &block.words, quants, 0),
        Kind::Scaled => {
            let minus_sums = &tile.minus_half_sums[b * N..][..N];
            let mut second = dots;
            for ((first, second), sums) in dots.iter_mut().zip(&mut second).zip(minus_sums) {
                *first = _mm512_slli_epi32::<5>(_mm512_set1_epi32(sums[0]));
                *second = _mm512_slli_epi32::<5>(_mm512_set1_epi32(sums[1]));
            }
            let (words, half) = (&block.words, N_WORDS / 2);
            add_words::<N>(&mut dots, &words[..half], quants, 0);
            add_words::<N>(&mut second, &words[half..], quants, half);
            for (dot, second) in dots.iter_mut().zip(second) {
                let first = _mm512_mullo_epi32(*dot, block.s[0]);
                *dot = _mm512_add_epi32(first, _mm512_mullo_epi32(second, block.s[1]));
            }
        }
    }
    let (scales, scaled_sums) = (&tile.scales[b * N..][..N], &tile.scaled_sums[b * N..][..N]);
    for c in 0..N {
        let scale = _mm512_mul_ps(block.d, _mm512_set1_ps(scales[c]));
        chains[c] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(dots[c]), chains[c]);
        if F::KIND == Kind::Affine {
            let sum = _mm512_set1_ps(scaled_sums[c]);
            chains[c] = _mm512_fmadd_ps(block.m, sum, chains[c]);
        }
    }
}

/// `dots[c] += Σ word · quants[c]`, `first_word` being the first of the words.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn add_words<const N: usize>(
    dots: &mut [__m512i; N],
    words: &[__m512i],
    quants: &[[i8; SUB_BLOCK]],
    first_word: usize,
) {
    for (j, word) in words.iter().enumerate() {
        for (dot, quants) in dots.iter_mut().zip(quants) {
            let (quads, _) = quants.as_chunks::<4>();
            let quad = u32::from_le_bytes(quads[first_word + j].map(|q| q as u8));
            *dot = _mm512_dpbusd_epi32(*dot, *word, _mm512_set1_epi32(quad as i32));
        }
    }
}
