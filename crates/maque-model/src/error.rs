//! Why a model could not be loaded, worded for the person who can fix it.

use std::path::PathBuf;

/// Architectures that this crate can run.
pub const SUPPORTED_ARCHITECTURES: [&str; 3] = ["qwen2", "qwen3", "llama"];

/// Why a model file could not be loaded. Each variant names the field and says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Neither a GGUF file nor a model folder.
    #[error(
        "{what} is not a model: it starts with {start:?} instead of \"GGUF\"; give a .gguf file or a folder with config.json and .safetensors"
    )]
    NotAModel {
        /// File that was looked at.
        what: String,
        /// Its first bytes, as text.
        start: String,
    },
    /// The file ends too early.
    #[error("the file ends inside {field} (byte {offset}); it is incomplete: fetch it again")]
    Truncated {
        /// What was being read.
        field: String,
        /// Where.
        offset: usize,
    },
    /// A number or text that no valid file has.
    #[error(
        "{field} is {found}, but must be {expected}; the file is damaged or made by a faulty tool: fetch or convert it again"
    )]
    Invalid {
        /// Metadata key, tensor or JSON path.
        field: String,
        /// What the file says.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// A required entry is not there.
    #[error("{field} is missing; convert the model again with a current converter")]
    Missing {
        /// Metadata key, tensor or file.
        field: String,
    },
    /// A valid file that needs something which this program does not do.
    #[error(
        "{field} is {found}, which is not supported (supported: {supported}); choose another model or another quantisation of it"
    )]
    Unsupported {
        /// Metadata key, tensor or JSON path.
        field: String,
        /// What the file asks for.
        found: String,
        /// What would work.
        supported: String,
    },
    /// A tensor whose dimensions contradict the metadata.
    #[error(
        "tensor {name} has shape {found:?}, expected {expected:?}; the file is damaged or of another architecture"
    )]
    Shape {
        /// Tensor.
        name: String,
        /// Shape wanted, rows first.
        expected: Vec<usize>,
        /// Shape found.
        found: Vec<usize>,
    },
    /// A JSON file that cannot be understood.
    #[error("{file} is no valid JSON of the expected form")]
    Json {
        /// File name.
        file: String,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The chat template does not compile.
    #[error("{field} is not a valid template")]
    Template {
        /// Where the template is.
        field: String,
        /// Where and why.
        #[source]
        source: minijinja::Error,
    },
    /// The file wants more memory than there is.
    #[error(
        "{field} needs {n_bytes} bytes of memory, which the system does not give; close other programs or choose a smaller model"
    )]
    Memory {
        /// What it is for.
        field: String,
        /// How much.
        n_bytes: usize,
    },
}

impl LoadError {
    /// A value outside what is allowed.
    pub(crate) fn invalid(
        field: impl Into<String>,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> LoadError {
        let (field, found, expected) = (field.into(), found.to_string(), expected.into());
        LoadError::Invalid {
            field,
            found: shorten(found),
            expected,
        }
    }
    /// A valid value that this program does not handle.
    pub(crate) fn unsupported(
        field: impl Into<String>,
        found: impl ToString,
        supported: impl Into<String>,
    ) -> LoadError {
        let (field, found, supported) = (field.into(), found.to_string(), supported.into());
        LoadError::Unsupported {
            field,
            found: shorten(found),
            supported,
        }
    }
    /// An entry that is not there.
    pub(crate) fn missing(field: impl Into<String>) -> LoadError {
        LoadError::Missing {
            field: field.into(),
        }
    }
}

/// Keeps messages readable when a hostile file has megabytes where a word should be.
pub(crate) fn shorten(text: String) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::LoadError;

    #[test]
    fn long_values_are_shortened() {
        let message = LoadError::invalid("a.key", "麻".repeat(5000), "short").to_string();
        assert!(
            message.len() < 500 && message.contains("a.key"),
            "{message}"
        );
    }
}
