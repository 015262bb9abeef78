//! Interactive requests go first: batch work rests while they have something to do.

use super::*;

fn batch(n_prompt: usize, salt: u32, max_tokens: usize) -> Request {
    Request {
        priority: Priority::Batch,
        ..greedy(n_prompt, salt, max_tokens)
    }
}

#[test]
fn batch_work_rests_while_somebody_is_answered() {
    let mut bench = Bench::new(Sizes::default());
    let mut rows: Vec<Reader> = (0..4)
        .map(|salt| bench.submit(batch(20, salt, 30)))
        .collect();
    for _ in 0..5 {
        bench.scheduler.step();
    }
    let request = greedy(20, 9, 10);
    let mut person = bench.submit(request.clone());
    let n_before = bench.log().passes.len();
    while person.listen() == 0 || !matches!(person.heard.last(), Some(Event::Finished { .. })) {
        bench.scheduler.step();
    }
    let passes = bench.log().passes[n_before..].to_vec();
    assert!(passes.iter().all(|pass| pass.len() == 1), "{passes:?}");
    assert_eq!(person.tokens(), expected(&request, 512));
    bench.run(&mut rows.iter_mut().collect::<Vec<_>>());
    for (salt, row) in (0..).zip(&rows) {
        assert_eq!(row.tokens(), expected(&batch(20, salt, 30), 512));
    }
    bench.assert_at_rest();
}

#[test]
fn a_pass_of_batch_work_is_ended_when_somebody_comes() {
    let mut bench = Bench::new(Sizes::default());
    let mut row = bench.submit(batch(60, 1, 5));
    bench.log().script = Script::Wait;
    let (board, log) = (Arc::clone(&bench.board), Arc::clone(&bench.log));
    let ticket = std::thread::scope(|scope| {
        let comer = scope.spawn(|| {
            while log.lock().expect("not poisoned").script == Script::Wait {
                std::thread::yield_now(); // until the pass is under way
            }
            let lane = greedy(1, 1, 1).lane();
            board
                .enter(lane, &EngineOptions::default())
                .expect("there is room")
        });
        bench.scheduler.step();
        comer.join().expect("the ticket")
    });
    assert_eq!(bench.log().n_ended, 1);
    let (outbox, receiver, _) = Outbox::new(20);
    let request = greedy(20, 2, 3);
    let waiting = Waiting {
        request: request.clone(),
        retention: Retention::Client,
        outbox,
        ticket,
        position: None,
    };
    bench.scheduler.accept(Message::Submit(Box::new(waiting)));
    let mut person = Reader {
        receiver,
        heard: Vec::new(),
    };
    bench.run(&mut [&mut row, &mut person]);
    assert_eq!(bench.log().n_ended, 1, "it is not ended again");
    assert_eq!(person.tokens(), expected(&request, 512));
    assert_eq!(row.tokens(), expected(&batch(60, 1, 5), 512));
}

#[test]
fn batch_work_leaves_pages_and_places() {
    let mut bench = Bench::with_running(Sizes::default(), 2);
    let mut rows: Vec<Reader> = (0..4)
        .map(|salt| bench.submit(batch(300, salt, 200)))
        .collect();
    bench.scheduler.step();
    assert_eq!(
        bench.board.load().n_running,
        2,
        "as many as there are places"
    );
    let mut people: Vec<Reader> = (5..7)
        .map(|salt| bench.submit(greedy(300, salt, 200)))
        .collect();
    bench.scheduler.step();
    assert_eq!(bench.board.load().n_running, 4, "and as many people beside");
    let mut all: Vec<&mut Reader> = rows.iter_mut().chain(&mut people).collect();
    bench.run(&mut all);
    bench.assert_at_rest();

    let mut bench = Bench::new(Sizes::default()); // 64 pages, 16 a row
    let mut rows: Vec<Reader> = (0..8)
        .map(|salt| bench.submit(batch(300, salt, 212)))
        .collect();
    bench.scheduler.step();
    assert_eq!(
        bench.board.load().n_running,
        2,
        "half of the pages are left"
    );
    bench.run(&mut rows.iter_mut().collect::<Vec<_>>());
    bench.assert_at_rest();
}
