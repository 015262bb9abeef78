//! Closing the connection frees the processor: in the queue, in a long prompt, in the middle of an answer.
//! `bench/cancel.py` shows how soon.

use crate::server::{Server, question, read_until};
use crate::weights;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;

/// Processor time, over both threads, that may be used once nobody listens any more.
const ALLOWED: Duration = Duration::from_millis(2 * 250);
/// How long it is watched; work that goes on takes far more processor time than is allowed.
const WATCH: Duration = Duration::from_secs(2);

/// Sees that the processor falls idle when `streams` are closed.
fn check(server: &Server, streams: Vec<TcpStream>) {
    drop(streams);
    let closed = server.cpu_time();
    std::thread::sleep(WATCH);
    let used = server.cpu_time() - closed;
    assert!(
        used <= ALLOWED,
        "{used:?} of processor time after the connection was closed"
    );
}

/// Some 1,500 tokens.
fn long_prompt() -> Value {
    let sentence = "The quick brown fox jumps over the lazy dog. ";
    let mut body = question(&sentence.repeat(150), 2000);
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_stages": true });
    body
}

fn endless_answer() -> Value {
    let mut body = question("Write a very long story about a sparrow.", 4000);
    body["stream"] = json!(true);
    body["temperature"] = json!(1);
    body
}

#[test]
fn a_closed_connection_frees_the_processor() {
    let Some(model) = weights::qwen() else { return };
    let server = Server::start(&model, &["--threads", "2"]);
    let mut reading = server.open_chat(&long_prompt());
    read_until(&mut reading, "\"reading\"");
    check(&server, vec![reading]);
    let mut writing = server.open_chat(&endless_answer());
    read_until(&mut writing, "\"content\":");
    check(&server, vec![writing]);
}

#[test]
fn a_closed_connection_leaves_the_queue() {
    let Some(model) = weights::qwen() else { return };
    let server = Server::start(&model, &["--threads", "2"]);
    // Sixteen run, the others wait.
    let mut streams: Vec<TcpStream> = (0..22)
        .map(|_| server.open_chat(&endless_answer()))
        .collect();
    read_until(&mut streams[0], "\"content\":");
    check(&server, streams);
}
