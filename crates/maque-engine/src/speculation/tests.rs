//! What is guessed, and how sure that is.

use super::*;
use proptest::prelude::*;

fn followed(prompt: &[u32], answer: &[u32]) -> Speculator {
    let mut speculator = Speculator::default();
    let mut tokens = prompt.to_vec();
    for &id in answer {
        tokens.push(id);
        speculator.accept(&tokens);
    }
    speculator
}

/// Guesses after `answer` was written to `prompt`, as many as there are odds.
fn guessed(prompt: &[u32], answer: &[u32], n_max: usize) -> Vec<u32> {
    let speculator = followed(prompt, answer);
    let tokens = [prompt, answer].concat();
    let n_guesses = speculator.odds(n_max.min(7)).len();
    speculator.guesses(&tokens).take(n_guesses).collect()
}

fn range(ids: std::ops::Range<u32>) -> Vec<u32> {
    ids.collect()
}

#[test]
fn what_followed_before_is_guessed() {
    let text = range(0..60);
    for (answer, n_max, want) in [
        (vec![], 9, range(0..0)),
        (range(100..110), 9, range(0..0)), // nothing like it
        (range(10..12), 9, range(0..0)),   // two tokens are too few
        (range(10..13), 9, range(13..20)),
        (range(10..30), 9, range(30..37)), // a copy
        (range(10..30), 3, range(30..33)), // as far as there is room
        (range(10..30), 0, range(0..0)),
        (range(50..60), 9, range(50..57)), // what follows is the answer itself
        (vec![7; 4], 9, vec![7; 7]),       // it goes round where the source ends
        ([5, 6].repeat(3), 9, [5, 6].repeat(4)[..7].to_vec()),
    ] {
        assert_eq!(guessed(&text, &answer, n_max), want, "{answer:?}");
    }
}

#[test]
fn the_longest_place_is_taken_and_the_latest_of_equals() {
    for (prompt, answer, want) in [
        (
            [range(0..3), vec![50], range(0..3), vec![60]].concat(),
            range(0..3),
            60,
        ),
        (
            [range(0..20), vec![50], range(5..8), vec![60]].concat(),
            range(0..8),
            8,
        ),
    ] {
        assert_eq!(guessed(&prompt, &answer, 1), [want]);
    }
}

#[test]
fn a_copy_goes_on_after_an_insertion() {
    let copied = [range(0..20), range(100..110)].concat();
    // also where the first token differs: a line's end can be one token with the bracket before it
    for (id, want) in [(20, range(21..28)), (22, range(23..30))] {
        let answer = [&copied[..], &[id]].concat();
        assert_eq!(guessed(&range(0..60), &answer, 9), want);
    }
    let answer = [&copied[..], &[23]].concat();
    assert_eq!(guessed(&range(0..60), &answer, 9), range(0..0));
}

#[test]
fn one_is_sure_of_what_was_right_and_not_of_what_was_wrong() {
    let copy = followed(&range(0..600), &range(0..500));
    assert!(0.9 < copy.odds(7)[6], "{copy:?}");
    // every fourth token is new: what follows a known run is never what followed it before
    let answer: Vec<u32> = (0..40).flat_map(|i| [1, 2, 3, 100 + i]).collect();
    let doubtful = followed(&[1, 2, 3, 4], &answer[..3]);
    assert!(0.3 < doubtful.odds(1)[0], "the first is worth a try");
    let wrong = followed(&[1, 2, 3, 4], &answer[..159]);
    assert!(wrong.odds(1)[0] < 0.05, "{wrong:?}");
}

proptest! {
    #[test]
    fn any_tokens_are_followed(prompt in prop::collection::vec(0..4_u32, 1..60), answer in prop::collection::vec(0..4_u32, 0..200)) {
        let mut speculator = Speculator::default();
        let mut tokens = prompt;
        for id in answer {
            tokens.push(id);
            speculator.accept(&tokens);
            let odds = speculator.odds(7);
            prop_assert!(odds.is_sorted_by(|a, b| b <= a) && odds.iter().all(|odds| (0.0..=1.0).contains(odds)));
            prop_assert_eq!(speculator.guesses(&tokens).take(odds.len()).count(), odds.len());
            if let Some(source) = speculator.source {
                prop_assert!(0 < source.next && source.next < tokens.len());
                prop_assert_eq!(tokens[source.next - 1], tokens[tokens.len() - 1]);
            }
        }
    }
}
