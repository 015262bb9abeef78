//! Chooses the next token: penalties → constraint → temperature → top-k → top-p → min-p → one random number.

use crate::candidates::{Candidate, Selector, argmax};
use crate::penalties::Penalties;
use crate::{Sampling, constraint, softmax};

/// Elements whose weights are summed before looking closer.
const BLOCK: usize = 1024;

/// Samples rows one after the other; buffers are kept from row to row.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    logits: Vec<f32>, // [n_vocab] after penalties and constraint
    choice: Choice,
}

impl Sampler {
    /// The token after `position` tokens. It depends on the arguments alone.
    pub(crate) fn sample(
        &mut self,
        logits: &[f32],
        sampling: &Sampling,
        penalties: &Penalties,
        position: usize,
    ) -> u32 {
        if !penalties.change(sampling) {
            return self.choice.sample(logits, sampling, position);
        }
        self.penalize(logits, sampling, penalties);
        self.choice.sample(&self.logits, sampling, position)
    }

    /// The same among tokens whose bits are set in `words`, and never another one, whatever logits and penalties are; `None`
    /// when no bit is set.
    pub(crate) fn sample_among(
        &mut self,
        words: &[u32],
        logits: &[f32],
        sampling: &Sampling,
        penalties: &Penalties,
        position: usize,
    ) -> Option<u32> {
        let lowest = constraint::first(words).filter(|&id| (id as usize) < logits.len())?;
        if constraint::only(words).is_some() {
            return Some(lowest);
        }
        self.penalize(logits, sampling, penalties);
        constraint::forbid_others(&mut self.logits, words);
        let id = self.choice.sample(&self.logits, sampling, position);
        // Logits that are all NaN or infinitely small choose nothing in particular.
        Some(if constraint::has(words, id) {
            id
        } else {
            lowest
        })
    }

    fn penalize(&mut self, logits: &[f32], sampling: &Sampling, penalties: &Penalties) {
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        penalties.apply(&mut self.logits, sampling);
    }
}

/// A number in [0, 1) from a request's seed and a position: SplitMix64 (Steele, Lea, Flood 2014) started at a mixed seed
/// and asked for its `position`-th number, of which the upper 53 bits count.
fn random(seed: u64, position: usize) -> f64 {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let state = mix(seed.wrapping_add(GAMMA)).wrapping_add(GAMMA.wrapping_mul(position as u64 + 1));
    (mix(state) >> 11) as f64 / (1_u64 << 53) as f64
}

/// SplitMix64's finaliser.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws from a filtered distribution. Weights are `e^((logit − max) / temperature)`: probabilities up to a factor.
#[derive(Debug, Default)]
struct Choice {
    selector: Selector,
    candidates: Vec<Candidate>, // what the filters leave, the best first
    weights: Vec<f64>,          // of the candidates, or of blocks of the vocabulary
}

impl Choice {
    fn sample(&mut self, logits: &[f32], sampling: &Sampling, position: usize) -> u32 {
        let max = softmax::max(logits);
        if sampling.is_greedy() || !max.is_finite() {
            return argmax(logits);
        }
        let random = random(sampling.seed, position);
        self.choose(logits, max, sampling, random)
            .unwrap_or_else(|| argmax(logits))
    }

    fn choose(
        &mut self,
        logits: &[f32],
        max: f32,
        sampling: &Sampling,
        random: f64,
    ) -> Option<u32> {
        let temperature = sampling.temperature;
        let is_top_k = 0 < sampling.top_k && sampling.top_k < logits.len();
        if is_top_k {
            self.selector
                .select(&mut self.candidates, logits, sampling.top_k);
            self.weigh(max, temperature);
            let total = self.weights.iter().sum::<f64>();
            self.keep_nucleus(f64::from(sampling.top_p) * total);
        } else if sampling.top_p < 1.0 {
            self.select_nucleus(logits, max, sampling);
        } else if 0.0 < sampling.min_p {
            self.select_min_p(logits, max, sampling);
        } else {
            return self.draw_from_all(logits, max, temperature, random);
        }
        self.keep_min_p(sampling.min_p);
        let index = draw(&self.weights, random * self.weights.iter().sum::<f64>())?.0;
        Some(self.candidates[index].id)
    }

    fn weigh(&mut self, max: f32, temperature: f32) {
        let weights = self
            .candidates
            .iter()
            .map(|candidate| softmax::weight(candidate.logit, max, temperature));
        self.weights.clear();
        self.weights.extend(weights.map(f64::from));
    }

    /// Keeps the shortest head of the candidates that weighs `mass`, at least one; false when all together weigh less.
    fn keep_nucleus(&mut self, mass: f64) -> bool {
        let mut sum = 0.0;
        let place = self.weights.iter().position(|weight| {
            sum += weight;
            mass <= sum
        });
        let n_kept = place.map_or(self.weights.len(), |index| index + 1);
        self.candidates.truncate(n_kept);
        self.weights.truncate(n_kept);
        place.is_some()
    }

    /// Top-p over the whole vocabulary: takes more and more of the best until they weigh enough.
    fn select_nucleus(&mut self, logits: &[f32], max: f32, sampling: &Sampling) {
        let mass = f64::from(sampling.top_p) * softmax::sum_exp(logits, max, sampling.temperature);
        let mut n_best = 64;
        loop {
            self.selector.select(&mut self.candidates, logits, n_best);
            self.weigh(max, sampling.temperature);
            if self.keep_nucleus(mass) || logits.len() <= n_best {
                return;
            }
            n_best *= 8;
        }
    }

    /// All tokens that min-p keeps, by id; a few more, which [`Choice::keep_min_p`] takes away.
    fn select_min_p(&mut self, logits: &[f32], max: f32, sampling: &Sampling) {
        let floor = (libm::logf(sampling.min_p) - 0.01) * sampling.temperature;
        let all = (0..)
            .zip(logits)
            .map(|(id, &logit)| Candidate { id, logit });
        self.candidates.clear();
        self.candidates
            .extend(all.filter(|candidate| floor <= candidate.logit - max));
        self.weigh(max, sampling.temperature);
    }

    /// The best one weighs 1, so a weight is a probability relative to it. The best one always stays.
    fn keep_min_p(&mut self, min_p: f32) {
        let min_p = f64::from(min_p.min(1.0));
        let (weights, mut index) = (&self.weights, 0);
        self.candidates.retain(|_| {
            index += 1;
            min_p <= weights[index - 1]
        });
        self.weights.retain(|&weight| min_p <= weight);
    }

    fn draw_from_all(
        &mut self,
        logits: &[f32],
        max: f32,
        temperature: f32,
        random: f64,
    ) -> Option<u32> {
        self.weights.clear();
        self.weights.extend(
            logits
                .chunks(BLOCK)
                .map(|block| softmax::sum_exp(block, max, temperature)),
        );
        let total = self.weights.iter().sum::<f64>();
        let (block, rest) = draw(&self.weights, random * total)?;
        let elements = &logits[block * BLOCK..logits.len().min((block + 1) * BLOCK)];
        self.weights.clear();
        self.weights.extend(
            elements
                .iter()
                .map(|&logit| f64::from(softmax::weight(logit, max, temperature))),
        );
        let (index, _) = draw(&self.weights, rest)?;
        Some((block * BLOCK + index) as u32)
    }
}

/// Where the running sum passes `target`, and how much of `target` is left there; the last weight that is not 0 when
/// rounding lets it pass none.
fn draw(weights: &[f64], target: f64) -> Option<(usize, f64)> {
    let mut rest = target;
    for (index, &weight) in weights.iter().enumerate() {
        if rest < weight {
            return Some((index, rest));
        }
        rest -= weight;
    }
    weights
        .iter()
        .rposition(|&weight| 0.0 < weight)
        .map(|index| (index, 0.0))
}

#[cfg(test)]
mod tests;
