//! An answer as far as it is written: text and calls in their order, with its times.

use crate::choice::Output;
use crate::record::random;
use crate::tools::{CallParser, Piece, Toolbox};
use maque_engine::{TokenEvent, Usage};
use serde_json::{Value, json};
use std::time::Instant;

/// An answer, its text split from its calls.
pub(crate) struct Written {
    /// Reads calls where the answer may have some.
    parser: Option<CallParser>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) tokens: Vec<TokenEvent>,
    /// The stop string that came.
    pub(crate) stop: Option<String>,
    /// Why it ended.
    pub(crate) reason: Option<&'static str>,
    pub(crate) usage: Usage,
    pub(crate) times: Times,
}

/// A part of an answer.
pub(crate) struct Block {
    /// Sixteen digits; each API writes its own letters before them.
    pub(crate) id: String,
    pub(crate) content: Content,
}

/// What a part is.
pub(crate) enum Content {
    Text(String),
    /// A call of a tool, its arguments being JSON unless they were cut.
    Call {
        name: String,
        arguments: String,
    },
}

/// When things happened.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) start: Instant,
    pub(crate) reading: Option<Instant>,
    pub(crate) first: Option<Instant>,
}

impl Written {
    /// Nothing yet; it was asked for now, with these tools.
    pub(crate) fn new(toolbox: &Toolbox) -> Written {
        Written {
            parser: toolbox.is_open().then(CallParser::default),
            blocks: Vec::new(),
            tokens: Vec::new(),
            stop: None,
            reason: None,
            usage: Usage::default(),
            times: Times {
                start: Instant::now(),
                reading: None,
                first: None,
            },
        }
    }

    /// Takes in what comes; the pieces of text and calls that it adds. An answer that has ended has at least one block.
    pub(crate) fn hear(&mut self, output: &Output) -> Vec<Piece> {
        match output {
            Output::Stage(stage) if stage["stage"] == "reading" => {
                self.times.reading.get_or_insert_with(Instant::now);
                let count = |name: &str| stage[name].as_u64().unwrap_or(0) as usize;
                if self.usage.prompt_tokens == 0 {
                    self.usage.cached_tokens = count("done"); // what is read before anything was evaluated
                }
                self.usage.prompt_tokens = count("total");
                Vec::new()
            }
            Output::Text(text, tokens) => {
                self.times.first.get_or_insert_with(Instant::now);
                self.tokens.extend(tokens.iter().cloned());
                let pieces = match &mut self.parser {
                    Some(parser) => parser.push(text),
                    None if text.is_empty() => Vec::new(),
                    None => vec![Piece::Text(text.clone())],
                };
                self.add(pieces)
            }
            Output::Stopped(stop) => {
                self.stop = Some(stop.clone());
                Vec::new()
            }
            Output::End(reason, usage) => {
                self.reason = Some(reason);
                self.usage = *usage;
                let last = self.parser.as_mut().map(CallParser::finish);
                let pieces = self.add(last.unwrap_or_default());
                if self.blocks.is_empty() {
                    self.begin(Content::Text(String::new()));
                }
                pieces
            }
            Output::Stage(_) | Output::Prompt(_) | Output::Failed(_) => Vec::new(),
        }
    }

    /// All text beside calls.
    pub(crate) fn text(&self) -> String {
        let texts = self.blocks.iter().map(|block| match &block.content {
            Content::Text(text) => text.as_str(),
            Content::Call { .. } => "",
        });
        texts.collect()
    }

    /// Whether a tool is called.
    pub(crate) fn has_calls(&self) -> bool {
        let is_call = |block: &Block| matches!(block.content, Content::Call { .. });
        self.blocks.iter().any(is_call)
    }

    fn add(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        for piece in &pieces {
            let last = self.blocks.last_mut().map(|block| &mut block.content);
            match (piece, last) {
                (Piece::Text(more), Some(Content::Text(text))) => text.push_str(more),
                (Piece::Text(text), _) => self.begin(Content::Text(text.clone())),
                (Piece::Call { name, .. }, _) => self.begin(Content::Call {
                    name: name.clone(),
                    arguments: String::new(),
                }),
                (Piece::Arguments { text, .. }, Some(Content::Call { arguments, .. })) => {
                    arguments.push_str(text);
                }
                (Piece::Arguments { .. }, _) => {} // the parser begins a call before its arguments
            }
        }
        pieces
    }

    fn begin(&mut self, content: Content) {
        self.blocks.push(Block {
            id: random(),
            content,
        });
    }
}

/// Arguments as an object. Where they were cut they are its field `INVALID_JSON`, as Anthropic would have them sent back.
pub(crate) fn object(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if arguments.is_empty() => json!({}),
        _ => json!({ "INVALID_JSON": arguments }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{Calls, Tool, ToolChoice};

    #[test]
    fn text_and_calls_are_blocks_in_their_order() {
        let tool = Tool {
            name: "f".to_owned(),
            description: None,
            parameters: json!({}),
            at: "tools[0].parameters".to_owned(),
        };
        let toolbox = Toolbox::new(vec![tool], ToolChoice::Auto, Calls::Several).expect("fine");
        let mut written = Written::new(&toolbox);
        let said = "Now.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"b";
        for letter in said.chars() {
            written.hear(&Output::Text(letter.to_string(), Vec::new()));
        }
        written.hear(&Output::End("length", Usage::default()));
        let shown = written.blocks.iter().map(|block| match &block.content {
            Content::Text(text) => json!(text),
            Content::Call { arguments, .. } => object(arguments),
        });
        let want = [
            json!("Now."),
            json!({ "a": 1 }),
            json!({ "INVALID_JSON": "{\"b" }),
        ];
        assert_eq!(shown.collect::<Vec<_>>(), want);
        assert!(written.has_calls() && written.text() == "Now.");
    }
}
