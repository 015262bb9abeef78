//! The products in AVX-512 registers: 16 rows are the lanes, `vpdpbusd` sums four columns at a time.

use super::{MAX_TILES, Piece, Product};
use crate::activations::{TILE_TOKENS, Tile};
use crate::panel::GROUP_ROWS;
use crate::{Activations, Format};
use std::arch::x86_64::*;
use std::ops::Range;
use unpack::*;

mod float;
mod tile;
mod unpack;

/// Sub-blocks that are unpacked at a time: they stay in the first-level cache while the tiles pass.
const SLAB_BLOCKS: usize = 32;
/// The same for a single tile: short, so that unpacking and multiplying overlap.
const SHORT_SLAB_BLOCKS: usize = 4;

/// What one thread needs beside registers when there are many tokens: 55 KB, cleared once a piece.
struct Workbench {
    slab: [Block; SLAB_BLOCKS],
    /// Unfinished chains of one group, for all tokens of a piece.
    chains: [[__m512; TILE_TOKENS]; MAX_TILES],
}

/// # Safety
/// The CPU must have AVX-512 F, BW, DQ, VL and VNNI, AVX2, FMA and F16C.
pub(super) unsafe fn run(product: &Product<'_>, x: &Activations, piece: Piece) {
    // SAFETY: the caller proves the instruction set.
    unsafe {
        match product.weights.layout().format {
            Format::Q4_0 => groups::<Q4_0>(product, x, piece),
            Format::Q4_1 => groups::<Q4_1>(product, x, piece),
            Format::Q5_0 => groups::<Q5_0>(product, x, piece),
            Format::Q5_1 => groups::<Q5_1>(product, x, piece),
            Format::Q8_0 => groups::<Q8_0>(product, x, piece),
            Format::Q4_K => groups::<Q4_K>(product, x, piece),
            Format::Q5_K => groups::<Q5_K>(product, x, piece),
            Format::Q6_K => groups::<Q6_K>(product, x, piece),
            Format::F32 => float::groups::<F32>(product, x, piece),
            Format::F16 => float::groups::<F16>(product, x, piece),
            Format::BF16 => float::groups::<BF16>(product, x, piece),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn groups<F: Packed>(product: &Product<'_>, x: &Activations, piece: Piece) {
    if x.n_tokens() == 1 {
        for group in piece.groups {
            one_token::<F>(product, x.tile(0), group);
        }
        return;
    }
    let mut bench = Workbench {
        slab: [Block::zero(); SLAB_BLOCKS],
        chains: [[_mm512_setzero_ps(); TILE_TOKENS]; MAX_TILES],
    };
    for group in piece.groups {
        many_tokens::<F>(&mut bench, product, x, piece.tiles.clone(), group);
    }
}

/// Decode: unpacks in registers and multiplies at once.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn one_token<F: Packed>(product: &Product<'_>, tile: Tile<'_>, group: usize) {
    let layout = product.weights.layout();
    let bytes = product.weights.group(group);
    let mut chain = [_mm512_setzero_ps()];
    for b in 0..tile.scales.len() {
        let block = unpack::<F>(layout, bytes, b);
        tile::add::<F, 1>(&mut chain, &block, tile, b);
    }
    finish(product, tile, group, &chain);
}

/// Unpacks some sub-blocks into a slab, lets all tiles meet them, and goes on with the next ones.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn many_tokens<F: Packed>(
    bench: &mut Workbench,
    product: &Product<'_>,
    x: &Activations,
    tiles: Range<usize>,
    group: usize,
) {
    let layout = product.weights.layout();
    let bytes = product.weights.group(group);
    let n_blocks = x.tile(tiles.start).scales.len() / x.tile(tiles.start).n_tokens;
    let slab_len = match tiles.len() {
        1 => SHORT_SLAB_BLOCKS,
        _ => SLAB_BLOCKS,
    };
    let Workbench { slab, chains } = bench;
    let chains = &mut chains[..tiles.len()];
    chains.fill([_mm512_setzero_ps(); TILE_TOKENS]);
    for first in (0..n_blocks).step_by(slab_len) {
        let len = slab_len.min(n_blocks - first);
        for (i, block) in slab[..len].iter_mut().enumerate() {
            *block = unpack::<F>(layout, bytes, first + i);
        }
        for (i, chains) in tiles.clone().zip(chains.iter_mut()) {
            tile::multiply::<F>(chains, &slab[..len], x.tile(i), first);
        }
    }
    for (i, chains) in tiles.zip(chains.iter()) {
        finish(product, x.tile(i), group, chains);
    }
}

#[target_feature(enable = "avx512f")]
fn finish(product: &Product<'_>, tile: Tile<'_>, group: usize, chains: &[__m512]) {
    for (c, chain) in chains.iter().take(tile.n_tokens).enumerate() {
        let mut sums = [0.0; GROUP_ROWS];
        // SAFETY: the array has the register's 16 elements.
        unsafe { _mm512_storeu_ps(sums.as_mut_ptr(), *chain) };
        // SAFETY: this thread alone has this piece.
        unsafe { product.finish(tile.first_token + c, group, &sums) };
    }
}
