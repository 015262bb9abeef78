//! Answers within a constraint: what it forbids is never said, and it decides where the answer ends.

use super::*;
use crate::{Allowed, Constraint};

/// Allows the ids of one list after the other; an empty list gives up, `u32::MAX` allows anything.
#[derive(Clone, Debug)]
struct Script {
    steps: Vec<Vec<u32>>,
    n_taken: usize,
    words: Vec<u32>,
}

impl Script {
    fn boxed(steps: &[&[u32]]) -> Option<Box<dyn Constraint>> {
        Some(Box::new(Script {
            steps: steps.iter().map(|ids| ids.to_vec()).collect(),
            n_taken: 0,
            words: Vec::new(),
        }))
    }
}

impl Constraint for Script {
    fn allowed(&mut self) -> Allowed<'_> {
        match self.steps[self.n_taken].as_slice() {
            [] => return Allowed::Unknown,
            [u32::MAX] => return Allowed::Anything,
            ids => {
                self.words = vec![0; 2];
                for id in ids {
                    self.words[*id as usize / 32] |= 1 << (id % 32);
                }
            }
        }
        Allowed::Only(&self.words)
    }
    fn accept(&mut self, id: u32) {
        let allowed = &self.steps[self.n_taken];
        assert!(allowed.contains(&id) || allowed == &[u32::MAX]);
        self.n_taken += 1;
    }
    fn is_complete(&self) -> bool {
        self.n_taken == self.steps.len()
    }
    fn fork(&self) -> Box<dyn Constraint> {
        Box::new(self.clone())
    }
}

fn constrained(sampling: Sampling, salt: u32, steps: &[&[u32]]) -> Request {
    Request {
        constraint: Script::boxed(steps),
        stop_tokens: vec![0],
        ..Request::new(prompt(20, salt), sampling, 30)
    }
}

#[test]
fn only_allowed_tokens_are_said_and_the_answer_ends_when_nothing_can_follow() {
    let sampling = Sampling {
        repetition_penalty: 1.3,
        logit_bias: vec![(9, 100.0), (1, 100.0)],
        seed: 5,
        ..Sampling::default()
    };
    for salt in 1..30 {
        let request = constrained(sampling.clone(), salt, &[&[3, 4, 40], &[33], &[5, 6]]);
        let reader = Bench::new(Sizes::default()).answer(request);
        let tokens = reader.tokens();
        assert_eq!(tokens.len(), 3);
        assert!([3, 4, 40].contains(&tokens[0]) && tokens[1] == 33 && [5, 6].contains(&tokens[2]));
        assert_eq!(reader.end().0, Finish::Stop);
        assert_eq!(reader.end().1.completion_tokens, 3);
    }
}

#[test]
fn an_answer_may_stop_only_where_the_stop_token_is_allowed() {
    for salt in 1..30 {
        let steps: [&[u32]; 3] = [&[u32::MAX], &[0], &[7]];
        let reader =
            Bench::new(Sizes::default()).answer(constrained(Sampling::greedy(), salt, &steps));
        assert!(reader.tokens().len() <= 1, "id 0 ends the answer");
        assert_eq!(reader.end().0, Finish::Stop);
    }
}

#[test]
fn a_constraint_that_gives_up_ends_the_answer_and_no_other() {
    let mut bench = Bench::new(Sizes::default());
    let mut broken = bench.submit(constrained(Sampling::greedy(), 1, &[&[2], &[]]));
    let mut empty = bench.submit(constrained(Sampling::greedy(), 2, &[&[63]]));
    let mut other = bench.submit(greedy(20, 3, 10));
    bench.run(&mut [&mut broken, &mut empty, &mut other]);
    assert_eq!(broken.tokens(), [2]);
    assert_eq!(broken.end().0, Finish::Constraint);
    assert_eq!(
        (empty.tokens().len(), empty.end().0),
        (0, Finish::Constraint)
    );
    assert_eq!(other.tokens(), expected(&greedy(20, 3, 10), 512));
    bench.assert_at_rest();
}

#[test]
fn constrained_answers_are_the_same_alone_and_among_others() {
    let sampling = Sampling {
        seed: 3,
        ..Sampling::default()
    };
    let steps: Vec<Vec<u32>> = (0..12).map(|i| (i..i + 20).collect()).collect();
    let steps: Vec<&[u32]> = steps.iter().map(Vec::as_slice).collect();
    let alone = Bench::new(Sizes::default())
        .answer(constrained(sampling.clone(), 4, &steps))
        .tokens();
    let mut bench = Bench::new(Sizes::default());
    let mut readers: Vec<Reader> = (1..8)
        .map(|salt| bench.submit(constrained(sampling.clone(), salt, &steps)))
        .collect();
    bench.run(&mut readers.iter_mut().collect::<Vec<_>>());
    assert_eq!(readers[3].tokens(), alone);
}

#[test]
fn tokens_that_nothing_else_can_follow_are_fed_together() {
    let forced: Vec<Vec<u32>> = (0..20).map(|i| vec![20 + i]).collect();
    let mut steps: Vec<&[u32]> = forced.iter().map(Vec::as_slice).collect();
    let (any, both) = ([1, 2, 3, 4, 5, 6], [7, 8]);
    steps.insert(0, &any);
    steps.insert(4, &any);
    steps.push(&both);
    let request = constrained(Sampling::greedy(), 4, &steps);
    let mut bench = Bench::new(Sizes::default());
    let reader = bench.answer(request.clone());
    let fed: Vec<_> = bench.log().passes.iter().map(|pass| pass[0].1).collect();
    // The prompt; the first choice and three; the second and seven; the eight behind; the last two, which a choice follows.
    assert_eq!(fed, [20, 4, 8, 8, 2]);
    bench.assert_at_rest();
    let described = Request {
        logprobs: Some(0),
        ..request
    };
    let mut bench = Bench::new(Sizes::default());
    let one_by_one = bench.answer(described);
    assert_eq!(bench.log().passes.len(), steps.len());
    assert_eq!(reader.tokens(), one_by_one.tokens());
    assert_eq!(reader.tokens().len(), steps.len());
}
