//! Everything that answers: engine, tokenizer, template, names.

use crate::api::openai::{chat, completions};
use crate::api::ops::text;
use crate::error::ApiError;
use crate::metrics::{Metrics, Watch};
use crate::structure::{Structure, Vocabulary};
use axum::body::Body;
use axum::response::Response;
use maque_engine::{Constraint, Engine, Priority, Request, Running, SubmitError};
use maque_model::{
    ChatTemplate, Generation, Message, Model, ModelConfig, TemplateError, Tokenizer, WordVectors,
};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// What a service is made of.
pub struct Parts {
    /// The name under which the model is listed.
    pub name: String,
    /// Runs it.
    pub engine: Engine,
    /// Context per conversation in tokens.
    pub context: usize,
    /// The model itself, which the engine runs: its word vectors.
    pub model: Arc<Model>,
    /// The model's properties.
    pub config: ModelConfig,
    /// Text to ids and back.
    pub tokenizer: Tokenizer,
    /// Conversation to text.
    pub template: ChatTemplate,
    /// Sampling defaults.
    pub generation: Generation,
    /// Bytes of its weights in memory.
    pub n_bytes: u64,
    /// When it was loaded.
    pub since: SystemTime,
}

/// What answers; clones share it.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
    vocabulary: Vocabulary,
    word_vectors: Arc<OnceLock<Option<WordVectors>>>,
    metrics: Arc<Metrics>,
    client: u64,
    priority: Priority,
}

impl Service {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Service {
        let parts = Arc::new(parts);
        Service {
            metrics: Arc::new(Metrics::new(&parts.name)),
            vocabulary: Vocabulary::new(Arc::clone(&parts)),
            word_vectors: Arc::default(),
            parts,
            client: 0,
            priority: Priority::Interactive,
        }
    }

    /// The same, asked with this priority.
    pub(crate) fn with_priority(&self, priority: Priority) -> Service {
        Service {
            priority,
            ..self.clone()
        }
    }

    /// The same, asked by this client of the engine.
    pub(crate) fn on_behalf_of(&self, client: u64) -> Service {
        Service {
            client,
            ..self.clone()
        }
    }

    /// The model's way of writing a conversation without tools.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<String, TemplateError> {
        self.parts.template.render(messages, None)
    }

    /// Hands a request to the engine as the client who asks; one that finds the queue full is told when to come again.
    pub(crate) fn submit(&self, request: Request) -> Result<Running, ApiError> {
        let (client, priority) = (self.client, self.priority);
        let request = Request {
            client,
            priority,
            ..request
        };
        self.parts
            .engine
            .submit(request)
            .map_err(|error| match error {
                SubmitError::QueueFull { n_waiting } => {
                    ApiError::from(error).after(self.seconds(n_waiting))
                }
                _ => error.into(),
            })
    }

    /// Evaluates what every conversation begins with (the template's system prompt) and keeps it cached.
    pub async fn warm(&self) {
        let prompts = ["a", "我"].map(|text| self.prompt(text).unwrap_or_default());
        let [one, other] = &prompts;
        let n = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        if let Ok(mut running) = self.parts.engine.warm(&one[..n]) {
            while running.next().await.is_some() {}
        }
    }

    /// The answer to the body of a `POST /v1/chat/completions`, by the same way as over HTTP, without a socket.
    /// Dropping the response, or its body, cancels it.
    pub async fn chat(&self, body: serde_json::Value) -> Response<Body> {
        chat::chat(self.clone(), body).await
    }

    /// The answer to the body of a `POST /tokenize`, by the same way as over HTTP, without a socket.
    pub async fn tokenize(&self, body: serde_json::Value) -> Response<Body> {
        text::tokenize(self.clone(), body).await
    }

    /// The answer to the body of a `POST /v1/completions`, likewise.
    pub async fn complete(&self, body: serde_json::Value) -> Response<Body> {
        completions::completions(self.clone(), body).await
    }

    /// What keeps an answer to a structure, if one is wanted.
    pub(crate) async fn constraint(
        &self,
        structure: Option<Structure>,
    ) -> Result<Option<Box<dyn Constraint>>, ApiError> {
        match structure {
            Some(structure) => self.vocabulary.compile(structure).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the model knows of a word's meaning, nothing if its file is lost; the first call takes up to a second.
    pub(crate) fn vector(&self, word: &str) -> Vec<f32> {
        let model = &self.parts.model;
        let vectors = self
            .word_vectors
            .get_or_init(|| WordVectors::new(Arc::clone(model)).ok());
        let tokens = self.parts.tokenizer.encode(word);
        let tokens = tokens.unwrap_or_default(); // too long for a word: it says nothing
        let vector = vectors.as_ref().map(|vectors| vectors.of(&tokens));
        vector.unwrap_or_default()
    }

    /// What runs the model.
    pub fn engine(&self) -> &Engine {
        &self.parts.engine
    }

    /// The model's properties.
    pub fn config(&self) -> &ModelConfig {
        &self.parts.config
    }

    /// The name under which the model is listed.
    pub(crate) fn name(&self) -> &str {
        &self.parts.name
    }

    /// The model's own way of sampling.
    pub(crate) fn generation(&self) -> &Generation {
        &self.parts.generation
    }

    /// What is counted of its answers.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// About how long a request waits that has `position` others before it, if anything was measured yet.
    pub(crate) fn seconds(&self, position: usize) -> Option<u64> {
        let n_running = self.parts.engine.load().n_running;
        self.metrics.seconds(position, n_running)
    }

    /// Counts one answer from now on.
    pub(crate) fn watch(&self) -> Watch {
        Watch::new(Arc::clone(&self.metrics))
    }

    /// All parts.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Ids of a conversation's first turn; `None` where the template or the tokenizer refuses.
    fn prompt(&self, text: &str) -> Option<Vec<u32>> {
        let message = Message {
            role: "user".to_owned(),
            content: text.to_owned(),
            tool_calls: None,
            tool_call_id: None,
            name: None,
        };
        let text = self.parts.template.render(&[message], None).ok()?;
        self.parts.tokenizer.encode_with_special(&text).ok()
    }
}
