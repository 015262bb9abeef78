//! How much of a machine's limits a model's prefill and decode reach.

use crate::limits::Limits;
use crate::loaded::Loaded;
use crate::measure::{Measure, median};
use maque_engine::RunnerOptions;
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

/// What one token costs.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Multiply-adds of a token that is read, without the output head.
    prefill_macs: f64,
    /// Bytes of weights read for a token that is written.
    decode_bytes: f64,
    is_int8: bool,
}

impl Reach {
    /// Measures a loaded model.
    pub(crate) fn measure(name: &str, loaded: &Loaded, limits: &Limits) -> Reach {
        let mut measure = Measure::new(loaded.runner(RunnerOptions::default()));
        let prefill = rate(N_PREFILL, || measure.prefill(N_PREFILL).as_secs_f64());
        let decode = rate(N_DECODE, || measure.decode(N_DECODE, 0).as_secs_f64());
        let cost = Cost::of(loaded);
        Reach {
            model: name.to_owned(),
            quantization: loaded.model.config().quantization.clone(),
            prefill_tokens_per_s: prefill,
            prefill_share: cost.prefill_share(prefill, limits),
            decode_tokens_per_s: decode,
            decode_share: cost.decode_bytes * decode / (limits.gb_per_s * 1e9),
        }
    }
}

impl Cost {
    fn of(loaded: &Loaded) -> Cost {
        Cost {
            prefill_macs: loaded.model.config().n_parameters as f64,
            decode_bytes: loaded.model.n_bytes() as f64,
            is_int8: true,
        }
    }

    fn prefill_share(self, tokens_per_s: f64, limits: &Limits) -> f64 {
        let limit = match self.is_int8 {
            true => limits.int8_gmac_per_s,
            false => limits.f32_gmac_per_s,
        };
        self.prefill_macs * tokens_per_s / (limit * 1e9)
    }
}

/// Tokens a second: the median of some runs.
fn rate(n_tokens: usize, mut seconds: impl FnMut() -> f64) -> f64 {
    let samples: Vec<f64> = (0..N_REPEATS)
        .map(|_| n_tokens as f64 / seconds())
        .collect();
    median(&samples)
}
