//! HTTP and text: the OpenAI-compatible API, the page, access rules, template and tokenizer at the edge.
//!
//! [`serve`] is the accept loop, `routes` the list of what can be asked, `api` the way of each request, and
//! [`Service`] what answers; `choice` turns the engine's events into text; `structure` and `tools` keep answers to schemas,
//! grammars and calls.

mod access;
mod answers;
mod api;
mod ask;
mod batches;
mod body;
mod choice;
mod clock;
mod dialect;
mod error;
mod field;
mod fields;
mod generations;
mod health;
mod identity;
mod jobs;
mod librarian;
mod limits;
mod metrics;
mod models;
mod options;
mod page;
mod prompt;
mod record;
mod routes;
mod serve;
mod service;
mod sharing;
mod stage;
mod stops;
mod store;
mod streamed;
mod structure;
mod tools;
mod traffic;
mod turns;
mod upstream;
mod visitors;
mod written;

pub use access::{Door, Invitation, Reception};
pub use identity::{Client, Role};
pub use librarian::{ask_library, library_status};
pub use limits::{Limit, limits};
pub use models::{Model, Models, ModelsError, Progress};
pub use record::RequestLog;
pub use serve::{ServerOptions, serve};
pub use service::{Parts, Service};
pub use sharing::{Listeners, Network};
pub use stage::Stage;
pub use store::{Store, StoreError};
pub use upstream::{UPSTREAM, Upstream, UpstreamError, UpstreamOptions};
