//! How much of a machine's limits a model's prefill and decode reach.

use crate::limits::{Limits, Probes};
use crate::loaded::Loaded;
use crate::measure::{Measure, median};
use maque_engine::RunnerOptions;
use maque_kernels::Precision;
use maque_model::Cost;
use serde::Serialize;
use std::io;

/// Tokens read in a measurement: two of the engine's chunks.
const N_PREFILL: usize = 512;
/// Tokens written in a measurement.
const N_DECODE: usize = 64;
/// Rounds, each of them the limits and then the model: what other programs, and other guests of a virtual machine's host, leave
/// of a memory changes from second to second.
const N_ROUNDS: usize = 5;

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

/// Speeds of one round beside its limits.
struct Round {
    limits: Limits,
    prefill: f64, // tokens a second
    decode: f64,
}

impl Reach {
    /// Measures a loaded model beside its machine; each share is the median of those of the rounds.
    ///
    /// # Errors
    /// When the model's file is lost.
    pub(crate) fn measure(
        name: &str,
        loaded: &Loaded,
        probes: &Probes,
    ) -> io::Result<(Limits, Reach)> {
        let mut measure = Measure::new(loaded.runner(RunnerOptions::default()))?;
        let mut round = || {
            Ok(Round {
                limits: probes.measure(),
                decode: N_DECODE as f64 / measure.decode(N_DECODE, 0)?.as_secs_f64(),
                prefill: N_PREFILL as f64 / measure.prefill(N_PREFILL)?.as_secs_f64(),
            })
        };
        let rounds = (0..N_ROUNDS).map(|_| round());
        let rounds: Vec<Round> = rounds.collect::<io::Result<_>>()?;
        let cost = loaded.model.cost();
        let middle =
            |of: &dyn Fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
        let reach = Reach {
            model: name.to_owned(),
            quantization: loaded.model.config().quantization.clone(),
            prefill_tokens_per_s: middle(&|round| round.prefill),
            prefill_share: middle(&|round| prefill_share(cost, round.prefill, &round.limits)),
            decode_tokens_per_s: middle(&|round| round.decode),
            decode_share: middle(&|round| decode_share(cost, round.decode, &round.limits)),
        };
        let limits: Vec<_> = rounds.into_iter().map(|round| round.limits).collect();
        Ok((Limits::median(&limits), reach))
    }
}

/// Share of the bandwidth.
fn decode_share(cost: Cost, tokens_per_s: f64, limits: &Limits) -> f64 {
    cost.n_bytes as f64 * tokens_per_s / (limits.gb_per_s * 1e9)
}

/// Share of the arithmetic; the head's part, one token of many, is left out.
fn prefill_share(cost: Cost, tokens_per_s: f64, limits: &Limits) -> f64 {
    let limit = match cost.precision {
        Precision::Int8 => limits.int8_gmac_per_s,
        Precision::Int16 => limits.int16_gmac_per_s,
        Precision::F32 => limits.f32_gmac_per_s,
    };
    cost.layer_macs as f64 * tokens_per_s / (limit * 1e9)
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
            int16_gmac_per_s: 80.0,
            f32_gmac_per_s: 50.0,
        };
        let int8 = Cost {
            layer_macs: 1_000_000_000,
            head_macs: 7,
            n_bytes: 7,
            precision: Precision::Int8,
        };
        let [int16, f32] =
            [Precision::Int16, Precision::F32].map(|precision| Cost { precision, ..int8 });
        assert_eq!(prefill_share(int8, 25.0, &limits), 0.25);
        assert_eq!(prefill_share(int16, 20.0, &limits), 0.25);
        assert_eq!(prefill_share(f32, 25.0, &limits), 0.5);
        assert_eq!(decode_share(f32, 1e8, &limits), 0.7);
    }
}
