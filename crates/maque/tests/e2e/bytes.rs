//! The same request gives the same bytes: streamed or not, cold or cached, alone or beside others, with 1 or 2 threads.

use crate::server::{Server, question, text};
use crate::weights;
use serde_json::{Value, json};

const MAX_TOKENS: usize = 24;

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
    let alone: Vec<String> = requests
        .iter()
        .map(|request| text(&one_thread.chat(request)).to_owned())
        .collect();
    assert_eq!(one_thread.stop().code, 0);
    assert!(alone.iter().all(|text| !text.is_empty()));

    let server = Server::start(&model, &["--threads", "2"]);
    for (request, want) in requests.iter().zip(&alone) {
        let cold = server.chat(request);
        let cached = server.chat(request);
        assert_eq!(text(&cold), want, "cold, two threads: {request}");
        assert_eq!(text(&cached), want, "cached: {request}");
        assert!(
            0 < cached["usage"]["prompt_tokens_details"]["cached_tokens"]
                .as_u64()
                .unwrap_or(0),
            "{cached}"
        );
        assert_eq!(&server.chat_streamed(request), want, "streamed: {request}");
    }
    beside_others(&server, &requests, &alone);
}

/// Eight requests at a time.
fn beside_others(server: &Server, requests: &[Value], want: &[String]) {
    for (requests, want) in requests.chunks(8).zip(want.chunks(8)) {
        let answers: Vec<String> = std::thread::scope(|scope| {
            let ask = |request| scope.spawn(move || text(&server.chat(request)).to_owned());
            let asked: Vec<_> = requests.iter().map(ask).collect();
            asked
                .into_iter()
                .map(|answer| answer.join().expect("an answer"))
                .collect()
        });
        assert_eq!(answers, want, "beside others");
    }
}
