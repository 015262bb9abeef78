//! Why a file is not in the library.

use serde::{Deserialize, Serialize};

/// A file that was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path from the folder.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

impl Skipped {
    /// Its place on a list: files that were meant to be read come before those of other types.
    pub(crate) fn rank(&self) -> (bool, &str) {
        (self.reason == Reason::Type, &self.file)
    }
}

/// Why a file is not in the library; its sentence is for the person who can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its extension.
    #[error("is no txt, md, html, pdf, docx, xlsx or csv; save it as one of them")]
    Type,
    /// A link, wherever it leads.
    #[error("is a link; links are not followed, put the file itself here")]
    Link,
    /// A pipe, a device, a socket.
    #[error("is no ordinary file")]
    NotAFile,
    /// More bytes than its kind may have.
    #[error("is larger than {limit_mib} MiB; split it")]
    TooLarge {
        /// The limit.
        limit_mib: u64,
    },
    /// A name that cannot be written down.
    #[error("has a name that is not UTF-8; rename it")]
    Name,
    /// Folders within folders within folders.
    #[error("lies deeper than {limit} folders; move it up")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More files than a folder may have.
    #[error("and all after it: the folder has more than {limit} files; add its parts one by one")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The system does not let us.
    #[error("cannot be opened: {why}")]
    Io {
        /// The system's words.
        why: String,
    },
    /// Not what its extension says.
    #[error("is broken: {why}")]
    Broken {
        /// What is wrong.
        why: String,
    },
    /// Locked with a password.
    #[error("is locked with a password; save it without one")]
    Locked,
    /// No text: pages that are pictures.
    #[error("holds no text; if its pages are pictures, recognise their text first")]
    Empty,
    /// More text than a document may have.
    #[error("holds more than {limit_mib} MiB of text; split it")]
    TooMuchText {
        /// The limit.
        limit_mib: u64,
    },
    /// The reading child ran out of processor time.
    #[error("takes more than {seconds} s to read")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// The reading child ended by itself: its memory, its stack or a fault.
    #[error("cannot be read: it takes too much memory, or is made to break readers")]
    Fatal,
}

impl Reason {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Type => "type",
            Reason::Link => "link",
            Reason::NotAFile => "not_a_file",
            Reason::TooLarge { .. } => "too_large",
            Reason::Name => "name",
            Reason::TooDeep { .. } => "too_deep",
            Reason::TooMany { .. } => "too_many",
            Reason::Io { .. } => "io",
            Reason::Broken { .. } => "broken",
            Reason::Locked => "locked",
            Reason::Empty => "empty",
            Reason::TooMuchText { .. } => "too_much_text",
            Reason::TooSlow { .. } => "too_slow",
            Reason::Fatal => "fatal",
        }
    }

    /// A file that is not what it should be.
    pub(crate) fn broken(why: impl std::fmt::Display) -> Reason {
        let why: String = why.to_string().chars().take(200).collect();
        Reason::Broken { why }
    }
}
