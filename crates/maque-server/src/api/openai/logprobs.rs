//! Logprobs in the two shapes that OpenAI has had.

use crate::Service;
use maque_engine::TokenEvent;
use serde_json::{Map, Value, json};

/// One token of a chat answer.
pub(crate) fn chat(service: &Service, token: &TokenEvent) -> Value {
    let one = |id: u32, logprob: f32| {
        let bytes = service.parts().tokenizer.bytes(id);
        let piece = service.parts().tokenizer.piece(id);
        json!({ "token": piece, "logprob": logprob, "bytes": bytes })
    };
    let mut shown = one(token.id, token.logprob.unwrap_or(0.0));
    let top = token.top.iter().map(|other| one(other.id, other.logprob));
    shown["top_logprobs"] = top.collect();
    shown
}

/// The columns `tokens`, `token_logprobs`, `top_logprobs` and `text_offset` (in characters) of a completion.
#[derive(Debug, Default)]
pub(super) struct Columns {
    tokens: Vec<String>,
    logprobs: Vec<Option<f32>>,
    top: Vec<Option<Map<String, Value>>>,
    offsets: Vec<usize>,
    n_characters: usize,
}

impl Columns {
    /// One row more.
    pub(super) fn push(&mut self, service: &Service, token: &TokenEvent) {
        let tokenizer = &service.parts().tokenizer;
        let top = token
            .top
            .iter()
            .map(|other| (tokenizer.piece(other.id), json!(other.logprob)));
        self.top.push(token.logprob.map(|_| top.collect()));
        self.tokens.push(tokenizer.piece(token.id));
        self.logprobs.push(token.logprob);
        self.offsets.push(self.n_characters);
        self.n_characters += tokenizer.decode(&[token.id]).chars().count();
    }

    /// The rows so far, which go.
    pub(super) fn take(&mut self) -> Value {
        let n_characters = self.n_characters;
        let rows = std::mem::take(self);
        self.n_characters = n_characters;
        json!({
            "tokens": rows.tokens,
            "token_logprobs": rows.logprobs,
            "top_logprobs": rows.top,
            "text_offset": rows.offsets,
        })
    }
}
