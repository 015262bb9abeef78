//! Names to verified model files on disk: catalogue, sources, resumable downloads, digests.

mod error;
mod name;
mod store;

pub use error::HubError;
pub use name::ModelName;
pub use store::{Entry, Offer, Progress, PullOptions, Store};
