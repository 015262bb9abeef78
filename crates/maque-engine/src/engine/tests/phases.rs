//! What happens to a request: admission, chunks, the end, cancellation, slow readers.

use super::*;
use crate::PromptLogprobs;

#[test]
fn an_answer_is_what_the_logits_say() {
    for (n_prompt, max_tokens) in [
        (1, 1),
        (1, 40),
        (31, 3),
        (32, 3),
        (33, 40),
        (100, 1),
        (200, 33),
    ] {
        let request = greedy(n_prompt, 3, max_tokens);
        let mut bench = Bench::new(Sizes::default());
        let reader = bench.answer(request.clone());
        assert_eq!(
            reader.tokens(),
            expected(&request, 512),
            "{n_prompt} + {max_tokens}"
        );
        let usage = Usage {
            prompt_tokens: n_prompt,
            cached_tokens: 0,
            completion_tokens: max_tokens,
        };
        assert_eq!(reader.end(), (Finish::Length, usage));
        bench.assert_at_rest();
    }
}

#[test]
fn a_stop_token_ends_the_answer_and_is_not_said() {
    let free = greedy(20, 1, 10);
    let tokens = expected(&free, 512);
    let place = tokens
        .iter()
        .position(|id| *id == tokens[4])
        .expect("it is there");
    let reader = Bench::new(Sizes::default()).answer(Request {
        stop_tokens: vec![tokens[4]],
        ..free
    });
    assert_eq!(reader.tokens(), tokens[..place]);
    assert_eq!(reader.end().0, Finish::Stop);
    assert_eq!(reader.end().1.completion_tokens, place);
}

#[test]
fn an_answer_ends_where_the_context_does() {
    let sizes = Sizes {
        max_positions: 64,
        ..Sizes::default()
    };
    let reader = Bench::new(sizes).answer(greedy(50, 1, usize::MAX));
    assert_eq!(reader.tokens().len(), 14);
    assert_eq!(reader.end().0, Finish::Length);
}

#[test]
fn a_loop_is_ended_unless_that_is_switched_off() {
    let sampling = Sampling {
        logit_bias: vec![(7, 1_000.0)],
        ..Sampling::greedy()
    };
    let request = Request::new(prompt(10, 1), sampling, 400);
    let reader = Bench::new(Sizes::default()).answer(request.clone());
    assert_eq!(
        (reader.tokens().len(), reader.end().0),
        (256, Finish::Repetition)
    );
    let unguarded = Request {
        repetition_guard: crate::RepetitionGuard::Off,
        ..request
    };
    let reader = Bench::new(Sizes::default()).answer(unguarded);
    assert_eq!(
        (reader.tokens().len(), reader.end().0),
        (400, Finish::Length)
    );
}

#[test]
fn without_tokens_to_generate_the_prompt_is_read_and_that_is_all() {
    let mut bench = Bench::new(Sizes::default());
    let reader = bench.answer(greedy(100, 1, 0));
    assert_eq!(
        reader.end(),
        (
            Finish::Length,
            Usage {
                prompt_tokens: 100,
                ..Usage::default()
            }
        )
    );
    assert_eq!(bench.log().n_tokens(), 100);
    assert_eq!(
        reader.heard[..3],
        [0, 64, 100].map(|done| Event::Reading { done, total: 100 })
    );
}

#[test]
fn prompt_tokens_are_described_one_by_one() {
    for max_tokens in [0, 1] {
        let request = Request {
            prompt_logprobs: Some(PromptLogprobs { from: 0, n_top: 2 }),
            logprobs: Some(3),
            ..greedy(150, 5, max_tokens)
        };
        let sizes = Sizes {
            max_logits: 8,
            ..Sizes::default()
        };
        let mut bench = Bench::with_running(sizes, 8);
        bench.answer(request.clone()); // what it leaves in the cache has no logits
        let reader = bench.answer(request.clone());
        let described: Vec<&TokenEvent> = reader
            .heard
            .iter()
            .filter_map(|event| match event {
                Event::Prompt(token) => Some(token),
                _ => None,
            })
            .collect();
        assert_eq!(
            described.iter().map(|token| token.id).collect::<Vec<_>>(),
            request.prompt
        );
        assert_eq!(described[0].logprob, None);
        let mut logprobs = crate::logprobs::Logprobs::default();
        for (index, token) in described.iter().enumerate().skip(1) {
            let logits = logits_after(Sight::Whole, &request.prompt[..index]);
            assert_eq!(
                **token,
                logprobs.describe(&logits, request.prompt[index], 2),
                "token {index}"
            );
        }
        assert_eq!(reader.tokens(), expected(&request, 512));
    }
}

#[test]
fn only_the_last_tokens_of_a_prompt_are_told_and_what_is_before_them_may_be_cached() {
    let told = |prompt: &Request, from| Request {
        prompt_logprobs: Some(PromptLogprobs { from, n_top: 0 }),
        ..prompt.clone()
    };
    let mut logprobs = crate::logprobs::Logprobs::default();
    for (max_tokens, max_logits) in [(0, 8), (0, 32), (1, 8)] {
        let sizes = Sizes {
            max_logits,
            ..Sizes::default()
        };
        let mut bench = Bench::with_running(sizes, 6);
        let request = greedy(150, 5, max_tokens);
        for (from, n_cached) in [
            (130, 0),
            (130, 129),
            (40, 39),
            (1, 0),
            (149, 148),
            (150, 149),
        ] {
            let reader = bench.answer(told(&request, from));
            let described = reader.heard.iter().filter_map(|event| match event {
                Event::Prompt(token) => Some(token.clone()),
                _ => None,
            });
            let want = (from..150).map(|index| {
                let logits = logits_after(Sight::Whole, &request.prompt[..index]);
                logprobs.describe(&logits, request.prompt[index], 0)
            });
            assert_eq!(described.collect::<Vec<_>>(), want.collect::<Vec<_>>());
            assert_eq!(reader.n_cached(), n_cached, "from {from}");
            assert_eq!(reader.tokens(), expected(&request, 512));
        }
        let among: Vec<Request> = (0..5).map(|salt| told(&greedy(90, salt, 0), 80)).collect();
        let mut readers: Vec<Reader> = among.iter().map(|one| bench.submit(one.clone())).collect();
        bench.run(&mut readers.iter_mut().collect::<Vec<_>>());
        for (request, reader) in among.iter().zip(&readers) {
            let alone = Bench::new(sizes).answer(request.clone());
            let told = |reader: &Reader| {
                let heard = reader.heard.iter();
                heard
                    .filter(|event| matches!(event, Event::Prompt(_)))
                    .cloned()
                    .collect::<Vec<_>>()
            };
            assert_eq!((told(reader).len(), told(reader)), (10, told(&alone)));
        }
        bench.assert_at_rest();
    }
}

#[test]
fn a_long_prompt_is_read_in_chunks_that_hold_nobody_up() {
    let sizes = Sizes {
        time_per_token: Duration::from_millis(2),
        max_positions: 2_048,
        n_pages: 200,
        max_batch_tokens: 256,
        ..Sizes::default()
    };
    let mut bench = Bench::new(sizes);
    let mut talker = bench.submit(greedy(10, 1, 20));
    bench.scheduler.step();
    let mut long = bench.submit(Request {
        client: 1,
        ..greedy(2_000, 2, 1)
    });
    let mut longest = Duration::ZERO;
    while talker.tokens().len() < 19 {
        let start = bench.clock.now();
        bench.scheduler.step();
        longest = longest.max(bench.clock.now() - start);
        talker.listen();
        long.listen();
    }
    assert!(
        longest <= Duration::from_millis(150),
        "{longest:?} between two tokens"
    );
    assert!(
        Duration::from_millis(100) <= longest,
        "{longest:?} wastes time"
    );
    bench.run(&mut [&mut talker, &mut long]);
    let n_alone = bench
        .log()
        .passes
        .iter()
        .filter(|pass| pass.iter().any(|&(_, n)| n == 256))
        .count();
    assert!(
        0 < n_alone,
        "with nobody waiting for a token a chunk is a whole batch"
    );
    bench.assert_at_rest();
}

#[test]
fn short_prompts_do_not_wait_for_long_ones() {
    let mut bench = Bench::new(Sizes::default());
    let mut long = bench.submit(Request {
        client: 1,
        ..greedy(480, 1, 1)
    });
    let mut short = bench.submit(Request {
        client: 2,
        ..greedy(10, 2, 1)
    });
    bench.scheduler.step();
    short.listen();
    long.listen();
    assert_eq!(short.tokens().len(), 1);
    assert!(long.tokens().is_empty());
}

#[test]
fn clients_take_turns_in_the_queue_and_know_their_place() {
    let mut bench = Bench::with_running(Sizes::default(), 1);
    let mut readers: Vec<Reader> = [1, 1, 1, 2]
        .map(|client| {
            bench.submit(Request {
                client,
                ..greedy(4, client as u32, 2)
            })
        })
        .into();
    bench.scheduler.step();
    for (reader, position) in readers.iter_mut().zip([None, Some(1), Some(2), Some(0)]) {
        reader.listen();
        let told = reader.heard.iter().find_map(|event| match event {
            Event::Queued { position } => Some(*position),
            _ => None,
        });
        assert_eq!(told, position);
    }
    let mut order = Vec::new();
    while order.len() < 4 {
        bench.scheduler.step();
        for (index, reader) in readers.iter_mut().enumerate() {
            reader.listen();
            if !order.contains(&index)
                && matches!(reader.heard.last(), Some(Event::Finished { .. }))
            {
                order.push(index);
            }
        }
    }
    assert_eq!(order, [0, 3, 1, 2]);
}

#[test]
fn admission_waits_for_pages_and_nobody_overtakes() {
    // 8 pages; the first holds 5 (promised, not yet taken), so the second (4) waits and the third (1) waits behind it
    let mut bench = Bench::new(Sizes {
        n_pages: 8,
        max_positions: 256,
        ..Sizes::default()
    });
    let mut readers: Vec<Reader> = [(0, 10, 140), (1, 100, 20), (2, 10, 5)]
        .map(|(client, n_prompt, max_tokens)| {
            bench.submit(Request {
                client,
                ..greedy(n_prompt, client as u32, max_tokens)
            })
        })
        .into();
    bench.scheduler.step();
    assert_eq!(
        (bench.board.load().n_running, bench.board.load().n_waiting),
        (1, 2)
    );
    assert_eq!(bench.board.load().n_pages_used, 1);
    let [first, second, third] = &mut readers[..] else {
        unreachable!()
    };
    bench.run(&mut [first, second, third]);
    for (reader, max_tokens) in readers.iter().zip([140, 20, 5]) {
        assert_eq!(
            (reader.tokens().len(), reader.end().0),
            (max_tokens, Finish::Length)
        );
    }
    bench.assert_at_rest();
}

#[test]
fn a_request_dropped_in_the_queue_is_gone() {
    let mut bench = Bench::with_running(Sizes::default(), 1);
    let mut first = bench.submit(greedy(4, 1, 50));
    let second = bench.submit(greedy(200, 2, 50));
    bench.scheduler.step();
    drop(second);
    bench.run(&mut [&mut first]);
    assert_eq!(bench.log().n_tokens(), 4 + 49);
    bench.assert_at_rest();
}

#[test]
fn a_request_dropped_while_its_prompt_is_read_ends_the_pass_and_harms_nobody() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(4, 1, 50);
    let mut talker = bench.submit(request.clone());
    bench.scheduler.step();
    let long = bench.submit(Request {
        client: 1,
        ..greedy(400, 2, 50)
    });
    bench.scheduler.step();
    bench.log().script = Script::Wait;
    let dropper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(long);
    });
    bench.scheduler.step(); // ends only because the reader goes
    dropper.join().expect("it only sleeps");
    assert_eq!(bench.log().n_ended, 1);
    bench.run(&mut [&mut talker]);
    assert_eq!(talker.tokens(), expected(&request, 512));
    bench.assert_at_rest();
}

#[test]
fn a_request_dropped_while_it_decodes_does_not_end_others_passes() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(4, 1, 50);
    let mut talker = bench.submit(request.clone());
    let other = bench.submit(greedy(5, 2, 50));
    bench.scheduler.step();
    drop(other);
    bench.run(&mut [&mut talker]);
    assert_eq!(
        (bench.log().n_ended, talker.tokens()),
        (0, expected(&request, 512))
    );
    bench.assert_at_rest();
}

#[test]
fn a_pass_for_nobody_is_ended() {
    let mut bench = Bench::new(Sizes::default());
    let only = bench.submit(greedy(4, 1, 50));
    bench.scheduler.step();
    bench.log().script = Script::Wait;
    let dropper = std::thread::spawn(move || drop(only));
    bench.scheduler.step();
    dropper.join().expect("it only drops");
    assert!(bench.log().passes.len() <= 1);
    assert_eq!(bench.scheduler.step(), Turn::Idle);
    bench.assert_at_rest();
}

#[test]
fn a_slow_reader_pauses_alone_and_loses_nothing() {
    let mut bench = Bench::new(Sizes::default());
    let (slow_request, fast_request) = (greedy(4, 1, 200), greedy(5, 2, 200));
    let (mut slow, mut fast) = (
        bench.submit(slow_request.clone()),
        bench.submit(fast_request.clone()),
    );
    bench.run(&mut [&mut fast]);
    assert_eq!(fast.tokens(), expected(&fast_request, 512));
    assert_eq!(bench.board.load().n_running, 1);
    assert!(bench.scheduler.deadline().is_some());
    slow.listen();
    assert!(
        slow.heard.len() <= CAPACITY,
        "{} events were kept for it",
        slow.heard.len()
    );
    bench.run(&mut [&mut slow]);
    assert_eq!(slow.tokens(), expected(&slow_request, 512));
    bench.assert_at_rest();
    assert_eq!(bench.scheduler.deadline(), None);
}

#[test]
fn a_reader_that_stays_away_is_ended_after_its_time() {
    let mut bench = Bench::new(Sizes::default());
    let mut reader = bench.submit(greedy(4, 1, 200));
    bench.run(&mut []);
    bench.clock.advance(PATIENCE - Duration::from_secs(1));
    bench.run(&mut []);
    assert_eq!(bench.board.load().n_running, 1);
    bench.clock.advance(Duration::from_secs(1));
    bench.run(&mut []);
    bench.assert_at_rest();
    reader.listen();
    assert_eq!(reader.end().0, Finish::Stalled);
}

#[test]
fn a_finished_answer_waits_for_its_reader_without_holding_pages() {
    let mut bench = Bench::new(Sizes::default());
    let request = greedy(4, 1, CAPACITY + 1);
    let mut reader = bench.submit(request.clone());
    bench.run(&mut []);
    while bench.board.load().n_running != 0 {
        reader
            .heard
            .push(reader.receiver.try_recv().expect("the channel is full"));
        bench.run(&mut []);
    }
    bench.assert_at_rest();
    bench.run(&mut [&mut reader]);
    assert_eq!(reader.tokens(), expected(&request, 512));
    assert_eq!(reader.end().0, Finish::Length);
}

#[test]
fn a_shutdown_is_said_to_everyone() {
    let mut bench = Bench::with_running(Sizes::default(), 1);
    let mut readers = [1, 2].map(|salt| bench.submit(greedy(4, salt, 200)));
    bench.scheduler.step();
    bench.board.stop();
    let (_messages, inbox) = std::sync::mpsc::channel();
    assert!(!bench.scheduler.listen(&inbox, Turn::Worked));
    for reader in &mut readers {
        reader.listen();
        assert_eq!(reader.end().0, Finish::Shutdown);
    }
}
