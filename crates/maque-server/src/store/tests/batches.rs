//! Files and batches: whose they are, and what a restart leaves.

use super::*;
use crate::identity::Identity;
use crate::store::batches::{self, Answered, BatchDraft};
use crate::store::files::{self, Part};
use maque_batch::requests;
use serde_json::json;

const ALL: Part = Part {
    before: i64::MAX,
    limit: 100,
};

fn lines(n: usize) -> String {
    let line = |i| json!({ "custom_id": format!("r{i}"), "method": "POST", "url": "/v1/completions", "body": { "prompt": "hi" } });
    (0..n).map(|i| format!("{}\n", line(i))).collect()
}

fn begin(store: &Store, person: i64, text: &str) -> i64 {
    let draft = BatchDraft {
        input: 1,
        endpoint: "/v1/completions",
        metadata: json!({ "for": "tests" }),
        requests: requests(text),
    };
    run(store, move |c| batches::create(c, person, &draft)).id
}

fn answer(store: &Store, batch: i64, line: i64, status: u16) {
    let answered = Answered {
        batch,
        line,
        custom_id: format!("r{line}"),
        status,
        response: format!("{{\"line\":{line}}}"),
    };
    run(store, move |c| batches::answer(c, &answered));
}

fn n_open(store: &Store) -> usize {
    run(store, |c| batches::open(c, 100)).len()
}

#[test]
fn files_are_their_persons_own_and_bounded() {
    let folder = folder();
    let store = open(folder.path());
    let file = run(&store, |c| files::create(c, 1, "a.jsonl", b"{}\n"));
    let read = |person| store.call_blocking(move |c| files::content(c, person, file.id));
    assert_eq!(read(1), Ok(b"{}\n".to_vec()));
    assert_eq!(read(2), Err(StoreError::Unknown("file")));
    let deleted = |person| store.call_blocking(move |c| files::delete(c, person, file.id));
    assert_eq!(deleted(2), Err(StoreError::Unknown("file")));
    assert_eq!(deleted(1), Ok(()));
    let many = store.call_blocking(|c| {
        (0..=crate::limits::MAX_FILES).try_for_each(|_| files::create(c, 1, "a", b"x").map(drop))
    });
    assert!(matches!(many, Err(StoreError::Limit(_))));
}

#[test]
fn what_is_answered_stays_answered_after_a_restart() {
    let folder = folder();
    let store = open(folder.path());
    let id = begin(&store, 1, &lines(3));
    answer(&store, id, 1, 200);
    store.close();
    let store = open(folder.path());
    assert_eq!(n_open(&store), 2);
    answer(&store, id, 1, 200); // twice: it counts once
    answer(&store, id, 0, 400);
    answer(&store, id, 2, 200);
    let batch = run(&store, move |c| batches::read(c, 1, id));
    assert_eq!(
        (batch.state.as_str(), batch.counts),
        ("completed", [3, 2, 1])
    );
    let content = |file: Option<i64>| {
        let file = file.expect("a file");
        String::from_utf8(run(&store, move |c| files::content(c, 1, file))).expect("UTF-8")
    };
    assert_eq!(content(batch.output), "{\"line\":1}\n{\"line\":2}\n");
    assert_eq!(content(batch.refused), "{\"line\":0}\n");
    assert_eq!(n_open(&store), 0);
}

#[test]
fn a_batch_is_ended_by_its_person_only() {
    let folder = folder();
    let store = open(folder.path());
    let id = begin(&store, 1, &lines(4));
    answer(&store, id, 3, 200);
    let cancel = |person| store.call_blocking(move |c| batches::cancel(c, person, id));
    assert!(matches!(cancel(2), Err(StoreError::Unknown("batch"))));
    let batch = cancel(1).expect("ended");
    assert_eq!((batch.state.as_str(), n_open(&store)), ("cancelled", 0));
    answer(&store, id, 0, 200); // too late
    let after = run(&store, move |c| batches::read(c, 1, id));
    assert_eq!(after.counts, [4, 1, 0]);
    assert_eq!(cancel(1).expect("as it was").output, batch.output);
    assert_eq!(run(&store, |c| batches::list(c, 2, ALL)).len(), 0);
}

#[test]
fn wrong_input_fails_at_once_and_says_where() {
    let folder = folder();
    let store = open(folder.path());
    let id = begin(
        &store,
        Identity::OWNER.person,
        &format!("{}{{}}\n", lines(1)),
    );
    let batch = run(&store, move |c| batches::read(c, 1, id));
    assert_eq!(batch.state, "failed");
    assert_eq!(batch.errors[0]["line"], 2);
    assert_eq!(batch.errors[0]["param"], "custom_id");
}

#[test]
fn of_batches_that_left_nothing_the_newest_stay() {
    let folder = folder();
    let store = open(folder.path());
    let other = add_person(&store);
    let theirs = begin(&store, other, "{}\n");
    let first = begin(&store, 1, "{}\n");
    let kept = begin(&store, 1, &lines(1));
    answer(&store, kept, 0, 200);
    for _ in 0..crate::limits::MAX_BATCHES {
        begin(&store, 1, "{}\n");
    }
    let read = |person, id| store.call_blocking(move |c| batches::read(c, person, id));
    assert!(matches!(read(1, first), Err(StoreError::Unknown("batch"))));
    assert!(read(1, kept).is_ok() && read(1, first + 2).is_ok() && read(other, theirs).is_ok());
}

#[test]
fn batches_take_turns() {
    let folder = folder();
    let store = open(folder.path());
    let first = begin(&store, 1, &lines(50));
    let second = begin(&store, 1, &lines(2));
    for line in 0..10 {
        answer(&store, first, line, 200);
    }
    let next = run(&store, |c| batches::open(c, 3));
    let keys: Vec<_> = next
        .iter()
        .map(|request| (request.batch, request.line))
        .collect();
    assert_eq!(keys, [(second, 0), (second, 1), (first, 10)]);
}
