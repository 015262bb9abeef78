//! A question on its way to the model and the answer on its way back, in the API's own words.

use crate::sse::SseEvent;
use maque_model::Message;
use serde_json::{Value, json};

/// What to ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    /// The conversation; the last turn is the user's.
    pub(crate) messages: Vec<Message>,
    /// Sampling temperature, the model's own if absent.
    pub(crate) temperature: Option<f32>,
    /// How much less likely a token is that was there before; the model's own if absent.
    pub(crate) repetition_penalty: Option<f32>,
    /// Seed of the sampling.
    pub(crate) seed: Option<u64>,
    /// Tokens to write at most.
    pub(crate) max_tokens: Option<usize>,
    /// The JSON schema that the answer keeps to.
    pub(crate) schema: Option<Value>,
    /// What the answer begins with; only what follows is heard.
    pub(crate) begun: Option<String>,
    /// `flex`: all others go first.
    pub(crate) service_tier: Option<&'static str>,
}

/// What is heard of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// Waiting behind others.
    Queued { position: usize },
    /// The prompt is being read.
    Reading { done: usize, total: usize },
    /// A piece of the answer.
    Text(String),
    /// Why the answer ended.
    Ended(Ending),
    /// Counts.
    Usage(Usage),
    /// The server failed in the middle.
    Failed { message: String },
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Whole.
    Stop,
    /// Cut by the token limit.
    Length,
    /// It had become a loop.
    Repetition,
    /// Anything else, by the server's name for it.
    Other(String),
}

/// Tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Of the prompt.
    pub(crate) n_prompt: usize,
    /// Of them known from before.
    pub(crate) n_cached: usize,
    /// Written.
    pub(crate) n_answer: usize,
}

impl Question {
    /// The body of `POST /v1/chat/completions`.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "model": "default",
            "messages": self.messages,
            "stream": true,
            "stream_options": { "include_usage": true, "include_stages": true },
        });
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body[name] = value;
            }
        };
        set("temperature", self.temperature.map(Value::from));
        let penalty = self.repetition_penalty.map(Value::from);
        set("repetition_penalty", penalty);
        set("seed", self.seed.map(Value::from));
        set("max_tokens", self.max_tokens.map(Value::from));
        set("service_tier", self.service_tier.map(Value::from));
        let format = |schema| json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } });
        set("response_format", self.schema.as_ref().map(format));
        if let (Some(begun), Some(messages)) = (&self.begun, body["messages"].as_array_mut()) {
            messages.push(json!({ "role": "assistant", "content": begun }));
            body["continue_final_message"] = json!(true);
        }
        body
    }
}

impl Heard {
    /// What an event of the stream says; the closing `[DONE]` says nothing.
    pub(crate) fn from_event(event: &SseEvent) -> Vec<Heard> {
        let Ok(data) = serde_json::from_str::<Value>(&event.data) else {
            return Vec::new();
        };
        if event.name == "maque.stage" {
            return stage(&data).into_iter().collect();
        }
        if let Some(message) = data["error"]["message"].as_str() {
            return vec![Heard::Failed {
                message: message.to_owned(),
            }];
        }
        let choice = &data["choices"][0];
        let text = choice["delta"]["content"]
            .as_str()
            .filter(|text| !text.is_empty());
        let text = text.map(|text| Heard::Text(text.to_owned()));
        let ended = choice["finish_reason"]
            .as_str()
            .map(|reason| Heard::Ended(Ending::named(reason)));
        let usage = data
            .get("usage")
            .filter(|usage| usage.is_object())
            .map(|usage| Heard::Usage(Usage::read(usage)));
        text.into_iter().chain(ended).chain(usage).collect()
    }
}

fn stage(data: &Value) -> Option<Heard> {
    let number = |name: &str| data[name].as_u64().unwrap_or(0) as usize;
    match data["stage"].as_str()? {
        "queued" => Some(Heard::Queued {
            position: number("position"),
        }),
        "reading" => Some(Heard::Reading {
            done: number("done"),
            total: number("total"),
        }),
        _ => None,
    }
}

impl Ending {
    fn named(reason: &str) -> Ending {
        match reason {
            "stop" => Ending::Stop,
            "length" => Ending::Length,
            "repetition" => Ending::Repetition,
            other => Ending::Other(other.to_owned()),
        }
    }
}

impl Usage {
    fn read(usage: &Value) -> Usage {
        let number = |value: &Value| value.as_u64().unwrap_or(0) as usize;
        Usage {
            n_prompt: number(&usage["prompt_tokens"]),
            n_cached: number(&usage["prompt_tokens_details"]["cached_tokens"]),
            n_answer: number(&usage["completion_tokens"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(name: &str, data: &str) -> Vec<Heard> {
        Heard::from_event(&SseEvent {
            name: name.to_owned(),
            data: data.to_owned(),
        })
    }

    #[test]
    fn a_stream_is_understood() {
        let text = r#"{"choices":[{"delta":{"content":"你"},"finish_reason":null}],"usage":null}"#;
        assert_eq!(heard("", text), [Heard::Text("你".to_owned())]);
        let end = r#"{"choices":[{"delta":{},"finish_reason":"repetition"}]}"#;
        assert_eq!(heard("", end), [Heard::Ended(Ending::Repetition)]);
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2}}}"#;
        assert_eq!(
            heard("", usage),
            [Heard::Usage(Usage {
                n_prompt: 3,
                n_cached: 2,
                n_answer: 5
            })]
        );
        assert_eq!(
            heard("maque.stage", r#"{"stage":"queued","position":4}"#),
            [Heard::Queued { position: 4 }]
        );
        assert_eq!(heard("", "[DONE]"), []);
    }

    #[test]
    fn only_what_was_chosen_is_sent() {
        let question = Question {
            seed: Some(7),
            ..Question::default()
        };
        let body = question.body();
        assert_eq!(body["seed"], 7);
        assert!(body.get("temperature").is_none() && body.get("max_tokens").is_none());
        assert!(body.get("continue_final_message").is_none());
    }

    #[test]
    fn an_answer_can_be_begun() {
        let question = Question {
            begun: Some("```ts\n".to_owned()),
            ..Question::default()
        };
        let body = question.body();
        assert_eq!(body["messages"][0]["role"], "assistant");
        assert_eq!(body["continue_final_message"], true);
    }
}
