//! How much one person, and all of them, may have.

use super::*;
use crate::limits::{
    MAX_BODY, MAX_CONVERSATION_BYTES, MAX_CONVERSATION_MESSAGES, MAX_CONVERSATIONS, MAX_PEOPLE,
    MAX_PERSON_BYTES, MAX_PERSONAS, MAX_PROMPTS,
};

/// SQL that repeats what follows for `i` from 1 to `n`.
fn times(n: usize, sql: &str) -> String {
    format!(
        "WITH RECURSIVE count (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM count WHERE i < {n}) {sql}"
    )
}

/// Whether `work` is refused after `sql` has filled a fresh store, and done after it was all but filled.
#[track_caller]
fn check(
    limit: usize,
    fill: impl Fn(usize) -> String,
    work: fn(&Connection) -> Result<(), StoreError>,
) {
    for (n, is_refused) in [(limit, true), (limit - 1, false)] {
        let folder = folder();
        let store = open(folder.path());
        let id = conversation(&store, 1, &[]);
        assert_eq!(id, 1);
        let sql = fill(n);
        run(&store, move |c| Ok(c.execute_batch(&sql)?));
        let done = store.call_blocking(work);
        match is_refused {
            true => assert!(matches!(done, Err(StoreError::Limit(_))), "{done:?}"),
            false => assert!(done.is_ok(), "{done:?}"),
        }
        store.close();
    }
}

#[test]
fn people_are_counted() {
    let sql = "INSERT INTO persons (name, role, created_at) SELECT '', 'user', 0 FROM count";
    check(
        MAX_PEOPLE,
        |n| times(n - 1, sql),
        |c| people::add_person(c, "").map(drop),
    );
}

#[test]
fn conversations_are_counted() {
    let sql = "INSERT INTO conversations (person, title, settings, touched, created_at, updated_at)
        SELECT 1, '', '{}', i, 0, 0 FROM count";
    let work = |c: &Connection| conversations::create(c, 1, "", &json!({})).map(drop);
    check(MAX_CONVERSATIONS, |n| times(n - 1, sql), work);
}

fn keep(c: &Connection, kind: Kind) -> Result<(), StoreError> {
    shelf::create(c, 1, kind, &ItemDraft::default()).map(drop)
}

#[test]
fn personas_and_prompts_are_counted() {
    let sql = |kind| {
        format!(
            "INSERT INTO shelf (person, kind, name, prompt, settings, shared, created_at)
             SELECT 1, '{kind}', '', '', '{{}}', 0, 0 FROM count"
        )
    };
    check(
        MAX_PERSONAS,
        |n| times(n, &sql("persona")),
        |c| keep(c, Kind::Persona),
    );
    check(
        MAX_PROMPTS,
        |n| times(n, &sql("prompt")),
        |c| keep(c, Kind::Prompt),
    );
}

/// Messages of the first conversation, each of so many bytes.
fn messages(n: usize, n_bytes: usize) -> String {
    times(
        n,
        &format!(
            "INSERT INTO messages (person, conversation, role, content, state, created_at)
             SELECT 1, 1, 'user', printf('%.{n_bytes}c', 'a'), 'streaming', 0 FROM count"
        ),
    )
}

fn ask(c: &Connection) -> Result<(), StoreError> {
    messages::ask(c, 1, 1, None, Some("a")).map(drop)
}

#[test]
fn a_conversations_messages_and_bytes_are_counted() {
    check(MAX_CONVERSATION_MESSAGES - 1, |n| messages(n, 1), ask); // a question and its answer are two
    check(MAX_CONVERSATION_BYTES, |n| messages(1, n), ask);
}

#[test]
fn an_export_of_the_largest_conversation_can_be_imported() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[]);
    let n_bytes = MAX_CONVERSATION_BYTES / MAX_CONVERSATION_MESSAGES;
    let code = "print(\"麻雀\")\n".repeat(n_bytes);
    let text: String = code
        .char_indices()
        .take_while(|(at, _)| *at + 4 < n_bytes)
        .map(|(_, c)| c)
        .collect();
    let sql = times(
        MAX_CONVERSATION_MESSAGES,
        &format!(
            "INSERT INTO messages (person, conversation, parent, role, content, state, created_at)
             SELECT 1, 1, nullif(i - 1, 0), 'user', '{text}', 'complete', 0 FROM count"
        ),
    );
    run(&store, move |c| Ok(c.execute_batch(&sql)?));
    let read = run(&store, move |c| conversations::read(c, 1, id));
    let file = json!(Transfer::of(read)).to_string();
    assert!(
        MAX_CONVERSATION_BYTES < file.len() && file.len() < MAX_BODY,
        "{}",
        file.len()
    );
}

#[test]
fn a_persons_bytes_are_counted() {
    let set = |n| format!("UPDATE persons SET bytes = {n}");
    check(MAX_PERSON_BYTES, set, ask);
    check(MAX_PERSON_BYTES, set, |c| lengthen(c, "a"));
    check(MAX_PERSON_BYTES + 1, set, |c| {
        messages::check_room(c, 1, 1, [0, 0]) // as for the end of an answer
    });
    check(MAX_PERSON_BYTES - 1, set, |c| {
        conversations::create(c, 1, "", &json!({})).map(drop) // braces are two bytes
    });
}

/// Adds to the first conversation's title.
fn lengthen(c: &Connection, by: &str) -> Result<(), StoreError> {
    let title = conversations::find(c, 1, 1)?.title + by;
    rename(c, &title, &json!({}))
}

fn rename(c: &Connection, title: &str, settings: &serde_json::Value) -> Result<(), StoreError> {
    let change = conversations::Change {
        title: Some(title.to_owned()),
        settings: Some(settings.clone()),
        ..conversations::Change::default()
    };
    conversations::change(c, 1, 1, &change).map(drop)
}

#[test]
fn titles_and_settings_count_and_whoever_has_no_room_can_make_some() {
    let folder = folder();
    let store = open(folder.path());
    conversation(&store, 1, &[]);
    let bytes = |c: &Connection| Ok(json!(people::people(c)?)[0]["bytes"].as_u64());
    let set = |title: &'static str, settings: serde_json::Value| {
        run(&store, move |c| rename(c, title, &settings));
        run(&store, bytes)
    };
    assert_eq!(set("雀", json!({})), Some(3 + 2));
    assert_eq!(set("", json!({ "system": "be brief" })), Some(21));
    run(&store, |c| {
        Ok(c.execute_batch(&format!(
            "UPDATE persons SET bytes = bytes + {MAX_PERSON_BYTES}"
        ))?)
    });
    assert_eq!(set("", json!({})), Some(MAX_PERSON_BYTES as u64 + 2));
    run(&store, |c| conversations::delete(c, 1, 1));
    assert_eq!(run(&store, bytes), Some(MAX_PERSON_BYTES as u64));
}

#[test]
fn of_a_long_search_the_first_words_count() {
    let folder = folder();
    let store = open(folder.path());
    let id = conversation(&store, 1, &[["one two", "three"]]);
    let found = |words: usize| {
        let query = ["one"].repeat(words).join(" ") + " seven";
        let found = run(&store, move |c| search::search(c, 1, &query, 9));
        found
            .iter()
            .map(|found| found.summary.id)
            .collect::<Vec<_>>()
    };
    assert_eq!((found(15), found(16)), (vec![], vec![id]));
}
