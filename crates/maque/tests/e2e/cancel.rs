//! Closing the connection frees the processor: in the queue, in a long prompt, in the middle of an answer.

use crate::server::{Server, question, read_until};
use crate::weights;
use serde_json::{Value, json};
use std::time::Duration;

/// Processor time that an idle server may use in [`WATCH`]: two ticks of the kernel's clock, and one for luck.
const IDLE: Duration = Duration::from_millis(30);
const WATCH: Duration = Duration::from_millis(500);
/// How soon the processor must be free.
const FREED: Duration = Duration::from_millis(250);

/// Starts a request, closes it when `begun` returns, and sees that the processor falls idle.
fn check(server: &Server, body: &Value, begun: impl FnOnce(&mut std::net::TcpStream)) {
    let mut stream = server.open_chat(body);
    begun(&mut stream);
    let before = server.cpu_time();
    std::thread::sleep(Duration::from_millis(60));
    assert!(
        before < server.cpu_time(),
        "the request was not being worked on"
    );
    drop(stream);
    std::thread::sleep(FREED);
    let freed = server.cpu_time();
    std::thread::sleep(WATCH);
    let used = server.cpu_time() - freed;
    assert!(
        used <= IDLE,
        "{used:?} of processor time after the connection was closed"
    );
}

fn long_prompt() -> Value {
    question(
        &"The quick brown fox jumps over the lazy dog. ".repeat(150),
        10,
    )
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
    check(&server, &long_prompt(), |_| {
        std::thread::sleep(Duration::from_millis(100))
    });
    check(&server, &endless_answer(), |stream| {
        read_until(stream, "\"content\":")
    });
}

#[test]
fn a_closed_connection_leaves_the_queue() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let mut running = Vec::new();
    for _ in 0..24 {
        running.push(server.open_chat(&endless_answer()));
    }
    read_until(&mut running[0], "\"content\":");
    drop(running);
    std::thread::sleep(FREED);
    let freed = server.cpu_time();
    std::thread::sleep(WATCH);
    assert!(
        server.cpu_time() - freed <= IDLE,
        "a request in the queue was begun though nobody waits for it"
    );
}
