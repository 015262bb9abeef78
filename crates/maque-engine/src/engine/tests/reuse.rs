//! Prefixes that are not evaluated again.

use super::*;
use crate::NotAdopted;
use maque_kernels::PAGE_TOKENS;

/// The conversation after a turn: its prompt, the answer, and `n` tokens of the next question.
fn next_turn(request: &Request, answer: &[u32], n: usize) -> Request {
    let question = prompt(n, 11);
    Request {
        prompt: [&request.prompt[..], answer, &question[..]].concat(),
        ..request.clone()
    }
}

#[test]
fn a_follow_up_evaluates_the_new_tokens_only() {
    let mut bench = Bench::with_speculation(Sizes::default(), Speculation::Off);
    let mut request = greedy(40, 1, 20);
    for turn in 0..5 {
        let n_before = bench.log().n_tokens();
        let reader = bench.answer(request.clone());
        let answer = reader.tokens();
        assert_eq!(answer, expected(&request, 512));
        if 0 < turn {
            // all but the question, and the last token of the answer, which was never fed
            assert_eq!(
                reader.n_cached(),
                request.prompt.len() - 10 - 1,
                "turn {turn}"
            );
            assert_eq!(bench.log().n_tokens() - n_before, 10 + 1 + 19);
        }
        request = next_turn(&request, &answer, 10);
    }
    bench.assert_at_rest();
}

#[test]
fn an_edited_question_evaluates_from_the_edit_on() {
    let mut bench = Bench::new(Sizes::default());
    let first = greedy(100, 1, 30);
    bench.answer(first.clone());
    let mut edited = first.clone();
    edited.prompt[70] = (edited.prompt[70] + 1) % N_VOCAB as u32;
    let reader = bench.answer(edited.clone());
    assert_eq!(
        (reader.n_cached(), reader.tokens()),
        (70, expected(&edited, 512))
    );
    assert_eq!(bench.log().n_copies, 1);
    // the first one is still there
    let reader = bench.answer(first.clone());
    assert_eq!(
        (reader.n_cached(), reader.tokens()),
        (99, expected(&first, 512))
    );
    bench.assert_at_rest();
}

#[test]
fn the_same_prompt_again_evaluates_one_token() {
    for n_prompt in [1, 31, 32, 33, 64, 65, 200] {
        let mut bench = Bench::new(Sizes::default());
        let request = Request {
            sampling: Sampling {
                seed: 5,
                ..Sampling::default()
            },
            ..greedy(n_prompt, 2, 12)
        };
        let cold = bench.answer(request.clone());
        let warm = bench.answer(request.clone());
        assert_eq!(cold.tokens(), warm.tokens());
        assert_eq!(warm.n_cached(), n_prompt - 1);
    }
}

#[test]
fn alternating_conversations_keep_their_prefixes() {
    let mut bench = Bench::new(Sizes::default());
    let mut conversations = [greedy(50, 1, 10), greedy(50, 2, 10)];
    for round in 0..4 {
        for conversation in &mut conversations {
            let reader = bench.answer(conversation.clone());
            if 0 < round {
                assert_eq!(reader.n_cached(), conversation.prompt.len() - 6);
            }
            *conversation = next_turn(conversation, &reader.tokens(), 5);
        }
    }
}

#[test]
fn what_one_engine_kept_another_goes_on_from() {
    let mut bench = Bench::new(Sizes::default());
    let system = prompt(75, 9);
    let mut warming = bench.warm(&system);
    bench.run(&mut [&mut warming]);
    let first = Request {
        prompt: [&system[..], &prompt(60, 1)].concat(),
        client: 1,
        ..greedy(1, 1, 30)
    };
    let answer = bench.answer(first.clone()).tokens();
    let (show, shown) = std::sync::mpsc::channel();
    bench.scheduler.accept(Message::Keep(Box::new(move |pages| {
        for page in pages {
            let sent = show.send((page.parent, page.client, page.tokens, page.kv.to_vec()));
            sent.expect("the test listens");
        }
    })));
    let mut next = Bench::new(Sizes::default());
    next.scheduler
        .accept(Message::Adopt(Box::new(move |mut adoption| {
            for (parent, client, tokens, kv) in shown {
                let page = adoption.page(parent, client, tokens);
                page.expect("there is room").copy_from_slice(&kv);
            }
            assert_eq!(adoption.finish(), 5); // two of the system prompt, three of the conversation
        })));
    let second = next_turn(&first, &answer, 10);
    let reader = next.answer(second.clone());
    assert_eq!(
        (reader.n_cached(), reader.tokens()),
        (5 * PAGE_TOKENS, expected(&second, 512))
    );
    let stranger = next.answer(Request {
        client: 2,
        ..second
    });
    assert_eq!(stranger.n_cached(), 2 * PAGE_TOKENS);
    next.assert_at_rest();
}

#[test]
fn an_adoption_that_is_given_up_leaves_nothing() {
    let mut bench = Bench::new(Sizes::default());
    bench
        .scheduler
        .accept(Message::Adopt(Box::new(|mut adoption| {
            let tokens = [3; PAGE_TOKENS];
            let mut take = |parent, client| adoption.page(parent, client, tokens).map(drop);
            assert_eq!(take(None, Some(1)), Ok(()));
            assert_eq!(take(Some(0), Some(2)), Err(NotAdopted::Unfit), "another's");
            assert_eq!(
                take(Some(0), None),
                Err(NotAdopted::Unfit),
                "everyone's below one client's"
            );
            assert_eq!(take(Some(1), Some(1)), Err(NotAdopted::Unfit), "not there");
            let n_further = (0..).take_while(|_| take(None, None).is_ok()).count();
            assert_eq!((n_further, take(None, None)), (63, Err(NotAdopted::Full)));
        })));
    let mut request = greedy(100, 1, 5);
    request.prompt[..PAGE_TOKENS].fill(3);
    assert_eq!(bench.answer(request).n_cached(), 0);
    bench.assert_at_rest();
}

#[test]
fn nobody_profits_from_anothers_prompts() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(100, 1, 5);
    bench.answer(Request {
        client: 1,
        ..request.clone()
    });
    assert_eq!(
        bench
            .answer(Request {
                client: 2,
                ..request.clone()
            })
            .n_cached(),
        0
    );
    assert_eq!(
        bench
            .answer(Request {
                client: 1,
                ..request
            })
            .n_cached(),
        99
    );
}

#[test]
fn a_warmed_prefix_is_everybodys() {
    let mut bench = Bench::new(Sizes::default());
    let system = prompt(75, 9);
    let mut reader = bench.warm(&system);
    bench.run(&mut [&mut reader]);
    assert_eq!(reader.end().0, Finish::Length);
    for client in 1..4 {
        let request = Request {
            prompt: [&system[..], &prompt(20, client)].concat(),
            client: u64::from(client),
            ..greedy(1, 1, 8)
        };
        let reader = bench.answer(request.clone());
        assert_eq!(
            (reader.n_cached(), reader.tokens()),
            (75, expected(&request, 512))
        );
    }
    bench.assert_at_rest();
}

#[test]
fn a_warmed_prefix_survives_a_crowd_but_makes_way_for_one_that_needs_all_pages() {
    let mut bench = Bench::new(Sizes {
        n_pages: 16,
        max_positions: 512,
        ..Sizes::default()
    });
    let system = prompt(64, 9);
    let mut reader = bench.warm(&system);
    bench.run(&mut [&mut reader]);
    for salt in 0..6 {
        bench.answer(greedy(300, salt, 10));
    }
    let follower = Request {
        prompt: [&system[..], &[1]].concat(),
        ..greedy(1, 1, 1)
    };
    assert_eq!(bench.answer(follower.clone()).n_cached(), 64);
    let giant = greedy(500, 3, 12);
    assert_eq!(bench.answer(giant.clone()).tokens(), expected(&giant, 512));
    assert_eq!(bench.answer(follower).n_cached(), 0);
}

#[test]
fn the_least_recently_used_conversation_makes_way() {
    // each conversation takes 4 pages of 12
    let mut bench = Bench::new(Sizes {
        n_pages: 12,
        max_positions: 128,
        ..Sizes::default()
    });
    let conversation = |salt| greedy(3 * PAGE_TOKENS + 8, salt, 8);
    for salt in [1, 2, 3, 1, 4] {
        bench.answer(conversation(salt));
    }
    let n_prompt = 3 * PAGE_TOKENS + 8;
    assert_eq!(bench.answer(conversation(1)).n_cached(), n_prompt - 1);
    assert!(bench.answer(conversation(2)).n_cached() < n_prompt - 1);
    bench.assert_at_rest();
}

#[test]
fn of_many_requests_with_one_prompt_only_the_first_reads_it() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(200, 1, 10);
    let mut readers: Vec<Reader> = (0..6)
        .map(|seed| {
            let sampling = Sampling {
                seed,
                ..Sampling::default()
            };
            bench.submit(Request {
                sampling,
                ..request.clone()
            })
        })
        .collect();
    bench.run(&mut readers.iter_mut().collect::<Vec<_>>());
    assert_eq!(readers[0].n_cached(), 0);
    assert!(
        bench.log().n_tokens() < 200 + 6 * (10 + PAGE_TOKENS),
        "{} tokens evaluated",
        bench.log().n_tokens()
    );
    for (seed, reader) in (0..).zip(&readers) {
        let sampling = Sampling {
            seed,
            ..Sampling::default()
        };
        assert_eq!(
            reader.tokens(),
            expected(
                &Request {
                    sampling,
                    ..request.clone()
                },
                512
            )
        );
    }
    bench.assert_at_rest();
}

#[test]
fn what_a_cancelled_request_read_is_kept() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(200, 1, 50);
    let reader = bench.submit(request.clone());
    bench.scheduler.step();
    bench.scheduler.step();
    drop(reader);
    bench.run(&mut []);
    assert_eq!(bench.answer(request).n_cached(), 128);
}
