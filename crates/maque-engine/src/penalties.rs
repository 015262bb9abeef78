//! Logit bias and penalties: the part of sampling that remembers tokens.

use crate::Sampling;
use std::collections::HashMap;

/// How often tokens occurred in one sequence, as far as its sampling asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Penalties {
    seen: Vec<u32>,              // ids
    n_generated: Vec<u32>,       // of each of them
    places: HashMap<u32, usize>, // id → index into both
}

impl Penalties {
    /// Counts the prompt: the repetition penalty looks at it, as Hugging Face's `RepetitionPenaltyLogitsProcessor` does.
    pub(crate) fn new(sampling: &Sampling, prompt: &[u32]) -> Penalties {
        let mut penalties = Penalties::default();
        if sampling.repetition_penalty != 1.0 {
            for &id in prompt {
                penalties.place(id);
            }
        }
        penalties
    }

    /// Counts a generated token.
    pub(crate) fn accept(&mut self, sampling: &Sampling, id: u32) {
        if remembers(sampling) {
            let place = self.place(id);
            self.n_generated[place] += 1;
        }
    }

    /// Ids whose logits change, those with a bias aside.
    pub(crate) fn seen(&self) -> &[u32] {
        &self.seen
    }

    /// Whether [`Penalties::apply`] would change anything.
    pub(crate) fn change(&self, sampling: &Sampling) -> bool {
        !sampling.logit_bias.is_empty() || !self.seen.is_empty()
    }

    /// Changes `logits`: first the bias is added; then logits of all tokens seen are divided (positive) or multiplied
    /// (negative) by the repetition penalty (arXiv 1909.05858); then presence and frequency penalties are subtracted for
    /// generated tokens, as in OpenAI's API. A token counts once however often it was seen, but for the frequency penalty.
    pub(crate) fn apply(&self, logits: &mut [f32], sampling: &Sampling) {
        for &(id, bias) in &sampling.logit_bias {
            logits[id as usize] += bias;
        }
        for (&id, &n_generated) in self.seen.iter().zip(&self.n_generated) {
            let logit = &mut logits[id as usize];
            *logit = if *logit < 0.0 {
                *logit * sampling.repetition_penalty
            } else {
                *logit / sampling.repetition_penalty
            };
            if 0 < n_generated {
                *logit -=
                    sampling.presence_penalty + sampling.frequency_penalty * n_generated as f32;
            }
        }
    }

    fn place(&mut self, id: u32) -> usize {
        let place = *self.places.entry(id).or_insert(self.seen.len());
        if place == self.seen.len() {
            self.seen.push(id);
            self.n_generated.push(0);
        }
        place
    }
}

fn remembers(sampling: &Sampling) -> bool {
    sampling.repetition_penalty != 1.0
        || sampling.presence_penalty != 0.0
        || sampling.frequency_penalty != 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_counts_prompt_and_answer_once() {
        let sampling = Sampling {
            repetition_penalty: 2.0,
            ..Sampling::default()
        };
        let mut penalties = Penalties::new(&sampling, &[0, 0, 1]);
        penalties.accept(&sampling, 2);
        penalties.accept(&sampling, 2);
        let mut logits = [4.0, -4.0, 1.0, 1.0];
        penalties.apply(&mut logits, &sampling);
        assert_eq!(logits, [2.0, -8.0, 0.5, 1.0]);
    }

    #[test]
    fn presence_and_frequency_count_the_answer_only() {
        let sampling = Sampling {
            presence_penalty: 1.0,
            frequency_penalty: 0.25,
            ..Sampling::default()
        };
        let mut penalties = Penalties::new(&sampling, &[0]);
        for id in [1, 1, 2] {
            penalties.accept(&sampling, id);
        }
        let mut logits = [0.0; 4];
        penalties.apply(&mut logits, &sampling);
        assert_eq!(logits, [0.0, -1.5, -1.25, 0.0]);
    }

    #[test]
    fn bias_comes_before_penalties() {
        let sampling = Sampling {
            repetition_penalty: 2.0,
            logit_bias: vec![(0, 3.0), (1, 5.0)],
            ..Sampling::default()
        };
        let penalties = Penalties::new(&sampling, &[0]);
        let mut logits = [1.0; 3];
        penalties.apply(&mut logits, &sampling);
        assert_eq!(logits, [2.0, 6.0, 1.0]);
    }

    #[test]
    fn nothing_is_remembered_when_nothing_is_asked() {
        let sampling = Sampling::default();
        let mut penalties = Penalties::new(&sampling, &[1, 2]);
        penalties.accept(&sampling, 3);
        assert!(!penalties.change(&sampling));
    }
}
