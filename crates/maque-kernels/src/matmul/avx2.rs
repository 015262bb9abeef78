//! The products in AVX2 registers: 16 rows are the lanes of two. AVX-VNNI differs in its arithmetic only.

use super::packed::*;
use super::{MAX_TILES, Piece, Product};
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::SUB_BLOCK;
use crate::panel::{Codes, GROUP_ROWS};
use crate::{Activations, Format};
use pairs::Pairs;
use std::arch::x86_64::*;
use std::cell::RefCell;
use std::ops::Range;
use tile::fours;
use unpack::Slab;

pub(super) use dpbusd::Dpbusd;
pub(super) use maddubs::Maddubs;

mod dpbusd;
mod float;
mod maddubs;
mod pairs;
mod tile;
mod unpack;

/// Two registers, mostly of the rows 0 to 7 and 8 to 15 of a group.
type Pair<R> = [R; 2];
/// Unfinished sums of the 16 rows, for one column.
type Chain = Pair<__m256>;

/// Sub-blocks that are unpacked at a time for a single tile: few, so that unpacking and multiplying overlap.
const SHORT_SLAB_BLOCKS: usize = 4;

/// What one thread needs beside registers when there are many tokens: 56 KB.
struct Workbench {
    slab: Slab,
    /// Unfinished chains of one group, for all tokens of a piece.
    chains: [[Chain; TILE_TOKENS]; MAX_TILES],
}

thread_local! {
    /// Kept from piece to piece: to clear it took as long as to multiply a few tokens.
    static BENCH: RefCell<Option<Box<Workbench>>> = const { RefCell::new(None) };
}

impl Workbench {
    #[target_feature(enable = "avx2")]
    fn zero() -> Box<Workbench> {
        Box::new(Workbench {
            slab: Slab::zero(),
            chains: [[[_mm256_setzero_ps(); 2]; TILE_TOKENS]; MAX_TILES],
        })
    }
}

/// How unsigned codes meet signed activations.
///
/// # Safety
/// The functions need a CPU with AVX2, FMA, F16C and what the implementor has beside these.
pub(super) trait Arithmetic {
    /// Whether codes of eight bits are two of four.
    const BY_NIBBLES: bool;
    /// Adds the products of the sub-blocks in a slab to the chains of the `N` columns of a tile from `first` on.
    unsafe fn add_blocks<F: Packed, const N: usize>(
        chains: &mut [Chain],
        slab: &Slab,
        tile: Tile<'_>,
        first: usize,
        blocks: Range<usize>,
    );
    /// Decode: the sums of a group's rows for the only token.
    unsafe fn one_token<F: Packed>(product: &Product<'_>, tile: Tile<'_>, group: usize) -> Chain;
}

/// # Safety
/// The CPU must have AVX2, FMA and F16C, and what the arithmetic asks for.
pub(super) unsafe fn run<A: Arithmetic>(product: &Product<'_>, x: &Activations, piece: Piece) {
    // SAFETY: the caller proves the instruction set.
    unsafe { for_format!(product.layout, groups::<A>, (product, x, piece)) }
}

/// # Safety
/// As [`run`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn groups<F: Packed, A: Arithmetic>(product: &Product<'_>, x: &Activations, piece: Piece) {
    if x.n_tokens() == 1 {
        for group in piece.groups {
            // SAFETY: as the caller proves.
            let chain = unsafe { A::one_token::<F>(product, x.tile(0), group) };
            finish(product, 0, group, &[chain]);
        }
        return;
    }
    BENCH.with_borrow_mut(|bench| {
        let bench = bench.get_or_insert_with(|| Workbench::zero());
        for group in piece.groups {
            // SAFETY: as the caller proves.
            unsafe { many_tokens::<F, A>(bench, product, x, piece.tiles.clone(), group) };
        }
    });
}

/// Unpacks some sub-blocks into a slab, lets all tiles meet them, and goes on with the next ones.
///
/// # Safety
/// As [`run`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn many_tokens<F: Packed, A: Arithmetic>(
    bench: &mut Workbench,
    product: &Product<'_>,
    x: &Activations,
    tiles: Range<usize>,
    group: usize,
) {
    let bytes = product.group(group);
    let n_blocks = x.n_cols() / SUB_BLOCK;
    let slab_len = match tiles.len() {
        1 => SHORT_SLAB_BLOCKS,
        _ => Slab::n_blocks::<F, A>(),
    };
    let Workbench { slab, chains } = bench;
    let chains = &mut chains[..tiles.len()];
    chains.fill([[_mm256_setzero_ps(); 2]; TILE_TOKENS]);
    for first in (0..n_blocks).step_by(slab_len) {
        let blocks = first..n_blocks.min(first + slab_len);
        slab.fill::<F, A>(bytes, blocks.clone());
        for (i, chains) in tiles.clone().zip(chains.iter_mut()) {
            // SAFETY: as the caller proves.
            unsafe { multiply::<F, A>(chains, slab, x.tile(i), &blocks) };
        }
    }
    for (i, chains) in tiles.zip(chains.iter()) {
        let tile = x.tile(i);
        finish(product, tile.first_token, group, &chains[..tile.n_tokens]);
    }
}

/// Adds the products of the sub-blocks in a slab to the chains of all columns of a tile.
///
/// # Safety
/// As [`run`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn multiply<F: Packed, A: Arithmetic>(
    chains: &mut [Chain; TILE_TOKENS],
    slab: &Slab,
    tile: Tile<'_>,
    blocks: &Range<usize>,
) {
    for columns in fours(tile.n_tokens) {
        let (chains, first) = (&mut chains[columns.clone()], columns.start);
        // SAFETY: as the caller proves.
        unsafe {
            match columns.len() {
                0 => (),
                1 => A::add_blocks::<F, 1>(chains, slab, tile, first, blocks.clone()),
                2 => A::add_blocks::<F, 2>(chains, slab, tile, first, blocks.clone()),
                3 => A::add_blocks::<F, 3>(chains, slab, tile, first, blocks.clone()),
                _ => A::add_blocks::<F, 4>(chains, slab, tile, first, blocks.clone()),
            }
        }
    }
}

/// Finishes the chains of one group for the tokens from `first_token` on.
#[target_feature(enable = "avx2")]
fn finish(product: &Product<'_>, first_token: usize, group: usize, chains: &[Chain]) {
    for (c, chain) in chains.iter().enumerate() {
        let mut sums = [0.0; GROUP_ROWS];
        let (halves, _) = sums.as_chunks_mut::<8>();
        for (half, chain) in halves.iter_mut().zip(chain) {
            // SAFETY: the array has the register's 8 elements.
            unsafe { _mm256_storeu_ps(half.as_mut_ptr(), *chain) };
        }
        // SAFETY: this thread alone has this piece.
        unsafe { product.finish(first_token + c, group, &sums) };
    }
}
