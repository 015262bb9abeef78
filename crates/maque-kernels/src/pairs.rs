//! F16 weights as whole numbers: codes of 14 bits, and one power of two for each 32 columns of a row.
//!
//! `w ≈ code · 2^e`, where the largest weight of a block is below `2^(e + 13)` and, unless it is tiny, not below `2^(e + 12)`.
//! So what is within a factor of four of the largest keeps all its bits, and no error is above half of `2^e`, at most
//! `2⁻¹³` of the largest. No `e` is below −24, that of the smallest f16: tiny blocks keep all bits of everything. NaN and
//! infinities become the largest code.
//!
//! Two columns of a row are a *pair*, 32 bits; a sub-block has sixteen of them. A line of a *plane* of `n` bits has bits of
//! `16 / n` pairs of each of 16 rows: bits `nf..n(f + 1)` of both halves of line `h` belong to pair `nf + h`. What is
//! stored is the code + 8192.

use crate::block::SUB_BLOCK;
use crate::codes::{MAX_CODE, encode, largest};
use crate::narrow::values;
use crate::panel::{Codes, GROUP_ROWS, LINE_BYTES, Layout, Line};
use crate::{Format, repack};

/// Pairs of one row's sub-block.
pub(crate) const N_PAIRS: usize = SUB_BLOCK / 2;
/// Added to a code where it is stored.
pub(crate) const CENTRE: i16 = 1 << 13;
/// Bits below those that are read alone where a matrix is in planes; half of what they can say stands for them then.
pub(crate) const LOW_BITS: u32 = LOW as u32;
/// The lowest bit of the first plane.
pub(crate) const HIGH_AT: u32 = (LOW + MIDDLE) as u32;
/// Bytes of the scales of a sub-block, of 16 rows: of each `e + 127`.
pub(crate) const SCALE_BYTES: usize = GROUP_ROWS;
/// Bytes of the codes of a sub-block, of 16 rows.
pub(crate) const QUANT_BYTES: usize = N_LINES * LINE_BYTES;
/// The same of the high bits and of the low ones.
pub(crate) const HIGH_BYTES: usize = (HIGH + MIDDLE) * LINE_BYTES;
const LOW_BYTES: usize = LOW * LINE_BYTES;

/// Bits, and lines, of the planes in their order in memory; the first two are high bits.
pub(crate) const HIGH: usize = 4;
pub(crate) const MIDDLE: usize = 2;
pub(crate) const LOW: usize = 8;
const N_LINES: usize = HIGH + MIDDLE + LOW;

/// Codes of a sub-block: element `2j` of row `r` is the lower half of `[j][r]`, element `2j + 1` the upper one.
pub(crate) type Pairs = [Line; N_PAIRS];

/// Bits of both halves of a word.
const fn both(bits: u32) -> u32 {
    bits << 16 | bits
}

/// Writes rows of a file as one group; rows that are missing are zero.
#[inline(always)]
pub(crate) fn fill<'a>(
    layout: &Layout,
    group: &mut [u8],
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
) {
    let mut all: [&[[u8; 2 * SUB_BLOCK]]; GROUP_ROWS] = [&[]; GROUP_ROWS];
    for (row, bytes) in all.iter_mut().zip(rows) {
        *row = bytes.as_chunks().0;
    }
    for index in 0..layout.n_cols / SUB_BLOCK {
        let mut rows = [[0; N_PAIRS]; GROUP_ROWS];
        let scales = &mut group[index * SCALE_BYTES..][..SCALE_BYTES];
        for ((row, scale), blocks) in rows.iter_mut().zip(scales).zip(&all) {
            if let Some(bytes) = blocks.get(index) {
                (*scale, *row) = block(&values(Format::F16, bytes));
            }
        }
        let pairs: Pairs = std::array::from_fn(|j| std::array::from_fn(|r| rows[r][j]));
        let (high_at, low_at) = places(layout, index);
        let (high, middle) = group[high_at..][..HIGH_BYTES].split_at_mut(HIGH * LINE_BYTES);
        repack::write(high, plane::<HIGH>(&pairs, HIGH_AT));
        repack::write(middle, plane::<MIDDLE>(&pairs, LOW_BITS));
        repack::write(&mut group[low_at..][..LOW_BYTES], plane::<LOW>(&pairs, 0));
    }
}

/// The scale of one row's sub-block as it is stored, and its pairs.
#[inline(always)]
fn block(values: &[f32; SUB_BLOCK]) -> (u8, [u32; N_PAIRS]) {
    const SMALLEST: u32 = 127 - 24;
    const OF_ONE: u32 = 127;
    const LARGEST: u32 = 127 + 15; // what is infinite counts as of the same power of two as the largest f16
    let power = (largest(values).to_bits() >> 23).min(LARGEST);
    let scale = power.saturating_sub(12).max(SMALLEST);
    let mut codes = [0; SUB_BLOCK];
    encode(
        &mut codes,
        values,
        power_of_two(2 * OF_ONE - scale),
        MAX_CODE,
    );
    let mut pairs = [0; N_PAIRS];
    for (pair, codes) in pairs.iter_mut().zip(codes.as_chunks::<2>().0) {
        let [first, second] = codes.map(|code| (code + CENTRE) as u32);
        *pair = second << 16 | first;
    }
    (scale as u8, pairs)
}

/// `2^(stored − 127)`, and 0 of 0.
#[inline(always)]
pub(crate) fn power_of_two(stored: u32) -> f32 {
    f32::from_bits(stored << 23)
}

/// The lines of a plane of `BITS` bits, the lowest of which is bit `shift` of each code.
#[inline(always)]
fn plane<const BITS: usize>(pairs: &Pairs, shift: u32) -> [Line; BITS] {
    let mask = both((1 << BITS) - 1);
    let mut lines = [[0; GROUP_ROWS]; BITS];
    for (j, pair) in pairs.iter().enumerate() {
        for (line, pair) in lines[j % BITS].iter_mut().zip(pair) {
            *line |= (pair >> shift & mask) << (j / BITS * BITS);
        }
    }
    lines
}

/// Adds to `pairs` what a plane has of them.
#[inline(always)]
fn add_plane<const BITS: usize>(pairs: &mut Pairs, plane: &[u8], shift: u32) {
    let mask = both((1 << BITS) - 1);
    let (lines, _) = plane.as_chunks::<LINE_BYTES>();
    for (j, pair) in pairs.iter_mut().enumerate() {
        let line = crate::panel::line(&lines[j % BITS]);
        for (pair, line) in pair.iter_mut().zip(line) {
            *pair |= (line >> (j / BITS * BITS) & mask) << shift;
        }
    }
}

/// Where the high bits of sub-block `index` begin, and where the low ones.
#[inline(always)]
fn places(layout: &Layout, index: usize) -> (usize, usize) {
    match layout.codes {
        Codes::Whole => {
            let high_at = layout.quants_at + index * QUANT_BYTES;
            (high_at, high_at + HIGH_BYTES)
        }
        Codes::Planes | Codes::HighPlane => (
            layout.quants_at + index * HIGH_BYTES,
            layout.low_at + index * LOW_BYTES,
        ),
    }
}

/// The low bits of a sub-block's pairs.
#[inline(always)]
pub(crate) fn low_bits(layout: &Layout, group: &[u8], index: usize) -> Pairs {
    let mut pairs = [[0; GROUP_ROWS]; N_PAIRS];
    let (_, low_at) = places(layout, index);
    add_plane::<LOW>(&mut pairs, &group[low_at..][..LOW_BYTES], 0);
    pairs
}

/// Codes and scales of sub-block `index` of a group: `[column][row]`, `[row]`.
#[inline(always)]
pub(crate) fn codes(
    layout: &Layout,
    group: &[u8],
    index: usize,
) -> ([[i16; GROUP_ROWS]; SUB_BLOCK], [f32; GROUP_ROWS]) {
    let mut pairs = match layout.codes {
        Codes::HighPlane => [[both(1 << (LOW_BITS - 1)); GROUP_ROWS]; N_PAIRS],
        Codes::Whole | Codes::Planes => low_bits(layout, group, index),
    };
    let (high_at, _) = places(layout, index);
    let (high, middle) = group[high_at..][..HIGH_BYTES].split_at(HIGH * LINE_BYTES);
    add_plane::<HIGH>(&mut pairs, high, HIGH_AT);
    add_plane::<MIDDLE>(&mut pairs, middle, LOW_BITS);
    let scales = &group[index * SCALE_BYTES..][..SCALE_BYTES];
    (
        std::array::from_fn(|k| pairs[k / 2].map(|pair| (pair >> (k % 2 * 16)) as i16 - CENTRE)),
        std::array::from_fn(|row| power_of_two(u32::from(scales[row]))),
    )
}

/// Widens row `row` (of 16) of a group.
pub(crate) fn row(layout: &Layout, out: &mut [f32], group: &[u8], row: usize) {
    for (i, out) in out.chunks_exact_mut(SUB_BLOCK).enumerate() {
        let (codes, scales) = codes(layout, group, i);
        for (out, code) in out.iter_mut().zip(codes) {
            *out = scales[row] * f32::from(code[row]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    /// What one block of these numbers is worth afterwards.
    fn coded(values: [f32; SUB_BLOCK]) -> [f32; SUB_BLOCK] {
        let layout = Layout::new(Format::F16, SUB_BLOCK);
        let mut group = vec![0; layout.group_bytes];
        let bytes = values.map(|value| f16::from_f32(value).to_le_bytes());
        fill(&layout, &mut group, [bytes.as_flattened()].into_iter());
        let mut out = [f32::NAN; SUB_BLOCK];
        row(&layout, &mut out, &group, 0);
        out
    }

    #[test]
    fn what_is_near_the_largest_keeps_its_bits_and_the_rest_half_a_step() {
        for exponent in -24..16 {
            let unit = f32::from(exponent as i16).exp2();
            let largest = 1.0 + (exponent + 24) as f32 / 64.0;
            let values = std::array::from_fn(|i| {
                let of_largest = (-(i as f32) / 3.0).exp2() * [1.0, -1.0][i % 2];
                f16::from_f32(unit * largest * of_largest).to_f32()
            });
            for (i, (got, value)) in coded(values).into_iter().zip(values).enumerate() {
                let is_exact = i <= 6 || exponent <= -12;
                let tolerance = if is_exact { 0.0 } else { unit / 8192.0 };
                assert!((got - value).abs() <= tolerance, "{value} became {got}");
            }
        }
    }

    #[test]
    fn odd_numbers_have_codes() {
        let of = |odd: [f32; 2]| {
            let mut values = [0.0; SUB_BLOCK];
            (values[1], values[30]) = odd.into();
            let coded = coded(values);
            [coded[1], coded[30]]
        };
        assert_eq!(of([0.0, -0.0]), [0.0; 2]);
        assert_eq!(of([65504.0, -65504.0]), [65504.0, -65504.0]);
        assert_eq!(of([6e-8, -1.2e-7]), [f32::exp2(-24.0), -f32::exp2(-23.0)]);
        assert_eq!(of([f32::INFINITY, -1000.0]), [65528.0, -1000.0]);
        assert_eq!(of([f32::NEG_INFINITY, f32::NAN]), [-65528.0, 65528.0]);
        assert_eq!(of([f32::NAN, 1.0]), [8191.0 / 4096.0, 1.0]);
    }

    #[test]
    fn every_bit_finds_its_place() {
        for j in 0..N_PAIRS {
            for bit in (0..14).flat_map(|bit| [bit, bit + 16]) {
                let mut pairs = [[0; GROUP_ROWS]; N_PAIRS];
                pairs[j][j] = 1 << bit;
                let mut found = [[0; GROUP_ROWS]; N_PAIRS];
                let mut bytes = [0; HIGH * LINE_BYTES];
                repack::write(&mut bytes, plane::<HIGH>(&pairs, HIGH_AT));
                add_plane::<HIGH>(&mut found, &bytes, HIGH_AT);
                let mut bytes = [0; MIDDLE * LINE_BYTES];
                repack::write(&mut bytes, plane::<MIDDLE>(&pairs, LOW_BITS));
                add_plane::<MIDDLE>(&mut found, &bytes, LOW_BITS);
                let mut bytes = [0; LOW * LINE_BYTES];
                repack::write(&mut bytes, plane::<LOW>(&pairs, 0));
                add_plane::<LOW>(&mut found, &bytes, 0);
                assert_eq!(found, pairs);
            }
        }
    }
}
