//! Rows of `maque limits` that a client can reach, reached: what is too much is refused by name, and what is left out is the
//! oldest.

use crate::command::until;
use crate::server::{Server, open, question, read_all};
use crate::share::shared;
use crate::weights;
use crate::wire::{lines, request, with_key};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A server of Anna, its owner, and Boris, a guest.
fn two_persons() -> Option<Server> {
    let model = weights::smol()?;
    let keys = ["--api-key", "anna", "--api-key", "boris"];
    Some(Server::start(&model, &keys))
}

fn anna(server: &Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    with_key(server, "anna", method, path, body)
}

/// Bodies with one too many of something, where they are sent, and the field that is named.
fn excesses() -> Vec<(&'static str, Value, &'static str)> {
    let chat = |field: &str, value: Value| {
        let mut body = question("Hi", 1);
        body[field] = value;
        ("/v1/chat/completions", body)
    };
    let list = |n: usize, one: Value| Value::from(vec![one; n]);
    let message = json!({ "role": "user", "content": "a" });
    let tool = json!({ "type": "function", "function": { "name": "f" } });
    let deep = (0..65).fold(json!({}), |schema, _| json!({ "items": schema }));
    let schema = |schema: Value| json!({ "type": "json_schema", "json_schema": { "name": "s", "schema": schema } });
    let asked = [
        (chat("messages", list(1025, message)), "messages"),
        (chat("n", json!(9)), "n"),
        (chat("stop", list(17, json!("a"))), "stop"),
        (chat("tools", list(129, tool)), "tools"),
        (
            chat(
                "structured_outputs",
                json!({ "regex": "a".repeat((64 << 10) + 1) }),
            ),
            "structured_outputs.regex",
        ),
        (
            chat("response_format", schema(deep)),
            "response_format.json_schema.schema",
        ),
    ];
    let own = [
        (
            "/maque/conversations",
            json!({ "title": "题".repeat(201) }),
            "title",
        ),
        (
            "/maque/conversations/1/messages",
            json!({ "content": "a".repeat((1 << 20) + 1) }),
            "content",
        ),
        ("/maque/invitations", json!({ "guests": 101 }), "guests"),
    ];
    let asked = asked
        .into_iter()
        .map(|((path, body), field)| (path, body, field));
    asked.chain(own).collect()
}

#[test]
fn one_too_many_is_refused_by_its_fields_name() {
    let Some(server) = two_persons() else { return };
    let (status, made) = anna(&server, "POST", "/maque/conversations", &json!({}));
    assert_eq!(status, 201, "{made}");
    for (path, body, field) in excesses() {
        let (status, answer) = anna(&server, "POST", path, &body);
        assert_eq!(status, 400, "{field}: {answer}");
        let param = answer["error"]["param"].as_str().unwrap_or_default();
        assert!(param.starts_with(field), "{field}: {answer}");
    }
    let search = format!("/maque/conversations?q={}", "a".repeat(401));
    let (status, answer) = anna(&server, "GET", &search, &Value::Null);
    assert_eq!(
        (status, &answer["error"]["param"]),
        (400, &json!("q")),
        "{answer}"
    );
}

#[test]
fn heads_and_bodies_have_an_end() {
    let Some(server) = two_persons() else { return };
    let host = format!("127.0.0.1:{}", server.port);
    let ask = |method: &str, path: &str, more: &[String], body: &str| {
        let lines = [lines(&host, "x-api-key: anna"), more.to_vec()].concat();
        request(&host, method, path, &lines, body).0
    };
    let many: Vec<String> = (0..101).map(|i| format!("x-{i}: a")).collect();
    let long = format!("/v1/models?{}", "a".repeat(4 << 10));
    let large = " ".repeat((10 << 20) + 1);
    assert_eq!(
        ask(
            "GET",
            "/v1/models",
            &[format!("x: {}", "a".repeat(16 << 10))],
            ""
        ),
        431
    );
    assert_eq!(ask("GET", "/v1/models", &many, ""), 431);
    assert_eq!(ask("GET", &long, &[], ""), 414);
    assert_eq!(ask("POST", "/tokenize", &[], &large), 413);
    assert_eq!(ask("GET", "/v1/models", &[], ""), 200);
}

#[test]
fn a_guest_asks_so_often_a_minute_and_reads_on() {
    let Some(server) = two_persons() else { return };
    let host = format!("127.0.0.1:{}", server.port);
    let ask = |key: &str| {
        let lines = lines(&host, &format!("x-api-key: {key}"));
        request(&host, "POST", "/tokenize", &lines, r#"{"prompt": "a"}"#)
    };
    assert!((0..60).all(|_| ask("boris").0 == 200));
    let last = ask("boris");
    assert_eq!(last.0, 429, "{}", last.1);
    let wait = last
        .1
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "));
    let wait: u64 = wait.expect("a header").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let (status, _) = with_key(&server, "boris", "GET", "/v1/models", &Value::Null);
    assert_eq!(status, 200);
    assert!((0..61).all(|_| ask("anna").0 == 200), "the owner may");
}

#[test]
fn of_keys_and_invitations_the_oldest_goes() {
    let Some(server) = two_persons() else { return };
    let make = |path: &str, field: &str| {
        let (status, made) = anna(&server, "POST", path, &json!({}));
        assert_eq!(status, 201, "{made}");
        made[field].as_str().expect("a secret").to_owned()
    };
    let keys: Vec<String> = (0..21).map(|_| make("/maque/keys", "key")).collect();
    let opens = |key: &str| with_key(&server, key, "GET", "/v1/models", &Value::Null).0;
    assert_eq!(
        [opens(&keys[0]), opens(&keys[1]), opens(&keys[20])],
        [401, 200, 200]
    );

    let codes: Vec<String> = (0..101)
        .map(|_| make("/maque/invitations", "code"))
        .collect();
    let join = |code: &str| {
        server
            .post("/maque/join", &json!({ "code": code, "name": "Li" }))
            .0
    };
    assert_eq!(
        [join(&codes[0]), join(&codes[1]), join(&codes[100])],
        [401, 200, 200]
    );
}

#[test]
fn a_list_has_a_page() {
    let Some(server) = two_persons() else { return };
    for _ in 0..201 {
        let (status, made) = anna(&server, "POST", "/maque/conversations", &json!({}));
        assert_eq!(status, 201, "{made}");
    }
    let (_, listed) = anna(
        &server,
        "GET",
        "/maque/conversations?limit=1000",
        &Value::Null,
    );
    assert_eq!(
        listed["conversations"].as_array().expect("a list").len(),
        200
    );
}

/// Whether a connection is answered soon.
fn is_answered(stream: &mut TcpStream) -> bool {
    let soon = Duration::from_millis(500);
    stream.set_read_timeout(Some(soon)).expect("a time-out");
    match stream.read(&mut [0; 12]) {
        Ok(n) => 0 < n,
        Err(error) => {
            assert!(
                matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                "{error}"
            );
            false
        }
    }
}

#[test]
fn connections_past_the_last_place_wait_for_one() {
    let Some(server) = two_persons() else { return };
    let host = format!("127.0.0.1:{}", server.port);
    let head = format!("GET /health HTTP/1.1\r\nHost: {host}\r\n");
    let mut seated: Vec<TcpStream> = (0..256).map(|_| open(&host, &head)).collect();
    let mut late = open(&host, &format!("{head}Connection: close\r\n\r\n"));
    assert!(!is_answered(&mut late));
    seated.truncate(200);
    until("a place", || is_answered(&mut late).then_some(()));
}

#[test]
fn one_address_of_the_network_has_its_share_of_connections() {
    let Some((_server, [address, _])) = shared(&["--api-key", "anna"]) else {
        return;
    };
    let seated: Vec<TcpStream> = (0..32).map(|_| open(&address, "")).collect();
    let head = format!("GET /v1/models HTTP/1.1\r\nHost: {address}\r\nx-api-key: anna");
    let answer = || {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        let whole = format!("{head}\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(whole.as_bytes()); // it may be closed already
        read_all(stream)
    };
    assert_eq!(answer(), "");
    drop(seated);
    until("a place", || {
        answer().starts_with("HTTP/1.1 200").then_some(())
    });
}
