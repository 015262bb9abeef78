//! What is found are the best outputs, with the bits of a whole product, on every instruction set.

use super::*;
use crate::block::SUB_BLOCK;
use crate::{Dtype, Format, Isa, Outputs, Packing};
use half::f16;
use std::num::NonZeroUsize;

const N_COLS: usize = 256;

/// Deterministic noise between −1 and 1, denser in the middle.
fn noise(n: usize, seed: f32) -> Vec<f32> {
    let wave = |i: usize, by: f32| (i as f32 * by + seed).sin();
    (0..n)
        .map(|i| wave(i, 12.9898) * wave(i, 78.233) * wave(i, 3.7))
        .collect()
}

/// What can be screened.
const FORMATS: [Format; 2] = [Format::Q8_0, Format::F16];

/// Rows of random numbers, of Q8_0 with scales that differ a little.
fn rows(format: Format, n_rows: usize) -> Vec<u8> {
    let noise = noise(n_rows * N_COLS, 0.3);
    if format == Format::F16 {
        let halves = noise.iter().map(|w| f16::from_f32(*w).to_le_bytes());
        return halves.flatten().collect();
    }
    let blocks = noise.as_chunks::<SUB_BLOCK>().0.iter().enumerate();
    let bytes = |(i, block): (usize, &[f32; SUB_BLOCK])| {
        let d = f16::from_f32(0.01 + (i % 7) as f32 * 0.001).to_le_bytes();
        let codes = block.map(|w| (w * 127.0) as i8 as u8);
        d.into_iter().chain(codes).collect::<Vec<u8>>()
    };
    blocks.flat_map(bytes).collect()
}

fn machine(isa: Isa) -> Machine {
    Machine::new(isa, NonZeroUsize::new(2).expect("two threads"))
}

const PACKING: Packing = Packing {
    dtype: Dtype::Keep,
    outputs: Outputs::Best,
};

/// Every instruction set with every format.
fn cases() -> impl Iterator<Item = (Isa, Format)> {
    let isas = Isa::available().into_iter();
    isas.flat_map(|isa| FORMATS.map(|format| (isa, format)))
}

/// All outputs, and those that the screen finds.
fn both(isa: Isa, format: Format, n_rows: usize, x: &[f32], wanted: &[Best<'_>]) -> [Vec<f32>; 2] {
    let machine = machine(isa);
    let weights = Matrix::pack(
        &machine,
        PACKING,
        format,
        [n_rows, N_COLS],
        &rows(format, n_rows),
    );
    let mut inputs = Activations::new(wanted.len(), N_COLS);
    machine.load(&mut inputs, x);
    let mut screen = Screen::new(&weights, wanted.len());
    let mut out = [(); 2].map(|()| vec![f32::NAN; wanted.len() * n_rows]);
    machine.matmul(&mut out[0], &weights, None, &inputs);
    machine.matmul_best(&mut out[1], &weights, &inputs, &mut screen, wanted);
    out
}

/// Row numbers of the best outputs that are not lowered, and of the lowered ones that reach the last of these.
fn best(out: &[f32], best: &Best<'_>) -> Vec<(usize, u32)> {
    let is_lowered = |row: &usize| {
        best.lowered
            .iter()
            .any(|list| list.contains(&(*row as u32)))
    };
    let allowed = (0..out.len()).filter(|row| best.allows(*row));
    let mut order: Vec<usize> = allowed.clone().filter(|row| !is_lowered(row)).collect();
    order.sort_by(|a, b| out[*b].total_cmp(&out[*a]).then(a.cmp(b)));
    let floor = order
        .get(best.n - 1)
        .map_or(f32::NEG_INFINITY, |row| out[*row]);
    let reaching = allowed.filter(|&row| floor <= out[row]);
    reaching.map(|row| (row, out[row].to_bits())).collect()
}

#[test]
fn the_best_have_the_bits_of_a_whole_product() {
    let lowered: Vec<u32> = (0..4_000).step_by(3).collect();
    for (isa, format) in cases() {
        for n_tokens in [1, 2, 5, 8, 11] {
            let x = noise(n_tokens * N_COLS, n_tokens as f32);
            let wanted: Vec<Best<'_>> = (0..n_tokens)
                .map(|t| Best {
                    n: 1 + 7 * t,
                    lowered: [&lowered[..t * 100], &[5]],
                    allowed: None,
                })
                .collect();
            let [whole, found] = both(isa, format, 5_003, &x, &wanted);
            let n_computed = found.iter().filter(|x| x.is_finite()).count();
            assert!(n_computed < found.len() / 2, "{n_computed} is no screen");
            let rows = whole.chunks_exact(5_003).zip(found.chunks_exact(5_003));
            for ((whole, found), wanted) in rows.zip(&wanted) {
                assert_eq!(
                    best(whole, wanted),
                    best(found, wanted),
                    "{isa:?} {format:?} {n_tokens}"
                );
            }
        }
    }
}

#[test]
fn what_is_found_depends_on_the_token_alone() {
    let x = noise(9 * N_COLS, 4.0);
    let wanted = [Best {
        n: 20,
        lowered: [&[], &[]],
        allowed: None,
    }; 9];
    for (isa, format) in cases() {
        let [_, together] = both(Isa::best(), format, 3_000, &x, &wanted);
        for t in 0..9 {
            let [_, alone] = both(isa, format, 3_000, &x[t * N_COLS..][..N_COLS], &wanted[..1]);
            let same = together[t * 3_000..][..3_000].iter().zip(&alone);
            assert!(
                same.clone().all(|(a, b)| a.to_bits() == b.to_bits()),
                "{isa:?} {format:?} {t}"
            );
        }
    }
}

#[test]
fn inputs_that_are_no_numbers_end_in_a_whole_product() {
    for (isa, format) in cases() {
        let wanted = [Best {
            n: 3,
            lowered: [&[], &[]],
            allowed: None,
        }];
        let [whole, found] = both(isa, format, 100, &[f32::NAN; N_COLS], &wanted);
        let same = whole.iter().zip(&found);
        assert!(
            same.clone().all(|(a, b)| a.is_nan() == b.is_nan()),
            "{isa:?} {format:?}"
        );
    }
}

#[test]
fn more_than_there_are_is_everything() {
    let wanted = [Best {
        n: usize::MAX,
        lowered: [&[], &[]],
        allowed: None,
    }];
    for format in FORMATS {
        let [whole, found] = both(Isa::best(), format, 50, &noise(N_COLS, 1.0), &wanted);
        assert_eq!(whole, found);
    }
}

/// Words with the bits of these rows.
fn words(rows: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut words = vec![0; 5_003_usize.div_ceil(32)];
    rows.for_each(|row| words[row / 32] |= 1 << (row % 32));
    words
}

#[test]
fn the_best_of_the_rows_that_count_have_the_bits_of_a_whole_product() {
    let none = words([].into_iter());
    let one = words([4_999].into_iter());
    let few = words((0..5_003).step_by(400));
    let many = words((0..5_003).filter(|row| row % 7 != 3 && !(1_000..1_900).contains(row)));
    let short = many[..20].to_vec();
    for (isa, format) in cases() {
        for allowed in [
            [&none, &one, &few],
            [&many, &few, &short],
            [&few, &none, &many],
        ] {
            let x = noise(3 * N_COLS, 2.0);
            let wanted = allowed.map(|words| Best {
                n: 20,
                lowered: [&[1, 4_999], &[]],
                allowed: Some(words),
            });
            let [whole, found] = both(isa, format, 5_003, &x, &wanted);
            let n_computed = found.iter().filter(|x| x.is_finite()).count();
            assert!(n_computed < found.len() / 2, "{n_computed} is no screen");
            let rows = whole.chunks_exact(5_003).zip(found.chunks_exact(5_003));
            for ((whole, found), wanted) in rows.zip(&wanted) {
                assert_eq!(
                    best(whole, wanted),
                    best(found, wanted),
                    "{isa:?} {format:?}"
                );
            }
        }
    }
}
