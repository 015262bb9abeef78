//! Exponentials and sums over a whole vocabulary, with the same bits on every machine.

const LANES: usize = 8;
const BLOCK: usize = 256;

/// `e^x` for x ≤ 0, relative error < 2e-7; below −87 it is 0.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite), e^r by the polynomial of degree 6 of Cephes' `expf`. Only additions and
/// multiplications that Rust never contracts: the same bits everywhere, and a form that compilers vectorise.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to an integer, found in the lowest bits
    let clamped = x.max(-87.0);
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = clamped - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23); // 2^n, n in −126..=0
    if x < -87.0 { 0.0 } else { e * power }
}

/// The largest element; NaN never is. −∞ for an empty row.
pub(crate) fn max(row: &[f32]) -> f32 {
    let (chunks, tail) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = if *lane < x { x } else { *lane };
        }
    }
    lanes
        .iter()
        .chain(tail)
        .fold(f32::NEG_INFINITY, |max, &x| if max < x { x } else { max })
}

/// `Σ e^((x − max) / temperature)`, in f64 over eight lanes folded in a fixed order; NaN counts as 0.
pub(crate) fn sum_exp(row: &[f32], max: f32, temperature: f32) -> f64 {
    let mut lanes = [0.0_f64; LANES];
    let mut weights = [0.0_f32; BLOCK];
    for block in row.chunks(BLOCK) {
        for (weight, &x) in weights.iter_mut().zip(block) {
            *weight = self::weight(x, max, temperature);
        }
        for chunk in weights[..block.len()].chunks(LANES) {
            for (lane, &weight) in lanes.iter_mut().zip(chunk) {
                *lane += f64::from(weight);
            }
        }
    }
    lanes.into_iter().sum()
}

/// `e^((x − max) / temperature)`: a probability up to a factor, 1 for the best. NaN weighs nothing.
#[inline]
pub(crate) fn weight(x: f32, max: f32, temperature: f32) -> f32 {
    let weight = exp((x - max) / temperature);
    if x.is_nan() { 0.0 } else { weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_the_true_one() {
        for i in 0..=870_000 {
            let x = -(i as f32) / 10_000.0;
            let want = f64::from(x).exp();
            let error = (f64::from(exp(x)) - want).abs() / want;
            assert!(error < 2e-7, "exp({x}) is off by {error:e}");
        }
        assert_eq!(
            (exp(0.0), exp(-87.5), exp(f32::NEG_INFINITY)),
            (1.0, 0.0, 0.0)
        );
    }

    #[test]
    fn a_row_with_nan_and_infinity_has_a_maximum_and_a_sum() {
        let row = [
            f32::NAN,
            1.0,
            f32::NEG_INFINITY,
            3.0,
            f32::NAN,
            2.0,
            0.0,
            0.0,
            3.0,
            f32::NAN,
        ];
        assert_eq!(max(&row), 3.0);
        let want = 2.0 + (-2.0_f64).exp() + (-1.0_f64).exp() + 2.0 * (-3.0_f64).exp();
        assert!((sum_exp(&row, 3.0, 1.0) - want).abs() < 1e-6);
        assert_eq!(max(&[]), f32::NEG_INFINITY);
    }
}
