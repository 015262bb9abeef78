//! RMSNorm, SiLU·mul and the RoPE rotation: plain Rust that each instruction set compiles for itself.
//!
//! Rust never reorders or contracts float arithmetic, so vectorised code has the bits of scalar code.

use crate::exp::exp;
use crate::parts::for_each_chunk;
use crate::rope::MAX_PAIRS;
use crate::vectorise::vectorise;
use crate::{Machine, Pairing, RopeTable};

/// Lanes of a true reduction, whatever the instruction set; folded 8, 4, 2, 1.
pub(crate) const N_LANES: usize = 16;

/// Folds the lanes of a reduction with `join` in the one order that all instruction sets share.
#[inline(always)]
pub(crate) fn fold(lanes: [f32; N_LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    // Arrays of fixed length, so that each step is one vector operation.
    let (mut a, mut b, mut c) = ([0.0; 8], [0.0; 4], [0.0; 2]);
    (0..8).for_each(|i| a[i] = join(lanes[i], lanes[i + 8]));
    (0..4).for_each(|i| b[i] = join(a[i], a[i + 4]));
    (0..2).for_each(|i| c[i] = join(b[i], b[i + 2]));
    join(c[0], c[1])
}

/// Elements of one item of work: fewer are not worth waking a thread for.
const ITEM_LEN: usize = 16 * 1024;

/// Calls `job(first_row, rows)` for parts of whole rows of `row_len` elements: on this thread alone if
/// they are few (decode), else on all.
fn for_each_rows(
    machine: &Machine,
    x: &mut [f32],
    row_len: usize,
    job: impl Fn(usize, &mut [f32]) + Sync,
) {
    let n_rows = (ITEM_LEN / row_len).max(1);
    if x.len() <= 2 * ITEM_LEN {
        return job(0, x);
    }
    for_each_chunk(machine.pool(), x, n_rows * row_len, |i, x| {
        job(i * n_rows, x)
    });
}

pub(crate) fn rms_norm(machine: &Machine, out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
    assert_eq!(
        out.len(),
        x.len(),
        "a norm writes as many elements as it reads"
    );
    let n = weight.len();
    for_each_rows(machine, out, n, |first, out| {
        let x = &x[first * n..][..out.len()];
        vectorise(
            machine.isa(),
            #[inline(always)]
            || norm(out, x, weight, eps),
        );
    });
}

pub(crate) fn rms_norm_heads(machine: &Machine, x: &mut [f32], weight: &[f32], eps: f32) {
    for_each_rows(machine, x, weight.len(), |_, x| {
        vectorise(
            machine.isa(),
            #[inline(always)]
            || norm_in_place(x, weight, eps),
        );
    });
}

pub(crate) fn silu_mul(machine: &Machine, gate: &mut [f32], up: &[f32]) {
    assert_eq!(gate.len(), up.len(), "gate and up are of one shape");
    for_each_rows(machine, gate, 1, |first, gate| {
        let up = &up[first..][..gate.len()];
        vectorise(
            machine.isa(),
            #[inline(always)]
            || silu(gate, up),
        );
    });
}

pub(crate) fn rope(machine: &Machine, x: &mut [f32], table: &RopeTable, positions: &[u32]) {
    if positions.is_empty() {
        return;
    }
    let row_len = x.len() / positions.len();
    assert_eq!(
        x.len(),
        positions.len() * row_len,
        "rope has one row a position"
    );
    for_each_rows(machine, x, row_len, |first, x| {
        let positions = &positions[first..][..x.len() / row_len];
        vectorise(
            machine.isa(),
            #[inline(always)]
            || rotate(x, table, positions),
        );
    });
}

/// RMSNorm of each row of `weight.len()` elements: `out = x / sqrt(mean(x²) + eps) · weight`.
#[inline(always)]
fn norm(out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
    let n = weight.len();
    for (out, x) in out.chunks_exact_mut(n).zip(x.chunks_exact(n)) {
        let scale = inverse_rms(x, eps);
        for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * w;
        }
    }
}

/// RMSNorm in place of each row of `weight.len()` elements.
#[inline(always)]
fn norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
    for x in x.chunks_exact_mut(weight.len()) {
        let scale = inverse_rms(x, eps);
        for (x, w) in x.iter_mut().zip(weight) {
            *x = *x * scale * w;
        }
    }
}

/// `1 / sqrt(mean(x²) + eps)`.
#[inline(always)]
pub(crate) fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    let mut lanes = [0.0f32; N_LANES];
    let (chunks, rest) = x.as_chunks::<N_LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = x.mul_add(*x, *lane);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = x.mul_add(*x, *lane);
    }
    1.0 / (fold(lanes, |a, b| a + b) / x.len() as f32 + eps).sqrt()
}

/// `gate = silu(gate) ⊙ up`, with `silu(x) = x / (1 + e^−x)`.
#[inline(always)]
pub(crate) fn silu(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

/// Rotates each head of each row by the angles of its position; the rows are `x.len() /
/// positions.len()` elements long.
#[inline(always)]
fn rotate(x: &mut [f32], table: &RopeTable, positions: &[u32]) {
    let (mut cos, mut sin) = ([0.0; MAX_PAIRS], [0.0; MAX_PAIRS]);
    let n_pairs = table.n_pairs();
    let (cos, sin) = (&mut cos[..n_pairs], &mut sin[..n_pairs]);
    for (row, position) in x.chunks_exact_mut(x.len() / positions.len()).zip(positions) {
        table.angles(cos, sin, *position);
        for head in row.chunks_exact_mut(2 * n_pairs) {
            match table.pairing() {
                Pairing::Halves => rotate_halves(head, cos, sin),
                Pairing::Interleaved => rotate_interleaved(head, cos, sin),
            }
        }
    }
}

#[inline(always)]
fn rotate_halves(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (first, second) = head.split_at_mut(cos.len());
    for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    }
}

#[inline(always)]
fn rotate_interleaved(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (pairs, _) = head.as_chunks_mut::<2>();
    for ([a, b], (cos, sin)) in pairs.iter_mut().zip(cos.iter().zip(sin)) {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use std::num::NonZeroUsize;

    /// Runs `op` on a copy of `x` on every ISA: all bits must be those of scalar code, which it returns.
    fn check(x: &[f32], op: impl Fn(&Machine, &mut [f32])) -> Vec<f32> {
        let run = |isa| {
            let mut out = x.to_vec();
            op(&Machine::new(isa, NonZeroUsize::MIN), &mut out);
            out
        };
        let want = run(Isa::Scalar);
        for isa in Isa::available() {
            let same = run(isa)
                .iter()
                .zip(&want)
                .all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{isa:?}, {} elements", x.len());
        }
        want
    }

    fn noise(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 12.9898).sin() * 3.0).collect()
    }

    fn close(got: f32, want: f64) {
        let error = (f64::from(got) - want).abs();
        assert!(error <= 1e-6 * (1.0 + want.abs()), "{got} vs {want}");
    }

    #[test]
    fn rms_norm_follows_the_formula() {
        for n in (1..70).chain([896]) {
            let (x, weight) = (noise(3 * n), noise(n + 1)[1..].to_vec());
            let got = check(&x, |machine, out| machine.rms_norm(out, &x, &weight, 1e-6));
            let in_place = check(&x, |machine, out| {
                machine.rms_norm_heads(out, &weight, 1e-6)
            });
            assert_eq!(got, in_place);
            for (got, x) in got.chunks(n).zip(x.chunks(n)) {
                let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / n as f64;
                for ((got, x), w) in got.iter().zip(x).zip(&weight) {
                    close(*got, f64::from(*x) / (mean + 1e-6).sqrt() * f64::from(*w));
                }
            }
        }
    }

    #[test]
    fn silu_mul_follows_the_formula() {
        for n in (1..70).chain([4864]) {
            let (mut gate, up) = (noise(n), noise(n + 5)[5..].to_vec());
            gate[0] = -200.0;
            let got = check(&gate, |machine, out| machine.silu_mul(out, &up));
            for ((got, gate), up) in got.iter().zip(gate).zip(up) {
                let gate = f64::from(gate);
                close(*got, gate / (1.0 + (-gate).exp()) * f64::from(up));
            }
        }
    }

    #[test]
    fn rope_rotates_each_pair_by_its_angle() {
        for pairing in [Pairing::Halves, Pairing::Interleaved] {
            for n_pairs in [1, 4, 12, 32, 64, 128] {
                let frequencies: Vec<f64> = (0..n_pairs)
                    .map(|i| 1e4f64.powf(-(i as f64) / n_pairs as f64))
                    .collect();
                let table = RopeTable::new(pairing, &frequencies, 2048);
                let (positions, x) = ([0, 3, 1000], noise(3 * 2 * 2 * n_pairs));
                let got = check(&x, |machine, x| machine.rope(x, &table, &positions));
                for (i, frequency) in frequencies.iter().enumerate() {
                    let (a, b) = match pairing {
                        Pairing::Halves => (i, i + n_pairs),
                        Pairing::Interleaved => (2 * i, 2 * i + 1),
                    };
                    for head in 0..6 {
                        let start = head * 2 * n_pairs;
                        let (sin, cos) = (f64::from(positions[head / 2]) * frequency).sin_cos();
                        let (x0, x1) = (f64::from(x[start + a]), f64::from(x[start + b]));
                        close(got[start + a], x0 * cos - x1 * sin);
                        close(got[start + b], x0 * sin + x1 * cos);
                    }
                }
            }
        }
    }
}
