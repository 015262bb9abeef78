//! The models on disk. The binary looks after them and hands them in: this crate knows no files and no sources.

use serde::Serialize;

/// What administrators see and change. All methods block: call them where threads may wait.
pub trait Models: Send + Sync {
    /// The models that are here, and those that can be pulled.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    fn list(&self) -> Result<Vec<Model>, ModelsError>;

    /// Whether a name can be pulled, or is here already.
    ///
    /// # Errors
    /// Where there is no such model.
    fn knows(&self, name: &str) -> Result<(), ModelsError>;

    /// Fetches a model; `hear` is told of each step.
    ///
    /// # Errors
    /// Where no source has it, or the disk is full.
    fn pull(&self, name: &str, hear: &dyn Fn(Progress)) -> Result<(), ModelsError>;

    /// Reads a model again and compares its digest.
    ///
    /// # Errors
    /// Where it is not here, or damaged.
    fn verify(&self, name: &str, hear: &dyn Fn(Progress)) -> Result<(), ModelsError>;

    /// Deletes a model; the bytes that became free.
    ///
    /// # Errors
    /// Where it is not here.
    fn remove(&self, name: &str) -> Result<u64, ModelsError>;
}

/// A model that is here, or can be pulled.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Whether it is on disk.
    pub here: bool,
    /// Bytes on disk, or to fetch; 0 where only its source knows.
    pub n_bytes: u64,
    /// What it is, in a sentence.
    pub description: String,
    /// The same in Chinese, if somebody has written it.
    pub chinese: String,
    /// Its licence.
    pub license: String,
    /// Of its file, in hexadecimal, if it is here.
    pub sha256: Option<String>,
    /// Where it came from, if it is here.
    pub source: Option<String>,
}

/// What is heard of a pull or a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This source is being tried.
    Source {
        /// Its name for people.
        name: String,
    },
    /// Bytes are coming, or being read.
    Bytes {
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Why something was not done with a model; each holds a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelsError {
    /// There is no such model, or it is not here.
    #[error("{0}")]
    Unknown(String),
    /// No source could give it.
    #[error("{0}")]
    Unreachable(String),
    /// The disk is too small.
    #[error("{0}")]
    DiskFull(String),
    /// Its bytes are not those that were kept.
    #[error("{0}")]
    Damaged(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}
