//! Constant properties of a model, checked against one another before any weight is touched.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::LoadError;
use crate::arch::Architecture;
use maque_kernels::{KvShape, Pairing};
use std::ops::RangeInclusive;

/// Layers of a model.
pub(crate) const LAYERS: RangeInclusive<usize> = 1..=1024;
/// Widths: of the residual stream, of the feed-forward block.
pub(crate) const WIDTHS: RangeInclusive<usize> = 32..=1 << 20;
/// Attention heads.
pub(crate) const HEADS: RangeInclusive<usize> = 1..=1024;
/// Elements of a head.
pub(crate) const HEAD_DIMS: RangeInclusive<usize> = 8..=256;
/// Positions; the table of their angles takes 8 MB at most.
pub(crate) const POSITIONS: RangeInclusive<usize> = 1..=1 << 20;
/// Ids in the vocabulary.
pub(crate) const VOCABULARY: RangeInclusive<usize> = 1..=1 << 22;
/// The norm's epsilon.
pub(crate) const EPSILONS: RangeInclusive<f64> = 1e-12..=1e-1;
/// The rotary base.
pub(crate) const ROPE_BASES: RangeInclusive<f64> = 1.0..=1e12;
/// A rope scaling factor.
pub(crate) const ROPE_FACTORS: RangeInclusive<f64> = 1.0..=1e6;

/// Hyper-parameters.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) architecture: &'static Architecture,
    pub(crate) n_layers: usize,
    pub(crate) dim: usize,
    pub(crate) ffn_dim: usize,
    pub(crate) n_heads: usize,
    pub(crate) n_kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) n_vocab: usize,
    pub(crate) max_positions: usize,
    pub(crate) norm_eps: f32,
    pub(crate) rope: Rope,
    /// Whether the file may leave the output head out, because it is the embedding.
    pub(crate) tied: Tied,
}

/// Whether the output head is the embedding matrix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tied {
    /// It is, even if the file has a head of its own.
    Always,
    /// It is when the file has no head.
    WithoutHead,
    /// It is not.
    Never,
}

/// Rotary position embedding.
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    pub(crate) pairing: Pairing,
    pub(crate) base: f64,
    pub(crate) scaling: RopeScaling,
}

/// How angles are stretched for contexts longer than the first ones trained for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RopeScaling {
    /// Not at all.
    None,
    /// All frequencies divided by one factor.
    Linear(f64),
    /// Llama 3.1: low frequencies divided, high ones kept, the ones between blended.
    Llama3 {
        factor: f64,
        low_freq_factor: f64,
        high_freq_factor: f64,
        original_positions: f64,
    },
}

impl Config {
    /// Elements of all query heads of a token.
    pub(crate) fn q_dim(&self) -> usize {
        self.n_heads.saturating_mul(self.head_dim)
    }

    /// Elements of all key (or value) heads of a token.
    pub(crate) fn kv_dim(&self) -> usize {
        self.n_kv_heads.saturating_mul(self.head_dim)
    }

    /// Dimensions of the KV cache.
    pub(crate) fn kv_shape(&self) -> KvShape {
        KvShape {
            n_layers: self.n_layers,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
        }
    }

    /// Checks what the kernels rely on; `names` are the file's own names for the error.
    pub(crate) fn checked(self, names: &Names) -> Result<Config, LoadError> {
        let remainder = self.n_heads.checked_rem(self.n_kv_heads);
        if remainder != Some(0) {
            let expected = format!("a divisor of the {} heads", self.n_heads);
            return Err(LoadError::invalid(
                names.n_kv_heads,
                self.n_kv_heads,
                expected,
            ));
        }
        if !self.head_dim.is_multiple_of(8) || !HEAD_DIMS.contains(&self.head_dim) {
            return Err(LoadError::unsupported(
                names.head_dim,
                self.head_dim,
                "multiples of 8 up to 256",
            ));
        }
        let widths = [
            (names.dim, self.dim),
            (names.ffn_dim, self.ffn_dim),
            (names.head_dim, self.q_dim()),
        ];
        for (name, width) in widths {
            if !width.is_multiple_of(32) {
                return Err(LoadError::unsupported(
                    name,
                    width,
                    "widths that are multiples of 32",
                ));
            }
        }
        Ok(self)
    }
}

/// The file's names of some fields, for error messages.
pub(crate) struct Names<'a> {
    pub(crate) dim: &'a str,
    pub(crate) ffn_dim: &'a str,
    pub(crate) n_kv_heads: &'a str,
    pub(crate) head_dim: &'a str,
}

impl Rope {
    /// Radians per position of each pair: `base^(-2i/head_dim)`, scaled, and divided by `factors` if
    /// the file has them (`rope_freqs.weight`).
    pub(crate) fn frequencies(&self, head_dim: usize, factors: Option<&[f32]>) -> Vec<f64> {
        let unscaled = (0..head_dim)
            .step_by(2)
            .map(|i| libm::pow(self.base, -(i as f64) / head_dim as f64));
        let scaled = unscaled.map(|frequency| self.scaling.apply(frequency));
        match factors {
            None => scaled.collect(),
            Some(factors) => scaled
                .zip(factors)
                .map(|(frequency, by)| frequency / f64::from(*by))
                .collect(),
        }
    }
}

impl RopeScaling {
    fn apply(&self, frequency: f64) -> f64 {
        match *self {
            RopeScaling::None => frequency,
            RopeScaling::Linear(factor) => frequency / factor,
            RopeScaling::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_positions,
            } => {
                let turns = original_positions * frequency / std::f64::consts::TAU;
                let smooth = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor);
                let smooth = smooth.clamp(0.0, 1.0);
                frequency * (smooth + (1.0 - smooth) / factor)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)] // a test may panic
mod tests {
    use super::{Rope, RopeScaling};
    use maque_kernels::Pairing;

    fn frequencies(scaling: RopeScaling, factors: Option<&[f32]>) -> Vec<f64> {
        Rope {
            pairing: Pairing::Halves,
            base: 500_000.0,
            scaling,
        }
        .frequencies(64, factors)
    }

    #[test]
    fn llama3_keeps_high_and_divides_low_frequencies() {
        let plain = frequencies(RopeScaling::None, None);
        let scaled = frequencies(
            RopeScaling::Llama3 {
                factor: 32.0,
                low_freq_factor: 1.0,
                high_freq_factor: 4.0,
                original_positions: 8192.0,
            },
            None,
        );
        assert_eq!(scaled[0], plain[0]);
        assert_eq!(scaled[31], plain[31] / 32.0);
        // 8192 positions are 1.844 turns of this pair: 28.1 % of the way from "divided" to "kept".
        assert!((scaled[16] - 4.295_568e-4).abs() < 1e-9, "{}", scaled[16]);
    }

    #[test]
    fn factors_divide() {
        let plain = frequencies(RopeScaling::None, None);
        assert_eq!(
            frequencies(RopeScaling::None, Some(&[2.0; 32]))[5],
            plain[5] / 2.0
        );
        assert_eq!(
            frequencies(RopeScaling::Linear(4.0), None)[5],
            plain[5] / 4.0
        );
    }
}
