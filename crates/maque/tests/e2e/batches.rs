//! `/v1/files` and `/v1/batches` on real weights: sent, killed, gone on with, read.

use crate::command::until;
use crate::server::{Server, open, question, read_all};
use crate::weights;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Sends a file in a form, as OpenAI's clients do; its status and JSON.
fn upload(server: &Server, content: &str, more: &str) -> (u16, Value) {
    let host = format!("127.0.0.1:{}", server.port);
    let part = |name: &str, text: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n")
    };
    let file = part("name=\"file\"; filename=\"in.jsonl\"", content);
    let body = format!("{}{file}--xyz--\r\n", part("name=\"purpose\"", "batch"));
    let head = format!("POST /v1/files HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}");
    let kind = "Content-Type: multipart/form-data; boundary=xyz";
    let length = body.len();
    let answer = read_all(open(
        &host,
        &format!("{head}{kind}\r\nContent-Length: {length}\r\n\r\n{body}"),
    ));
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head[9..12].parse().expect("a status");
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn lines(n: usize) -> String {
    let line = |i: usize| {
        let mut body = question(&format!("Tell me about the number {i}."), 24);
        body["seed"] = json!(i);
        json!({ "custom_id": format!("r{i}"), "method": "POST", "url": "/v1/chat/completions", "body": body })
    };
    (0..n).map(|i| format!("{}\n", line(i))).collect()
}

fn begin(server: &Server, content: &str) -> Value {
    let (status, file) = upload(server, content, "");
    assert_eq!(status, 200, "{file}");
    let body = json!({ "input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h" });
    let (status, batch) = server.post("/v1/batches", &body);
    assert_eq!(status, 200, "{batch}");
    batch
}

fn state(server: &Server, batch: &Value) -> Value {
    let id = batch["id"].as_str().expect("an id");
    server
        .get(&format!("/v1/batches/{id}"))
        .expect("an answer")
        .1
}

#[test]
fn a_batch_goes_on_after_a_kill() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let batch = begin(&server, &lines(40));
    until("some answers", || {
        (3 <= state(&server, &batch)["request_counts"]["completed"].as_u64()?).then_some(())
    });
    let server = Server::start_in(server.kill(), &model, &[]);
    let done = until("the batch to be complete", || {
        Some(state(&server, &batch)).filter(|batch| batch["status"] == "completed")
    });
    assert_eq!(
        done["request_counts"],
        json!({ "total": 40, "completed": 40, "failed": 0 })
    );
    let file = done["output_file_id"].as_str().expect("a file");
    let text = server.text(&format!("/v1/files/{file}/content"));
    let ids: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["custom_id"].clone())
        .collect();
    let wanted: Vec<Value> = (0..40).map(|i| json!(format!("r{i}"))).collect();
    assert_eq!(ids, wanted, "each once, in order");
}

#[test]
fn a_cancelled_batch_frees_the_processor_and_people_go_first() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let batch = begin(&server, &lines(400));
    until("it to begin", || {
        (0 < state(&server, &batch)["request_counts"]["completed"].as_u64()?).then_some(())
    });
    let before = state(&server, &batch)["request_counts"]["completed"].clone();
    let answer = server.chat(&question("Name the capital of France.", 8));
    assert!(answer["choices"][0]["message"]["content"].is_string());
    let id = batch["id"].as_str().expect("an id");
    let (status, cancelled) = server.post(&format!("/v1/batches/{id}/cancel"), &json!({}));
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")));
    assert!(before.as_u64() <= cancelled["request_counts"]["completed"].as_u64());
    until("the engine to rest", || {
        let (start, cpu) = (Instant::now(), server.cpu_time());
        std::thread::sleep(Duration::from_millis(200));
        (server.cpu_time() - cpu < start.elapsed() / 4).then_some(())
    });
}

#[test]
fn wrong_files_and_wrong_senders_are_refused_by_name() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let origin = format!("Origin: http://127.0.0.1:{}\r\n", server.port);
    assert_eq!(
        upload(&server, "x", "Origin: http://evil.example\r\n").0,
        403
    );
    assert_eq!(upload(&server, "x", &origin).0, 415, "no page sends forms");
    let failed = begin(&server, "{\"custom_id\": 1}\n");
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["errors"]["data"][0]["param"], "custom_id");
    for (body, param) in [
        (json!({}), "input_file_id"),
        (json!({ "input_file_id": "x" }), "input_file_id"),
        (
            json!({ "input_file_id": "file-1", "endpoint": "/v1/embeddings" }),
            "endpoint",
        ),
        (
            json!({ "input_file_id": "file-1", "endpoint": "/v1/completions" }),
            "completion_window",
        ),
    ] {
        let (status, answer) = server.post("/v1/batches", &body);
        assert_eq!(
            (status, answer["error"]["param"].as_str()),
            (400, Some(param)),
            "{answer}"
        );
    }
    assert_eq!(
        server.get("/v1/batches/batch_99").expect("an answer").0,
        404
    );
    assert_eq!(server.get("/v1/files/nonsense").expect("an answer").0, 404);
}
