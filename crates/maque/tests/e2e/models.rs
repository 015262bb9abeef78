//! Models over HTTP, as an administrator's page and Ollama's clients look after them.

use crate::command::Home;
use crate::mirror::{Manner, Mirror};
use crate::server::{Server, read_all};
use crate::weights;
use crate::wire::with_key;
use serde_json::{Value, json};

const SIZE: usize = 6 << 20;

/// A server beside a mirror that has the model `test:1b`.
fn server(manner: Manner, more: &[&str]) -> Option<(Server, Mirror)> {
    let (model, mirror) = (weights::smol()?, Mirror::start(manner, SIZE));
    let home = Home::new();
    std::fs::write(home.path().join("catalogue.toml"), mirror.catalogue()).expect("written");
    let model = model.to_str().expect("a UTF-8 path");
    let endpoint = [("HF_ENDPOINT", mirror.endpoint.as_str())];
    let server = Server::launch(home, model, more, &endpoint).ready();
    Some((server, mirror))
}

/// Events, or lines, of an answer that is told.
fn told(server: &Server, path: &str, body: &Value) -> Vec<Value> {
    let answer = read_all(server.open("POST", path, Some(body)));
    let lines = answer.lines().map(|line| line.trim_start_matches("data: "));
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(Value::is_object)
        .collect()
}

fn listed(server: &Server) -> Value {
    let (_, answer) = server.get("/maque/models").expect("an answer");
    let models = answer["models"].as_array().expect("a list");
    let model = models.iter().find(|model| model["name"] == "test:1b");
    model.expect("in the catalogue").clone()
}

#[test]
fn a_model_is_fetched_verified_and_deleted() {
    let Some((server, mirror)) = server(Manner::Honest, &[]) else {
        return;
    };
    assert_eq!(listed(&server)["here"], false);
    let steps = told(&server, "/maque/models/pull", &json!({ "name": "test:1b" }));
    assert_eq!(steps.last(), Some(&json!({ "status": "success" })));
    assert!(listed(&server)["here"] == true && listed(&server)["n_bytes"] == SIZE);
    let lines = told(&server, "/api/pull", &json!({ "model": "test:1b" }));
    assert_eq!(lines.last(), Some(&json!({ "status": "success" })));
    assert_eq!(mirror.answers().len(), 1, "fetched once");
    let file = server.home.path().join("models/test/1b/test.gguf");
    let verify = || told(&server, "/maque/models/test:1b/verify", &json!({}));
    assert_eq!(verify().last(), Some(&json!({ "status": "success" })));
    let mut bytes = std::fs::read(&file).expect("there");
    bytes[SIZE / 2] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    assert_eq!(verify().last().expect("an end")["error"]["code"], "damaged");
    let (status, answer) = server.send("DELETE", "/maque/models/test:1b", &json!({}));
    assert_eq!((status, &answer["freed"]), (200, &json!(SIZE)));
    assert!(!file.exists() && listed(&server)["here"] == false);
}

#[test]
fn what_cannot_be_done_is_said_with_its_status() {
    let Some((server, _mirror)) = server(
        Manner::NotFound,
        &["--api-key", "own", "--api-key", "guest"],
    ) else {
        return;
    };
    let ask = |key, method, path: &str, body| with_key(&server, key, method, path, &body);
    let pull = |name: &str| json!({ "name": name, "model": name, "stream": false });
    for (key, path, name, want) in [
        ("guest", "/maque/models/pull", "test:1b", 403),
        ("guest", "/api/pull", "test:1b", 403),
        ("own", "/api/pull", "none:1b", 404),
        ("own", "/api/pull", "../../x", 404),
        ("own", "/api/pull", "test:1b", 502),
        ("own", "/maque/models/..%2F..%2Fx/verify", "", 404),
    ] {
        let (status, answer) = ask(key, "POST", path, pull(name));
        assert_eq!(status, want, "{key} {path} {name}: {answer}");
    }
    let remove = |name: &str| ask("own", "DELETE", &format!("/maque/models/{name}"), json!({}));
    assert_eq!(remove("test:1b").0, 404);
    let (status, load) = ask("own", "GET", "/maque/load", json!({}));
    assert_eq!((status, &load["ready"]), (200, &json!(true)));
    assert!(load["memory"]["weights"].as_u64() > Some(1 << 20), "{load}");
}
