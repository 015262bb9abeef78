//! Random workloads: every answer is its solo answer, and no page is lost.

use super::*;
use crate::{PromptLogprobs, RepetitionGuard};
use proptest::prelude::*;

/// One request of a workload, and what its reader does.
#[derive(Clone, Debug)]
struct Visit {
    request: Request,
    arrives: usize,        // at this step
    leaves: Option<usize>, // so many steps later
    reads_every: usize,    // steps
}

fn any_request() -> impl Strategy<Value = Request> {
    let sampling = prop_oneof![
        Just(Sampling::greedy()),
        any::<u64>().prop_map(|seed| Sampling {
            seed,
            top_k: 5,
            repetition_penalty: 1.1,
            ..Sampling::default()
        }),
    ];
    let told = (0..150_usize).prop_map(|from| Some(PromptLogprobs { from, n_top: 1 }));
    let prompt_logprobs = prop_oneof![3 => Just(None), 1 => told];
    // few salts: prompts share prefixes
    (
        1..150_usize,
        0..3_u32,
        0..3_u64,
        0..60_usize,
        sampling,
        prompt_logprobs,
        any::<bool>(),
        prop_oneof![Just(Priority::Interactive), Just(Priority::Batch)],
    )
        .prop_map(
            |(n_prompt, salt, client, max_tokens, sampling, prompt_logprobs, stops, priority)| {
                Request {
                    client,
                    priority,
                    stop_tokens: if stops { vec![3, 4] } else { Vec::new() },
                    prompt_logprobs,
                    repetition_guard: RepetitionGuard::Off,
                    ..Request::new(prompt(n_prompt, salt), sampling, max_tokens)
                }
            },
        )
}

fn any_visit() -> impl Strategy<Value = Visit> {
    let leaves = prop_oneof![2 => Just(None), 1 => (0..40_usize).prop_map(Some)];
    (any_request(), 0..60_usize, leaves, 1..30_usize).prop_map(
        |(request, arrives, leaves, reads_every)| Visit {
            request,
            arrives,
            leaves,
            reads_every,
        },
    )
}

/// Runs a workload to its end; answers of those who stayed.
fn run(bench: &mut Bench, visits: &[Visit]) -> Vec<(usize, Reader)> {
    let mut present: Vec<(usize, Reader)> = Vec::new();
    for step in 0..100_000 {
        for (index, visit) in visits.iter().enumerate() {
            if visit.arrives == step {
                let reader = bench.submit(visit.request.clone());
                present.push((index, reader));
            }
        }
        present.retain(|(index, _)| {
            visits[*index]
                .leaves
                .is_none_or(|n| step < visits[*index].arrives + n)
        });
        let turn = bench.scheduler.step();
        bench.scheduler.cache.assert_consistent();
        let mut n_heard = 0;
        for (index, reader) in &mut present {
            if step % visits[*index].reads_every == 0 {
                n_heard += reader.listen();
            }
        }
        if turn == Turn::Idle
            && 130 < step
            && n_heard == 0
            && present.iter_mut().all(|(_, reader)| reader.listen() == 0)
        {
            return present;
        }
    }
    panic!("the engine does not come to rest");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn answers_do_not_depend_on_the_neighbours_and_pages_come_back(
        visits in prop::collection::vec(any_visit(), 1..12),
        n_pages in 7..40_usize,
        max_running in 1..7_usize,
        max_batch_tokens in 8..80_usize,
        sight in prop_oneof![Just(Sight::Whole), Just(Sight::Short)],
    ) {
        let sizes = Sizes { n_pages, max_positions: 200, max_batch_tokens, max_logits: 8, sight, ..Sizes::default() };
        let mut bench = Bench::with_running(sizes, max_running);
        let readers = run(&mut bench, &visits);
        bench.assert_at_rest();
        for (index, reader) in readers {
            let request = &visits[index].request;
            prop_assert_eq!(reader.tokens(), expected_of(sight, request, 200), "request {}", index);
            prop_assert_eq!(reader.end().1.prompt_tokens, request.prompt.len());
        }
    }
}
