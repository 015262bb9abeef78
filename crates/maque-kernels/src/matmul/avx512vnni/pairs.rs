//! F16: pairs of codes of 14 bits times pairs of activations, `vpdpwssd` adding two products a row at a time.

use super::unpack::prefetch_line;
use super::{Multiplier, Unpacked};
use crate::Activations;
use crate::activations::{TILE_TOKENS, Tile};
use crate::block::SUB_BLOCK;
use crate::matmul::packed::{Packed, for_each_pair};
use crate::pairs::{CENTRE, HIGH, HIGH_AT, LOW, LOW_BITS, MIDDLE, N_PAIRS, SCALE_BYTES};
use crate::panel::{Codes, Group, LINE_BYTES};
use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// One sub-block of 16 rows.
#[derive(Clone, Copy)]
pub(in super::super) struct Block {
    pairs: [__m512i; N_PAIRS],
    d: __m512,
}

/// One instruction for a pair of columns of 16 rows and one token.
pub(in super::super) struct Pairs;

impl Multiplier for Pairs {
    type Block = Block;
    fn is_few<F: Packed>(n_tiles: usize) -> bool {
        n_tiles <= 4
    }

    unsafe fn begin<F: Packed>() {}
    unsafe fn end() {}
    unsafe fn multiply<F: Packed>(
        chains: &mut [[__m512; TILE_TOKENS]],
        slab: &mut [MaybeUninit<Block>],
        group: Group<'_>,
        x: &Activations,
        tiles: Range<usize>,
        first: usize,
    ) {
        for (i, block) in slab.iter_mut().enumerate() {
            // SAFETY: the caller proves the instruction set.
            block.write(unsafe { unpack::<F>(group, first + i) });
        }
        // SAFETY: all of it was just written.
        let blocks = unsafe { slab.assume_init_ref() };
        for (i, chains) in tiles.clone().zip(chains) {
            let slab = Slab {
                blocks,
                first,
                next: (i == tiles.start).then_some(group),
            };
            // SAFETY: the caller proves the instruction set.
            unsafe { multiply::<F>(chains, slab, x.tile(i)) };
        }
    }
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

/// Where the sub-blocks of a group come from, pair by pair: a whole one is more than the registers hold.
///
/// # Safety
/// Functions need a CPU with AVX-512 F, BW, DQ, VL and VNNI, AVX2, FMA and F16C.
trait Source: Copy {
    /// Fetches line `i` of what is needed later than sub-block `b`.
    unsafe fn fetch<F: Packed>(self, b: usize, i: usize);
    /// Pair `j` of sub-block `b`.
    unsafe fn pair<F: Packed>(self, b: usize, j: usize) -> __m512i;
    /// The scales of sub-block `b`.
    unsafe fn d(self, b: usize) -> __m512;
}

/// Unpacked sub-blocks, the first of them being number `first`.
#[derive(Clone, Copy)]
struct Slab<'a> {
    blocks: &'a [Block],
    first: usize,
    next: Option<Group<'a>>,
}

impl Source for Slab<'_> {
    #[inline(always)]
    unsafe fn fetch<F: Packed>(self, b: usize, i: usize) {
        if let Some(group) = self.next {
            // SAFETY: the caller proves the instruction set.
            unsafe { prefetch_line::<F>(group, b, i) };
        }
    }
    #[inline(always)]
    unsafe fn pair<F: Packed>(self, b: usize, j: usize) -> __m512i {
        self.blocks[b - self.first].pairs[j]
    }
    #[inline(always)]
    unsafe fn d(self, b: usize) -> __m512 {
        self.blocks[b - self.first].d
    }
}

impl Source for Group<'_> {
    #[inline(always)]
    unsafe fn fetch<F: Packed>(self, b: usize, i: usize) {
        // SAFETY: the caller proves the instruction set.
        unsafe { prefetch_line::<F>(self, b, i) };
    }
    #[inline(always)]
    unsafe fn pair<F: Packed>(self, b: usize, j: usize) -> __m512i {
        // SAFETY: the caller proves the instruction set.
        unsafe { pair::<F>(self, b, j) }
    }
    #[inline(always)]
    unsafe fn d(self, b: usize) -> __m512 {
        // SAFETY: the caller proves the instruction set.
        unsafe { scales(self, b) }
    }
}

/// Adds the products of a slab to the chains of one tile.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn multiply<F: Packed>(chains: &mut [__m512; TILE_TOKENS], slab: Slab<'_>, tile: Tile<'_>) {
    for_width!(tile.n_tokens, columns::<F>, (chains, slab, tile));
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn columns<F: Packed, const N: usize>(
    chains: &mut [__m512; TILE_TOKENS],
    slab: Slab<'_>,
    tile: Tile<'_>,
) {
    if let Some(chains) = chains.first_chunk_mut::<N>() {
        let range = slab.first..slab.first + slab.blocks.len();
        add::<F, N, _>(chains, slab, tile, range);
    }
}

/// Sums of each of `n` tokens side by side.
const fn n_parts(n: usize) -> usize {
    match n {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Adds the products of some sub-blocks of the tile to the chains of its `N` columns: one function, as in [`super::tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn add<F: Packed, const N: usize, S: Source>(
    chains: &mut [__m512; N],
    source: S,
    tile: Tile<'_>,
    range: Range<usize>,
) {
    let mut sums = *chains;
    for b in range {
        let codes = &tile.codes[b * N * SUB_BLOCK..][..N * SUB_BLOCK];
        let (codes, _) = codes.as_chunks::<SUB_BLOCK>();
        let mut parts = [[_mm512_setzero_si512(); N]; 4]; // products of few tokens would wait for each other
        for_each_pair!(J => {
            // SAFETY: this function has the instruction set.
            let weights = unsafe {
                source.fetch::<F>(b, J);
                source.pair::<F>(b, J)
            };
            let dots = &mut parts[J % n_parts(N)];
            for (dot, codes) in dots.iter_mut().zip(codes) {
                *dot = add_products::<J>(*dot, weights, codes);
            }
        });
        let [mut dots, rest @ ..] = parts;
        for part in &rest[..n_parts(N) - 1] {
            for (dot, part) in dots.iter_mut().zip(part) {
                *dot = _mm512_add_epi32(*dot, *part);
            }
        }
        // SAFETY: as above.
        let d = unsafe { source.d(b) };
        let scales = &tile.code_scales[b * N..][..N];
        for c in 0..N {
            let scale = _mm512_mul_ps(d, _mm512_set1_ps(scales[c]));
            sums[c] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(dots[c]), sums[c]);
        }
    }
    *chains = sums;
}

/// `sum + a₀b₀ + a₁b₁` of each lane, `b` being pair `J` of a column. Written out: the compiler loads the pair to a register first,
/// which takes as long as the product.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn add_products<const J: usize>(mut sum: __m512i, a: __m512i, codes: &[i16; SUB_BLOCK]) -> __m512i {
    const { assert!(J < N_PAIRS) };
    // SAFETY: the function's features prove the instruction, which reads a pair of the array.
    unsafe {
        asm!(
            "vpdpwssd {sum}, {a}, dword ptr [{codes} + {at}]{{1to16}}",
            sum = inout(zmm_reg) sum,
            a = in(zmm_reg) a,
            codes = in(reg) codes,
            at = const 4 * J,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    sum
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
#[inline]
fn unpack<F: Packed>(group: Group<'_>, index: usize) -> Block {
    let mut pairs = [_mm512_setzero_si512(); N_PAIRS];
    for_each_pair!(J => pairs[J] = pair::<F>(group, index, J));
    Block {
        pairs,
        d: scales(group, index),
    }
}

/// The scales of sub-block `index` of a group.
#[target_feature(enable = "avx512f")]
#[inline]
fn scales(group: Group<'_>, index: usize) -> __m512 {
    let scales = group.scales(index, 1, SCALE_BYTES);
    // SAFETY: the slice has the register's 16 bytes.
    let scales = _mm512_cvtepu8_epi32(unsafe { _mm_loadu_si128(scales.as_ptr().cast()) });
    _mm512_castsi512_ps(_mm512_slli_epi32::<23>(scales))
}

/// Pair `j` of sub-block `index` of a group.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn pair<F: Packed>(group: Group<'_>, index: usize, j: usize) -> __m512i {
    let lines = group.lines(group.layout.quants_at, index, F::LINES_BYTES);
    let (high, lines) = lines.split_at(HIGH);
    let (middle, rest) = lines.split_at(MIDDLE);
    let low = match F::CODES {
        Codes::HighPlane => _mm512_set1_epi16(1 << (LOW_BITS - 1)),
        Codes::Whole => moved(&rest[j % LOW], j / LOW * LOW, 0),
        Codes::Planes => {
            let low = group.lines(group.layout.low_at, index, F::LOW_BYTES);
            moved(&low[j % LOW], j / LOW * LOW, 0)
        }
    };
    let middle = moved(&middle[j % MIDDLE], j / MIDDLE * MIDDLE, LOW_BITS as usize);
    let high = moved(&high[j % HIGH], j / HIGH * HIGH, HIGH_AT as usize);
    let code = chosen(_mm512_set1_epi16((1 << LOW_BITS) - 1), low, middle);
    let code = chosen(_mm512_set1_epi16((1 << HIGH_AT) - 1), code, high);
    let code = _mm512_and_si512(code, _mm512_set1_epi16(2 * CENTRE - 1));
    _mm512_sub_epi16(code, _mm512_set1_epi16(CENTRE))
}

/// A line, in each half of whose words bit `from` becomes bit `to`.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn moved(line: &[u8; LINE_BYTES], from: usize, to: usize) -> __m512i {
    // SAFETY: the array has the register's 64 bytes.
    let line = unsafe { _mm512_loadu_si512(line.as_ptr().cast()) };
    match from < to {
        true => _mm512_sll_epi16(line, _mm_cvtsi32_si128((to - from) as i32)),
        false => _mm512_srl_epi16(line, _mm_cvtsi32_si128((from - to) as i32)),
    }
}

/// The bits of `a` where `mask` is set, of `b` elsewhere.
#[target_feature(enable = "avx512f")]
#[inline]
fn chosen(mask: __m512i, a: __m512i, b: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0b1100_1010>(mask, a, b)
}
