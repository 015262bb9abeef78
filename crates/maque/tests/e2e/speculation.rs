//! Guessed tokens on real weights: answers are the same to the logprob, with and without.

use crate::server::{Server, question};
use crate::weights;
use serde_json::{Value, json};
use std::path::Path;

const FUNCTION: &str = r#"def settle(orders, prices):
    total = 0
    refused = []
    for order in orders:
        name = order["customer"]
        missing = False
        for item, count in order["items"].items():
            if item not in prices:
                missing = True
                break
        if missing:
            refused.append(name)
            continue
        for item, count in order["items"].items():
            total += prices[item] * count
    return total, refused"#;

/// Answers with these samplings are compared.
fn samplings() -> [Value; 4] {
    [
        json!({ "temperature": 0 }),
        json!({ "temperature": 0.8, "seed": 3, "logprobs": true, "top_logprobs": 2 }),
        json!({ "temperature": 0, "repetition_penalty": 1.1, "frequency_penalty": 0.1, "presence_penalty": 0.2 }),
        json!({ "seed": 9, "repetition_penalty": 1.0, "stop": ["\n\n\n", "refused = [", "sparrow."] }),
    ]
}

fn request(prompt: &str, max_tokens: usize, sampling: &Value) -> Value {
    let mut request = question(prompt, max_tokens);
    let fields = request.as_object_mut().expect("an object");
    fields.extend(sampling.as_object().expect("an object").clone());
    request
}

/// Asks all with and without guesses, and compares everything but ids and times.
fn check(model: &Path, requests: &[Value]) {
    let [with, without] = ["auto", "off"].map(|word| {
        let server = Server::start(model, &["--threads", "2", "--speculation", word]);
        let answers: Vec<_> = requests
            .iter()
            .map(|request| server.chat(request))
            .map(|answer| (answer["choices"].clone(), answer["usage"].clone()))
            .collect();
        let guesses = ["draft", "accepted"].map(|kind| counter(&server, kind));
        assert_eq!(server.stop().code, 0);
        (answers, guesses)
    });
    for ((request, with), without) in requests.iter().zip(&with.0).zip(&without.0) {
        assert_eq!(with.0, without.0, "{request}");
        let n_tokens = |usage: &Value| usage["completion_tokens"].clone();
        assert_eq!(n_tokens(&with.1), n_tokens(&without.1), "{request}");
    }
    let [n_drafted, n_accepted] = with.1;
    assert!(50 < n_accepted && n_accepted < n_drafted, "{:?}", with.1);
    assert_eq!(without.1, [0, 0]);
}

fn counter(server: &Server, kind: &str) -> u64 {
    let name = format!("maque:spec_decode_num_{kind}_tokens_total");
    let text = server.text("/metrics");
    let line = text.lines().find(|line| line.starts_with(&name));
    let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn twenty_prompts_are_answered_alike_with_and_without_guesses() {
    let Some(model) = weights::smol() else { return };
    let things = [
        "colour", "planet", "river", "fruit", "bird", "city", "tool", "metal", "game", "song",
    ];
    let prompts: Vec<String> = things
        .iter()
        .flat_map(|thing| {
            [
                format!("Repeat this three times: my favourite {thing} is as small as a sparrow, and my favourite {thing} is as loud as a sparrow."),
                format!("Write a table of ten lines with the columns {thing}, size, age."),
            ]
        })
        .collect();
    let requests: Vec<Value> = prompts
        .iter()
        .zip(samplings().iter().cycle())
        .map(|(prompt, sampling)| request(prompt, 60, sampling))
        .collect();
    check(&model, &requests);
}

#[test]
fn an_edited_function_is_written_alike_with_and_without_guesses() {
    let Some(model) = weights::qwen() else { return };
    let prompt =
        format!("Add a comment to each line of this function:\n```python\n{FUNCTION}\n```");
    let mut requests = samplings()
        .map(|sampling| request(&prompt, 100, &sampling))
        .to_vec();
    let orders = json!({ "type": "array", "minItems": 6, "maxItems": 6, "items": {
        "type": "object", "properties": { "customer": { "enum": ["Anna", "Bert"] }, "count": { "type": "integer" } },
        "required": ["customer", "count"], "additionalProperties": false } });
    let mut constrained = question("Six orders of two customers, as JSON.", 100);
    constrained["temperature"] = json!(0);
    constrained["response_format"] =
        json!({ "type": "json_schema", "json_schema": { "name": "orders", "schema": orders } });
    requests.push(constrained);
    check(&model, &requests);
}
