//! 32 activations in int8: their scale, their whole numbers, and sums of these where products begin.

use crate::Isa;
use crate::block::SUB_BLOCK;
use crate::buffer::Number;
use crate::elementwise::fold;

#[cfg(target_arch = "x86_64")]
mod x86;

/// Below this a block counts as zero: its inverse scale would overflow.
const SMALLEST_AMAX: f32 = 1e-30;
/// Adding it to an f32 below 2²² rounds that to an integer, half to even, in the low bits of the sum.
pub(crate) const ROUNDING: f32 = 12_582_912.0; // 1.5 · 2²³

/// What begins an integer sum over a sub-block: `Σ code · a` begins at `−2^shift · Σ a` and so ends as
/// `Σ (code − 2^shift) · a`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))] // all of it in one store and one line
pub(crate) struct Sums {
    centres: [i32; SHIFTS.len()],       // −2^shift · Σ a
    pub(crate) half_centres: [i32; 2],  // −32 · Σ a of the first 16 elements, and of the last
    pub(crate) minus_pairs: [i16; 2], // −Σ a of the elements 4j and 4j + 1, and of 4j + 2 and 4j + 3
    pub(crate) minus_half_pairs: Pairs, // the same of the two halves
}

// SAFETY: zero bytes are zeros, and 32 is below 64.
unsafe impl Number for Sums {}

/// `−Σ a` of the elements `4j` and `4j + 1`, and of `4j + 2` and `4j + 3`, in each half of a block.
type Pairs = [[i16; 2]; 2];

/// The centres of codes, as powers of two: of Q4_0, of Q5_0, of Q8_0.
const SHIFTS: [u32; 3] = [3, 4, 7];

/// Writes a block's int8 form; returns its scale and sums.
#[inline(always)]
pub(crate) fn quantise(
    isa: Isa,
    quants: &mut [i8; SUB_BLOCK],
    x: &[f32; SUB_BLOCK],
) -> (f32, Sums) {
    let (scale, halves) = match isa {
        // SAFETY: the value proves that the CPU has AVX2.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::AvxVnni(_) => unsafe { x86::with_avx2(quants, x) },
        // SAFETY: the value proves that the CPU has AVX-512 F, BW and VL beside AVX2.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(_) | Isa::Amx(_) => unsafe { x86::with_avx512(quants, x) },
        _ => specified(quants, x),
    };
    (scale, Sums::of(halves))
}

/// The specification.
fn specified(quants: &mut [i8; SUB_BLOCK], x: &[f32; SUB_BLOCK]) -> (f32, Pairs) {
    // The largest of all is the same in whichever order they are compared: 16 lanes are fast.
    let mut lanes = [0.0f32; 16];
    for half in x.as_chunks::<16>().0 {
        for (lane, x) in lanes.iter_mut().zip(half) {
            *lane = if *lane < x.abs() { x.abs() } else { *lane };
        }
    }
    let amax = fold(lanes, |a, b| if a < b { b } else { a });
    let (scale, inverse) = factors(amax);
    for (q, x) in quants.iter_mut().zip(x) {
        *q = (x * inverse + ROUNDING).to_bits() as i8;
    }
    (scale, minus_pairs(quants))
}

/// A block's scale and what its elements are multiplied by.
#[inline(always)]
fn factors(amax: f32) -> (f32, f32) {
    match amax < SMALLEST_AMAX {
        true => (0.0, 0.0),
        false => (amax / 127.0, 127.0 / amax),
    }
}

impl Sums {
    /// All of them, from those of pairs in each half.
    #[inline(always)]
    fn of(halves: Pairs) -> Sums {
        let [first, second] = halves;
        let sum = |half: [i16; 2]| i32::from(half[0]) + i32::from(half[1]);
        let minus_sum = sum(first) + sum(second);
        Sums {
            centres: SHIFTS.map(|shift| minus_sum << shift),
            half_centres: [sum(first) << 5, sum(second) << 5],
            minus_pairs: [first[0] + second[0], first[1] + second[1]],
            minus_half_pairs: halves,
        }
    }

    /// `−Σ a`
    #[inline(always)]
    pub(crate) fn minus_sum(&self) -> i32 {
        self.centres[0] >> SHIFTS[0]
    }

    /// Where the sum of codes with this centre begins.
    ///
    /// # Panics
    /// If no format has it.
    #[inline(always)]
    pub(crate) fn centre(&self, shift: u32) -> i32 {
        match shift {
            3 => self.centres[0],
            4 => self.centres[1],
            7 => self.centres[2],
            _ => unreachable!("no format has the centre 2^{shift}"),
        }
    }
}

#[inline(always)]
fn minus_pairs(quants: &[i8; SUB_BLOCK]) -> Pairs {
    let mut sums = [[0i16; 8]; 2];
    for (sums, half) in sums.iter_mut().zip(quants.as_chunks::<16>().0) {
        let (pairs, _) = half.as_chunks::<2>();
        for (sum, pair) in sums.iter_mut().zip(pairs) {
            *sum = -(i16::from(pair[0]) + i16::from(pair[1]));
        }
    }
    let [a, b] = &sums;
    [
        [a[0] + a[2] + a[4] + a[6], a[1] + a[3] + a[5] + a[7]],
        [b[0] + b[2] + b[4] + b[6], b[1] + b[3] + b[5] + b[7]],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_isa_quantises_odd_numbers_alike() {
        let odd = [
            0.0,
            -0.0,
            1e-38,
            -3e-39,
            f32::MIN_POSITIVE,
            1e30,
            -1e30,
            f32::MAX,
        ];
        let endless = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0];
        let blocks = [
            odd.repeat(4),
            endless.repeat(8),
            vec![f32::NAN; 32],
            vec![-1e-31; 32],
        ];
        for x in &blocks {
            let x: &[f32; SUB_BLOCK] = x.first_chunk().expect("a block");
            let mut want = [0; SUB_BLOCK];
            let (scale, pairs) = specified(&mut want, x);
            for isa in Isa::available() {
                let mut got = [0; SUB_BLOCK];
                let (found, sums) = quantise(isa, &mut got, x);
                assert_eq!(
                    (got, found.to_bits(), sums),
                    (want, scale.to_bits(), Sums::of(pairs)),
                    "{isa:?}: {x:?}"
                );
            }
        }
    }
}
