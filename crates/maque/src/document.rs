//! What standard input holds, and how it is put beside the prompt.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use std::io::{IsTerminal, Read};

/// Input beyond this is refused before it is tokenised.
const MAX_BYTES: usize = 16 << 20;

/// Text on standard input; `None` when it is a terminal or empty.
pub(crate) fn from_stdin() -> Result<Option<String>, Problem> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = stdin
        .lock()
        .take(MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| {
        Problem::usage(Say::CannotRead {
            path: "-".to_owned(),
        })
        .because(error)
    })?;
    if MAX_BYTES < bytes.len() {
        return Err(Problem::new(
            Exit::TooLong,
            Say::InputTooLarge { limit: MAX_BYTES },
        ));
    }
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<Option<String>, Problem> {
    let text = String::from_utf8(bytes).map_err(|error| {
        Problem::usage(Say::InputNotText {
            at: error.utf8_error().valid_up_to(),
        })
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()))
}

/// The user's turn: the prompt, a blank line, the document as it is.
///
/// Of four forms (prompt or document first, plain or fenced) tried with Qwen2.5-Coder-0.5B at
/// temperature 0, this one translated, extracted and converted best: a fence made it take plain text
/// for code, and a document before the prompt made it write programs instead of doing the task.
pub(crate) fn combine(prompt: &str, document: Option<&str>) -> Option<String> {
    let prompt = prompt.trim();
    match document {
        None if prompt.is_empty() => None,
        None => Some(prompt.to_owned()),
        Some(document) if prompt.is_empty() => Some(document.to_owned()),
        Some(document) => Some(format!("{prompt}\n\n{}", document.trim_end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_follows_its_prompt() {
        assert_eq!(
            combine(" Translate ", Some("a\n")).as_deref(),
            Some("Translate\n\na")
        );
        assert_eq!(combine("", Some("a\n")).as_deref(), Some("a\n"));
        assert_eq!(combine("hi", None).as_deref(), Some("hi"));
        assert_eq!(combine(" ", None), None);
    }

    #[test]
    fn other_encodings_are_named() {
        let problem = text(vec![b'a', 0xC4, 0xE3]).expect_err("GBK");
        assert!(problem.to_string().contains("GBK"), "{problem}");
        assert_eq!(
            text("\u{feff}你好".into()).expect("UTF-8").as_deref(),
            Some("你好")
        );
        assert_eq!(text(b" \n".to_vec()).expect("UTF-8"), None);
    }
}
