//! How much of a machine's limits a model's prefill and decode reach.

use crate::limits::Limits;
use crate::loaded::Loaded;
use crate::measure::{Measure, median};
use maque_engine::RunnerOptions;
use maque_model::Cost;
use serde::Serialize;

/// Tokens read in a measurement: two of the engine's chunks.
const N_PREFILL: usize = 512;
/// Tokens written in a measurement.
const N_DECODE: usize = 32;
const N_REPEATS: usize = 3;

/// Speeds of a model, and their shares of the limits (1 is all there is).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reach {
    /// The model, as it was asked for.
    pub(crate) model: String,
    /// Its weights' format.
    pub(crate) quantization: String,
    /// Tokens read a second.
    pub(crate) prefill_tokens_per_s: f64,
    /// Of the arithmetic that the format is computed in.
    pub(crate) prefill_share: f64,
    /// Tokens written a second.
    pub(crate) decode_tokens_per_s: f64,
    /// Of the bandwidth.
    pub(crate) decode_share: f64,
}

impl Reach {
    /// Measures a loaded model.
    pub(crate) fn measure(name: &str, loaded: &Loaded, limits: &Limits) -> Reach {
        let mut measure = Measure::new(loaded.runner(RunnerOptions::default()));
        let prefill = rate(N_PREFILL, || measure.prefill(N_PREFILL).as_secs_f64());
        let decode = rate(N_DECODE, || measure.decode(N_DECODE, 0).as_secs_f64());
        let cost = loaded.model.cost();
        Reach {
            model: name.to_owned(),
            quantization: loaded.model.config().quantization.clone(),
            prefill_tokens_per_s: prefill,
            prefill_share: prefill_share(cost, prefill, limits),
            decode_tokens_per_s: decode,
            decode_share: cost.n_bytes as f64 * decode / (limits.gb_per_s * 1e9),
        }
    }
}

/// Share of the arithmetic; the head's part, one token of many, is left out.
fn prefill_share(cost: Cost, tokens_per_s: f64, limits: &Limits) -> f64 {
    let limit = match cost.is_int8 {
        true => limits.int8_gmac_per_s,
        false => limits.f32_gmac_per_s,
    };
    cost.layer_macs as f64 * tokens_per_s / (limit * 1e9)
}

/// Tokens a second: the median of some runs.
fn rate(n_tokens: usize, mut seconds: impl FnMut() -> f64) -> f64 {
    let samples: Vec<f64> = (0..N_REPEATS)
        .map(|_| n_tokens as f64 / seconds())
        .collect();
    median(&samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_arithmetic_in_use() {
        let limits = Limits {
            cpu: String::new(),
            isa: "scalar",
            threads: 1,
            one_thread_gb_per_s: 1.0,
            gb_per_s: 1.0,
            int8_gmac_per_s: 100.0,
            f32_gmac_per_s: 50.0,
        };
        let int8 = Cost {
            layer_macs: 1_000_000_000,
            head_macs: 7,
            n_bytes: 7,
            is_int8: true,
        };
        let f32 = Cost {
            is_int8: false,
            ..int8
        };
        assert_eq!(prefill_share(int8, 25.0, &limits), 0.25);
        assert_eq!(prefill_share(f32, 25.0, &limits), 0.5);
    }
}
