//! Calls read from an answer's text as it comes: `<tool_call>\n{"name": …, "arguments": {…}}\n</tool_call>`.

use super::{CLOSING, OPENING};
use crate::stops::overlap;
use serde_json::Value;

/// What comes of an answer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text beside calls.
    Text(String),
    /// A call begins; calls are numbered from 0.
    Call { index: usize, name: String },
    /// The next part of a call's arguments, which are JSON.
    Arguments { index: usize, text: String },
}

/// Splits an answer into text and calls. What it cannot read as a call stays text; nothing is lost.
#[derive(Debug, Default)]
pub(crate) struct CallParser {
    held: String,
    state: State,
    n_calls: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Outside calls.
    #[default]
    Text,
    /// After the opening, before the arguments.
    Head,
    /// Within the arguments.
    Arguments(Scanner),
    /// After the arguments.
    Tail,
    /// Within a call of another form, which is read when it is whole.
    Whole,
}

impl CallParser {
    /// Calls so far.
    pub(crate) fn n_calls(&self) -> usize {
        self.n_calls
    }

    /// Takes the next text.
    pub(crate) fn push(&mut self, text: &str) -> Vec<Piece> {
        self.held += text;
        let mut pieces = Vec::new();
        while self.step(&mut pieces) {}
        pieces
    }

    /// What is left at the answer's end: a call that was cut before its arguments is text.
    pub(crate) fn finish(&mut self) -> Vec<Piece> {
        let held = std::mem::take(&mut self.held);
        let text = match self.state {
            State::Head | State::Whole => OPENING.to_owned() + &held,
            State::Tail => String::new(), // the rest of a call's brackets
            _ => held,
        };
        self.state = State::Text;
        let piece = (!text.is_empty()).then_some(Piece::Text(text));
        piece.into_iter().collect()
    }

    /// Goes on by one state; false when more text is needed.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        match self.state {
            State::Text => self.text(pieces),
            State::Head => self.head(pieces),
            State::Arguments(scanner) => self.arguments(scanner, pieces),
            State::Tail => self.tail(),
            State::Whole => self.whole(pieces),
        }
    }

    /// White space before a call is not text, so it waits for what follows.
    fn text(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let (text, is_call) = match self.held.split_once(OPENING) {
            Some((text, rest)) => {
                let (text, rest) = (text.trim_end().to_owned(), rest.to_owned());
                self.held = rest;
                self.state = State::Head;
                (text, true)
            }
            None => {
                let n_opening = overlap(&self.held, OPENING);
                let before = &self.held[..self.held.len() - n_opening];
                let n_text = before.trim_end().len();
                let rest = self.held.split_off(n_text);
                (std::mem::replace(&mut self.held, rest), false)
            }
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        is_call
    }

    fn head(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let mut reader = Reader(&self.held);
        match reader.head() {
            Ok(name) => {
                let rest = reader.0.to_owned();
                self.held = rest;
                self.state = State::Arguments(Scanner::default());
                self.begin(name, pieces);
                true
            }
            Err(Miss::Short) => false,
            Err(Miss::Other) => {
                self.state = State::Whole;
                true
            }
        }
    }

    fn begin(&mut self, name: String, pieces: &mut Vec<Piece>) -> usize {
        let index = self.n_calls;
        self.n_calls += 1;
        pieces.push(Piece::Call { index, name });
        index
    }

    fn arguments(&mut self, mut scanner: Scanner, pieces: &mut Vec<Piece>) -> bool {
        let end = scanner.end(&self.held);
        self.state = match end {
            Some(_) => State::Tail,
            None => State::Arguments(scanner),
        };
        let rest = self.held.split_off(end.unwrap_or(self.held.len()));
        let text = std::mem::replace(&mut self.held, rest);
        if !text.is_empty() {
            let index = self.n_calls - 1;
            pieces.push(Piece::Arguments { index, text });
        }
        end.is_some()
    }

    /// The end of a call; models also forget it, then what follows is text.
    fn tail(&mut self) -> bool {
        let mut reader = Reader(&self.held);
        match reader.tail() {
            Err(Miss::Short) => false,
            Ok(()) | Err(Miss::Other) => {
                let rest = reader.0.to_owned();
                self.held = rest;
                self.state = State::Text;
                true
            }
        }
    }

    fn whole(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some((inner, rest)) = self.held.split_once(CLOSING) else {
            return false;
        };
        let (inner, rest) = (inner.to_owned(), rest.to_owned());
        self.held = rest;
        self.state = State::Text;
        match call(&inner) {
            Some((name, text)) => {
                let index = self.begin(name, pieces);
                pieces.push(Piece::Arguments { index, text });
            }
            None => pieces.push(Piece::Text(format!("{OPENING}{inner}{CLOSING}"))),
        }
        true
    }
}

/// Name and arguments of a call that is whole, in any order and under the names that models use.
fn call(json: &str) -> Option<(String, String)> {
    let call: Value = serde_json::from_str(json.trim()).ok()?;
    let name = call["name"].as_str()?.to_owned();
    let arguments = match call.get("arguments").or_else(|| call.get("parameters")) {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    Some((name, arguments))
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Miss {
    /// The text ends too early.
    Short,
    /// Something else is there.
    Other,
}

/// Reads from the front of a text, white space between.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    /// `{"name": "…", "arguments": ` before a `{`.
    fn head(&mut self) -> Result<String, Miss> {
        self.literal("{")?;
        self.literal("\"name\"")?;
        self.literal(":")?;
        let name = self.string()?;
        self.literal(",")?;
        self.literal("\"arguments\"")?;
        self.literal(":")?;
        self.0 = self.0.trim_start();
        match self.0.chars().next() {
            Some('{') => Ok(name),
            Some(_) => Err(Miss::Other),
            None => Err(Miss::Short),
        }
    }

    /// `}` and the closing, as far as they are there.
    fn tail(&mut self) -> Result<(), Miss> {
        self.literal("}")?;
        self.literal(CLOSING)
    }

    fn literal(&mut self, literal: &str) -> Result<(), Miss> {
        let text = self.0.trim_start();
        match text.strip_prefix(literal) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None if literal.starts_with(text) => Err(Miss::Short),
            None => Err(Miss::Other),
        }
    }

    fn string(&mut self) -> Result<String, Miss> {
        self.literal("\"")?;
        let mut is_escaped = false;
        let end = self.0.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let end = end.ok_or(Miss::Short)?;
        let text = serde_json::from_str(&format!("\"{}\"", &self.0[..end]));
        self.0 = &self.0[end + 1..];
        text.map_err(|_| Miss::Other)
    }
}

/// Follows the brackets of a JSON value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scanner {
    depth: usize,
    is_string: bool,
    is_escaped: bool,
}

impl Scanner {
    /// Where the value ends in `text`, the next part of it.
    fn end(&mut self, text: &str) -> Option<usize> {
        for (index, byte) in text.bytes().enumerate() {
            match (self.is_string, byte) {
                (true, _) if self.is_escaped => self.is_escaped = false,
                (true, b'\\') => self.is_escaped = true,
                (_, b'"') => self.is_string = !self.is_string,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(index + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
