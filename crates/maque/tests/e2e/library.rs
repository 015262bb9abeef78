//! The library: from a folder to an answer with quotations, on the command line and over HTTP.

use crate::command::{run, until};
use crate::server::Server;
use crate::weights;
use crate::wire::with_key;
use serde_json::{Value, json};
use std::path::Path;

/// The folder of labelled questions.
fn handbook() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/library/handbook");
    folder
        .canonicalize()
        .expect("a folder")
        .to_string_lossy()
        .into_owned()
}

fn ask(server: &Server, question: &str) -> Value {
    let (status, answer) = server.post("/v1/library/ask", &json!({ "question": question }));
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn a_folder_is_read_and_questions_are_answered_with_quotations() {
    let Some(model) = weights::smol() else {
        return;
    };
    let server = Server::start(&model, &[]);
    assert_eq!(
        server.get("/v1/library/status").expect("a status").1["state"],
        "empty"
    );
    assert_eq!(ask(&server, "工资什么时候发？")["outcome"], "not_found");
    let (status, folder) = server.post("/v1/library/folders", &json!({ "path": handbook() }));
    assert_eq!(status, 201, "{folder}");
    let status = until("the folder to be read", || {
        server
            .get("/v1/library/status")
            .map(|(_, status)| status)
            .filter(|status| status["state"] == "ready")
    });
    assert_eq!(
        (&status["documents"], &status["folders"][0]["path"]),
        (&json!(32), &json!(handbook()))
    );

    every_answer_has_its_source(&server);
    let id = folder["id"].as_str().expect("an id");
    let (status, _) = server.send("DELETE", &format!("/v1/library/folders/{id}"), &json!({}));
    assert_eq!(status, 200);
    assert_eq!(ask(&server, "工资什么时候发？")["outcome"], "not_found");
}

fn every_answer_has_its_source(server: &Server) {
    let ask = |question: &str| ask(server, question);
    let answer = ask("请问工资什么时候发呢");
    assert_eq!(
        (&answer["outcome"], &answer["source"]),
        (&json!("faq"), &json!("faq"))
    );
    assert!(
        answer["answer"]
            .as_str()
            .expect("a text")
            .starts_with("每月 10 日")
    );
    let answer = ask("怎么做红烧肉？");
    assert_eq!(
        (&answer["outcome"], &answer["quotations"]),
        (&json!("not_found"), &json!([]))
    );

    let answer = ask("What is the restocking fee for opened units?");
    assert_eq!(answer["outcome"], "answered", "{answer}");
    let quotation = &answer["quotations"][0];
    let id = quotation["document"]["id"].as_str().expect("an id");
    let (_, document) = server
        .get(&format!("/v1/library/documents/{id}"))
        .expect("a document");
    let letters: Vec<char> = document["text"].as_str().expect("a text").chars().collect();
    let at = |name: &str| quotation[name].as_u64().expect("an offset") as usize;
    let literal: String = letters[at("start")..at("end")].iter().collect();
    assert_eq!(json!(literal), quotation["text"]);
}

fn with_handbook(model: &Path, arguments: &[&str]) -> Server {
    let server = Server::start(model, arguments);
    server.post("/v1/library/folders", &json!({ "path": handbook() }));
    until("the folder to be read", || {
        let (_, status) = server.get("/v1/library/status")?;
        (status["state"] == "ready").then_some(())
    });
    server
}

#[test]
fn what_is_said_in_other_words_is_found_by_its_meaning() {
    let Some(model) = weights::qwen() else {
        return;
    };
    let server = with_handbook(&model, &[]);
    for (question, file) in [
        ("想找个能坐一百号人的地方办活动", "行政/会议室预订.txt"),
        ("满屋子都是烟，怎么跑出去？", "安全/消防应急预案.md"),
        (
            "A colleague keeps making nasty jokes at my expense",
            "handbook/Code of conduct.pdf",
        ),
    ] {
        let answer = ask(&server, question);
        assert_eq!(answer["outcome"], "not_found", "{answer}");
        let passages = answer["passages"].as_array().expect("passages");
        let mut files: Vec<&Value> = passages
            .iter()
            .map(|passage| &passage["document"]["file"])
            .collect();
        files.dedup();
        assert!(files.iter().take(3).any(|one| *one == file), "{files:?}");
        let tokens = |name| answer["usage"][name].as_u64().expect("a count");
        assert!(1000 < tokens("prompt_tokens"), "the model compares");
        assert_eq!(tokens("completion_tokens"), 0);
        are_marked(passages);
        let again = ask(&server, question);
        assert_eq!(again["passages"], answer["passages"], "cached or not");
    }
}

/// Of what is shown first a sentence is marked, where it has several; literally, at its place.
#[track_caller]
fn are_marked(passages: &[Value]) {
    let shown = passages.iter().take(3);
    let marked: Vec<&Value> = shown
        .filter(|passage| !passage["marked"].is_null())
        .collect();
    assert!(!marked.is_empty(), "{passages:?}");
    for passage in marked {
        let at = |of: &Value, name: &str| of[name].as_u64().expect("an offset") as usize;
        let letters: Vec<char> = passage["text"].as_str().expect("a text").chars().collect();
        let (start, marked) = (at(passage, "start"), &passage["marked"]);
        let literal = &letters[at(marked, "start") - start..at(marked, "end") - start];
        assert_eq!(json!(literal.iter().collect::<String>()), marked["text"]);
        assert!(literal.len() < letters.len(), "{passage}");
    }
}

#[test]
fn where_there_is_no_room_to_compare_the_nearest_passages_are_shown() {
    let Some(model) = weights::smol() else {
        return;
    };
    let server = with_handbook(&model, &["--context", "64"]);
    let answer = ask(&server, "满屋子都是烟，怎么跑出去？");
    assert_eq!(answer["outcome"], "not_found", "{answer}");
    let passages = answer["passages"].as_array().expect("passages");
    assert_eq!((passages.len(), &passages[0]["score"]), (5, &json!(1.0)));
    assert!(passages.iter().all(|passage| passage["marked"].is_null()));
    assert_eq!(answer["usage"]["prompt_tokens"], 0);
}

#[test]
fn wrong_questions_and_folders_are_refused_by_name() {
    let Some(model) = weights::smol() else {
        return;
    };
    let server = Server::start(&model, &["--api-key", "owner", "--api-key", "guest"]);
    let send = |key: &str, method: &str, path: &str, body: Value| {
        with_key(&server, key, method, path, &body)
    };
    for body in [
        json!({}),
        json!({ "question": " " }),
        json!({ "question": "x".repeat(2001) }),
        json!({ "question": 1 }),
    ] {
        let (status, answer) = send("guest", "POST", "/v1/library/ask", body);
        assert_eq!(
            (status, &answer["error"]["param"]),
            (400, &json!("question"))
        );
    }
    folders_are_for_administrators(&server);
}

fn folders_are_for_administrators(server: &Server) {
    let send = |key: &str, method: &str, path: &str, body: Value| {
        with_key(server, key, method, path, &body)
    };
    let add =
        |key: &str, path: &str| send(key, "POST", "/v1/library/folders", json!({ "path": path }));
    for path in ["relative", "/nonexistent", "/etc/passwd"] {
        let (status, answer) = add("owner", path);
        let param = &answer["error"]["param"];
        assert_eq!((status, param), (400, &json!("path")), "{answer}");
    }
    assert_eq!(add("guest", &handbook()).0, 403);
    assert_eq!(add("owner", &handbook()).0, 201);
    assert_eq!(add("owner", &handbook()).0, 409);
    let (_, status) = send("guest", "GET", "/v1/library/status", Value::Null);
    let path = &status["folders"][0]["path"];
    assert_eq!(path, &Value::Null, "only administrators learn it");
    for (method, path) in [("GET", "documents"), ("DELETE", "folders")] {
        let path = format!("/v1/library/{path}/none");
        assert_eq!(send("owner", method, &path, Value::Null).0, 404);
    }
}

#[test]
fn a_folder_goes_to_the_running_server_whichever_model_it_serves() {
    let Some(model) = weights::smol() else {
        return;
    };
    let server = Server::start(&model, &[]);
    let mut command = server.home.maque(&["library", "add", &handbook()]);
    let ran = run(command.env("MAQUE_MODEL", "qwen2.5-coder:0.5b"), b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let (_, status) = server.get("/v1/library/status").expect("a status");
    assert_eq!(status["documents"], 32, "{status}");
}
