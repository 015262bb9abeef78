//! The products in AVX-512 registers: 16 rows are the lanes, `vpdpbusd` sums four columns at a time.

use super::packed::*;
use super::{Finish, MAX_TILES, Piece, Product};
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::SUB_BLOCK;
use crate::panel::{Codes, GROUP_ROWS, Group};
use crate::{Activations, Format};
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Calls a function that is compiled for each number of columns of a tile.
macro_rules! for_width {
    ($n:expr, $add:ident::<$($A:ty),*>, $arguments:tt) => {
        match $n {
            1 => $add::<$($A,)* 1> $arguments,
            2 => $add::<$($A,)* 2> $arguments,
            3 => $add::<$($A,)* 3> $arguments,
            4 => $add::<$($A,)* 4> $arguments,
            5 => $add::<$($A,)* 5> $arguments,
            6 => $add::<$($A,)* 6> $arguments,
            7 => $add::<$($A,)* 7> $arguments,
            _ => $add::<$($A,)* 8> $arguments,
        }
    };
}

mod amx;
mod float;
mod pairs;
mod tile;
mod unpack;

pub(super) use amx::Amx;
pub(crate) use amx::multiply_whole_tiles;
use pairs::Pairs;

/// How the sub-blocks of a group meet tiles of many tokens.
///
/// # Safety
/// Every function needs a CPU with the instructions of its implementor.
pub(super) trait Multiplier {
    /// What it multiplies.
    type Block: Unpacked;
    /// Whether so many tiles unpack weights in registers, each for itself, because that costs less than a slab.
    fn is_few<F: Packed>(n_tiles: usize) -> bool;
    /// Called before a piece of work in `F`, and after it.
    unsafe fn begin<F: Packed>();
    unsafe fn end();
    /// Unpacks as many sub-blocks of `group` as `slab` has room for, `first` being their first one in each tile,
    /// and adds their products to the chains of `tiles`. Meanwhile it fetches what comes ahead of them.
    unsafe fn multiply<F: Packed>(
        chains: &mut [[__m512; TILE_TOKENS]],
        slab: &mut [MaybeUninit<Self::Block>],
        group: Group<'_>,
        x: &Activations,
        tiles: Range<usize>,
        first: usize,
    );
}

/// One sub-block of 16 rows in registers.
///
/// # Safety
/// The function needs a CPU with AVX-512 F, BW, DQ, VL and VNNI, AVX2, FMA and F16C.
pub(super) trait Unpacked: Copy {
    /// Adds the products of the first `n_blocks` of a group, each unpacked as it is needed, to the chains of a tile.
    unsafe fn add_all<F: Packed, const N: usize>(
        chains: &mut [__m512; N],
        group: Group<'_>,
        tile: Tile<'_>,
        n_blocks: usize,
    );
}

/// One dot product instruction for 16 rows and one token.
pub(super) struct Vnni;

impl Multiplier for Vnni {
    type Block = unpack::Block;

    fn is_few<F: Packed>(n_tiles: usize) -> bool {
        n_tiles <= 4 || F::IS_UNPACKED
    }
    unsafe fn begin<F: Packed>() {}
    unsafe fn end() {}
    unsafe fn multiply<F: Packed>(
        chains: &mut [[__m512; TILE_TOKENS]],
        slab: &mut [MaybeUninit<unpack::Block>],
        group: Group<'_>,
        x: &Activations,
        tiles: Range<usize>,
        first: usize,
    ) {
        let Some((chains_of_first, chains)) = chains.split_first_mut() else {
            return;
        };
        let tile = x.tile(tiles.start);
        // SAFETY: the caller proves AVX-512 VNNI.
        let slab =
            unsafe { tile::unpack_and_multiply::<F>(chains_of_first, slab, group, tile, first) };
        for (i, chains) in tiles.skip(1).zip(chains) {
            // SAFETY: as above.
            unsafe { tile::multiply::<F>(chains, slab, x.tile(i), first) };
        }
    }
}

/// Sub-blocks that are unpacked at a time: they stay in the first-level cache while the tiles pass.
const SLAB_BLOCKS: usize = 16;
/// The same for two tiles: short, so that unpacking and multiplying overlap.
const SHORT_SLAB_BLOCKS: usize = 8;

/// What one thread needs beside registers when there are many tokens: 55 KB.
struct Workbench<B> {
    slab: [MaybeUninit<B>; SLAB_BLOCKS],
    /// Unfinished chains of one group, for all tokens of a piece.
    chains: [MaybeUninit<[__m512; TILE_TOKENS]>; MAX_TILES],
}

/// # Safety
/// The CPU must have AVX-512 F, BW, DQ, VL and VNNI, AVX2, FMA and F16C, and what `M` needs.
pub(super) unsafe fn run<M: Multiplier>(product: &Product<'_>, x: &Activations, piece: Piece) {
    // SAFETY: the caller proves the instruction set.
    unsafe { for_format!(product.layout, groups::<M>, (product, x, piece)) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn groups<F: Packed, M: Multiplier>(product: &Product<'_>, x: &Activations, piece: Piece) {
    if M::is_few::<F>(piece.tiles.len()) {
        return few_tiles::<F, M::Block>(product, x, piece);
    }
    let mut bench = Workbench {
        slab: [const { MaybeUninit::uninit() }; SLAB_BLOCKS],
        chains: [const { MaybeUninit::uninit() }; MAX_TILES],
    };
    // SAFETY: `run`'s caller proves the multiplier's instructions.
    unsafe { M::begin::<F>() };
    for group in piece.groups {
        many_tiles::<F, M>(&mut bench, product, x, piece.tiles.clone(), group);
    }
    // SAFETY: as above.
    unsafe { M::end() };
}

/// Each tile unpacks the weights for itself.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn few_tiles<F: Packed, B: Unpacked>(product: &Product<'_>, x: &Activations, piece: Piece) {
    for group in piece.groups {
        for tile in piece.tiles.clone().map(|i| x.tile(i)) {
            for_width!(tile.n_tokens, at_once::<F, B>, (product, tile, group));
        }
    }
}

/// Unpacks in registers and multiplies at once.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn at_once<F: Packed, B: Unpacked, const N: usize>(
    product: &Product<'_>,
    tile: Tile<'_>,
    group: usize,
) {
    let mut chains = [_mm512_setzero_ps(); N];
    let n_blocks = product.layout.n_cols / SUB_BLOCK;
    // SAFETY: this function has the instruction set.
    unsafe { B::add_all::<F, N>(&mut chains, product.group(group), tile, n_blocks) };
    finish(product, tile, group, &chains);
}

/// Unpacks some sub-blocks into a slab, lets all tiles meet them, and goes on with the next ones.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn many_tiles<F: Packed, M: Multiplier>(
    bench: &mut Workbench<M::Block>,
    product: &Product<'_>,
    x: &Activations,
    tiles: Range<usize>,
    group: usize,
) {
    let bytes = product.group(group);
    let n_blocks = x.n_cols() / SUB_BLOCK;
    let slab_len = match tiles.len() {
        2 => SHORT_SLAB_BLOCKS,
        _ => SLAB_BLOCKS,
    };
    let Workbench { slab, chains } = bench;
    let chains = &mut chains[..tiles.len()];
    for chains in chains.iter_mut() {
        chains.write([_mm512_setzero_ps(); TILE_TOKENS]);
    }
    // SAFETY: all of them were just written.
    let chains = unsafe { chains.assume_init_mut() };
    for first in (0..n_blocks).step_by(slab_len) {
        let slab = &mut slab[..slab_len.min(n_blocks - first)];
        // SAFETY: `run`'s caller proves the multiplier's instructions.
        unsafe { M::multiply::<F>(chains, slab, bytes, x, tiles.clone(), first) };
    }
    for (i, chains) in tiles.zip(chains.iter()) {
        finish(product, x.tile(i), group, chains);
    }
}

#[target_feature(enable = "avx512f")]
fn finish(product: &Product<'_>, tile: Tile<'_>, group: usize, chains: &[__m512]) {
    let rows = product.rows(group);
    for (c, chain) in chains.iter().take(tile.n_tokens).enumerate() {
        // SAFETY: this thread alone has this piece.
        let out = unsafe { product.out_of(tile.first_token + c, &rows) };
        let lanes = 0xffff >> (GROUP_ROWS - rows.len());
        // SAFETY: the mask has as many lanes as there are rows, and outputs and biases of them.
        unsafe {
            let sum = match product.finish {
                Finish::Write => *chain,
                Finish::Bias(bias) => {
                    let bias = bias[rows.clone()].as_ptr();
                    _mm512_add_ps(*chain, _mm512_maskz_loadu_ps(lanes, bias))
                }
                Finish::Add => _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, out.as_ptr()), *chain),
            };
            _mm512_mask_storeu_ps(out.as_mut_ptr(), lanes, sum);
        }
    }
}
