//! Each API on real weights: the same answer, and refusals in its own shape.

use crate::server::{Server, question, text};
use crate::weights;
use serde_json::{Value, json};

#[test]
fn every_api_gives_the_same_answer() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let mut body = question("Name the capital of France.", 12);
    body["temperature"] = json!(0);
    let want = text(&server.chat(&body)).to_owned();
    let messages = &body["messages"];
    let greedy = json!({ "temperature": 0, "num_predict": 12 });
    let asked: [(&str, Value, &str); 4] = [
        ("/v1/messages", body.clone(), "/content/0/text"),
        (
            "/v1/responses",
            json!({ "input": messages, "temperature": 0, "max_output_tokens": 12 }),
            "/output/0/content/0/text",
        ),
        (
            "/api/chat",
            json!({ "messages": messages, "options": greedy, "stream": false }),
            "/message/content",
        ),
        (
            "/api/generate",
            json!({ "prompt": "Name the capital of France.", "options": greedy, "stream": false }),
            "/response",
        ),
    ];
    for (path, body, pointer) in asked {
        let (status, answer) = server.post(path, &body);
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(
            answer.pointer(pointer),
            Some(&json!(want)),
            "{path}: {answer}"
        );
    }
}

/// Bodies that are wrong, and the field that is.
fn wrong() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/v1/chat/completions", json!({ "stream": "yes" }), "stream"),
        (
            "/v1/chat/completions",
            json!({ "overflow": "drop" }),
            "overflow",
        ),
        (
            "/v1/chat/completions",
            json!({ "messages": {} }),
            "messages",
        ),
        (
            "/v1/chat/completions",
            json!({ "messages": [{ "role": 1, "content": "a" }] }),
            "messages[0].role",
        ),
        (
            "/v1/chat/completions",
            json!({ "messages": [{ "role": "user", "content": "a" }], "tools": [{ "type": "function", "function": 1 }] }),
            "tools[0].function",
        ),
        (
            "/v1/completions",
            json!({ "prompt": "a", "echo": 1 }),
            "echo",
        ),
        ("/v1/responses", json!({ "input": 1 }), "input"),
        (
            "/v1/responses",
            json!({ "input": "a", "text": { "format": { "type": "xml" } } }),
            "text.format.type",
        ),
        ("/v1/messages", json!({ "max_tokens": 1.5 }), "max_tokens"),
        (
            "/v1/messages",
            json!({ "max_tokens": 1, "messages": [{ "role": 1 }] }),
            "messages[0].role",
        ),
        (
            "/api/chat",
            json!({ "messages": [{ "role": "user", "images": ["a"] }] }),
            "messages[0].images",
        ),
        (
            "/api/generate",
            json!({ "prompt": "a", "template": "b" }),
            "template",
        ),
        ("/api/show", json!({ "model": 1 }), "model"),
        ("/tokenize", json!({}), "prompt"),
        ("/detokenize", json!({ "tokens": [-1] }), "tokens"),
    ]
}

#[test]
fn wrong_types_are_refused_by_name_in_each_apis_shape() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    for (path, body, field) in wrong() {
        let (status, answer) = server.post(path, &body);
        assert_eq!(status, 400, "{path} {body}: {answer}");
        let message = match path.split('/').nth(1) {
            Some("api") => &answer["error"],
            _ => &answer["error"]["message"],
        };
        let message = message.as_str().expect("a sentence");
        assert!(message.starts_with(field), "{path} {body}: {answer}");
        assert_eq!(
            path == "/v1/messages",
            answer["type"] == "error",
            "{answer}"
        );
        assert!(!answer["error"]["code"].is_number(), "{answer}");
    }
    let (status, answer) = server.post("/v1/embeddings", &json!({ "input": "a" }));
    assert!(
        status == 404 && answer["error"]["code"] == "no_embedding_model",
        "{answer}"
    );
}
