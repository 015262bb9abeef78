//! The exponentials of softmax and SiLU, with the same bits on every instruction set.

use crate::quantise::ROUNDING;

/// Below this the exponential is 0, so that no result is subnormal.
const LOWEST: f32 = -87.0;
/// Above this it stays at `exp(88)`, the last value whose power of two is finite.
const HIGHEST: f32 = 88.0;
/// Adding this rounds to an integer `n` and leaves `n + 127` in the low bits: 1.5 · 2²³ + 127.
const ROUND_BIASED: f32 = 12_583_039.0;
/// ln 2 in two parts; the first has so few bits that `n · LN_2_HIGH` is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// `(e^r − 1 − r) / r²` on `|r| ≤ ln 2 / 2`, highest power first (Cephes `expf`).
const COEFFICIENTS: [f32; 6] = [
    1.987_569_1e-4,
    1.398_2e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    1.666_666_5e-1,
    0.5,
];

/// e^x: error below 2 ulp on `[−87, 88]`, exactly 1 at 0, 0 below, `exp(88)` above; NaN stays NaN.
///
/// Only IEEE operations in a fixed order, so scalar and vectorised code agree to the bit.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let bounded = if x > HIGHEST { HIGHEST } else { x };
    let rounded = bounded.mul_add(std::f32::consts::LOG2_E, ROUND_BIASED);
    let n = rounded - ROUND_BIASED;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, bounded));
    let mut p = COEFFICIENTS[0];
    for c in &COEFFICIENTS[1..] {
        p = p.mul_add(r, *c);
    }
    let power = f32::from_bits(rounded.to_bits() << 23);
    let value = (p.mul_add(r * r, r) + 1.0) * power;
    if x < LOWEST { 0.0 } else { value }
}

/// Below this [`exp2`] is 0: the smallest normal number.
const LOWEST_POWER: f32 = -126.0;
/// `(2^r − 1) / r` on `|r| ≤ 1/2`, highest power first: the least relative error of `2^r`, 2.8e-6.
const POWER_COEFFICIENTS: [f32; 4] = [0.009_582_853, 0.055_906_426, 0.240_240_99, 0.693_124_2];

/// 2^x of `x ≤ 0`, as exact as the 14 bits that are kept of a probability ask for: relative error below 2⁻¹⁸, exactly 1 at 0,
/// 0 below −126.
///
/// Only IEEE operations in a fixed order, so scalar and vectorised code agree to the bit.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let rounded = x + ROUNDING;
    let r = x - (rounded - ROUNDING);
    let mut p = POWER_COEFFICIENTS[0];
    for c in &POWER_COEFFICIENTS[1..] {
        p = p.mul_add(r, *c);
    }
    let exponent = rounded.to_bits() << 23;
    let value = f32::from_bits(p.mul_add(r, 1.0).to_bits().wrapping_add(exponent));
    if x < LOWEST_POWER { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_have_18_bits() {
        for bits in (1e-9f32.to_bits()..126f32.to_bits()).step_by(61) {
            let x = -f32::from_bits(bits);
            let (got, want) = (f64::from(exp2(x)), f64::from(x).exp2());
            assert!((got / want - 1.0).abs() < 4e-6, "{x}: {got} vs {want}");
        }
    }

    #[test]
    fn powers_of_two_end_at_the_smallest_normal_number() {
        assert_eq!((exp2(0.0), exp2(-0.0), exp2(-1.0)), (1.0, 1.0, 0.5));
        assert_eq!(exp2(-126.0), f32::MIN_POSITIVE);
        assert_eq!((exp2(-126.01), exp2(f32::NEG_INFINITY)), (0.0, 0.0));
    }

    #[test]
    fn error_is_below_two_ulp() {
        let (first, last) = (1e-9f32.to_bits(), 88.0f32.to_bits());
        for bits in (first..last).step_by(61) {
            for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
                let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
                if LOWEST <= x {
                    let ulp = f64::from(f32::EPSILON) * want.log2().floor().exp2();
                    assert!((got - want).abs() < 2.0 * ulp, "{x}: {got} vs {want}");
                }
            }
        }
    }

    #[test]
    fn ends_are_clamped() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-0.0), 1.0);
        assert_eq!(exp(-87.1), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(f32::INFINITY), exp(88.0));
        assert!(exp(88.0).is_finite() && exp(f32::NAN).is_nan());
        assert!(exp(-87.0).is_normal());
    }
}
