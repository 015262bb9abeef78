//! What a question is about: the text on standard input and the files that are named.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Input beyond this is refused before it is tokenised.
const MAX_BYTES: u64 = 16 << 20;

/// A text, and its name if it is a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) name: Option<String>,
    pub(crate) text: String,
}

/// Standard input, then the files; what is empty is left out.
pub(crate) fn gather(files: &[PathBuf]) -> Result<Vec<Document>, Problem> {
    let mut room = MAX_BYTES;
    let mut documents = Vec::new();
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let text = read(stdin.lock(), "-", &mut room)?;
        documents.extend(text.map(|text| Document { name: None, text }));
    }
    for path in files {
        let name = path.display().to_string();
        let file = open(path).map_err(|error| {
            let path = name.clone();
            Problem::usage(Say::CannotReadFile { path }).because(error)
        })?;
        let text = read(file, &name, &mut room)?;
        documents.extend(text.map(|text| Document {
            name: Some(name),
            text,
        }));
    }
    Ok(documents)
}

/// A file; a folder is none, which some systems find out only when it is read.
fn open(path: &Path) -> std::io::Result<File> {
    match path.is_dir() {
        true => Err(std::io::ErrorKind::IsADirectory.into()),
        false => File::open(path),
    }
}

/// The text of `source`, of which `room` bytes may be read; `None` if it is blank.
fn read(source: impl Read, name: &str, room: &mut u64) -> Result<Option<String>, Problem> {
    let mut bytes = Vec::new();
    let path = name.to_owned();
    source
        .take(*room + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::usage(Say::CannotRead { path }).because(error))?;
    *room = room.checked_sub(bytes.len() as u64).ok_or_else(|| {
        let limit = MAX_BYTES;
        Problem::new(Exit::TooLong, Say::InputTooLarge { limit })
    })?;
    text(bytes, name)
}

fn text(bytes: Vec<u8>, name: &str) -> Result<Option<String>, Problem> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let name = name.to_owned();
        Problem::usage(Say::InputNotText { name, at })
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()))
}

/// The user's turn: the prompt, a blank line, each document as it is, under its name if there are several.
///
/// Of four forms (prompt or document first, plain or fenced) tried with Qwen2.5-Coder-0.5B at
/// temperature 0, this one translated, extracted and converted best: a fence made it take plain text
/// for code, and a document before the prompt made it write programs instead of doing the task.
pub(crate) fn combine(prompt: &str, documents: &[Document]) -> Option<String> {
    let prompt = prompt.trim();
    let is_one = documents.len() == 1;
    let shown = documents.iter().map(|document| match &document.name {
        Some(name) if !is_one => format!("{name}:\n\n{}", document.text.trim_end()),
        _ if prompt.is_empty() => document.text.clone(),
        _ => document.text.trim_end().to_owned(),
    });
    let prompt = Some(prompt.to_owned()).filter(|prompt| !prompt.is_empty());
    let parts: Vec<String> = prompt.into_iter().chain(shown).collect();
    Some(parts.join("\n\n")).filter(|turn| !turn.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: Option<&str>, text: &str) -> Document {
        Document {
            name: name.map(str::to_owned),
            text: text.to_owned(),
        }
    }

    #[test]
    fn documents_follow_their_prompt() {
        let one = |prompt, text| combine(prompt, &[document(None, text)]);
        assert_eq!(one(" Translate ", "a\n").as_deref(), Some("Translate\n\na"));
        assert_eq!(one("", "a\n").as_deref(), Some("a\n"));
        assert_eq!(combine("hi", &[]).as_deref(), Some("hi"));
        assert_eq!(combine(" ", &[]), None);
        let several = [document(None, "x\n"), document(Some("b.md"), "y\n")];
        assert_eq!(
            combine("Compare", &several).as_deref(),
            Some("Compare\n\nx\n\nb.md:\n\ny")
        );
    }

    #[test]
    fn other_encodings_are_named() {
        let problem = text(vec![b'a', 0xC4, 0xE3], "old.txt").expect_err("GBK");
        let said = problem.to_string();
        assert!(said.contains("GBK") && said.contains("old.txt"), "{said}");
        let read = text("\u{feff}你好".into(), "-").expect("UTF-8");
        assert_eq!(read.as_deref(), Some("你好"));
        assert_eq!(text(b" \n".to_vec(), "-").expect("UTF-8"), None);
    }

    #[test]
    fn the_limit_is_for_all_together() {
        let mut room = 5;
        assert!(read(&b"abc"[..], "-", &mut room).is_ok());
        assert!(read(&b"abc"[..], "b", &mut room).is_err());
    }
}
