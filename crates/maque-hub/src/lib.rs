//! Names to verified model files on disk: catalogue, sources, resumable downloads, digests.
//!
//! ```no_run
//! # fn main() -> Result<(), maque_hub::HubError> {
//! let store = maque_hub::Store::open("/home/me/.local/share/maque".as_ref())?;
//! let name = "smollm2:135m".parse()?;
//! let path = store.pull(&name, &maque_hub::PullOptions::default(), &|_| {})?;
//! # Ok(()) }
//! ```

mod catalogue;
mod digest;
mod durable;
mod entry;
mod error;
mod import;
mod name;
mod part;
mod pull;
mod slot;
mod source;
mod store;

pub use entry::Entry;
pub use error::{HubError, SourceError};
pub use name::ModelName;
pub use pull::PullOptions;
pub use store::{Offer, Progress, Store};
