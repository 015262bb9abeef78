//! Why a model could not be had, worded for the person who can mend it.

use std::path::{Path, PathBuf};

/// Why a model could not be had.
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
    /// The name is taken.
    #[error("{name} is here already; remove it first with: maque rm {name}")]
    Taken {
        /// What was to be imported.
        name: String,
    },
    /// No source could give it.
    #[error("{name} cannot be fetched: {}", told(reasons))]
    Unreachable {
        /// What was asked for.
        name: String,
        /// Each source with its reason.
        reasons: Vec<(String, SourceError)>,
    },
    /// The disk is too small.
    #[error(
        "{path} has room for {available} bytes, {needed} are needed; free some space or set MAQUE_HOME to another disk"
    )]
    Space {
        /// A folder on the disk.
        path: PathBuf,
        /// Bytes that are free.
        available: u64,
        /// Bytes that are still to come.
        needed: u64,
    },
    /// The bytes on disk are not those that were kept.
    #[error(
        "{path} is damaged: its {what} is {found}, it should be {expected}; fetch it again with: maque rm {name} && maque pull {name}"
    )]
    Damaged {
        /// The model.
        name: String,
        /// Its file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// As it should be.
        expected: String,
        /// As it is.
        found: String,
    },
    /// What was to be imported is no model.
    #[error(
        "{path} is neither a GGUF file nor a folder with config.json, tokenizer.json and *.safetensors files"
    )]
    NoModel {
        /// What was given.
        path: PathBuf,
    },
    /// The catalogue of the user's has a mistake.
    #[error("{path} is no catalogue: {what}")]
    Catalogue {
        /// Its file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
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

impl HubError {
    /// What the system said about a path.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> HubError {
        HubError::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Why one source did not give a model.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nobody answers, or the connection broke.
    #[error("{0}")]
    Network(std::io::Error),
    /// It did not answer a moment ago, and was not asked again.
    #[error("no answer")]
    Silent,
    /// The connection broke in the middle.
    #[error("the connection broke after {done} of {total} bytes ({why})")]
    Broken {
        /// Bytes that came.
        done: u64,
        /// Bytes that were to come.
        total: u64,
        /// What the connection said.
        why: String,
    },
    /// An answer other than the file.
    #[error("HTTP status {status}")]
    Status {
        /// The answer's status.
        status: u16,
    },
    /// A login page, or a captive portal's.
    #[error("it sent a web page instead of the model")]
    WebPage,
    /// Its declarations are not to be used.
    #[error("{0}")]
    Declaration(String),
    /// It cannot be said whether the right bytes will come.
    #[error("neither it nor the catalogue declares the file's size and SHA-256")]
    Undeclared,
    /// A part of the file other than the one asked for.
    #[error("it does not send the range that was asked for")]
    Range,
    /// Other bytes than wanted.
    #[error("it sent {0} other than the model's")]
    Other(&'static str),
    /// The package installer failed.
    #[error("pip: {0}")]
    Pip(String),
    /// Disk trouble: no other source helps.
    #[error(transparent)]
    Fatal(#[from] HubError),
}

impl From<ureq::Error> for SourceError {
    fn from(error: ureq::Error) -> SourceError {
        SourceError::Network(match error {
            ureq::Error::Timeout(_) => std::io::ErrorKind::TimedOut.into(),
            error => error.into_io(),
        })
    }
}

/// Each source with its reason.
fn told(reasons: &[(String, SourceError)]) -> String {
    let reasons = reasons
        .iter()
        .map(|(source, why)| format!("{source}: {why}"));
    reasons.collect::<Vec<_>>().join("; ")
}

impl SourceError {
    /// Whether another attempt may go better.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            SourceError::Network(_) | SourceError::Broken { .. } | SourceError::Range
        )
    }
}
