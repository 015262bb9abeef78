//! Products in AMX tiles: one instruction multiplies a sub-block of 16 rows with those of eight tokens.
//!
//! Tiles of 32-bit sums go through memory to the f32 chains, which are AVX-512's. Instructions are
//! written out, since the intrinsics are not in stable Rust; the compiler itself never touches a tile.

use super::super::packed::Packed;
use super::unpack::{Block, prefetch, unpack};
use super::{Multiplier, tile};
use crate::Activations;
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::{Kind, SUB_BLOCK};
use crate::panel::{GROUP_ROWS, Group, LINE_BYTES, N_WORDS};
use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Tiles of eight tokens are multiplied here, narrower ones by AVX-512 VNNI.
pub(in super::super) struct Amx;

/// Sums of one sub-block (or of half of one): `[8 tokens][16 rows]`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Sums([[MaybeUninit<i32>; GROUP_ROWS]; TILE_TOKENS]);

impl Sums {
    const UNWRITTEN: Sums = Sums([[MaybeUninit::uninit(); GROUP_ROWS]; TILE_TOKENS]);
}

/// Shapes of the tile registers: 0 to 3 hold sums, 4 and 5 activations, 6 and 7 weights.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    n_rows: [u8; 16],
}

impl Shapes {
    /// For products of `n_tokens` over `n_columns` columns: a sub-block, or half of one.
    const fn of(n_tokens: usize, n_columns: usize) -> Shapes {
        let (mut row_bytes, mut n_rows) = ([0; 16], [0; 16]);
        let mut i = 0;
        while i < 8 {
            (row_bytes[i], n_rows[i]) = match i {
                0..4 => (LINE_BYTES as u16, n_tokens as u8),
                4 | 5 => (n_columns as u16, n_tokens as u8),
                _ => (LINE_BYTES as u16, (n_columns / 4) as u8),
            };
            i += 1;
        }
        Shapes {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes,
            n_rows,
        }
    }

    /// # Safety
    /// The CPU must have AMX, and the system must have lent it.
    unsafe fn set(&'static self) {
        // SAFETY: the caller proves AMX; the shapes are valid for palette 1.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) self, options(nostack, preserves_flags, readonly))
        };
    }
}

static WHOLE: Shapes = Shapes::of(TILE_TOKENS, SUB_BLOCK);
static HALF: Shapes = Shapes::of(TILE_TOKENS, SUB_BLOCK / 2);
static LARGEST: Shapes = Shapes::of(16, LINE_BYTES);

/// Four independent products of the largest tiles, `n` times: what AMX does at best.
///
/// # Safety
/// As [`Shapes::set`].
pub(crate) unsafe fn multiply_whole_tiles(n: u64) {
    // SAFETY: the caller proves AMX; no register is read before it is zeroed.
    unsafe {
        LARGEST.set();
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "tilezero tmm4",
            "tilezero tmm5",
            "tilezero tmm6",
            "tilezero tmm7",
            options(nomem, nostack, preserves_flags)
        );
        for _ in 0..n {
            asm!(
                "tdpbssd tmm0, tmm4, tmm6",
                "tdpbssd tmm1, tmm5, tmm6",
                "tdpbssd tmm2, tmm4, tmm7",
                "tdpbssd tmm3, tmm5, tmm7",
                options(nomem, nostack, preserves_flags)
            );
        }
        Amx::end();
    }
}

impl Multiplier for Amx {
    type Block = Block;
    fn is_few<F: Packed>(n_tiles: usize) -> bool {
        n_tiles <= 1
    }

    unsafe fn begin<F: Packed>() {
        let shapes = match F::KIND {
            Kind::Scaled => &HALF,
            Kind::Centred { .. } | Kind::Affine => &WHOLE,
        };
        // SAFETY: the caller proves AMX.
        unsafe { shapes.set() };
    }

    unsafe fn end() {
        // SAFETY: the caller proves AMX.
        unsafe { asm!("tilerelease", options(nostack, preserves_flags)) };
    }

    unsafe fn multiply<F: Packed>(
        chains: &mut [[__m512; TILE_TOKENS]],
        slab: &mut [MaybeUninit<Block>],
        group: Group<'_>,
        x: &Activations,
        tiles: Range<usize>,
        first: usize,
    ) {
        for (i, block) in slab.iter_mut().enumerate() {
            // SAFETY: the caller proves the instructions.
            block.write(unsafe { unpack::<F>(group, first + i) });
        }
        // SAFETY: all of it was just written.
        let slab = unsafe { slab.assume_init_mut() };
        // SAFETY: the caller proves the instructions.
        unsafe { shift::<F>(slab, -1) };
        let n_wide = match x.tile(tiles.end - 1).n_tokens {
            TILE_TOKENS => tiles.len(),
            _ => tiles.len() - 1,
        };
        let (all, narrow) = chains.split_at_mut(n_wide);
        let (pairs, single) = all.as_chunks_mut::<2>();
        // SAFETY: the caller proves the instructions, and `begin` has set the shapes.
        unsafe {
            for (i, chains) in (tiles.start..).step_by(2).zip(pairs) {
                let group = (i == tiles.start).then_some(group);
                wide::<F, 2>(chains, slab, group, [x.tile(i), x.tile(i + 1)], first);
            }
            for chains in single {
                let tile = x.tile(tiles.start + n_wide - 1);
                let group = (n_wide == 1).then_some(group);
                wide::<F, 1>(std::array::from_mut(chains), slab, group, [tile], first);
            }
            for chains in narrow {
                shift::<F>(slab, 1);
                tile::multiply::<F>(chains, slab, x.tile(tiles.end - 1), first);
            }
        }
    }
}

/// Makes codes signed (`-1`), so that products need no correction, or unsigned again (`1`).
#[target_feature(enable = "avx512f,avx512bw")]
fn shift<F: Packed>(slab: &mut [Block], direction: i8) {
    let offset = match F::KIND {
        Kind::Affine => return,
        Kind::Centred { shift } => (1u8 << shift) as i8,
        Kind::Scaled => 32,
    };
    let offset = _mm512_set1_epi8(offset.wrapping_mul(direction));
    for word in slab.iter_mut().flat_map(|block| &mut block.words) {
        *word = _mm512_add_epi8(*word, offset);
    }
}

/// Sums of the last four steps of `N` tiles.
type Ring<const N: usize> = [[Sums; N]; 4];

/// Adds the products of some sub-blocks to the chains of `N` full tiles. Each step multiplies one sub-block
/// (or half of one) while the sums of the step before go to memory, and those before that to the chains.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn wide<F: Packed, const N: usize>(
    chains: &mut [[__m512; TILE_TOKENS]; N],
    slab: &[Block],
    group: Option<Group<'_>>,
    tiles: [Tile<'_>; N],
    first: usize,
) {
    let n_halves = n_halves::<F>();
    let n_steps = slab.len() * n_halves;
    let mut ring: Ring<N> = [[Sums::UNWRITTEN; N]; 4];
    let mut sums = *chains;
    for step in 0..n_steps + n_halves + 1 {
        if step < n_steps {
            let (block, half) = (step / n_halves, step % n_halves);
            let words = &slab[block].words[half * N_WORDS / 2..];
            let at = (first + block) * TILE_TOKENS * SUB_BLOCK + half * SUB_BLOCK / 2;
            let len = TILE_TOKENS * SUB_BLOCK - half * SUB_BLOCK / 2;
            let mut quants = [&[] as &[i8]; N]; // closures would not be inlined here
            for (quants, tile) in quants.iter_mut().zip(&tiles) {
                *quants = &tile.quants[at..][..len];
            }
            if let Some(group) = group
                && half == 0
            {
                prefetch::<F>(group, first + block);
            }
            match step % 2 {
                0 => start::<N, 0>(words, quants),
                _ => start::<N, 1>(words, quants),
            }
        }
        if 0 < step && step <= n_steps {
            let ring = &mut ring[(step - 1) % 4];
            match (step - 1) % 2 {
                0 => store::<N, 0>(ring),
                _ => store::<N, 1>(ring),
            }
        }
        if let Some(last) = step.checked_sub(2)
            && (last + 1) % n_halves == 0
            && last < n_steps
        {
            let block = last / n_halves;
            add::<F, N>(&mut sums, &slab[block], &ring, last, tiles, first + block);
        }
    }
    *chains = sums;
}

/// Steps that a sub-block takes: its halves have scales of their own or not.
const fn n_halves<F: Packed>() -> usize {
    match F::KIND {
        Kind::Scaled => 2,
        _ => 1,
    }
}

/// Adds sub-block `b`, whose sums the ring has from step `last` (and the one before, if it takes two).
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn add<F: Packed, const N: usize>(
    chains: &mut [[__m512; TILE_TOKENS]; N],
    block: &Block,
    ring: &Ring<N>,
    last: usize,
    tiles: [Tile<'_>; N],
    b: usize,
) {
    let at = b * TILE_TOKENS;
    for (i, (chains, tile)) in chains.iter_mut().zip(tiles).enumerate() {
        let scales = &tile.scales[at..][..TILE_TOKENS];
        let scaled_sums = &tile.scaled_sums[at..][..TILE_TOKENS];
        for (c, chain) in chains.iter_mut().enumerate() {
            let mut dot = floats(&ring[last % 4][i].0[c]);
            if F::KIND == Kind::Scaled {
                // Whole numbers below 2²⁴, so that f32 sums are exact.
                let before = floats(&ring[(last + 3) % 4][i].0[c]);
                dot = _mm512_fmadd_ps(dot, block.s[1], _mm512_mul_ps(before, block.s[0]));
            }
            let scale = _mm512_mul_ps(block.d, _mm512_set1_ps(scales[c]));
            *chain = _mm512_fmadd_ps(scale, dot, *chain);
            if F::KIND == Kind::Affine {
                *chain = _mm512_fmadd_ps(block.m, _mm512_set1_ps(scaled_sums[c]), *chain);
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn floats(sums: &[MaybeUninit<i32>; GROUP_ROWS]) -> __m512 {
    // SAFETY: the array has the register's 16 elements, and `store` has written them.
    _mm512_cvtepi32_ps(unsafe { _mm512_loadu_si512(sums.as_ptr().cast()) })
}

/// Multiplies weights with each tile's activations into the sum registers of a set.
#[inline(always)]
fn start<const N: usize, const SET: usize>(words: &[__m512i], quants: [&[i8]; N]) {
    let words = words.as_ptr();
    let (first, last) = (quants[0].as_ptr(), quants[N - 1].as_ptr());
    macro_rules! multiply {
        ($sums:literal, $activations:literal, $weights:literal, $from:ident) => {
            asm!(
                concat!("tilezero tmm", $sums),
                concat!("tileloadd tmm", $activations, ", [{from} + {row}*1]"),
                concat!("tdpbssd tmm", $sums, ", tmm", $activations, ", tmm", $weights),
                from = in(reg) $from,
                row = in(reg) SUB_BLOCK,
                options(nostack, preserves_flags, readonly)
            )
        };
    }
    macro_rules! load {
        ($weights:literal) => {
            asm!(
                concat!("tileloadd tmm", $weights, ", [{from} + {line}*1]"),
                from = in(reg) words,
                line = in(reg) LINE_BYTES,
                options(nostack, preserves_flags, readonly)
            )
        };
    }
    // SAFETY: only `Amx`, whose caller proves the instructions, comes here; the shapes that `begin` set lie
    // inside the slices: eight rows of activations, and the words of a sub-block or of half of one.
    unsafe {
        match SET {
            0 => {
                load!(6);
                multiply!(0, 4, 6, first);
                if 1 < N {
                    multiply!(1, 5, 6, last);
                }
            }
            _ => {
                load!(7);
                multiply!(2, 4, 7, first);
                if 1 < N {
                    multiply!(3, 5, 7, last);
                }
            }
        }
    }
}

/// Takes the sums of a set out of its registers.
#[inline(always)]
fn store<const N: usize, const SET: usize>(to: &mut [Sums; N]) {
    let (first, last) = (to[0].0.as_mut_ptr(), to[N - 1].0.as_mut_ptr());
    macro_rules! store {
        ($sums:literal, $to:ident) => {
            asm!(
                concat!("tilestored [{to} + {line}*1], tmm", $sums),
                to = in(reg) $to,
                line = in(reg) LINE_BYTES,
                options(nostack, preserves_flags)
            )
        };
    }
    // SAFETY: as in `start`; a register of sums has the shape of `Sums`.
    unsafe {
        match SET {
            0 => {
                store!(0, first);
                if 1 < N {
                    store!(1, last);
                }
            }
            _ => {
                store!(2, first);
                if 1 < N {
                    store!(3, last);
                }
            }
        }
    }
}
