//! The sampler against a plain reading of the same rules.

use super::*;
use proptest::prelude::*;

fn sample(logits: &[f32], sampling: &Sampling, position: usize) -> u32 {
    Sampler::default().sample(logits, sampling, &Penalties::default(), position)
}

/// Counts of `n` draws at positions 0..n.
fn histogram(logits: &[f32], sampling: &Sampling, n: usize) -> Vec<usize> {
    let mut counts = vec![0; logits.len()];
    for position in 0..n {
        counts[sample(logits, sampling, position) as usize] += 1;
    }
    counts
}

/// Ids that the filters leave, by sorting everything and f64.
fn allowed(logits: &[f32], sampling: &Sampling) -> Vec<u32> {
    let max = softmax::max(logits);
    let mut all: Vec<_> = (0_u32..)
        .zip(logits)
        .map(|(id, &logit)| (id, f64::from((logit - max) / sampling.temperature).exp()))
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    if 0 < sampling.top_k {
        all.truncate(sampling.top_k);
    }
    let mass = f64::from(sampling.top_p) * all.iter().map(|pair| pair.1).sum::<f64>();
    let mut sum = 0.0;
    let head = all.iter().position(|pair| {
        sum += pair.1;
        mass * (1.0 - 1e-6) <= sum
    });
    all.truncate(head.map_or(all.len(), |index| index + 1));
    let min_p = f64::from(sampling.min_p) * (1.0 - 1e-6);
    all.into_iter()
        .filter(|pair| min_p <= pair.1)
        .map(|pair| pair.0)
        .collect()
}

fn any_sampling() -> impl Strategy<Value = Sampling> {
    let top_k = prop_oneof![Just(0), 1..8_usize, Just(10_000)];
    let top_p = prop_oneof![Just(1.0), 0.05..1.0_f32];
    let min_p = prop_oneof![Just(0.0), 0.01..1.0_f32];
    (0.1..3.0_f32, top_k, top_p, min_p, any::<u64>()).prop_map(
        |(temperature, top_k, top_p, min_p, seed)| Sampling {
            temperature,
            top_k,
            top_p,
            min_p,
            seed,
            ..Sampling::default()
        },
    )
}

proptest! {
    #[test]
    fn a_drawn_token_passes_every_filter(
        logits in prop::collection::vec(-8.0..8.0_f32, 1..2_500),
        sampling in any_sampling(),
        position in 0..5_000_usize,
    ) {
        let id = sample(&logits, &sampling, position);
        prop_assert_eq!(id, sample(&logits, &sampling, position));
        let near_border = sampling.min_p < 1.0 && allowed(&logits, &Sampling { top_p: (sampling.top_p + 1e-5).min(1.0), ..sampling.clone() }).contains(&id);
        prop_assert!(allowed(&logits, &sampling).contains(&id) || near_border);
    }

    #[test]
    fn no_logits_and_no_settings_panic(
        logits in prop::collection::vec(prop_oneof![any::<f32>(), Just(f32::NAN), Just(f32::INFINITY), -5.0..5.0_f32], 1..300),
        floats in prop::array::uniform6(any::<f32>()),
        top_k in any::<usize>(),
    ) {
        let [temperature, top_p, min_p, repetition_penalty, presence_penalty, frequency_penalty] = floats;
        let sampling = Sampling {
            temperature, top_p, top_k, min_p, repetition_penalty, presence_penalty, frequency_penalty,
            logit_bias: vec![(0, f32::NAN)], seed: 1,
        };
        let mut penalties = Penalties::new(&sampling, &[0]);
        penalties.accept(&sampling, 0);
        let id = Sampler::default().sample(&logits, &sampling, &penalties, 3);
        prop_assert!((id as usize) < logits.len());
        let allowed = [0x8020_0102, 1];
        let id = Sampler::default().sample_among(&allowed, &logits, &sampling, &penalties, 3);
        prop_assert_eq!(id.is_some(), 1 < logits.len());
        prop_assert!(id.is_none_or(|id| (id as usize) < logits.len() && constraint::has(&allowed, id)));
    }

    #[test]
    fn a_constraint_that_allows_everything_changes_nothing(
        logits in prop::collection::vec(-8.0..8.0_f32, 2..300),
        sampling in any_sampling(),
        position in 0..5_000_usize,
    ) {
        let id = Sampler::default().sample_among(&[u32::MAX; 10], &logits, &sampling, &Penalties::default(), position);
        prop_assert_eq!(id, Some(sample(&logits, &sampling, position)));
    }

    #[test]
    fn sampling_within_a_constraint_is_sampling_from_fewer_tokens(
        logits in prop::collection::vec(-8.0..8.0_f32, 64..300),
        sampling in any_sampling(),
        words in prop::array::uniform2(1..u32::MAX),
        position in 0..5_000_usize,
    ) {
        let mut fewer = logits.clone();
        constraint::forbid_others(&mut fewer, &words);
        let id = Sampler::default().sample_among(&words, &logits, &sampling, &Penalties::default(), position);
        prop_assert_eq!(id, Some(sample(&fewer, &sampling, position)));
    }
}

#[test]
fn greedy_takes_the_lowest_of_the_best() {
    let logits = [1.0, 5.0, 5.0, 2.0];
    assert_eq!(sample(&logits, &Sampling::greedy(), 9), 1);
    assert_eq!(
        sample(
            &logits,
            &Sampling {
                top_k: 1,
                ..Sampling::default()
            },
            9
        ),
        1
    );
    assert_eq!(sample(&[f32::NAN; 3], &Sampling::default(), 9), 0);
}

#[test]
fn frequencies_follow_the_probabilities_on_every_path() {
    let probabilities = [0.5_f32, 0.25, 0.15, 0.1];
    let logits: Vec<f32> = probabilities.iter().map(|p| p.ln()).collect();
    let n = 20_000;
    for (top_k, top_p, min_p, kept) in [
        (0, 1.0, 0.0, 4),
        (3, 1.0, 0.0, 3),
        (0, 0.8, 0.0, 3),
        (0, 1.0, 0.25, 3),
        (3, 0.6, 0.0, 2),
        (4, 1.0, 0.45, 2),
    ] {
        let sampling = Sampling {
            top_k,
            top_p,
            min_p,
            seed: 7,
            ..Sampling::default()
        };
        let total: f32 = probabilities[..kept].iter().sum();
        for (id, &count) in histogram(&logits, &sampling, n).iter().enumerate() {
            let want = if id < kept {
                f64::from(probabilities[id] / total)
            } else {
                0.0
            };
            let found = count as f64 / n as f64;
            assert!(
                (found - want).abs() < 0.02,
                "top_k {top_k} top_p {top_p} min_p {min_p} id {id}: {found} for {want}"
            );
        }
    }
}

#[test]
fn low_temperatures_sharpen_and_high_ones_flatten() {
    let logits = [1.0, 0.0];
    let best = |temperature| {
        histogram(
            &logits,
            &Sampling {
                temperature,
                seed: 3,
                ..Sampling::default()
            },
            2_000,
        )[0]
    };
    assert_eq!(best(0.01), 2_000);
    assert!(best(100.0) < 1_200);
}

#[test]
fn the_random_number_of_a_position_is_fixed_for_ever() {
    let numbers: Vec<u64> = (0..4)
        .map(|position| (random(42, position) * 1e9) as u64)
        .collect();
    assert_eq!(numbers, [343_291_922, 955_746_726, 486_349_536, 67_357_893]);
}

#[test]
fn random_numbers_are_even_over_positions_and_seeds() {
    let mean = |numbers: &mut dyn Iterator<Item = f64>| numbers.sum::<f64>() / 10_000.0;
    assert!((mean(&mut (0..10_000).map(|position| random(1, position))) - 0.5).abs() < 0.01);
    assert!((mean(&mut (0..10_000).map(|seed| random(seed, 1))) - 0.5).abs() < 0.01);
}
