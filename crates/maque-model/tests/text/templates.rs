//! Prompts of 35 conversations by four published templates, against Jinja2 as `transformers` sets it up
//! (goldens/templates.py).

use maque_model::{ChatTemplate, Message, TemplateError};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Case {
    messages: Vec<Message>,
    tools: Option<serde_json::Value>,
    by_template: HashMap<String, Expected>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Refused { refused: String },
    Prompt { prompt: String },
}

/// Today, as templates are told.
fn today() -> String {
    ChatTemplate::new("{{ strftime_now('%d %b %Y') }}", "", "")
        .expect("a valid template")
        .render(&[], None)
        .expect("a known format")
}

/// Renders all conversations with the template `name`; returns how many were refused.
#[track_caller]
fn check(name: &str, source: &str, [bos, eos]: [&str; 2]) -> usize {
    let template = ChatTemplate::new(source, bos, eos).expect("a published template");
    let cases: Vec<Case> = serde_json::from_str(include_str!("../goldens/templates/prompts.json"))
        .expect("a committed file is JSON");
    assert!(30 <= cases.len());
    let today = today();
    let mut n_refused = 0;
    for (index, case) in cases.iter().enumerate() {
        let found = template.render(&case.messages, case.tools.as_ref());
        match (&case.by_template[name], found) {
            (Expected::Prompt { prompt }, Ok(found)) => {
                let found = found.replace(&today, "TODAY");
                assert_eq!(found, *prompt, "conversation {index}");
            }
            (Expected::Refused { refused }, Err(TemplateError::Refused(found))) => {
                assert!(found.contains(refused), "conversation {index}: {found}");
                n_refused += 1;
            }
            (Expected::Prompt { .. }, Err(error)) => panic!("conversation {index}: {error}"),
            (Expected::Refused { refused }, found) => {
                panic!("conversation {index}: {found:?} instead of {refused}")
            }
        }
    }
    n_refused
}

#[test]
fn qwen2_5_renders_as_jinja2_does() {
    let source = include_str!("../goldens/templates/qwen2.5.jinja");
    assert_eq!(check("qwen2.5", source, ["", "<|im_end|>"]), 0);
}

#[test]
fn qwen3_renders_as_jinja2_does() {
    let source = include_str!("../goldens/templates/qwen3.jinja");
    assert_eq!(check("qwen3", source, ["", "<|im_end|>"]), 0);
}

#[test]
fn smollm2_renders_as_jinja2_does() {
    let source = include_str!("../goldens/templates/smollm2.jinja");
    let tokens = ["<|im_start|>", "<|im_end|>"];
    assert_eq!(check("smollm2", source, tokens), 0);
}

#[test]
fn llama3_2_renders_as_jinja2_does_and_refuses_two_calls_at_once() {
    let source = include_str!("../goldens/templates/llama3.2.jinja");
    let tokens = ["<|begin_of_text|>", "<|eot_id|>"];
    assert_ne!(check("llama3.2", source, tokens), 0);
}
