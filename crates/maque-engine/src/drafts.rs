//! How many guessed tokens each sequence has verified in the next step: as many as make most tokens a second of all of them.

use crate::step_times::{MAX_TOKENS, StepTimes};

/// Guesses are to make at least this many times as many tokens a second.
const MIN_GAIN: f64 = 1.04;
/// Nobody's own tokens a second become fewer than this share of what they are without guesses.
const MIN_SHARE: f64 = 0.97;

/// Guesses to verify for each decoding sequence, beside `n_known` tokens of all of them that are fed anyway. `odds` has, per
/// sequence, the probabilities that its next 1, 2, … guesses are all right.
pub(crate) fn lengths(odds: &[Vec<f64>], n_known: usize, times: &StepTimes) -> Vec<usize> {
    let n_decodes = odds.len();
    let single = times.of(n_known);
    let mut lengths = vec![0; n_decodes];
    let mut expected = vec![1.0; n_decodes];
    let mut best = (MIN_GAIN * n_decodes as f64 / single, lengths.clone());
    for n_fed in n_known + 1..=MAX_TOKENS {
        let Some((index, probability)) = likeliest(odds, &lengths) else {
            break;
        };
        lengths[index] += 1;
        expected[index] += probability;
        let time = times.of(n_fed);
        let rate = expected.iter().sum::<f64>() / time;
        let worst = expected.iter().copied().fold(f64::INFINITY, f64::min);
        if best.0 < rate && MIN_SHARE / single <= worst / time {
            best = (rate, lengths.clone());
        }
    }
    best.1
}

/// The sequence whose next guess is most probably right, and how probable that is.
fn likeliest(odds: &[Vec<f64>], lengths: &[usize]) -> Option<(usize, f64)> {
    let next = odds.iter().zip(lengths).map(|(odds, &n)| odds.get(n));
    next.enumerate()
        .filter_map(|(index, probability)| Some((index, *probability?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A machine where steps of 1, 2, … tokens take so many milliseconds.
    fn machine(milliseconds: &[u64]) -> StepTimes {
        let mut times = StepTimes::default();
        for _ in 0..400 {
            for (n_tokens, &time) in (1..).zip(milliseconds) {
                times.observe(n_tokens, Duration::from_millis(time));
            }
        }
        times
    }

    /// Guesses that are right with this probability each.
    fn odds(probability: f64) -> Vec<f64> {
        (1..=7).map(|n| probability.powi(n)).collect()
    }

    #[test]
    fn guesses_are_as_many_as_pay() {
        let amx = machine(&[
            153, 162, 183, 189, 216, 226, 230, 236, 307, 330, 350, 373, 370, 365, 355, 347,
        ]);
        let avx2 = machine(&[168, 278, 305, 317, 381, 391, 410, 429, 540, 550, 560, 570]);
        let scalar = machine(&[100, 200, 300, 400, 500, 600, 700, 800, 900]);
        let none = Vec::new;
        for (name, times, odds, want) in [
            ("a sure copy", &amx, vec![odds(0.95)], vec![7]),
            ("a likely copy", &amx, vec![odds(0.6)], vec![3]),
            ("a fair guess", &amx, vec![odds(0.4)], vec![1]),
            ("a bad guess", &amx, vec![odds(0.1)], vec![0]),
            ("no guess", &amx, vec![none()], vec![0]),
            ("a sure copy", &avx2, vec![odds(0.95)], vec![7]),
            ("a likely copy", &avx2, vec![odds(0.6)], vec![3]),
            ("a fair guess", &avx2, vec![odds(0.5)], vec![0]),
            ("a sure copy", &scalar, vec![odds(0.95)], vec![0]),
            ("two sure copies", &amx, vec![odds(0.95); 2], vec![7, 7]),
            (
                "a neighbour who writes",
                &amx,
                vec![odds(0.95), none()],
                vec![0, 0],
            ),
            (
                "a neighbour's bad guess",
                &avx2,
                vec![odds(0.95), odds(0.1)],
                vec![0, 0],
            ),
            ("nobody", &amx, vec![], vec![]),
        ] {
            assert_eq!(lengths(&odds, odds.len(), times), want, "{name}");
        }
    }
}
