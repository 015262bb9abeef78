//! `POST /v1/chat/completions`

use super::{Envelope, Shape, deliver, logprobs};
use crate::Service;
use crate::answers::Answers;
use crate::choice::Choice;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::options::{Options, is_nothing};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_engine::{Request, Sampling, TokenEvent};
use maque_model::Message;
use serde_json::{Value, json};

/// Messages of one conversation at most.
const MAX_MESSAGES: usize = 1024;

/// The answer to a conversation.
pub(crate) async fn chat(service: Service, body: Value) -> Response<Body> {
    match submit(&service, body) {
        Ok(asked) => {
            deliver(
                asked.answers,
                asked.shape,
                asked.envelope,
                asked.options.delivery,
            )
            .await
        }
        Err(error) => error.into_response(),
    }
}

struct Asked {
    answers: Answers,
    shape: Chat,
    envelope: Envelope,
    options: Options,
}

fn submit(service: &Service, body: Value) -> Result<Asked, ApiError> {
    let mut fields = Fields::of(body)?;
    let options = Options::read(&mut fields, service)?;
    let mut warnings = Vec::new();
    let messages = messages(&mut fields, &mut warnings)?;
    let n_logprobs = n_logprobs(&mut fields)?;
    refuse(&mut fields)?;
    warnings.extend(fields.warnings(""));
    let text = service.parts().template.render(&messages, None);
    let text =
        text.map_err(|error| ApiError::field("messages", &format!("cannot be rendered: {error}")))?;
    let prompt = service.parts().tokenizer.encode_with_special(&text);
    let prompt = prompt.map_err(|error| ApiError::field("messages", &error.to_string()))?;
    let choices = (0..options.n).map(|i| {
        let sampling = Sampling {
            seed: options.sampling.seed.wrapping_add(i as u64),
            ..options.sampling.clone()
        };
        let max_tokens = options.max_tokens.unwrap_or(usize::MAX);
        let request = Request {
            stop_tokens: service.generation().stop_tokens.clone(),
            logprobs: n_logprobs,
            ..Request::new(prompt.clone(), sampling, max_tokens)
        };
        let running = service.parts().engine.submit(request)?;
        Ok(Choice::new(service.clone(), running, options.stops.clone()))
    });
    let choices = choices.collect::<Result<Vec<Choice>, ApiError>>()?;
    Ok(Asked {
        answers: Answers::new(choices, options.n),
        shape: Chat::new(service.clone(), options.n, n_logprobs),
        envelope: Envelope::new("chatcmpl", service, warnings),
        options,
    })
}

/// Fields that this version does not serve may only say that they are not wanted.
fn refuse(fields: &mut Fields) -> Result<(), ApiError> {
    let is_text = |value: &Value| value["type"] == "text";
    fields.only("response_format", is_text, "{\"type\": \"text\"}")?;
    for name in ["tools", "functions"] {
        fields.only(name, is_nothing, "an empty list")?;
    }
    for name in ["tool_choice", "function_call"] {
        fields.only(
            name,
            |value| is_nothing(value) || value == "auto",
            "\"none\" or \"auto\"",
        )?;
    }
    fields.take("parallel_tool_calls"); // there are no tool calls
    fields.only(
        "modalities",
        |value| *value == json!(["text"]),
        "[\"text\"]",
    )
}

/// How many alternatives are wanted with each token.
fn n_logprobs(fields: &mut Fields) -> Result<Option<usize>, ApiError> {
    let is_wanted = fields.flag("logprobs")?;
    let n = fields.integer("top_logprobs", 0..=20)?;
    match (is_wanted, n) {
        (false, Some(1..)) => Err(ApiError::field("top_logprobs", "needs logprobs: true")),
        (true, n) => Ok(Some(n.unwrap_or(0) as usize)),
        (false, _) => Ok(None),
    }
}

fn messages(fields: &mut Fields, warnings: &mut Vec<String>) -> Result<Vec<Message>, ApiError> {
    let must = "must be a list of 1 to 1024 messages";
    let Some(Value::Array(list)) = fields.take("messages") else {
        return Err(ApiError::field("messages", must));
    };
    if list.is_empty() || MAX_MESSAGES < list.len() {
        return Err(ApiError::field("messages", must));
    }
    let read = list.into_iter().enumerate().map(|(i, value)| {
        let at = format!("messages[{i}]");
        let mut fields =
            Fields::of(value).map_err(|_| ApiError::field(&at, "must be an object"))?;
        let message = message(&at, &mut fields)?;
        warnings.extend(fields.warnings(&format!("{at}.")));
        Ok(message)
    });
    read.collect()
}

fn message(at: &str, fields: &mut Fields) -> Result<Message, ApiError> {
    let role = match fields.text("role")?.as_deref() {
        Some("developer") => "system".to_owned(), // OpenAI's new name
        Some(role @ ("system" | "user" | "assistant" | "tool")) => role.to_owned(),
        _ => {
            let must = "must be system, user, assistant or tool";
            return Err(ApiError::field(&format!("{at}.role"), must));
        }
    };
    let tool_calls = fields.take("tool_calls");
    let content = match fields.take("content") {
        Some(content) => text(&format!("{at}.content"), content)?,
        None if tool_calls.is_some() => String::new(),
        None => return Err(ApiError::field(&format!("{at}.content"), "is missing")),
    };
    Ok(Message {
        role,
        content,
        tool_calls,
        tool_call_id: fields.text("tool_call_id")?,
        name: fields.text("name")?,
    })
}

/// A text, or the texts of its parts.
fn text(at: &str, content: Value) -> Result<String, ApiError> {
    match content {
        Value::String(text) => Ok(text),
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .map(|part| match (&part["type"], &part["text"]) {
                    (Value::String(kind), Value::String(text)) if kind == "text" => {
                        Ok(text.as_str())
                    }
                    _ => Err(ApiError::field(at, "can have parts of type text only")),
                });
            texts.collect()
        }
        _ => Err(ApiError::field(
            at,
            "must be a string or a list of text parts",
        )),
    }
}

/// How a chat answer is written.
struct Chat {
    service: Service,
    with_logprobs: bool,
    written: Vec<Written>,
}

/// What was gathered of one choice.
#[derive(Clone, Default)]
struct Written {
    text: String,
    logprobs: Vec<Value>,
    reason: Option<&'static str>,
}

impl Chat {
    fn new(service: Service, n: usize, logprobs: Option<usize>) -> Chat {
        Chat {
            service,
            with_logprobs: logprobs.is_some(),
            written: vec![Written::default(); n],
        }
    }

    /// What was gathered, as `delta` or `message`.
    fn choice(&mut self, index: usize, name: &str) -> Value {
        let written = std::mem::take(&mut self.written[index]);
        let logprobs = self
            .with_logprobs
            .then(|| json!({ "content": written.logprobs, "refusal": null }));
        let mut choice =
            json!({ "index": index, "logprobs": logprobs, "finish_reason": written.reason });
        choice[name] = match name {
            "message" => json!({ "role": "assistant", "content": written.text, "refusal": null }),
            _ if written.text.is_empty() => json!({}),
            _ => json!({ "content": written.text }),
        };
        choice
    }
}

impl Shape for Chat {
    fn opening(&self) -> Vec<Value> {
        let delta = json!({ "role": "assistant", "content": "" });
        let choice = |index| json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": null });
        (0..self.written.len()).map(choice).collect()
    }

    fn prompt(&mut self, _: usize, _: TokenEvent) {} // never asked for

    fn text(&mut self, index: usize, text: String, tokens: &[TokenEvent]) {
        let written = &mut self.written[index];
        written.text += &text;
        if self.with_logprobs {
            let shown = tokens
                .iter()
                .map(|token| logprobs::chat(&self.service, token));
            written.logprobs.extend(shown);
        }
    }

    fn end(&mut self, index: usize, reason: &'static str) {
        self.written[index].reason = Some(reason);
    }

    fn chunk(&mut self, index: usize) -> Value {
        self.choice(index, "delta")
    }

    fn choices(&mut self) -> Vec<Value> {
        (0..self.written.len())
            .map(|index| self.choice(index, "message"))
            .collect()
    }

    fn objects(&self) -> [&'static str; 2] {
        ["chat.completion.chunk", "chat.completion"]
    }
}
