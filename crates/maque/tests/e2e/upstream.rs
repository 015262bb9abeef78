//! A larger model elsewhere: asked only where it is named, told what leaves, and never trusted.

use crate::command::{Home, Ran, run, until};
use crate::server::{Server, open, read_all, text};
use crate::weights;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

const KEY: &str = "canary-upstream-key";

/// A home whose larger model is at this address.
fn home(address: &str) -> Home {
    let home = Home::new();
    let config = format!("[upstream]\nurl = \"{address}/v1\"\nmodel = \"default\"\n");
    std::fs::write(home.path().join("config.toml"), config).expect("a file");
    home
}

fn escalate(home: &Home, question: &str) -> Ran {
    let mut command = home.qwen(&["--escalate", question]);
    run(command.env("MAQUE_UPSTREAM_KEY", KEY), b"")
}

/// A server that takes one request and answers with these bytes; what it was sent is heard.
fn hostile(answer: String) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut bytes = [0; 4096];
            let n = stream.read(&mut bytes).unwrap_or(0);
            let _ = said.send(String::from_utf8_lossy(&bytes[..n]).into_owned());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, heard)
}

fn response(status: &str, more: &str, body: &str) -> String {
    let n = body.len();
    format!("HTTP/1.1 {status}\r\n{more}content-length: {n}\r\nconnection: close\r\n\r\n{body}")
}

#[test]
fn a_larger_model_is_asked_by_name_and_says_what_leaves() {
    let Some(model) = weights::smol() else { return };
    let other = Server::start(&model, &["--api-key", KEY]);
    let ran = escalate(&home(&other.url("")), "Name the capital of France.");
    assert!(ran.code == 0 && ran.stdout.contains("Paris"), "{ran:?}");
    let host = other.url("").replace("http://", "");
    assert!(
        ran.stderr
            .contains(&format!("27 characters leave this machine for {host}")),
        "{ran:?}"
    );
}

/// A home with the owner's rules, and a question to the model here, whose context is small.
fn by_rule(address: &str, rules: &str, arguments: &[&str]) -> (Home, Ran) {
    let home = home(address);
    let path = home.path().join("config.toml");
    let config = std::fs::read_to_string(&path).expect("a file") + rules;
    std::fs::write(path, config).expect("a file");
    let small = ["--context", "64", "--temperature", "0"];
    let mut command = home.qwen(&[&small[..], arguments].concat());
    let model = weights::smol().expect("weights");
    command.env("MAQUE_MODEL", model);
    let ran = run(command.env("MAQUE_UPSTREAM_KEY", KEY), b"");
    (home, ran)
}

const RAIN: &str = "Write one sentence about rain.";
const CUT: &str = "[upstream.when]\nanswer = [\"cut\", \"loop\"]\n";

#[test]
fn a_rule_of_the_owner_sends_a_long_question_away_and_is_named() {
    let Some(model) = weights::smol() else { return };
    let other = Server::start(&model, &["--api-key", KEY]);
    let long = "Name the capital of France. ".repeat(20);
    let rule = "[upstream.when]\ninput_tokens = 60\n";
    let (_, ran) = by_rule(&other.url(""), "", &[&long]);
    assert!(ran.code == 4 && !ran.stderr.contains("leave"), "{ran:?}");
    let (_, ran) = by_rule(&other.url(""), rule, &[&long]);
    assert!(ran.code == 0 && ran.stdout.contains("Paris"), "{ran:?}");
    for said in ["input_tokens = 60", "559 characters leave this machine"] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    let (_, ran) = by_rule(&other.url(""), rule, &["--no-escalate", &long]);
    assert!(ran.code == 4 && !ran.stderr.contains("leave"), "{ran:?}");
    let (home, ran) = by_rule(&other.url(""), rule, &["--max-tokens", "2", "hi"]);
    assert!(ran.code == 3 && !ran.stderr.contains("leave"), "{ran:?}");
    let shown = run(&mut home.maque(&["config"]), b"").stdout;
    assert!(
        shown.contains("= input_tokens > 60  (config.toml)"),
        "{shown}"
    );
}

#[test]
fn a_rule_of_the_owner_replaces_an_answer_that_was_cut() {
    let Some(model) = weights::smol() else { return };
    let other = Server::start(&model, &["--api-key", KEY]);
    let (_, here) = by_rule(&other.url(""), "", &[RAIN]);
    assert!(here.code == 3 && !here.stderr.contains("leave"), "{here:?}");
    let (_, asked) = by_rule(&other.url(""), "", &["--escalate", RAIN]);
    let (home, ran) = by_rule(&other.url(""), CUT, &[RAIN]);
    assert!(asked.code == 0 && asked.stdout == ran.stdout, "{ran:?}");
    for said in ["answer = [\"cut\"]", "characters leave this machine"] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    let kept = std::fs::read_to_string(home.path().join("last.json")).expect("kept");
    let begin: String = asked.stdout.chars().take(20).collect();
    assert_eq!(kept.matches(begin.trim()).count(), 1, "{kept}");

    // A limit of the flags is no fault of the answer, and nobody there is no reason to lose what is here.
    let (_, ran) = by_rule(&other.url(""), CUT, &["--max-tokens", "4", RAIN]);
    assert!(ran.code == 3 && !ran.stderr.contains("leave"), "{ran:?}");
    let (_, ran) = by_rule("http://127.0.0.1:9", CUT, &[RAIN]);
    assert_eq!((ran.code, &ran.stdout), (3, &here.stdout), "{ran:?}");
    assert!(ran.stderr.contains("cannot be reached"), "{ran:?}");
}

#[test]
fn a_server_passes_on_what_names_the_upstream_and_nothing_else() {
    let Some(model) = weights::smol() else { return };
    let other = Server::start(&model, &["--api-key", KEY]);
    let variables = [("MAQUE_UPSTREAM_KEY", KEY)];
    let model = model.to_str().expect("a UTF-8 path");
    let server = Server::launch(home(&other.url("")), model, &[], &variables).ready();
    let asked = json!({
        "model": "upstream", "temperature": 0, "max_tokens": 20, "top_k": 5,
        "messages": [{ "role": "user", "content": "Name the capital of France." }],
    });
    let answer = server.chat(&asked);
    assert!(
        text(&answer).contains("Paris") && answer["model"] == "upstream",
        "{answer}"
    );
    assert_eq!(
        answer["warnings"][0],
        "top_k has no effect on the upstream model"
    );
    assert_eq!(server.chat_streamed(&asked), text(&answer));
    let (_, models) = server.get("/v1/models").expect("models");
    assert_eq!(models["data"][1]["id"], "upstream");
    assert!(
        other
            .url("")
            .ends_with(models["data"][1]["owned_by"].as_str().expect("a host"))
    );
    drop(other);
    let (status, refused) = server.post("/v1/chat/completions", &asked);
    assert_eq!(
        (status, &refused["error"]["code"]),
        (502, &json!("upstream_failed"))
    );
    assert_eq!(
        server.chat(&json!({ "max_tokens": 2, "messages": asked["messages"] }))["object"],
        "chat.completion"
    );
    let (status, conversation) = server.post("/maque/conversations", &json!({}));
    assert_eq!(status, 201, "{conversation}");
    let path = format!("/maque/conversations/{}/messages", conversation["id"]);
    let (status, refused) = server.post(&path, &json!({ "content": "hi", "model": "upstream" }));
    assert_eq!(
        (status, &refused["error"]["code"]),
        (502, &json!("upstream_failed"))
    );
}

#[test]
fn guests_do_not_use_the_upstream_unless_they_may() {
    let Some(model) = weights::smol() else { return };
    let model = model.to_str().expect("a UTF-8 path");
    let keys = ["--api-key", "owner", "--api-key", "anna"];
    let server = Server::launch(home("http://127.0.0.1:9"), model, &keys, &[]);
    let body = json!({ "model": "upstream", "messages": [] }).to_string();
    let ask = |key: &str| {
        let address = format!("127.0.0.1:{}", server.port);
        let n = body.len();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nx-api-key: {key}"
        );
        let request = format!(
            "{head}\r\nContent-Type: application/json\r\nContent-Length: {n}\r\n\r\n{body}"
        );
        read_all(open(&address, &request))
    };
    until("the server to listen", || server.get("/health"));
    assert!(ask("anna").starts_with("HTTP/1.1 403"), "{}", ask("anna"));
    assert!(ask("owner").starts_with("HTTP/1.1 502"), "{}", ask("owner"));
}

#[test]
fn a_client_that_leaves_is_left_by_the_upstream_too() {
    let Some(model) = weights::smol() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let model = model.to_str().expect("a UTF-8 path");
    let server = Server::launch(home(&format!("http://{address}")), model, &[], &[]);
    until("the server to listen", || server.get("/health"));
    let asked = json!({ "model": "upstream", "stream": true, "messages": [] });
    let client = server.open("POST", "/v1/chat/completions", Some(&asked));
    let mut upstream = asked_by(&listener);
    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    write!(upstream, "{head}{event}").expect("sent");
    drop(client);
    let limit = Some(std::time::Duration::from_secs(10));
    upstream.set_read_timeout(limit).expect("a time-out");
    let mut rest = Vec::new();
    let _ = upstream.read_to_end(&mut rest); // a reset says the same as an end
    until("the connection to be closed", || {
        upstream.write_all(event.as_bytes()).is_err().then_some(())
    });
}

/// A server whose larger model is whoever accepts here.
fn led_by(listener: &TcpListener) -> Option<Server> {
    let model = weights::smol()?;
    let address = listener.local_addr().expect("bound");
    let model = model.to_str().expect("a UTF-8 path");
    Some(Server::launch(home(&format!("http://{address}")), model, &[], &[]).ready())
}

/// The path of a new conversation that the larger model answers.
fn conversation(server: &Server) -> String {
    let settings = json!({ "settings": { "model": "upstream", "overflow": "drop_oldest" } });
    let (status, made) = server.post("/maque/conversations", &settings);
    assert_eq!(status, 201, "{made}");
    format!("/maque/conversations/{}", made["id"])
}

/// Who asks next, when the request has come: bytes before that would be no answer to it.
fn asked_by(listener: &TcpListener) -> std::net::TcpStream {
    let (mut upstream, _) = listener.accept().expect("asked");
    assert!(0 < upstream.read(&mut [0; 4096]).expect("a request"));
    upstream
}

/// Returns when the other side has closed.
fn gone(stream: &mut std::net::TcpStream) {
    let limit = Some(std::time::Duration::from_secs(30));
    stream.set_read_timeout(limit).expect("a time-out");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest); // a reset says the same as an end
    until("the connection to be closed", || {
        stream.write_all(b"data: {}\n\n").is_err().then_some(())
    });
}

#[test]
fn a_question_given_up_while_the_upstream_is_silent_was_never_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let Some(server) = led_by(&listener) else {
        return;
    };
    let path = conversation(&server);
    let asked = json!({ "content": "Name the capital of France." });
    let client = server.open("POST", &format!("{path}/messages"), Some(&asked));
    let mut upstream = asked_by(&listener);
    drop(client);
    gone(&mut upstream);
    let (_, read) = server.get(&path).expect("the conversation");
    assert_eq!(read["messages"], json!([]));
}

#[test]
fn an_answer_is_stopped_while_the_upstream_is_silent_and_says_who_wrote_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let Some(server) = led_by(&listener) else {
        return;
    };
    let path = conversation(&server);
    let asked = json!({ "content": "Name the capital of France." });
    let _client = server.open("POST", &format!("{path}/messages"), Some(&asked));
    let mut upstream = asked_by(&listener);
    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Par\"}}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    write!(upstream, "{head}{event}").expect("sent");
    let answer = until("the answer to be there", || {
        let (_, read) = server.get(&path)?;
        (read["messages"][1]["content"] == "Par").then(|| read["messages"][1]["id"].clone())
    });
    let (status, stopped) = server.post(&format!("{path}/messages/{answer}/stop"), &json!({}));
    assert_eq!(status, 200, "{stopped}");
    let host = listener.local_addr().expect("bound").to_string();
    for (name, value) in [
        ("state", "stopped"),
        ("content", "Par"),
        ("model", "default"),
        ("host", &host),
    ] {
        assert_eq!(stopped[name], value, "{stopped}");
    }
    gone(&mut upstream);
    let (status, refused) = server.post(&format!("{path}/messages/{answer}/continue"), &json!({}));
    assert_eq!(status, 409, "{refused}");
}

#[test]
fn a_file_does_not_choose_the_upstream() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let Some(server) = led_by(&listener) else {
        return;
    };
    let file = json!({
        "maque_conversation": 1, "title": "a", "messages": [],
        "settings": { "model": "upstream", "max_tokens": 20, "temperature": 0 },
    });
    let (status, made) = server.post("/maque/conversations/import", &file);
    assert_eq!(status, 201, "{made}");
    let path = format!("/maque/conversations/{}/messages", made["id"]);
    let asked = json!({ "content": "Name the capital of France.", "stream": false });
    let (status, told) = server.post(&path, &asked);
    assert_eq!(status, 200, "{told}");
    let answer = &told["answer"];
    assert!(
        answer["content"]
            .as_str()
            .is_some_and(|text| text.contains("Paris")),
        "{told}"
    );
    assert_eq!(answer["host"], serde_json::Value::Null);
    assert!(
        answer["model"]
            .as_str()
            .is_some_and(|name| name.to_lowercase().starts_with("smollm2")),
        "{told}"
    );
}

#[test]
fn without_a_configured_one_nothing_is_sent() {
    let ran = escalate(&Home::new(), "hi");
    assert!(
        ran.code == 2 && ran.stderr.contains("[upstream]"),
        "{ran:?}"
    );
}

#[test]
fn a_stranger_is_not_trusted() {
    let (elsewhere, stolen) = hostile(response("200 OK", "", "{}"));
    let moved = format!("location: http://{elsewhere}/v1/chat/completions\r\n");
    let endless = format!("data: {}", "x".repeat(2 << 20));
    let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let echo = format!("{{\"error\":{{\"message\":\"no such key {KEY}\"}}}}");
    let streamed = format!("data: {echo}\n\n");
    for (answer, said) in [
        (response("307 Temporary Redirect", &moved, ""), "redirects"),
        (response("200 OK", "", "data: nonsense\n\n"), "no JSON"),
        (
            response("200 OK", "", "data: {\"a\":1}\n\n"),
            "no chat completion",
        ),
        (response("200 OK", "", event), "broke off"),
        (response("200 OK", "", &endless), "too large"),
        (response("401 Unauthorized", "", &echo), "HTTP 401"),
        (response("200 OK", "", &streamed), "no such key"),
        ("nonsense".to_owned(), "cannot be reached"),
    ] {
        let (address, heard) = hostile(answer);
        let ran = escalate(&home(&format!("http://{address}")), "hi");
        assert!(
            ran.code == 6 && ran.stderr.contains(said),
            "{said}: {ran:?}"
        );
        assert!(
            !ran.stderr.contains(KEY) && !ran.stdout.contains(KEY),
            "{ran:?}"
        );
        let request = heard.recv().expect("asked").to_lowercase();
        assert!(request.contains(&format!("bearer {KEY}")), "{request}");
    }
    assert!(stolen.try_recv().is_err(), "a redirect was followed");
}

#[test]
fn a_key_does_not_cross_the_network_in_the_clear() {
    let ran = escalate(&home("http://198.51.100.1"), "hi");
    assert!(ran.code == 2 && ran.stderr.contains("https://"), "{ran:?}");
}
