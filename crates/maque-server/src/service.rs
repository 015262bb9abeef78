//! Everything that answers: engine, tokenizer, template, names.

use axum::body::Body;
use axum::response::Response;
use maque_engine::Engine;
use maque_model::{ChatTemplate, Generation, ModelConfig, Tokenizer};
use std::sync::Arc;

/// What a service is made of.
pub struct Parts {
    /// The name under which the model is listed.
    pub name: String,
    /// Runs it.
    pub engine: Engine,
    /// Context per conversation in tokens.
    pub context: usize,
    /// The model's properties.
    pub config: ModelConfig,
    /// Text to ids and back.
    pub tokenizer: Tokenizer,
    /// Conversation to text.
    pub template: ChatTemplate,
    /// Sampling defaults.
    pub generation: Generation,
}

/// What answers; clones share it.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
}

impl Service {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Service {
        Service {
            parts: Arc::new(parts),
        }
    }

    /// Evaluates what every conversation begins with (the template's system prompt) and keeps it cached.
    pub async fn warm(&self) {
        todo!("{}", self.parts.name)
    }

    /// The answer to the body of a `POST /v1/chat/completions`, by the same way as over HTTP, without a socket.
    /// Dropping the response, or its body, cancels it.
    pub async fn chat(&self, body: serde_json::Value) -> Response<Body> {
        todo!("{} {body}", self.parts.name)
    }
}
