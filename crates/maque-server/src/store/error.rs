//! Why something could not be stored or found.

use rusqlite::ErrorCode;

/// A failure, told in a sentence that names no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not exist, or it is somebody else's: the two are not told apart.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// It is not possible as things are.
    #[error("{0}")]
    Refused(String),
    /// A limit of one person's share is reached.
    #[error("{0}")]
    Limit(String),
    /// No room on the disk; what was there is still there.
    #[error(
        "the disk is full: nothing is lost, but nothing can be saved until there is room again"
    )]
    DiskFull,
    /// The database failed.
    #[error("the database failed: {0}")]
    Failed(String),
    /// There is no store in this process.
    #[error("conversations are not available: {0}")]
    Unavailable(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            _ => StoreError::Failed(error.to_string()),
        }
    }
}
