//! Answers that keep to a schema, a regex or a grammar, and tool calls, on real weights.

use crate::command::{Home, run, until};
use crate::server::{Server, question, text};
use crate::weights;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn with(mut body: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("fields are an object")
    };
    for (name, value) in fields {
        body[name] = value;
    }
    body
}

fn weather() -> Value {
    json!({
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": { "city": { "type": "string", "maxLength": 20 }, "days": { "type": "integer", "minimum": 1, "maximum": 7 } },
                "required": ["city", "days"],
            },
        },
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "maxLength": 12 },
            "kind": { "enum": ["city", "river", "河"] },
            "sizes": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 99 }, "minItems": 2, "maxItems": 3 },
        },
        "required": ["name", "kind", "sizes"],
    })
}

#[test]
fn answers_keep_to_a_schema_and_are_the_same_bytes_alone_and_among_others() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let format = json!({ "type": "json_schema", "json_schema": { "name": "thing", "strict": true, "schema": schema() } });
    let body = |seed: u64| {
        let fields = json!({ "temperature": 1, "seed": seed, "response_format": format });
        with(question("Describe Paris as JSON.", 120), fields)
    };
    let answers: Vec<String> = std::thread::scope(|scope| {
        let ask = |seed| {
            let (server, body) = (&server, body(seed));
            scope.spawn(move || text(&server.chat(&body)).to_owned())
        };
        let asked: Vec<_> = (0..6).map(ask).collect();
        asked
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    for (seed, answer) in (0..).zip(&answers) {
        let value: Value = serde_json::from_str(answer).unwrap_or_else(|_| panic!("{answer}"));
        assert!(
            ["city", "river", "河"]
                .iter()
                .any(|kind| value["kind"] == *kind),
            "{answer}"
        );
        let sizes = value["sizes"].as_array().expect("a list");
        assert!((2..=3).contains(&sizes.len()) && value.as_object().expect("an object").len() == 3);
        assert_eq!(server.chat_streamed(&body(seed)), *answer);
    }
}

#[test]
fn regexes_choices_and_grammars_hold() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let ask = |outputs: Value| {
        let body = with(
            question("Say something.", 60),
            json!({ "structured_outputs": outputs, "temperature": 1, "seed": 1 }),
        );
        text(&server.chat(&body)).to_owned()
    };
    let date = ask(json!({ "regex": "20[0-9]{2}-(0[1-9]|1[0-2])" }));
    assert!(
        date.len() == 7 && date.starts_with("20") && date.contains('-'),
        "{date}"
    );
    let choice = ask(json!({ "choice": ["正面", "负面", "neutral"] }));
    assert!(
        ["正面", "负面", "neutral"].contains(&choice.as_str()),
        "{choice}"
    );
    let sum = ask(
        json!({ "grammar": "start: NUMBER \" + \" NUMBER \" = \" NUMBER\nNUMBER: /[1-9][0-9]{0,2}/" }),
    );
    assert_eq!(sum.split(' ').count(), 5, "{sum}");
    let body = json!({ "model": "default", "prompt": "2 + 2 =", "structured_outputs": { "regex": " [0-9]" } });
    let (status, answer) = server.post("/v1/completions", &body);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        answer["choices"][0]["text"].as_str().expect("a text").len(),
        2
    );
}

#[test]
fn tools_are_called_when_they_must_and_streamed_in_deltas() {
    let Some(model) = weights::qwen() else { return };
    let server = Server::start(&model, &[]);
    let body = |choice: Value| {
        let fields = json!({ "tools": [weather()], "tool_choice": choice, "parallel_tool_calls": false, "temperature": 0 });
        with(question("What is the weather in Paris?", 100), fields)
    };
    let named = json!({ "type": "function", "function": { "name": "get_weather" } });
    for choice in [json!("required"), named] {
        let answer = server.chat(&body(choice.clone()));
        let answer = &answer["choices"][0];
        assert_eq!(answer["finish_reason"], "tool_calls", "{choice}: {answer}");
        assert_eq!(answer["message"]["content"], Value::Null);
        let call = &answer["message"]["tool_calls"][0];
        assert_eq!(
            (&call["type"], &call["function"]["name"]),
            (&json!("function"), &json!("get_weather"))
        );
        let arguments = call["function"]["arguments"].as_str().expect("a string");
        let arguments: Value = serde_json::from_str(arguments).expect("JSON");
        assert!(
            arguments["city"].is_string() && arguments["days"].is_u64(),
            "{arguments}"
        );
    }
    let answer = server.chat(&body(json!("none")));
    assert!(
        answer["choices"][0]["message"].get("tool_calls").is_none(),
        "{answer}"
    );
}

#[test]
fn a_template_without_tools_gets_them_as_text_and_says_so() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    let fields = json!({ "tools": [weather()], "tool_choice": "required", "parallel_tool_calls": false, "temperature": 0 });
    let answer = server.chat(&with(
        question("What is the weather in Paris?", 100),
        fields,
    ));
    assert!(
        answer["warnings"]
            .to_string()
            .contains("no place for tools"),
        "{answer}"
    );
    assert_eq!(
        answer["choices"][0]["finish_reason"], "tool_calls",
        "{answer}"
    );
}

/// Requests whose grammars would take all memory, all time or the stack.
fn bombs() -> Vec<(&'static str, Value)> {
    let outputs = |kind: &str, value: Value| json!({ "structured_outputs": { kind: value } });
    let format = |schema: Value| json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "s", "schema": schema } } });
    let tool = |pattern: &str| {
        let parameters = json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": pattern } } });
        json!({ "tools": [{ "type": "function", "function": { "name": "f", "parameters": parameters } }] })
    };
    let nested = (0..100).fold(json!({}), |schema, _| json!({ "items": schema }));
    let chain: String = (0..3_000).map(|i| format!("r{i}: r{}\n", i + 1)).collect();
    let cycle = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/a" } } });
    vec![
        (
            "60,000 brackets",
            outputs("grammar", json!("start: ".to_owned() + &"(".repeat(60_000))),
        ),
        (
            "60,000 brackets in a regex",
            outputs("regex", json!("(".repeat(60_000))),
        ),
        (
            "a quantifier of nothing",
            outputs("grammar", json!("start: *")),
        ),
        (
            "a quantifier of nothing in a regex",
            outputs("regex", json!("*a")),
        ),
        ("a malformed pattern of a tool", tool("[[[")),
        ("another one", tool("\\d{1000000000}(")),
        (
            "repeats of repeats",
            outputs("regex", json!("((((a{1000}){1000}){1000}){1000})")),
        ),
        (
            "a chain of rules without an end",
            outputs("grammar", json!(format!("start: r0\n{chain}"))),
        ),
        (
            "a rule of itself",
            outputs("grammar", json!("start: start")),
        ),
        ("a schema of itself", format(cycle)),
        ("100 nested schemas", format(nested)),
        (
            "letters cut in the middle",
            format(
                json!({ "const": "麻".repeat(60), "type": "integer", "enum": ["麻雀".repeat(80)] }),
            ),
        ),
        (
            "a schema too large",
            format(json!({ "const": "a".repeat(70_000) })),
        ),
    ]
}

/// Inputs that ended or stalled other servers (llama.cpp #26600 and #25308, CVE-2025-48944), and their kin: each is refused
/// quickly by name, and the server answers on.
#[test]
fn grammar_bombs_are_refused_and_the_server_lives() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    for (name, fields) in bombs() {
        let mut start = Instant::now();
        let body = with(question("Hi", 4), fields);
        let (status, answer) = until("room to compile in", || {
            start = Instant::now();
            let answered = server.post("/v1/chat/completions", &body);
            (answered.0 != 503).then_some(answered) // those before may still be compiled
        });
        assert_eq!(status, 400, "{name}: {answer}");
        let param = answer["error"]["param"].as_str().unwrap_or_default();
        let known = ["structured_outputs.", "response_format.", "tools"];
        assert!(
            known.iter().any(|field| param.starts_with(field))
                || answer["error"]["code"] == "constraint_too_complex",
            "{name}: {answer}"
        );
        assert!(start.elapsed() < Duration::from_secs(5), "{name}");
        assert!(
            answer["error"]["message"]
                .as_str()
                .is_some_and(|text| text.len() < 700),
            "{answer}"
        );
    }
    assert!(!text(&server.chat(&question("Name the capital of France.", 8))).is_empty());
}

/// Grammars that compile but are heavy at every token: the answer ends, and others go on.
#[test]
fn heavy_grammars_end_their_own_answer_only() {
    let Some(model) = weights::smol() else { return };
    let server = Server::start(&model, &[]);
    for regex in [
        "a?".repeat(20_000),
        "(a|b|ab)*c".repeat(2_000),
        "(.*x){1,60}y".to_owned(),
        "(a*)*b{1,500}".to_owned(),
    ] {
        let fields = json!({ "structured_outputs": { "regex": regex } });
        let (status, answer) =
            server.post("/v1/chat/completions", &with(question("Hi", 20), fields));
        assert!([200, 400, 500, 503].contains(&status), "{answer}");
    }
    assert!(
        text(&server.chat(&with(
            question("Name the capital of France.", 20),
            json!({ "temperature": 0 })
        )))
        .contains("Paris")
    );
}

#[test]
fn ask_keeps_to_the_schema_of_a_file_and_says_what_is_wrong_with_it() {
    let Some(model) = weights::smol() else { return };
    let home = Home::new();
    let path = home.path().join("schema.json");
    let ask = |schema: &str| {
        std::fs::write(&path, schema).expect("a file");
        let path = path.to_str().expect("a UTF-8 path");
        let mut command = home.qwen(&["--json-schema", path, "--seed", "3", "Describe Paris."]);
        run(command.env("MAQUE_MODEL", &model), b"")
    };
    let ran = ask(&schema().to_string());
    let value: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    assert!(ran.code == 0 && value["kind"].is_string(), "{ran:?}");
    let ran = ask("{\"type\":");
    assert!(
        ran.code == 2 && ran.stderr.contains("schema.json is no JSON"),
        "{ran:?}"
    );
    let ran = ask("{\"properties\": {\"a\": {\"uniqueItems\": true}}}");
    assert!(
        ran.code == 2 && ran.stderr.contains("properties.a.uniqueItems"),
        "{ran:?}"
    );
}
