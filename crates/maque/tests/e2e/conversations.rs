//! Conversations on the real server: streamed, saved, watched again, branched, stopped, searched; kept through kill -9.

use crate::command::{Home, until};
use crate::server::{Server, read_until};
use crate::weights;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;

fn begin(server: &Server, settings: &Value) -> i64 {
    let (status, made) = server.post("/maque/conversations", &json!({ "settings": settings }));
    assert_eq!(status, 201, "{made}");
    made["id"].as_i64().expect("an id")
}

fn ask(server: &Server, conversation: i64, text: &str) -> Value {
    let body = json!({ "content": text, "stream": false });
    let (status, answer) = server.post(
        &format!("/maque/conversations/{conversation}/messages"),
        &body,
    );
    assert_eq!(status, 200, "{answer}");
    answer
}

fn read(server: &Server, conversation: i64) -> Value {
    let (status, read) = server
        .get(&format!("/maque/conversations/{conversation}"))
        .expect("an answer");
    assert_eq!(status, 200, "{read}");
    read
}

/// Asks for a long answer and reads the stream until its first text; says which message it is.
fn begin_long(server: &Server, conversation: i64) -> (TcpStream, i64) {
    let body = json!({ "content": "Write a very long story about a sparrow." });
    let path = format!("/maque/conversations/{conversation}/messages");
    let mut stream = server.open("POST", &path, Some(&body));
    read_until(&mut stream, "\"content\":");
    read_until(&mut stream, "chat.completion.chunk");
    let messages = read(server, conversation)["messages"].clone();
    let last = messages
        .as_array()
        .expect("messages")
        .last()
        .expect("an answer")
        .clone();
    assert_eq!(last["state"], "streaming", "{last}");
    (stream, last["id"].as_i64().expect("an id"))
}

/// Settings of an answer that does not end by itself: SmolLM2's two tokens for that are forbidden.
const LONG: &str = r#"{"max_tokens": 1500, "temperature": 1, "repetition_penalty": 1.3, "logit_bias": {"0": -100, "2": -100}}"#;

fn long() -> Value {
    serde_json::from_str(LONG).expect("JSON")
}

fn number(message: &Value) -> i64 {
    message["id"].as_i64().expect("an id")
}

#[test]
fn questions_are_edited_and_answers_regenerated_as_branches() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let settings = json!({ "temperature": 0, "max_tokens": 20, "system": "You are a geographer." });
    let id = begin(&server, &settings);
    let first = ask(&server, id, "Name the capital of France.");
    assert_eq!(first["answer"]["state"], "complete", "{first}");
    assert!(
        first["answer"]["content"].to_string().contains("Paris"),
        "{first}"
    );
    let second = ask(&server, id, "And of Italy?");
    let cached = second["answer"]["stats"]["cached_tokens"].as_u64();
    assert!(
        Some(20) < cached,
        "the first turn is not read again: {second}"
    );
    let path = |message: &Value| format!("/maque/conversations/{id}/messages/{}", number(message));
    let body = json!({ "content": "And of Spain?", "stream": false });
    let (status, edited) = server.post(&format!("{}/edit", path(&second["question"])), &body);
    assert_eq!(status, 200, "{edited}");
    assert_eq!(edited["question"]["parent"], second["question"]["parent"]);
    let again = format!("{}/regenerate", path(&edited["answer"]));
    let (_, again) = server.post(&again, &json!({ "stream": false }));
    assert_eq!(again["answer"]["parent"], edited["answer"]["parent"]);
    assert_eq!(
        again["answer"]["content"], edited["answer"]["content"],
        "greedy, so the same"
    );
    let tree = read(&server, id);
    assert_eq!(tree["messages"].as_array().map(Vec::len), Some(7));
    assert_eq!(tree["active"], again["answer"]["id"]);
    let body = json!({ "active": number(&second["question"]) });
    let (_, back) = server.send("PATCH", &format!("/maque/conversations/{id}"), &body);
    assert_eq!(
        back["active"], second["answer"]["id"],
        "the other branch is shown again"
    );
}

#[test]
fn a_cut_answer_is_gone_on_with_in_the_same_message() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let once = begin(&server, &json!({ "temperature": 0, "max_tokens": 24 }));
    let question = "Tell me about the sea in many words.";
    let whole = ask(&server, once, question)["answer"]["content"].clone();
    let id = begin(&server, &json!({ "temperature": 0, "max_tokens": 12 }));
    let cut = ask(&server, id, question)["answer"].clone();
    assert_eq!(cut["finish_reason"], "length", "{cut}");
    let path = format!(
        "/maque/conversations/{id}/messages/{}/continue",
        number(&cut)
    );
    let (status, more) = server.post(&path, &json!({ "stream": false }));
    assert_eq!(status, 200, "{more}");
    assert_eq!(more["answer"]["id"], cut["id"]);
    assert_eq!(
        more["answer"]["content"], whole,
        "as if it had never been cut"
    );
    assert_eq!(more["answer"]["stats"]["completion_tokens"], 24);
    assert_eq!(read(&server, id)["messages"][1]["content"], whole);
    ask(&server, id, "Thanks.");
    let (status, refused) = server.post(&path, &json!({}));
    assert_eq!(status, 409, "something follows it: {refused}");
}

#[test]
fn conversations_are_found_renamed_exported_and_deleted() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let id = begin(&server, &json!({ "max_tokens": 4 }));
    ask(&server, id, "And of Spain? 西班牙");
    let path = format!("/maque/conversations/{id}");
    assert_eq!(read(&server, id)["title"], "And of Spain? 西班牙");
    assert_eq!(
        server
            .send("PATCH", &path, &json!({ "title": "Capitals" }))
            .0,
        200
    );
    for query in [
        "%E8%A5%BF",
        "%E8%A5%BF%E7%8F%AD%E7%89%99",
        "spain",
        "capitals",
    ] {
        let found = server.get(&format!("/maque/conversations?q={query}"));
        let (_, found) = found.expect("an answer");
        assert_eq!(found["conversations"][0]["id"], id, "{query}: {found}");
    }
    let (_, export) = server.get(&format!("{path}/export")).expect("a file");
    let (status, copy) = server.post("/maque/conversations/import", &export);
    assert_eq!(
        (status, &copy["title"]),
        (201, &json!("Capitals")),
        "{copy}"
    );
    let text = server.text(&format!("{path}/export?format=markdown"));
    assert!(
        text.starts_with("# Capitals\n") && text.contains("西班牙"),
        "{text}"
    );
    assert_eq!(server.send("DELETE", &path, &Value::Null).0, 204);
    assert_eq!(server.get(&path).expect("an answer").0, 404);
}

#[test]
fn an_answer_goes_on_without_its_page_and_is_found_again() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let id = begin(&server, &long());
    let (stream, answer) = begin_long(&server, id);
    drop(stream); // the page is reloaded
    let path = format!("/maque/conversations/{id}/messages/{answer}");
    let refused = server.post(
        &format!("/maque/conversations/{id}/messages"),
        &json!({ "content": "hello?" }),
    );
    assert_eq!(refused.0, 409, "{refused:?}");
    let mut again = server.open("GET", &format!("{path}/events"), None);
    read_until(&mut again, "chat.completion.chunk");
    let saved = || {
        read(&server, id)["messages"][1]["content"]
            .as_str()
            .map(str::len)
    };
    let before = saved().expect("a text");
    until("the answer to grow", || {
        saved().filter(|n| before + 100 < *n)
    });
    let (status, stopped) = server.post(&format!("{path}/stop"), &json!({}));
    assert_eq!(
        (status, &stopped["state"]),
        (200, &json!("stopped")),
        "{stopped}"
    );
    read_until(&mut again, "data: [DONE]");
    let text = stopped["content"].as_str().expect("a text");
    assert!(before + 100 < text.len());
    let events = server.text(&format!("{path}/events"));
    assert!(
        events.contains(&json!(text).to_string()) && events.ends_with("data: [DONE]\n\n"),
        "{events}"
    );
    let cpu = server.cpu_time();
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        server.cpu_time() - cpu < Duration::from_millis(300),
        "it is still being written"
    );
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let Some(model) = weights::smol() else { return };
    let mut home = Home::new();
    let mut known: Vec<(i64, String)> = Vec::new();
    for round in 0..3 {
        let server = Server::start_in(home, &model, &[]);
        for (id, text) in &known {
            let messages = read(&server, *id)["messages"].clone();
            assert_eq!(messages[0]["content"], json!(text), "{messages}");
            assert_eq!(messages[1]["state"], "stopped", "{messages}");
            assert_eq!(messages[1]["finish_reason"], "interrupted", "{messages}");
            assert!(
                messages[1]["content"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{messages}"
            );
        }
        let ids: Vec<i64> = (0..4).map(|_| begin(&server, &long())).collect();
        let mut streams = Vec::new();
        for id in &ids {
            let text = format!("Round {round}: write a very long story.");
            let path = format!("/maque/conversations/{id}/messages");
            let mut stream = server.open("POST", &path, Some(&json!({ "content": text })));
            read_until(&mut stream, "maque.message"); // acknowledged
            known.push((*id, text));
            streams.push(stream);
        }
        for stream in &mut streams {
            read_until(stream, "chat.completion.chunk");
        }
        let is_saved = |id: &i64| {
            read(&server, *id)["messages"][1]["content"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        };
        until("the answers to be saved", || {
            ids.iter().all(is_saved).then_some(())
        });
        home = server.kill();
    }
}

#[test]
fn the_server_ends_in_the_middle_of_an_answer() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let id = begin(&server, &long());
    let (mut stream, _) = begin_long(&server, id);
    let (ran, home) = server.stop_keeping();
    assert_eq!(ran.code, 0, "{ran:?}");
    read_until(&mut stream, "shutdown");
    assert!(
        !home.path().join("store/maque.sqlite3-wal").exists(),
        "closed cleanly"
    );
    let server = Server::start_in(home, &model, &[]);
    let last = read(&server, id)["messages"][1].clone();
    assert_eq!(
        (&last["state"], &last["finish_reason"]),
        (&json!("stopped"), &json!("shutdown")),
        "{last}"
    );
}
