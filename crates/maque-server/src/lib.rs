//! HTTP and text: the OpenAI-compatible API, the page, access rules, template and tokenizer at the edge.
//!
//! [`serve`] is the accept loop, `routes` the list of what can be asked, `api` the way of each request, and
//! [`Service`] what answers; `choice` turns the engine's events into text; `structure` and `tools` keep answers to schemas,
//! grammars and calls.

mod access;
mod answers;
mod api;
mod choice;
mod error;
mod fields;
mod health;
mod limits;
mod options;
mod page;
mod routes;
mod serve;
mod service;
mod stage;
mod stops;
mod structure;
mod tools;

pub use serve::{ServerOptions, serve};
pub use service::{Parts, Service};
pub use stage::Stage;
