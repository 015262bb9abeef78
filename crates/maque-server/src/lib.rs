//! HTTP and text: the OpenAI-compatible API, the page, access rules, template and tokenizer at the edge.
//!
//! [`serve`] is the accept loop, `routes` the list of what can be asked, `api` the way of each request, and
//! [`Service`] what answers; `choice` turns the engine's events into text; `structure` and `tools` keep answers to schemas,
//! grammars and calls.

mod access;
mod answers;
mod api;
mod ask;
mod choice;
mod clock;
mod dialect;
mod error;
mod field;
mod fields;
mod health;
mod limits;
mod metrics;
mod options;
mod page;
mod prompt;
mod record;
mod routes;
mod serve;
mod service;
mod stage;
mod stops;
mod structure;
mod tools;
mod traffic;

pub use record::RequestLog;
pub use serve::{ServerOptions, serve};
pub use service::{Parts, Service};
pub use stage::Stage;
