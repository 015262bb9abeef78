//! HTTP and text: the OpenAI-compatible API, the page, access rules, template and tokenizer at the edge.

mod serve;
mod service;
mod stage;

pub use serve::{ServerOptions, serve};
pub use service::{Parts, Service};
pub use stage::Stage;
