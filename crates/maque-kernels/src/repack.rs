//! Rows of a file to one group of a panel: whole words are moved, then whole lines computed with.
//!
//! The words of 16 rows are laid side by side first; codes are parted and joined in these lines, which
//! compile to vector instructions. [`crate::panel`] says what is written.

use crate::block::k_scales;
use crate::panel::{Codes, GROUP_ROWS, Layout, Line, PLANE_BYTES};
use crate::{Format, pairs};

const LOW_NIBBLES: u32 = 0x0f0f_0f0f;
const LOW_PAIRS: u32 = 0x0303_0303;
const LOW_BITS: u32 = 0x0101_0101;

/// One block of each row of a group.
type Blocks<'a, const BYTES: usize> = [&'a [u8; BYTES]; GROUP_ROWS];
/// The rows of a group as blocks.
type Rows<'a, const BYTES: usize> = [&'a [[u8; BYTES]]; GROUP_ROWS];

/// Fills a group with rows of the layout's own format, of which there are at most 16.
#[inline(always)]
pub(crate) fn fill<'a>(
    layout: &Layout,
    group: &mut [u8],
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
) {
    match layout.format {
        Format::F32 => columns::<4>(group, rows),
        Format::BF16 => columns::<2>(group, rows),
        Format::F16 => pairs::fill(layout, group, rows),
        Format::Q4_0 => blocks(layout, group, rows, halves::<18, 1>, nibbles::<18, 2>),
        Format::Q4_1 => blocks(layout, group, rows, halves::<20, 2>, nibbles::<20, 4>),
        Format::Q5_0 => blocks(layout, group, rows, halves::<22, 1>, five_bits::<22, 2, 6>),
        Format::Q5_1 => blocks(layout, group, rows, halves::<24, 2>, five_bits::<24, 4, 8>),
        Format::Q8_0 if layout.codes == Codes::Planes => planes(layout, group, rows),
        Format::Q8_0 => blocks(layout, group, rows, halves::<34, 1>, q8_lines),
        Format::Q4_K => blocks(layout, group, rows, two_scales::<144>, k_nibbles::<144, 16>),
        Format::Q5_K => blocks(layout, group, rows, two_scales::<176>, q5_k_lines),
        Format::Q6_K => blocks(layout, group, rows, q6_scales, q6_lines),
    }
}

/// Words of 16 rows side by side: bytes `at..at + 4` of each block.
#[inline(always)]
fn line<const BYTES: usize>(blocks: &Blocks<'_, BYTES>, at: usize) -> Line {
    std::array::from_fn(|r| {
        let bytes = &blocks[r][at..at + 4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    })
}

/// Combines two lines word by word.
#[inline(always)]
fn join(a: Line, b: Line, f: impl Fn(u32, u32) -> u32) -> Line {
    std::array::from_fn(|r| f(a[r], b[r]))
}

/// Writes all blocks of a group; rows that are missing are zero in value.
#[inline(always)]
fn blocks<'a, const BYTES: usize, const LINES: usize>(
    layout: &Layout,
    group: &mut [u8],
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
    scales: impl Fn(&mut [u8], &Blocks<'_, BYTES>),
    lines: impl Fn(&Blocks<'_, BYTES>, usize) -> [Line; LINES],
) {
    let rows = all_rows(layout, rows);
    let n_subs = Layout::n_subs(layout.format);
    let (to_scales, quants) = group.split_at_mut(layout.quants_at);
    let to_scales = to_scales.chunks_exact_mut(layout.scale_bytes);
    let quants = quants.chunks_exact_mut(n_subs * layout.quant_bytes);
    for (i, (to_scales, quants)) in to_scales.zip(quants).enumerate() {
        let block = blocks_of(&rows, i);
        scales(to_scales, &block);
        let sub_bytes = LINES * size_of::<Line>();
        for (sub, to) in quants.chunks_exact_mut(sub_bytes).enumerate() {
            write(to, lines(&block, sub));
        }
    }
}

/// The blocks of all rows; those that are missing have none.
#[inline(always)]
fn all_rows<'a, const BYTES: usize>(
    layout: &Layout,
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Rows<'a, BYTES> {
    let n_blocks = layout.n_cols / layout.format.block_len();
    let mut all: Rows<'a, BYTES> = [&[]; GROUP_ROWS];
    for (row, bytes) in all.iter_mut().zip(rows) {
        *row = &bytes.as_chunks::<BYTES>().0[..n_blocks];
    }
    all
}

/// Block `i` of each row, zero where there is none.
#[inline(always)]
fn blocks_of<'a, const BYTES: usize>(rows: &Rows<'a, BYTES>, i: usize) -> Blocks<'a, BYTES> {
    std::array::from_fn(|r| rows[r].get(i).unwrap_or(&[0; BYTES]))
}

/// Writes lines side by side.
#[inline(always)]
pub(crate) fn write<const LINES: usize>(to: &mut [u8], lines: [Line; LINES]) {
    let (words, _) = to.as_chunks_mut::<4>();
    let (to_lines, _) = words.as_chunks_mut::<GROUP_ROWS>();
    for (to, line) in to_lines.iter_mut().zip(lines) {
        *to = line.map(u32::to_le_bytes);
    }
}

/// Writes all blocks of a group of Q8_0 in planes.
#[inline(always)]
fn planes<'a>(layout: &Layout, group: &mut [u8], rows: impl ExactSizeIterator<Item = &'a [u8]>) {
    let rows = all_rows(layout, rows);
    let (to_scales, quants) = group.split_at_mut(layout.quants_at);
    let (high, low) = quants.split_at_mut(layout.low_at - layout.quants_at);
    let to_planes = high.chunks_exact_mut(PLANE_BYTES);
    let to_planes = to_planes.zip(low.chunks_exact_mut(PLANE_BYTES));
    let to_scales = to_scales.chunks_exact_mut(layout.scale_bytes);
    for (i, (to_scales, (high, low))) in to_scales.zip(to_planes).enumerate() {
        let block = blocks_of(&rows, i);
        halves::<34, 1>(to_scales, &block);
        let [a, b, c, d, e, f, g, h] = q8_lines(&block, 0);
        let pairs = [(a, e), (b, f), (c, g), (d, h)];
        write(
            high,
            pairs.map(|(first, second)| {
                join(first, second, |first, second| {
                    first >> 4 & LOW_NIBBLES | second & !LOW_NIBBLES
                })
            }),
        );
        write(
            low,
            pairs.map(|(first, second)| {
                join(first, second, |first, second| {
                    first & LOW_NIBBLES | (second & LOW_NIBBLES) << 4
                })
            }),
        );
    }
}

/// Columns of a float format, `WIDTH` bytes an element.
#[inline(always)]
fn columns<'a, const WIDTH: usize>(
    group: &mut [u8],
    rows: impl ExactSizeIterator<Item = &'a [u8]>,
) {
    let (elements, _) = group.as_chunks_mut::<WIDTH>();
    let (columns, _) = elements.as_chunks_mut::<GROUP_ROWS>();
    for (r, row) in rows.enumerate() {
        for (column, element) in columns.iter_mut().zip(row.as_chunks::<WIDTH>().0) {
            column[r] = *element;
        }
    }
}

/// The first `N` halves of each block (`d`, then `m`), row by row.
#[inline(always)]
fn halves<const BYTES: usize, const N: usize>(to: &mut [u8], blocks: &Blocks<'_, BYTES>) {
    let (to, _) = to.as_chunks_mut::<2>();
    for (i, to) in to.chunks_exact_mut(GROUP_ROWS).take(N).enumerate() {
        for (to, block) in to.iter_mut().zip(blocks) {
            *to = [block[2 * i], block[2 * i + 1]];
        }
    }
}

/// `d`, `dmin`, scales and minima of Q4_K and Q5_K.
#[inline(always)]
fn two_scales<const BYTES: usize>(to: &mut [u8], blocks: &Blocks<'_, BYTES>) {
    halves::<BYTES, 2>(to, blocks);
    let (to, _) = to[64..].as_chunks_mut::<GROUP_ROWS>();
    for (r, block) in blocks.iter().enumerate() {
        let (scales, mins) = k_scales(&block[4..16]);
        for (to, byte) in to.iter_mut().zip(scales.into_iter().chain(mins)) {
            to[r] = byte;
        }
    }
}

/// `d` and the 16 scales of Q6_K.
#[inline(always)]
fn q6_scales(to: &mut [u8], blocks: &Blocks<'_, 210>) {
    let (d, scales) = to.split_at_mut(2 * GROUP_ROWS);
    let (scales, _) = scales.as_chunks_mut::<GROUP_ROWS>();
    for (r, block) in blocks.iter().enumerate() {
        d[2 * r..][..2].copy_from_slice(&block[208..]);
        for (to, scale) in scales.iter_mut().zip(&block[192..208]) {
            to[r] = *scale;
        }
    }
}

/// Nibbles at byte `AT` that lie in the file as they do in a line: words `p` low and words `p + 4` high.
#[inline(always)]
fn nibbles<const BYTES: usize, const AT: usize>(
    blocks: &Blocks<'_, BYTES>,
    _sub: usize,
) -> [Line; 4] {
    std::array::from_fn(|p| line(blocks, AT + 4 * p))
}

/// Nibbles at byte `AT`, and at byte `HIGH` the fifth bits, of which bit `4j + b` becomes bit `j` of byte `b`.
#[inline(always)]
fn five_bits<const BYTES: usize, const HIGH: usize, const AT: usize>(
    blocks: &Blocks<'_, BYTES>,
    sub: usize,
) -> [Line; 5] {
    let [a, b, c, d] = nibbles::<BYTES, AT>(blocks, sub);
    [a, b, c, d, line(blocks, HIGH).map(bits_by_word)]
}

/// Q8_0: signed bytes + 128.
#[inline(always)]
fn q8_lines(blocks: &Blocks<'_, 34>, _sub: usize) -> [Line; 8] {
    std::array::from_fn(|j| line(blocks, 2 + 4 * j).map(|word| word ^ 0x8080_8080))
}

/// Bit `4j + b` to bit `8b + j`: the five digits of a bit's number turned by two places, each swap
/// exchanging two of them.
#[inline(always)]
fn bits_by_word(bits: u32) -> u32 {
    let swap = |x: u32, shift: u32, mask: u32| {
        let differing = (x ^ x >> shift) & mask;
        x ^ differing ^ differing << shift
    };
    let x = swap(bits, 1, 0x2222_2222); // digits 0 and 1
    let x = swap(x, 3, 0x0a0a_0a0a); // 0 and 2
    let x = swap(x, 6, 0x00cc_00cc); // 1 and 3
    swap(x, 12, 0x0000_f0f0) // 2 and 4
}

/// Sub-block `sub` of Q4_K and Q5_K: the low or the high nibbles of 32 bytes, the first at byte `AT`.
#[inline(always)]
fn k_nibbles<const BYTES: usize, const AT: usize>(
    blocks: &Blocks<'_, BYTES>,
    sub: usize,
) -> [Line; 4] {
    packed_nibbles(blocks, AT + 32 * (sub / 2), 4 * (sub as u32 % 2))
}

/// Nibbles at bit `shift` of the bytes of eight words: word `p` goes low, word `p + 4` high.
#[inline(always)]
fn packed_nibbles<const BYTES: usize>(
    blocks: &Blocks<'_, BYTES>,
    at: usize,
    shift: u32,
) -> [Line; 4] {
    std::array::from_fn(|p| {
        let (low, high) = (line(blocks, at + 4 * p), line(blocks, at + 16 + 4 * p));
        join(low, high, |low, high| {
            low >> shift & LOW_NIBBLES | (high >> shift & LOW_NIBBLES) << 4
        })
    })
}

/// Sub-block `sub` of Q5_K, whose fifth bits are bit `sub` of each of 32 bytes.
#[inline(always)]
fn q5_k_lines(blocks: &Blocks<'_, 176>, sub: usize) -> [Line; 5] {
    let [a, b, c, d] = k_nibbles::<176, 48>(blocks, sub);
    let high = (0..8).fold([0; GROUP_ROWS], |bits, j| {
        let word = line(blocks, 16 + 4 * j);
        join(bits, word, |bits, word| {
            bits | (word >> sub & LOW_BITS) << j
        })
    });
    [a, b, c, d, high]
}

/// Sub-block `sub` of Q6_K: of each 128 elements, 64 bytes hold the low nibbles and 32 the high pairs.
#[inline(always)]
fn q6_lines(blocks: &Blocks<'_, 210>, sub: usize) -> [Line; 6] {
    let (half, i) = (sub / 4, sub % 4);
    let [a, b, c, d] = packed_nibbles(blocks, 64 * half + 32 * (i % 2), 4 * (i as u32 / 2));
    let pairs = |h: usize| {
        (0..4).fold([0; GROUP_ROWS], |pairs, f| {
            let word = line(blocks, 128 + 32 * half + 4 * (4 * h + f));
            join(pairs, word, |pairs, word| {
                pairs | (word >> (2 * i) & LOW_PAIRS) << (2 * f)
            })
        })
    };
    [a, b, c, d, pairs(0), pairs(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fifth_bit_finds_its_word() {
        for (j, b) in (0..8).flat_map(|j| (0..4).map(move |b| (j, b))) {
            assert_eq!(bits_by_word(1 << (4 * j + b)), 1 << (8 * b + j), "{j} {b}");
        }
    }
}
