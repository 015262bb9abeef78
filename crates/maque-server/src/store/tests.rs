//! The store against real files.

mod batches;
mod files;
mod limits;
mod rows;
mod shelves;

use super::shelf::{ItemDraft, Kind};
use super::*;
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("a store")
}

/// Work that must succeed.
#[track_caller]
fn run<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.call_blocking(work).expect("done")
}

/// A conversation of `person` with these questions and answers, one after the other.
fn conversation(store: &Store, person: i64, turns: &'static [[&'static str; 2]]) -> i64 {
    let made = store.call_blocking(move |c| {
        let id = conversations::create(c, person, "", &json!({}))?.id;
        for [question, answer] in turns {
            let before = conversations::find(c, person, id)?.active;
            let written = messages::ask(c, person, id, before, Some(question))?;
            messages::end(c, written.id, &ended(answer))?;
        }
        Ok(id)
    });
    made.expect("a conversation")
}

fn ended(content: &str) -> Ended {
    Ended {
        content: content.to_owned(),
        state: "complete",
        finish_reason: "stop".to_owned(),
        stats: json!({ "completion_tokens": 3 }),
    }
}

fn add_person(store: &Store) -> i64 {
    store
        .call_blocking(|c| people::add_person(c, "guest"))
        .expect("a person")
        .person
}
