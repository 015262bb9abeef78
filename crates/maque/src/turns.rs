//! What is asked in one turn or several: a request and its documents, whole or in pieces that fit.

use crate::conversation::{Conversation, turn};
use crate::conversion::Conversion;
use crate::document::{self, Document};
use crate::exit::{Exit, Problem};
use crate::pieces;
use crate::respondent::{Measure, Respondent};
use crate::say::Say;
use maque_model::Message;
use std::path::{Path, PathBuf};

/// Tokens of a piece at most: an answer twice as long is still whole.
const MAX_PIECE: usize = 1024;
/// Bytes of a token at most, nearly always: a text too long for any such tokens is cut without counting them.
const MAX_TOKEN_BYTES: usize = 16;

/// How a request is put to the model.
pub(crate) struct Wording {
    pub(crate) request: String,
    pub(crate) conversion: Option<Conversion>,
}

impl Wording {
    /// The user's turn about these documents.
    fn turn(&self, documents: &[Document]) -> Option<String> {
        let shown = documents.iter().cloned();
        let shown: Vec<Document> = match self.conversion {
            Some(conversion) => shown.map(|one| conversion.shown(one)).collect(),
            None => shown.collect(),
        };
        document::combine(&self.request, &shown)
    }

    /// What the answer about `text` begins with.
    fn begun(&self, text: &str) -> Option<String> {
        Some(self.conversion?.opening(text))
    }

    /// All that is said before the turn: the conversation, and what a conversion needs to be told and shown.
    pub(crate) fn before(&self, conversation: &Conversation) -> Vec<Message> {
        let mut conversation = conversation.clone();
        let Some(conversion) = self.conversion else {
            return conversation.messages;
        };
        if let (Some(rule), false) = (conversion.rule(), conversation.has_system()) {
            conversation.set_system(rule);
        }
        if let Some([document, converted]) = conversion.example() {
            conversation.push("user", &format!("{}\n\n{document}", self.request.trim()));
            conversation.push("assistant", &converted);
        }
        conversation.messages
    }
}

/// A user's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) text: String,
    /// What the answer to it begins with.
    pub(crate) begun: Option<String>,
    /// Whether its piece ends where a paragraph or a function does.
    pub(crate) ends_block: bool,
}

/// The words of the command line: a question, and the files that are named after it. Files among words are no guess to make.
pub(crate) fn question_and_files(words: &[String]) -> Result<(String, Vec<PathBuf>), Problem> {
    let is_file = |word: &&String| Path::new(word).is_file();
    let Some((_, rest)) = words.split_first() else {
        return Ok((String::new(), Vec::new()));
    };
    let is_sentence = words[0].contains(char::is_whitespace); // it was quoted, so what follows is no more of it
    let is_missing = |word: &&String| is_sentence && names_a_file(word) && !is_file(word);
    if let Some(path) = rest.iter().find(is_missing) {
        let path = path.clone();
        return Err(Problem::usage(Say::FileMissing { path }));
    }
    let n_files = rest.iter().filter(is_file).count();
    match rest.iter().find(is_file) {
        Some(_) if n_files == rest.len() => {
            Ok((words[0].clone(), rest.iter().map(PathBuf::from).collect()))
        }
        Some(path) => {
            let path = path.clone();
            Err(Problem::usage(Say::FileAmongWords { path }))
        }
        None => Ok((words.join(" "), Vec::new())),
    }
}

/// Whether a word can only be the path of a file: it has folders, or an extension.
fn names_a_file(word: &str) -> bool {
    let extension = Path::new(word).extension().and_then(|it| it.to_str());
    let is_extension =
        |it: &str| it.len() <= 5 && it.starts_with(|first: char| first.is_ascii_alphabetic());
    !word.contains(char::is_whitespace)
        && (word.contains('/') || extension.is_some_and(is_extension))
}

/// All in one turn; without a question and documents, a request to go on.
pub(crate) fn whole(wording: &Wording, documents: &[Document]) -> Turn {
    let text = wording.turn(documents);
    let text = text.unwrap_or_else(|| Say::GoOn.to_string());
    let first = documents.first().map(|document| document.text.as_str());
    Turn {
        text,
        begun: wording.begun(first.unwrap_or_default()),
        ends_block: false,
    }
}

/// The request about each piece of each document in its turn.
pub(crate) async fn in_pieces(
    respondent: &Respondent,
    conversation: &Conversation,
    wording: &Wording,
    documents: &[Document],
) -> Result<Vec<Turn>, Problem> {
    let measure = async |text: &str| -> Result<Measure, Problem> {
        let mut messages = wording.before(conversation);
        messages.push(turn("user", &of_piece(wording, text)));
        respondent.measure(&messages).await
    };
    let bare = measure("").await?;
    let Measure { n_prompt, context } = bare;
    let room = context.saturating_sub(n_prompt) / 2; // the other half is the answer's
    if room == 0 {
        return Err(Problem::new(
            Exit::TooLong,
            Say::InputTooLong { n_prompt, context },
        ));
    }
    let limit = room.min(MAX_PIECE);
    let mut turns = Vec::new();
    for document in documents {
        let fits = async |piece: &str| match piece.len() <= limit * MAX_TOKEN_BYTES {
            true => Ok(measure(piece).await?.n_prompt <= n_prompt + limit),
            false => Ok(false),
        };
        let pieces = pieces::split(&document.text, fits).await?;
        let pieces = pieces.into_iter().filter(|piece| !piece.trim().is_empty());
        turns.extend(pieces.map(|piece| Turn {
            text: of_piece(wording, piece),
            begun: wording.begun(piece),
            ends_block: pieces::ends_block(piece),
        }));
        if let Some(last) = turns.last_mut() {
            last.ends_block = true;
        }
    }
    Ok(match turns.is_empty() {
        true => vec![whole(wording, documents)],
        false => turns,
    })
}

fn of_piece(wording: &Wording, piece: &str) -> String {
    let document = Document {
        name: None,
        text: piece.to_owned(),
    };
    wording.turn(&[document]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<(String, Vec<PathBuf>), Problem> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        question_and_files(&words)
    }

    #[test]
    fn files_follow_the_question() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.js");
        std::fs::write(&path, "x").expect("a file");
        let file = path.to_str().expect("a UTF-8 path");
        let (question, files) = read(&["Compare", file, file]).expect("a question and files");
        assert_eq!((question.as_str(), files.len()), ("Compare", 2));
        let (question, files) = read(&["what", "is", "a.js"]).expect("words");
        assert_eq!((question.as_str(), files.len()), ("what is a.js", 0));
        let problem = read(&["what", "is", file]).expect_err("a file among words");
        assert!(problem.to_string().contains(file), "{problem}");
        assert_eq!(read(&[]).expect("nothing").0, "");
    }

    #[test]
    fn a_file_that_is_not_there_is_no_word_of_a_question() {
        for (question, path) in [
            ("What is it", "no such.d/a"),
            ("What is it", "nosuch.js"),
            ("总结 要点", "笔记.md"),
            ("What is it", "/"),
        ] {
            let is_told = |problem: Problem| problem.to_string().contains(path);
            let read = read(&[question, path]);
            assert_eq!(read.is_err_and(is_told), !path.contains(' '), "{path}");
        }
        for words in [["什么是", "node.js"], ["compare the versions", "1.2"]] {
            assert_eq!(read(&words).expect("words").0, words.join(" "));
        }
    }
}
