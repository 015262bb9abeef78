//! The same request gives the same bytes: streamed or not, cold or cached, alone or beside others, with 1 or 2 threads,
//! on every instruction set.

use crate::command::{Home, run};
use crate::server::{Server, question, text};
use crate::weights;
use serde_json::{Value, json};
use std::path::Path;

const MAX_TOKENS: usize = 16;

const PROMPTS: [&str; 20] = [
    "What is the capital of France?",
    "Name three colours.",
    "你好，你是谁？",
    "Write a haiku about rain.",
    "Explain what a closure is in Python.",
    "Translate to German: good morning.",
    "def fib(n):",
    "把“春风拂面，花开满园”改写成五言绝句",
    "List the planets.",
    "What is 17 times 3?",
    "Tell me a joke about programmers.",
    "Why is the sky blue?",
    "Give me a recipe for pancakes.",
    "🙂🙃 what do these mean?",
    "Write SQL that counts rows by day.",
    "Who wrote Hamlet?",
    "Summarise: The cat sat on the mat. It was warm.",
    "Continue: Once upon a time",
    "Convert 10 miles to kilometres.",
    "用一句话解释什么是递归",
];

/// Every prompt greedily and with a seed.
fn requests() -> Vec<Value> {
    let sampled = |(i, prompt): (usize, &&str)| {
        let mut greedy = question(prompt, MAX_TOKENS);
        let mut seeded = greedy.clone();
        greedy["temperature"] = json!(0);
        seeded["temperature"] = json!(0.9);
        seeded["seed"] = json!(i + 1);
        [greedy, seeded]
    };
    PROMPTS.iter().enumerate().flat_map(sampled).collect()
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let Some(model) = weights::smol() else { return };
    let requests = requests();
    let one_thread = Server::start(&model, &["--threads", "1"]);
    let alone = answers(&one_thread, &requests);
    assert_eq!(one_thread.stop().code, 0);
    assert!(alone.iter().all(|text| !text.is_empty()));

    let two_threads = Server::start(&model, &["--threads", "2"]);
    for (request, want) in requests.iter().zip(&alone) {
        let cold = two_threads.chat(request);
        let cached = two_threads.chat(request);
        assert_eq!(text(&cold), want, "cold, two threads: {request}");
        assert_eq!(text(&cached), want, "cached: {request}");
        assert_eq!(n_cached(&cached), n_prompt(&cached) - 1, "{cached}");
        let streamed = two_threads.chat_streamed(request);
        assert_eq!(&streamed, want, "streamed: {request}");
    }
    assert_eq!(two_threads.stop().code, 0);

    let shared = Server::start(&model, &["--threads", "2"]);
    for state in ["cold", "cached"] {
        beside_others(&shared, &requests, &alone, state);
    }
}

#[test]
fn every_instruction_set_gives_the_same_bytes() {
    let Some(model) = weights::smol() else { return };
    let short = |request: &Value| {
        let mut request = request.clone();
        request["max_tokens"] = json!(6);
        request
    };
    let requests: Vec<Value> = requests().iter().step_by(11).map(short).collect();
    let scalar = answers_of(&model, "scalar", &requests).expect("every CPU is scalar at least");
    assert!(scalar.iter().all(|text| !text.is_empty()));
    for isa in ["avx2", "avxvnni", "avx512vnni", "amx", "neon"] {
        let Some(got) = answers_of(&model, isa, &requests) else {
            continue;
        };
        assert_eq!(got, scalar, "{isa}");
    }
}

/// Answers computed with one instruction set; `None` where this CPU lacks it.
fn answers_of(model: &Path, isa: &str, requests: &[Value]) -> Option<Vec<String>> {
    let probe = run(Home::new().maque(&["config"]).env("MAQUE_ISA", isa), b"");
    if probe.code != 0 {
        assert!(probe.stderr.contains(isa), "{probe:?}");
        return None;
    }
    let server = Server::start_with(model, &["--threads", "2"], &[("MAQUE_ISA", isa)]);
    Some(answers(&server, requests))
}

/// Answers to requests that are asked one after the other.
fn answers(server: &Server, requests: &[Value]) -> Vec<String> {
    let ask = |request| text(&server.chat(request)).to_owned();
    requests.iter().map(ask).collect()
}

/// Eight requests at a time.
fn beside_others(server: &Server, requests: &[Value], want: &[String], state: &str) {
    for (requests, want) in requests.chunks(8).zip(want.chunks(8)) {
        let answers: Vec<String> = std::thread::scope(|scope| {
            let ask = |request| scope.spawn(move || text(&server.chat(request)).to_owned());
            let asked: Vec<_> = requests.iter().map(ask).collect();
            let answers = asked.into_iter().map(|answer| answer.join());
            answers.map(|answer| answer.expect("an answer")).collect()
        });
        assert_eq!(answers, want, "{state}, beside seven others");
    }
}

fn n_prompt(answer: &Value) -> u64 {
    let n = answer["usage"]["prompt_tokens"].as_u64();
    n.expect("a count")
}

fn n_cached(answer: &Value) -> u64 {
    let n = answer["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64();
    n.expect("a count")
}
