//! Log probabilities under the model's own logits.

use crate::candidates::Selector;
use crate::{Logprob, TokenEvent, softmax};

/// Alternatives that a request can ask for.
pub(crate) const MAX_TOP: usize = 20;

/// Describes tokens of logits rows; buffers are kept from row to row.
#[derive(Debug, Default)]
pub(crate) struct Logprobs {
    selector: Selector,
}

impl Logprobs {
    /// Token `id` with its logprob under `logits` and the best `n_top` alternatives (at most [`MAX_TOP`]).
    ///
    /// logprob = x − max − ln Σ e^(x − max), the sum and the logarithm in f64 with the same bits on every machine.
    pub(crate) fn describe(&mut self, logits: &[f32], id: u32, n_top: usize) -> TokenEvent {
        let max = softmax::max(logits);
        let normalizer = f64::from(max) + libm::log(softmax::sum_exp(logits, max, 1.0));
        let logprob = |logit: f32| (f64::from(logit) - normalizer) as f32;
        let mut best = Vec::new();
        self.selector.select(&mut best, logits, n_top.min(MAX_TOP));
        let top = best
            .iter()
            .map(|candidate| Logprob {
                id: candidate.id,
                logprob: logprob(candidate.logit),
            })
            .collect();
        TokenEvent {
            id,
            logprob: Some(logprob(logits[id as usize])),
            top,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logprobs_are_normalised_and_best_first() {
        let logits: Vec<f32> = (0..1_000)
            .map(|i| (i as f32 * 12.9898).sin() * 6.0)
            .collect();
        let total: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
        let event = Logprobs::default().describe(&logits, 17, 5);
        let want = (f64::from(logits[17]) - total.ln()) as f32;
        assert!((event.logprob.expect("asked for") - want).abs() < 1e-5);
        assert_eq!(event.top.len(), 5);
        assert!(event.top.is_sorted_by(|a, b| b.logprob <= a.logprob));
        assert_eq!(event.top[0].id, crate::candidates::argmax(&logits));
    }

    #[test]
    fn a_million_alternatives_are_twenty() {
        let event = Logprobs::default().describe(&[0.0; 64], 0, 1_000_000);
        assert_eq!(event.top.len(), MAX_TOP);
        assert!((event.logprob.expect("asked for") + 64_f32.ln()).abs() < 1e-6);
    }
}
