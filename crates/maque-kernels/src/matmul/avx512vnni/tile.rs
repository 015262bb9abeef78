//! One group of rows times the columns of one tile.

use super::Unpacked;
use super::unpack::{Block, prefetch, unpack};
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::{Kind, SUB_BLOCK};
use crate::matmul::packed::Packed;
use crate::panel::{Group, N_WORDS};
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Unpacks as many sub-blocks of `group` as `slab` has room for, `first` being their first one, and adds their products
/// with a tile of [`TILE_TOKENS`] to its chains, while it fetches what comes ahead of them.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn unpack_and_multiply<'a, F: Packed>(
    chains: &mut [__m512; TILE_TOKENS],
    slab: &'a mut [MaybeUninit<Block>],
    group: Group<'_>,
    tile: Tile<'_>,
    first: usize,
) -> &'a [Block] {
    let blocks = first..first + slab.len();
    add::<F, TILE_TOKENS, _>(chains, Kept { group, slab, first }, tile, blocks);
    // SAFETY: each of its blocks was written when it was got.
    unsafe { slab.assume_init_ref() }
}

/// Adds the products of the sub-blocks of a slab, `first` of the tile being the first, to the tile's chains.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
pub(super) fn multiply<F: Packed>(
    chains: &mut [__m512; TILE_TOKENS],
    slab: &[Block],
    tile: Tile<'_>,
    first: usize,
) {
    for_width!(tile.n_tokens, columns::<F>, (chains, slab, tile, first));
}

/// The products of a slab with a tile of `N` columns.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn columns<F: Packed, const N: usize>(
    chains: &mut [__m512; TILE_TOKENS],
    slab: &[Block],
    tile: Tile<'_>,
    first: usize,
) {
    if let Some(chains) = chains.first_chunk_mut::<N>() {
        let blocks = first..first + slab.len();
        add::<F, N, _>(chains, Slab { slab, first }, tile, blocks);
    }
}

/// Where the sub-blocks of a group come from.
///
/// # Safety
/// Functions need a CPU with AVX-512 F, BW, DQ, VL and VNNI, AVX2, FMA and F16C.
trait Blocks {
    /// Sub-block `b` of the group.
    unsafe fn get<F: Packed>(&mut self, b: usize) -> Block;
}

impl Unpacked for Block {
    #[inline(always)]
    unsafe fn add_all<F: Packed, const N: usize>(
        chains: &mut [__m512; N],
        group: Group<'_>,
        tile: Tile<'_>,
        n_blocks: usize,
    ) {
        // SAFETY: the caller proves the instruction set.
        unsafe { add::<F, N, _>(chains, group, tile, 0..n_blocks) }
    }
}

/// From memory. What is needed later is fetched meanwhile.
impl Blocks for Group<'_> {
    #[inline(always)]
    unsafe fn get<F: Packed>(&mut self, b: usize) -> Block {
        // SAFETY: the caller proves the instruction set.
        unsafe {
            prefetch::<F>(*self, b);
            unpack::<F>(*self, b)
        }
    }
}

/// From memory, and kept in a slab for other tiles; the first of them is number `first`.
struct Kept<'a, 'b> {
    group: Group<'a>,
    slab: &'b mut [MaybeUninit<Block>],
    first: usize,
}

impl Blocks for Kept<'_, '_> {
    #[inline(always)]
    unsafe fn get<F: Packed>(&mut self, b: usize) -> Block {
        // SAFETY: as above.
        let block = unsafe { self.group.get::<F>(b) };
        *self.slab[b - self.first].write(block)
    }
}

/// From a slab, the first of its sub-blocks being number `first`.
struct Slab<'a> {
    slab: &'a [Block],
    first: usize,
}

impl Blocks for Slab<'_> {
    #[inline(always)]
    unsafe fn get<F: Packed>(&mut self, b: usize) -> Block {
        self.slab[b - self.first]
    }
}

/// Adds the products of some sub-blocks of the tile to the chains of its `N` columns. One function with all in it: what
/// it calls for each sub-block would take the chains from registers to memory and back.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn add<F: Packed, const N: usize, B: Blocks>(
    chains: &mut [__m512; N],
    mut blocks: B,
    tile: Tile<'_>,
    range: Range<usize>,
) {
    let mut sums = *chains;
    for b in range {
        // SAFETY: this function has the instruction set.
        let block = unsafe { blocks.get::<F>(b) };
        let quants = &tile.quants[b * N * SUB_BLOCK..][..N * SUB_BLOCK];
        let (quants, _) = quants.as_chunks::<SUB_BLOCK>();
        let of_block = &tile.sums[b * N..][..N];
        let dots: [__m512; N] = match F::KIND {
            Kind::Scaled => {
                // Whole numbers below 2²⁴: f32 has them exactly.
                let (first, second) = block.words.split_at(N_WORDS / 2);
                let [mut firsts, mut seconds] = [[_mm512_setzero_si512(); N]; 2];
                for (c, sums) in of_block.iter().enumerate() {
                    firsts[c] = _mm512_set1_epi32(sums.half_centres[0]);
                    seconds[c] = _mm512_set1_epi32(sums.half_centres[1]);
                }
                let mut dots = floats(add_words::<N>(firsts, first, quants, 0));
                let seconds = floats(add_words::<N>(seconds, second, quants, N_WORDS / 2));
                for (dot, second) in dots.iter_mut().zip(seconds) {
                    *dot = _mm512_fmadd_ps(second, block.s[1], _mm512_mul_ps(*dot, block.s[0]));
                }
                dots
            }
            Kind::Centred { shift } => {
                let mut dots = [_mm512_setzero_si512(); N];
                for (dot, sums) in dots.iter_mut().zip(of_block) {
                    *dot = _mm512_set1_epi32(sums.centre(shift));
                }
                floats(add_words::<N>(dots, &block.words, quants, 0))
            }
            Kind::Affine => {
                let zeros = [_mm512_setzero_si512(); N];
                floats(add_words::<N>(zeros, &block.words, quants, 0))
            }
        };
        let (scales, scaled_sums) = (&tile.scales[b * N..][..N], &tile.scaled_sums[b * N..][..N]);
        for c in 0..N {
            let scale = _mm512_mul_ps(block.d, _mm512_set1_ps(scales[c]));
            sums[c] = _mm512_fmadd_ps(scale, dots[c], sums[c]);
            if F::KIND == Kind::Affine {
                sums[c] = _mm512_fmadd_ps(block.m, _mm512_set1_ps(scaled_sums[c]), sums[c]);
            }
        }
    }
    *chains = sums;
}

#[target_feature(enable = "avx512f")]
#[inline]
fn floats<const N: usize>(dots: [__m512i; N]) -> [__m512; N] {
    let mut floats = [_mm512_setzero_ps(); N];
    for (float, dot) in floats.iter_mut().zip(dots) {
        *float = _mm512_cvtepi32_ps(dot);
    }
    floats
}

/// `dots[c] + Σ word · quants[c]`, `first_word` being the first of the words.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn add_words<const N: usize>(
    mut dots: [__m512i; N],
    words: &[__m512i],
    quants: &[[i8; SUB_BLOCK]],
    first_word: usize,
) -> [__m512i; N] {
    for (j, word) in words.iter().enumerate() {
        for (dot, quants) in dots.iter_mut().zip(quants) {
            let (quads, _) = quants.as_chunks::<4>();
            let quad = u32::from_le_bytes(quads[first_word + j].map(|q| q as u8));
            *dot = _mm512_dpbusd_epi32(*dot, *word, _mm512_set1_epi32(quad as i32));
        }
    }
    dots
}
