//! Why a model could not be had, worded for the person who can mend it.

use std::path::PathBuf;

/// Why a model could not be had. (To be completed by the owner.)
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// No such name can exist.
    #[error("{text:?} is no model name; write it as family:size, for example qwen2.5:0.5b")]
    Name {
        /// What was given.
        text: String,
    },
    /// The catalogue does not have it.
    #[error("{name} is not in the catalogue (there are: {known})")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that there are.
        known: String,
    },
    /// The store does not have it.
    #[error("{name} is not here; fetch it with: maque pull {name}")]
    Absent {
        /// What was asked for.
        name: String,
    },
    /// No source could be reached.
    #[error("{name} cannot be fetched: {reasons}")]
    Unreachable {
        /// What was asked for.
        name: String,
        /// Each source with its reason.
        reasons: String,
    },
    /// A file or folder cannot be used.
    #[error("cannot use {path}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
