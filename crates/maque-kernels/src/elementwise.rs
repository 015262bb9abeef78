//! RMSNorm, SiLU·mul and the RoPE rotation: plain Rust that each instruction set compiles for itself.
//!
//! Rust never reorders or contracts float arithmetic, so vectorised code has the bits of scalar code.

use crate::exp::exp;
use crate::rope::MAX_PAIRS;
use crate::vectorise::vectorise;
use crate::{KvPages, Machine, Pairing, RopeTable};

/// Lanes of a true reduction, whatever the instruction set; folded 8, 4, 2, 1.
pub(crate) const N_LANES: usize = 16;

/// Folds the lanes of a reduction with `join` in the one order that all instruction sets share.
#[inline(always)]
pub(crate) fn fold(mut lanes: [f32; N_LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    for width in [8, 4, 2, 1] {
        for i in 0..width {
            lanes[i] = join(lanes[i], lanes[i + width]);
        }
    }
    lanes[0]
}

pub(crate) fn rms_norm(machine: &Machine, out: &mut [f32], x: &[f32], weight: &[f32], eps: f32) {
    assert_eq!(
        out.len(),
        x.len(),
        "a norm writes as many elements as it reads"
    );
    vectorise(
        machine.isa(),
        #[inline(always)]
        || norm(out, x, weight, eps),
    );
}

pub(crate) fn rms_norm_heads(machine: &Machine, x: &mut [f32], weight: &[f32], eps: f32) {
    vectorise(
        machine.isa(),
        #[inline(always)]
        || norm_in_place(x, weight, eps),
    );
}

pub(crate) fn silu_mul(machine: &Machine, gate: &mut [f32], up: &[f32]) {
    assert_eq!(gate.len(), up.len(), "gate and up are of one shape");
    vectorise(
        machine.isa(),
        #[inline(always)]
        || silu(gate, up),
    );
}

pub(crate) fn rope(machine: &Machine, x: &mut [f32], table: &RopeTable, positions: &[u32]) {
    if positions.is_empty() {
        return;
    }
    vectorise(
        machine.isa(),
        #[inline(always)]
        || rotate(x, table, positions),
    );
}

pub(crate) fn store_kv(
    machine: &Machine,
    pages: &mut KvPages,
    layer: usize,
    k: &[f32],
    v: &[f32],
    slots: &[(u32, u32)],
) {
    let _ = machine;
    pages.store(layer, k, v, slots);
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
fn inverse_rms(x: &[f32], eps: f32) -> f32 {
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
fn silu(gate: &mut [f32], up: &[f32]) {
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
