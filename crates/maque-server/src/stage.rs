//! Where the model is on its way to being ready.

use crate::Service;

/// A stage of the start; `serve` watches it, the page and `/health` show it.
#[derive(Clone)]
pub enum Stage {
    /// Finding out where the model is.
    Locating {
        /// Its name.
        model: String,
    },
    /// Fetching its file.
    Downloading {
        /// Its name.
        model: String,
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Packing its weights.
    Loading {
        /// Its name.
        model: String,
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Evaluating the system prompt.
    Warming,
    /// Answering.
    Ready(Service),
    /// No model: why, and what to do.
    Failed {
        /// A sentence.
        message: String,
    },
}
