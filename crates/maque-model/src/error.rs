//! Why a model could not be loaded, worded for the person who can fix it.

/// Why a model file could not be loaded. Each variant says what to do next. (To be completed by the owner.)
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// File or folder.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
