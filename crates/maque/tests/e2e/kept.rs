//! `--keep-cache`: a conversation goes on after a restart without being read again.

use crate::command::{Home, files};
use crate::server::{Server, question, text};
use crate::weights;
use serde_json::{Value, json};
use std::path::Path;

const KEEP: &[&str] = &["--keep-cache"];

/// A question of some hundred tokens.
fn long_question() -> Value {
    let numbers: Vec<String> = (1..120).map(|i| i.to_string()).collect();
    let mut body = question(&format!("Which number follows? {}", numbers.join(" ")), 12);
    body["temperature"] = json!(0);
    body
}

fn n_cached(answer: &Value) -> u64 {
    let n = answer["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64();
    n.expect("a count")
}

/// Asks a server on `home` once and lets it end: the answer, what the server said, the home.
fn visit(home: Home, model: &Path, flags: &[&str]) -> (Value, String, Home) {
    let server = Server::start_in(home, model, flags);
    assert!(
        !is_kept(&server.home),
        "the file is there only while no server runs"
    );
    let answer = server.chat(&long_question());
    let (ran, home) = server.stop_keeping();
    assert_eq!(ran.code, 0, "{ran:?}");
    (answer, ran.stderr, home)
}

fn is_kept(home: &Home) -> bool {
    home.path().join("prefixes.kept").exists()
}

#[test]
fn what_was_read_outlasts_the_server() {
    let Some(model) = weights::smol() else { return };
    let (first, said, home) = visit(Home::new(), &model, KEEP);
    let n_cold = n_cached(&first);
    assert!(is_kept(&home) && said.contains("are kept"), "{said}");
    let (second, said, home) = visit(home, &model, KEEP);
    let n_prompt = second["usage"]["prompt_tokens"].as_u64().expect("a count");
    assert!(n_cold < 64, "{first}");
    assert!(n_prompt - 32 <= n_cached(&second), "{second}"); // whole pages of 32
    assert_eq!(text(&second), text(&first));
    assert!(said.contains("need not be read again"), "{said}");

    // A type of weights with other bits, then a server that keeps nothing.
    let (wide, said, home) = visit(home, &model, &["--keep-cache", "--dtype", "f32"]);
    assert_eq!(n_cached(&wide), n_cold, "{wide}");
    assert!(said.contains("another model"), "{said}");
    let (_, _, home) = visit(home, &model, &[]);
    assert!(!is_kept(&home));
    let names = files(home.path());
    let is_left = |path: &std::path::PathBuf| path.to_string_lossy().contains("prefixes");
    assert!(!names.iter().any(is_left), "{names:?}");
}

#[test]
fn a_damaged_file_is_let_go_in_a_sentence() {
    let Some(model) = weights::smol() else { return };
    let (first, _, home) = visit(Home::new(), &model, KEEP);
    let path = home.path().join("prefixes.kept");
    let mut bytes = std::fs::read(&path).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let (second, said, _home) = visit(home, &model, KEEP);
    assert_eq!(n_cached(&second), n_cached(&first), "{second}");
    assert_eq!(text(&second), text(&first));
    let sentences: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("damaged"))
        .collect();
    assert_eq!(sentences.len(), 1, "{said}");
}
