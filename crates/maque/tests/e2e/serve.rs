//! `maque serve`: start, answer, end; and commands that find the server.

use crate::command::{Home, run, until};
use crate::mirror::{Manner, Mirror};
use crate::server::{Server, question, text};
use crate::weights;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;

#[test]
fn a_server_starts_answers_and_ends() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let mut body = question("Name the capital of France.", 20);
    body["temperature"] = json!(0);
    assert!(text(&server.chat(&body)).contains("Paris"));
    let note = server.home.path().join("server.json");
    assert!(note.exists());
    let (status, models) = server.get("/v1/models").expect("an answer");
    assert!(
        status == 200 && models["data"][0]["id"].is_string(),
        "{models}"
    );
    let home = server.home.path().to_owned();
    assert_eq!(server.stop().code, 0);
    assert!(!home.join("server.json").exists());
}

#[test]
fn the_page_is_there_while_the_model_is_still_coming() {
    let mirror = Mirror::start(Manner::Slow, 48 << 20);
    let home = Home::new();
    std::fs::write(home.path().join("catalogue.toml"), mirror.catalogue()).expect("written");
    let variables = [("HF_ENDPOINT", mirror.endpoint.as_str())];
    let server = Server::launch(home, "test:1b", &[], &variables);
    let downloading = || {
        let (status, health) = server.get("/health")?;
        assert_eq!(status, 503, "{health}");
        let done = health["done"].as_u64().filter(|done| 0 < *done)?;
        (health["stage"] == "downloading").then_some(done)
    };
    let early = until("the first bytes", downloading);
    assert_eq!(server.get("/").expect("the page").0, 200);
    until("more bytes", || downloading().filter(|done| early < *done));
    let failed = || {
        let (_, health) = server.get("/health")?;
        (health["status"] == "failed").then(|| health["message"].to_string())
    };
    // What the mirror has is no model.
    let message = until("the end of the download", failed);
    assert!(message.contains("test.gguf"), "{message}");
}

#[test]
fn ask_uses_the_running_server() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    // The home has no model of the default name, so only the server can answer.
    let ran = run(
        &mut server
            .home
            .qwen(&["--temperature", "0", "Name the capital of France."]),
        b"",
    );
    assert!(ran.code == 0 && ran.stdout.contains("Paris"), "{ran:?}");
    let long = "word ".repeat(20_000);
    let ran = run(&mut server.home.qwen(&["Summarise"]), long.as_bytes());
    assert_eq!(ran.code, 4, "{ran:?}");
}

#[test]
fn the_fallback_that_is_here_is_taken_without_asking_the_network() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let path = model.to_str().expect("a UTF-8 path");
    let import = ["import", path, "qwen2.5-coder:0.5b"];
    assert_eq!(run(&mut home.maque(&import), b"").code, 0);
    let network = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    network.set_nonblocking(true).expect("a socket");
    let address = network.local_addr().expect("bound");
    let mut ask = home.qwen(&["--max-tokens", "1", "hi"]);
    let ran = run(ask.env("HF_ENDPOINT", format!("http://{address}")), b"");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(network.accept().is_err(), "the network was asked");
}

#[test]
fn a_server_that_died_is_not_waited_for() {
    let home = Home::new();
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let note = json!({ "address": format!("127.0.0.1:{port}"), "pid": 1, "model": "/nonexistent" });
    std::fs::write(home.path().join("server.json"), note.to_string()).expect("a file");
    let ran = run(&mut home.qwen(&["--model", "/nonexistent", "hi"]), b"");
    assert_eq!(ran.code, 6, "{ran:?}");
}

#[test]
fn a_model_that_cannot_be_had_is_named() {
    let ran = run(&mut Home::new().maque(&["show", "no-such-model:1b"]), b"");
    assert!(
        ran.code != 0 && ran.stderr.contains("no-such-model:1b"),
        "{ran:?}"
    );
}

#[test]
fn a_taken_port_is_said_and_the_next_is_used() {
    let Some(model) = weights::smol() else { return };
    let first = Server::start(&model, &[]);
    let taken = first.port.to_string();
    let arguments = [
        "serve",
        "--no-open",
        "--port",
        &taken,
        "--model",
        model.to_str().expect("a UTF-8 path"),
    ];
    let second = crate::command::spawn(&mut first.home.maque(&arguments));
    let note = first.home.path().join("server.json");
    let is_second = || {
        let text = std::fs::read_to_string(&note).ok()?;
        let note: serde_json::Value = serde_json::from_str(&text).ok()?;
        (note["pid"] == second.id())
            .then(|| note["address"].as_str().expect("an address").to_owned())
    };
    let address = until("the second server's note", is_second);
    assert!(!address.ends_with(&format!(":{taken}")), "{address}");
    crate::command::signal(&second, rustix::process::Signal::TERM);
    let ran = crate::command::wait(second, std::time::Duration::from_secs(20));
    assert!(ran.code == 0 && ran.stderr.contains(&taken), "{ran:?}");
}

/// A small model with an output head of its own, in a folder of its own: its embeddings are read from there.
fn copied_model(folder: &Path) {
    let random = Path::new(env!("CARGO_MANIFEST_DIR")).join("../maque-model/tests/goldens/random");
    for entry in std::fs::read_dir(random.join("llama-scaled")).expect("a committed folder") {
        let path = entry.expect("a readable folder").path();
        let to = folder.join(path.file_name().expect("files have names"));
        std::fs::copy(&path, to).expect("room for a small model");
    }
}

#[test]
fn a_model_whose_file_is_cut_short_ends_requests_and_not_the_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copied_model(folder.path());
    let server = Server::start(folder.path(), &[]);
    let (status, answer) = server.post("/v1/chat/completions", &question("Hello", 4));
    assert_eq!(status, 200, "{answer}");
    let file = std::fs::File::options()
        .write(true)
        .open(folder.path().join("model.safetensors"));
    file.expect("it is there").set_len(100).expect("it is ours");
    let (status, answer) = server.post("/v1/chat/completions", &question("Hello again", 4));
    let message = answer["error"]["message"].as_str().expect("an error");
    assert!(
        status == 500 && message.contains("was changed"),
        "{status} {answer}"
    );
    let (status, health) = server.get("/health").expect("the server lives");
    assert_eq!(
        (status, &health["status"]),
        (503, &json!("failed")),
        "{health}"
    );
}
