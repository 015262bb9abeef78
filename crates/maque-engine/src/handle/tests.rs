//! The real thread and the real channels around a fake runner.

use super::*;
use crate::fake::{Fake, FakeClock, Log, N_VOCAB, Script, Sizes};
use crate::{Finish, Usage};
use std::sync::Mutex;
use std::time::Duration;

fn start(options: EngineOptions) -> (Engine, Arc<Mutex<Log>>) {
    let (fake, log) = Fake::new(Sizes::default(), FakeClock::new());
    (Engine::start(fake, options), log)
}

fn request(n_prompt: usize, max_tokens: usize) -> Request {
    Request::new(
        (0..n_prompt as u32).map(|i| i % N_VOCAB as u32).collect(),
        Sampling::greedy(),
        max_tokens,
    )
}

/// All events until the end.
fn listen(mut running: Running) -> Vec<Event> {
    std::iter::from_fn(|| running.next_blocking()).collect()
}

fn finish(events: &[Event]) -> Finish {
    match events.last() {
        Some(&Event::Finished { finish, .. }) => finish,
        other => panic!("the last event is {other:?}"),
    }
}

/// Waits until `is_so`, which other threads bring about.
fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen within ten seconds");
}

#[test]
fn an_answer_comes_over_the_channel_and_then_nothing() {
    let (engine, _log) = start(EngineOptions::default());
    let mut running = engine.submit(request(10, 100)).expect("there is room");
    let mut n_tokens = 0;
    let usage = loop {
        match running.next_blocking().expect("the end is an event") {
            Event::Token(_) => n_tokens += 1,
            Event::Finished {
                finish: Finish::Length,
                usage,
            } => break usage,
            Event::Finished { finish, .. } => panic!("{finish:?}"),
            _ => {}
        }
    };
    assert_eq!(n_tokens, 100);
    assert_eq!(
        usage,
        Usage {
            prompt_tokens: 10,
            cached_tokens: 0,
            completion_tokens: 100
        }
    );
    assert_eq!(running.next_blocking(), None);
}

#[test]
fn bad_requests_are_refused_by_name() {
    let (engine, _log) = start(EngineOptions {
        context: 100,
        ..EngineOptions::default()
    });
    let refusal = |request| engine.submit(request).expect_err("it is bad").to_string();
    assert_eq!(refusal(request(0, 1)), "the prompt is empty");
    assert_eq!(
        refusal(request(100, 1)),
        "the prompt has 100 tokens, the context holds 99"
    );
    assert_eq!(
        refusal(request(101, 0)),
        "the prompt has 101 tokens, the context holds 100"
    );
    let unknown = Request {
        prompt: vec![1, 50],
        ..request(1, 1)
    };
    assert_eq!(
        refusal(unknown),
        "token id 50 is outside the vocabulary of 50"
    );
    let mut biased = request(1, 1);
    biased.sampling.logit_bias = vec![(77, 1.0)];
    assert_eq!(
        refusal(biased),
        "token id 77 is outside the vocabulary of 50"
    );
    assert_eq!(
        finish(&listen(engine.submit(request(100, 0)).expect("it fits"))),
        Finish::Length
    );
}

#[test]
fn a_full_queue_refuses_at_once_even_while_a_pass_runs() {
    let (engine, log) = start(EngineOptions {
        max_queue: 3,
        max_queue_per_client: 2,
        max_running: 1,
        ..EngineOptions::default()
    });
    log.lock().expect("not poisoned").script = Script::Wait;
    let first = engine.submit(request(64, 10)).expect("there is room");
    wait_until(|| engine.load().n_waiting == 0);
    let held: Vec<_> = (0..2)
        .map(|_| engine.submit(request(4, 4)).expect("there is room"))
        .collect();
    assert!(matches!(
        engine.submit(request(4, 4)),
        Err(SubmitError::QueueFull { n_waiting: 2 })
    ));
    let other = engine
        .submit(Request {
            client: 9,
            ..request(4, 4)
        })
        .expect("another client");
    assert!(matches!(
        engine.submit(Request {
            client: 8,
            ..request(4, 4)
        }),
        Err(SubmitError::QueueFull { n_waiting: 3 })
    ));
    drop(first); // ends the pass
    for running in held.into_iter().chain([other]) {
        assert_eq!(finish(&listen(running)), Finish::Length);
    }
    wait_until(|| engine.load().n_running == 0);
    assert_eq!(
        (engine.load().n_waiting, engine.load().n_pages_used),
        (0, 0)
    );
}

#[test]
fn who_hangs_up_while_a_pass_runs_can_ask_again_at_once() {
    let (engine, log) = start(EngineOptions {
        max_queue_per_client: 1,
        max_running: 1,
        ..EngineOptions::default()
    });
    log.lock().expect("not poisoned").script = Script::Wait;
    let first = engine.submit(request(64, 10)).expect("there is room");
    wait_until(|| engine.load().n_waiting == 0);
    for _ in 0..3 {
        drop(
            engine
                .submit(request(4, 4))
                .expect("the place is free again"),
        );
    }
    let last = engine.submit(request(4, 4)).expect("there is room");
    assert!(engine.submit(request(4, 4)).is_err(), "its place is taken");
    drop(first); // ends the pass
    assert_eq!(finish(&listen(last)), Finish::Length);
    wait_until(|| engine.load().n_running == 0);
    assert_eq!(engine.load().n_waiting, 0);
}

#[test]
fn a_burst_of_one_client_takes_free_slots_first_and_places_then() {
    let (engine, log) = start(EngineOptions {
        max_running: 4,
        max_queue_per_client: 2,
        ..EngineOptions::default()
    });
    log.lock().expect("not poisoned").script = Script::Wait;
    let first = engine.submit(request(64, 10)).expect("there is room");
    wait_until(|| engine.load().n_waiting == 0);
    let burst: Vec<_> = std::iter::from_fn(|| engine.submit(request(4, 4)).ok()).collect();
    assert_eq!(burst.len(), 3 + 2);
    drop(first); // ends the pass
    for running in burst {
        assert_eq!(finish(&listen(running)), Finish::Length);
    }
}

#[test]
fn dropping_a_request_frees_an_idle_engine_too() {
    let (engine, _log) = start(EngineOptions::default());
    let running = engine.submit(request(4, 400)).expect("there is room");
    wait_until(|| 0 < engine.load().n_running);
    thread::sleep(Duration::from_millis(20)); // its channel fills: the engine waits for its reader
    drop(running);
    wait_until(|| engine.load().n_running == 0 && engine.load().n_pages_used == 0);
}

#[test]
fn a_slow_reader_is_waited_for() {
    let (engine, _log) = start(EngineOptions::default());
    let mut running = engine.submit(request(4, 150)).expect("there is room");
    let mut n_events = 0;
    while running.next_blocking().is_some() {
        n_events += 1;
        if n_events % 40 == 0 {
            thread::sleep(Duration::from_millis(10));
        }
    }
    assert!(150 < n_events);
}

#[test]
fn a_lost_model_ends_requests_and_not_the_engine() {
    let (engine, log) = start(EngineOptions::default());
    assert!(!engine.has_lost_model());
    log.lock().expect("not poisoned").script = Script::Lose;
    let running = engine.submit(request(4, 4)).expect("there is room");
    assert_eq!(finish(&listen(running)), Finish::Lost);
    assert!(engine.has_lost_model() && !engine.has_ended());
    let next = engine.submit(request(4, 4)).expect("the engine lives");
    assert_eq!(finish(&listen(next)), Finish::Length);
    wait_until(|| engine.load().n_pages_used == 0);
}

#[test]
fn a_panic_ends_every_request_and_stops_the_engine() {
    let (engine, log) = start(EngineOptions {
        max_running: 1,
        ..EngineOptions::default()
    });
    log.lock().expect("not poisoned").script = Script::Panic;
    assert!(!engine.has_ended());
    let doomed: Vec<_> = (0..3)
        .map_while(|_| engine.submit(request(4, 4)).ok())
        .collect();
    assert!(!doomed.is_empty());
    for running in doomed {
        assert_eq!(finish(&listen(running)), Finish::Failed);
    }
    wait_until(|| matches!(engine.submit(request(4, 4)), Err(SubmitError::Stopped)));
    wait_until(|| engine.has_ended());
}

#[test]
fn a_shutdown_ends_what_runs_and_refuses_what_comes() {
    let (engine, log) = start(EngineOptions {
        max_running: 1,
        ..EngineOptions::default()
    });
    log.lock().expect("not poisoned").script = Script::Wait;
    let running = [(); 2].map(|()| engine.submit(request(40, 400)).expect("there is room"));
    engine.shutdown();
    assert!(matches!(
        engine.submit(request(4, 4)),
        Err(SubmitError::Stopped)
    ));
    for running in running {
        assert_eq!(finish(&listen(running)), Finish::Shutdown);
    }
}

#[test]
fn the_thread_ends_with_the_last_handle() {
    let (engine, log) = start(EngineOptions::default());
    let running = engine.submit(request(4, 20)).expect("there is room");
    drop(engine);
    assert_eq!(finish(&listen(running)), Finish::Length);
    wait_until(|| Arc::strong_count(&log) == 1); // the runner is gone
}

#[test]
fn a_warmed_prefix_is_ready_when_its_request_ends() {
    let (engine, _log) = start(EngineOptions::default());
    let prefix = request(70, 0).prompt;
    assert_eq!(
        finish(&listen(engine.warm(&prefix).expect("there is room"))),
        Finish::Length
    );
    let follower = Request {
        prompt: [&prefix[..], &[1, 2]].concat(),
        client: 3,
        ..request(1, 1)
    };
    let events = listen(engine.submit(follower).expect("there is room"));
    let want = Usage {
        prompt_tokens: 72,
        cached_tokens: 70,
        completion_tokens: 1,
    };
    assert!(
        matches!(events.last(), Some(Event::Finished { usage, .. }) if *usage == want),
        "{events:?}"
    );
}
