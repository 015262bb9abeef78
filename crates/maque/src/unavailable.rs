//! Why there is no model, in the user's language.

use crate::cause::told;
use crate::exit::{Exit, Problem};
use crate::say::Say;
use crate::settings::ByteSize;
use maque_hub::{HubError, SourceError};
use std::path::Path;

/// What people can mend has a sentence of its own; the rest is said as the store says it.
pub(crate) fn unavailable(exit: Exit, model: &str, error: HubError) -> Problem {
    let say = match error {
        HubError::Name { text } if is_path(&text) => Say::NoModelFile { path: text },
        HubError::Name { text } => Say::NoModelName { text },
        HubError::Unknown { name, known } => Say::ModelUnknown { name, known },
        HubError::Absent { name } => Say::ModelAbsent { name },
        HubError::Taken { name } => Say::ModelTaken { name },
        HubError::Unreachable { name, reasons } => {
            let reasons: Vec<String> = reasons.iter().map(reason).collect();
            let reasons = reasons.join(&Say::AndThen.to_string());
            Say::ModelUnreachable { name, reasons }
        }
        HubError::Space {
            path,
            available,
            needed,
        } => Say::DiskFull {
            path: path.display().to_string(),
            available: ByteSize(available).rounded(),
            needed: ByteSize(needed).rounded(),
        },
        HubError::NoModel { path } => Say::NoModel {
            path: path.display().to_string(),
        },
        HubError::Io { path, source } => {
            let path = path.display().to_string();
            return Problem::new(exit, Say::CannotUse { path }).because(source);
        }
        error => {
            let model = model.to_owned();
            return Problem::new(exit, Say::ModelUnavailable { model }).because(error);
        }
    };
    Problem::new(exit, say)
}

/// Why a source did not give a model.
fn reason((source, error): &(String, SourceError)) -> String {
    let cause = match error {
        SourceError::Network(error) => told(error),
        SourceError::Silent => Say::CauseLate.to_string(),
        error => told(error),
    };
    let said = source.clone();
    Say::Because { said, cause }.to_string()
}

/// Whether somebody meant a file or folder, not a name of the catalogue.
fn is_path(text: &str) -> bool {
    let ending = Path::new(text).extension();
    text.contains(['/', '\\']) || ending.is_some_and(|ending| ending == "gguf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_no_wrong_name() {
        let said = |text: &str| {
            let error = HubError::Name { text: text.into() };
            unavailable(Exit::Unavailable, text, error).to_string()
        };
        for path in ["model.gguf", "./model", "C:\\models\\qwen"] {
            assert!(!said(path).contains("family:size"), "{}", said(path));
        }
        assert!(said("qwen2.5").contains("qwen2.5:0.5b"));
    }
}
