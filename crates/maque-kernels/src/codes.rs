//! Vectors as whole numbers: codes of at most 14 bits and a scale, `x ≈ code · scale`; those of attention, and activations.
//!
//! Products of codes are added in 32 bits without a rounding, and twice as many at once as in f32. Next to the largest
//! element of its vector a code is as exact as an f16.

use crate::quantise::ROUNDING;

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

/// The largest code of a key, a value, a probability, an activation or a weight: 32 products of two of them fit into 32 bits.
pub(crate) const MAX_CODE: f32 = 8191.0;
/// The largest code of a query: 64 products of it and [`MAX_CODE`] fit into 32 bits.
pub(crate) const MAX_QUERY: f32 = 4095.0;

/// A vector whose largest element is below this counts as zero: its inverse scale would overflow.
pub(crate) const SMALLEST: f32 = 1e-30;
/// What is larger saturates.
const LARGEST: f32 = 1e30;

/// Lanes of [`largest`].
const N_LANES: usize = 8;

/// The largest magnitude within bounds, 0 if it is too small to be told from zero. NaN counts as nothing.
#[inline(always)]
pub(crate) fn largest(x: &[f32]) -> f32 {
    let mut lanes = [0.0f32; N_LANES];
    for x in x.as_chunks::<N_LANES>().0 {
        for (lane, x) in lanes.iter_mut().zip(x) {
            *lane = if *lane < x.abs() { x.abs() } else { *lane };
        }
    }
    let (mut a, mut b) = ([0.0; 4], [0.0; 2]);
    let larger = |a: f32, b: f32| if a < b { b } else { a };
    (0..4).for_each(|i| a[i] = larger(lanes[i], lanes[i + 4]));
    (0..2).for_each(|i| b[i] = larger(a[i], a[i + 2]));
    let largest = larger(b[0], b[1]);
    match largest {
        ..SMALLEST => 0.0,
        LARGEST.. => LARGEST,
        _ => largest,
    }
}

/// Codes of `x`: `x · inverse`, rounded; never beyond `max`.
#[inline(always)]
pub(crate) fn encode(codes: &mut [i16], x: &[f32], inverse: f32, max: f32) {
    for (code, x) in codes.iter_mut().zip(x) {
        let x = x * inverse;
        let x = if x < max { x } else { max }; // NaN too
        let x = if -max < x { x } else { -max };
        *code = round(x);
    }
}

/// The nearest integer, half to even, of what is within ±[`MAX_CODE`].
#[inline(always)]
pub(crate) fn round(x: f32) -> i16 {
    (x + ROUNDING).to_bits() as i16
}

/// `1 / x`, and 0 of 0.
#[inline(always)]
pub(crate) fn inverse(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { 1.0 / x }
}

/// The bits of the next bf16 that is not below `x`, which is not negative: how scales are kept.
#[inline(always)]
pub(crate) fn pack_scale(x: f32) -> i16 {
    ((x.to_bits() + 0xffff) >> 16) as i16
}

/// The scale that [`pack_scale`] kept.
#[inline(always)]
pub(crate) fn unpack_scale(bits: i16) -> f32 {
    f32::from_bits(u32::from(bits as u16) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_fit_into_32_bits() {
        let (code, query) = (MAX_CODE as i64, MAX_QUERY as i64);
        assert!(32 * code * code <= i64::from(i32::MAX));
        assert!(64 * code * query <= i64::from(i32::MAX));
    }

    #[test]
    fn codes_are_within_half_a_scale() {
        let x: Vec<f32> = (0..64)
            .map(|i| ((i * 37 % 64) as f32 - 31.0) * 0.37)
            .collect();
        let scale = largest(&x) / MAX_CODE;
        let mut codes = [0; 64];
        encode(&mut codes, &x, inverse(scale), MAX_CODE);
        for (code, x) in codes.iter().zip(&x) {
            assert!((f32::from(*code) * scale - x).abs() <= 0.501 * scale);
        }
        assert_eq!(codes.iter().map(|code| code.abs()).max(), Some(8191));
    }

    #[test]
    fn odd_numbers_have_codes() {
        for (x, want) in [
            ([0.0; 8], [0; 8]),
            ([f32::MIN_POSITIVE; 8], [0; 8]),
            (
                [f32::NAN, 1.0, -1.0, 0.5, 0.0, 0.0, 0.0, 0.0],
                [8191, 8191, -8191, 4096, 0, 0, 0, 0],
            ),
            (
                [
                    f32::INFINITY,
                    f32::NEG_INFINITY,
                    1.0,
                    0.0,
                    0.0,
                    0.0,
                    0.0,
                    0.0,
                ],
                [8191, -8191, 0, 0, 0, 0, 0, 0],
            ),
        ] {
            let mut codes = [0; 8];
            encode(&mut codes, &x, inverse(largest(&x) / MAX_CODE), MAX_CODE);
            assert_eq!(codes, want, "{x:?}");
        }
    }

    #[test]
    fn a_kept_scale_is_the_same_or_slightly_larger() {
        for x in [0.0, 1.0, 1.001, 3e-34, 1.2e26] {
            let kept = unpack_scale(pack_scale(x));
            assert!(x <= kept && kept <= x * 1.008, "{x} became {kept}");
        }
    }
}
