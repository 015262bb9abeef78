//! Guessed tokens: they make fewer steps, and nothing else.

use super::*;
use crate::{Allowed, Constraint, PromptLogprobs, RepetitionGuard};

/// A model whose answers keep coming back to what they said before.
const REPETITIVE: Sizes = Sizes {
    n_pages: 64,
    max_positions: 512,
    max_batch_tokens: 64,
    max_logits: 32,
    time_per_token: Duration::ZERO,
    sight: Sight::Short,
};

fn on_and_off(sizes: Sizes) -> [Bench; 2] {
    [Speculation::Auto, Speculation::Off]
        .map(|speculation| Bench::with_speculation(sizes, speculation))
}

/// Few likely tokens, so that answers meet the same three again.
fn sampled(seed: u64) -> Sampling {
    Sampling {
        temperature: 0.5,
        top_k: 3,
        seed,
        ..Sampling::default()
    }
}

fn requests() -> Vec<(&'static str, Request)> {
    let unguarded = Request {
        repetition_guard: RepetitionGuard::Off,
        ..greedy(40, 3, 300)
    };
    let with = |sampling| Request {
        sampling,
        ..unguarded.clone()
    };
    let penalties = Sampling {
        repetition_penalty: 1.05,
        presence_penalty: 0.1,
        frequency_penalty: 0.01,
        logit_bias: vec![(3, 1.0), (4, -1.0)],
        ..sampled(6)
    };
    vec![
        ("greedy", unguarded.clone()),
        ("sampled", with(sampled(5))),
        ("penalties", with(penalties)),
        (
            "logprobs",
            Request {
                logprobs: Some(3),
                prompt_logprobs: Some(PromptLogprobs { from: 9, n_top: 2 }),
                ..with(sampled(8))
            },
        ),
        (
            "stop tokens",
            Request {
                stop_tokens: vec![last_new(&with(sampled(9)))],
                ..with(sampled(9))
            },
        ),
        (
            "repetition guard",
            Request {
                repetition_guard: RepetitionGuard::On,
                ..greedy(40, 3, 400)
            },
        ),
    ]
}

/// The token of its answer that takes longest to come.
fn last_new(request: &Request) -> u32 {
    let answer = expected_of(Sight::Short, request, 512);
    let first = |id| answer.iter().position(|&other| other == id);
    *answer
        .iter()
        .max_by_key(|id| first(**id))
        .expect("it is not empty")
}

/// What a reader hears but progress.
fn said(reader: &Reader) -> Vec<&Event> {
    let events = reader.heard.iter();
    events
        .filter(|event| !matches!(event, Event::Reading { .. } | Event::Queued { .. }))
        .collect()
}

#[test]
fn answers_are_the_same_and_take_fewer_steps() {
    for (name, request) in requests() {
        let [mut on, mut off] = on_and_off(REPETITIVE);
        let (with, without) = (on.answer(request.clone()), off.answer(request.clone()));
        assert_eq!(said(&with), said(&without), "{name}");
        let n_steps = [&on, &off].map(|bench| bench.log().passes.len());
        assert!(n_steps[0] < n_steps[1], "{name}: {n_steps:?} steps");
        on.assert_at_rest();
    }
}

#[test]
fn answers_of_any_length_end_where_they_end() {
    for max_tokens in (0..40).chain([usize::MAX]) {
        let request = greedy(480, 3, max_tokens);
        let [with, without] = on_and_off(REPETITIVE).map(|mut bench| {
            let reader = bench.answer(request.clone());
            bench.assert_at_rest();
            reader
        });
        assert_eq!(said(&with), said(&without), "{max_tokens} tokens");
    }
}

#[test]
fn several_at_once_say_what_each_says_alone() {
    let [mut on, _] = on_and_off(REPETITIVE);
    let requests = || {
        let named = requests().into_iter().enumerate();
        named.map(|(index, (name, request))| {
            let max_tokens = 320 - 50 * index; // the last ones are among few
            (
                name,
                Request {
                    max_tokens,
                    ..request
                },
            )
        })
    };
    let mut readers: Vec<Reader> = requests().map(|(_, request)| on.submit(request)).collect();
    on.run(&mut readers.iter_mut().collect::<Vec<_>>());
    assert!(0 < on.board.load().n_accepted);
    on.assert_at_rest();
    for (reader, (name, request)) in readers.iter().zip(requests()) {
        let [_, mut off] = on_and_off(REPETITIVE);
        let alone = off.answer(request);
        assert_eq!(reader.tokens(), alone.tokens(), "{name}");
        assert_eq!(reader.end().0, alone.end().0, "{name}");
    }
}

#[test]
fn wrong_guesses_are_neither_cached_nor_said() {
    let [mut bench, _] = on_and_off(REPETITIVE);
    let mut request = Request {
        sampling: sampled(5),
        repetition_guard: RepetitionGuard::Off,
        ..greedy(40, 3, 60)
    };
    for turn in 0..6 {
        let reader = bench.answer(request.clone());
        let answer = reader.tokens();
        assert_eq!(answer, expected_of(Sight::Short, &request, 512));
        if 0 < turn {
            assert_eq!(reader.n_cached(), request.prompt.len() - 5 - 1);
        }
        request.prompt.extend(answer);
        request.prompt.extend(prompt(5, 11));
    }
    let load = bench.board.load();
    assert!(
        load.n_accepted < load.n_drafted && 0 < load.n_accepted,
        "{load:?}"
    );
}

#[test]
fn a_pass_with_guesses_that_is_ended_is_made_again() {
    let [mut bench, _] = on_and_off(REPETITIVE);
    let (_, request) = requests().swap_remove(1);
    let mut reader = bench.submit(request.clone());
    while bench.board.load().n_accepted == 0 {
        bench.scheduler.step();
        reader.listen();
    }
    for salt in 4..9 {
        let other = bench.submit(greedy(60, salt, 5));
        bench.log().script = Script::Wait;
        let log = Arc::clone(&bench.log);
        let is_waiting = move || log.lock().expect("not poisoned").script == Script::Obey;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while !is_waiting() {
                    std::thread::yield_now();
                }
                drop(other);
            });
            bench.scheduler.step();
        });
        reader.listen();
    }
    assert!(0 < bench.log().n_ended);
    bench.run(&mut [&mut reader]);
    assert_eq!(reader.tokens(), expected_of(Sight::Short, &request, 512));
    bench.assert_at_rest();
}

#[test]
fn where_a_token_more_takes_a_tokens_time_one_guesses_less() {
    let sizes = Sizes {
        time_per_token: Duration::from_millis(10),
        ..REPETITIVE
    };
    let [mut bench, _] = on_and_off(sizes);
    let (_, request) = requests().swap_remove(0);
    let n_drafted = [(); 4].map(|()| {
        let n_before = bench.board.load().n_drafted;
        bench.answer(request.clone());
        bench.board.load().n_drafted - n_before
    });
    assert!(
        0 < n_drafted[0] && n_drafted[3] < 100,
        "{n_drafted:?} of 300 tokens each"
    );
}

#[test]
fn where_answers_never_repeat_one_hardly_guesses() {
    let mut bench = Bench::new(Sizes::default());
    for seed in 0..5 {
        bench.answer(Request {
            sampling: sampled(seed),
            ..greedy(40, 3, 400)
        });
    }
    let load = bench.board.load();
    assert!(load.n_drafted < 100, "{load:?} of 2000 tokens");
}

/// Allows the even ids, up to so many of them.
#[derive(Clone, Debug)]
struct Even {
    n_left: usize,
}

impl Constraint for Even {
    fn allowed(&mut self) -> Allowed<'_> {
        Allowed::Only(&[0x5555_5555; 2])
    }
    fn accept(&mut self, id: u32) {
        assert!(
            id.is_multiple_of(2) && 0 < self.n_left,
            "only what is said is told"
        );
        self.n_left -= 1;
    }
    fn is_complete(&self) -> bool {
        self.n_left == 0
    }
    fn fork(&self) -> Box<dyn Constraint> {
        Box::new(self.clone())
    }
}

#[test]
fn constrained_answers_are_the_same_too() {
    for n_left in [100, 101, 102, 103, 500] {
        for (name, request) in requests() {
            let request = Request {
                constraint: Some(Box::new(Even { n_left })),
                ..request
            };
            let [mut on, mut off] = on_and_off(REPETITIVE);
            let (with, without) = (on.answer(request.clone()), off.answer(request));
            assert_eq!(said(&with), said(&without), "{name}, {n_left} tokens");
            assert!(with.tokens().iter().all(|id| id.is_multiple_of(2)));
        }
    }
}
