//! A message in events: `message_start`, blocks with their deltas, `message_delta`, `message_stop`.

use super::{Shape, block, stop_reason, usage};
use crate::ask::{Telling, event, whole};
use crate::choice::{Choice, Output};
use crate::dialect::Dialect;
use crate::error::ApiError;
use crate::record;
use crate::streamed::EVENTS;
use crate::tools::Piece;
use crate::written::{Content, Written};
use axum::Json;
use serde_json::{Value, json};

/// A message that is written event by event.
pub(super) struct Events {
    shape: Shape,
    written: Written,
    has_begun: bool,
    /// Blocks that have begun; the last one may be open.
    n_blocks: usize,
    is_open: bool,
    request: String,
}

impl Events {
    pub(super) fn new(shape: Shape, written: Written) -> Events {
        let id = record::current().and_then(|record| Some(record.id.to_str().ok()?.to_owned()));
        Events {
            shape,
            written,
            has_begun: false,
            n_blocks: 0,
            is_open: false,
            request: id.unwrap_or_default(),
        }
    }

    /// The message in one piece.
    pub(super) async fn whole(self, choice: Choice) -> Result<Json<Value>, ApiError> {
        let written = whole(choice, self.written).await?;
        let blocks = written.blocks.iter().map(block).collect();
        Ok(Json(self.shape.message(blocks, &written)))
    }

    /// The first events, when it is known how much of the prompt was cached.
    fn start(&mut self) -> String {
        if std::mem::replace(&mut self.has_begun, true) {
            return String::new();
        }
        let message = self.shape.message(json!([]), &self.written);
        let start = json!({ "type": "message_start", "message": message });
        event("message_start", &start) + &event("ping", &json!({ "type": "ping" }))
    }

    fn piece(&mut self, piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => {
                let is_text = self.n_blocks.checked_sub(1).is_some_and(|last| {
                    matches!(self.written.blocks[last].content, Content::Text(_))
                });
                let begin = match is_text {
                    true => String::new(),
                    false => self.begin_block(),
                };
                begin + &self.delta(json!({ "type": "text_delta", "text": text }))
            }
            Piece::Call { .. } => self.begin_block(),
            Piece::Arguments { text, .. } => {
                self.delta(json!({ "type": "input_json_delta", "partial_json": text }))
            }
        }
    }

    fn delta(&self, delta: Value) -> String {
        let index = self.n_blocks - 1;
        let delta = json!({ "type": "content_block_delta", "index": index, "delta": delta });
        event("content_block_delta", &delta)
    }

    /// Ends the block before, and begins the next.
    fn begin_block(&mut self) -> String {
        let end = self.end_block();
        let index = self.n_blocks;
        let mut block = block(&self.written.blocks[index]);
        match block["type"] == "text" {
            true => block["text"] = json!(""),
            false => block["input"] = json!({}),
        }
        self.n_blocks += 1;
        self.is_open = true;
        let start =
            json!({ "type": "content_block_start", "index": index, "content_block": block });
        end + &event("content_block_start", &start)
    }

    fn end_block(&mut self) -> String {
        if !std::mem::replace(&mut self.is_open, false) {
            return String::new();
        }
        let index = self.n_blocks - 1;
        let stop = json!({ "type": "content_block_stop", "index": index });
        event("content_block_stop", &stop)
    }

    fn end(&mut self) -> String {
        let empty = match self.n_blocks {
            0 => self.begin_block(),
            _ => String::new(),
        };
        let delta = json!({ "stop_reason": stop_reason(&self.written), "stop_sequence": self.written.stop });
        let mut last =
            json!({ "type": "message_delta", "delta": delta, "usage": usage(self.written.usage) });
        self.shape.add_notes(&mut last);
        empty
            + &self.end_block()
            + &event("message_delta", &last)
            + &event("message_stop", &json!({ "type": "message_stop" }))
    }
}

impl Telling for Events {
    const CONTENT_TYPE: &'static str = EVENTS;

    fn begin(&mut self) -> String {
        String::new()
    }

    fn tell(&mut self, output: Output) -> String {
        if let Output::Failed(error) = &output {
            return event("error", &Dialect::Anthropic.body(error, &self.request));
        }
        let is_end = matches!(output, Output::End(..));
        let is_reading = matches!(&output, Output::Stage(stage) if stage["stage"] == "reading");
        let mut told = String::new();
        if is_end {
            told += &self.start(); // the end's counts are not yet the start's
        }
        let pieces = self.written.hear(&output);
        if is_reading || !pieces.is_empty() {
            told += &self.start();
        }
        for piece in &pieces {
            told += &self.piece(piece);
        }
        if is_end {
            told += &self.end();
        }
        told
    }

    /// A ping within the message, a comment before it.
    fn waiting(&self) -> String {
        match self.has_begun {
            true => event("ping", &json!({ "type": "ping" })),
            false => ": waiting\n\n".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{Calls, Tool, ToolChoice, Toolbox};
    use maque_engine::Usage;

    fn events(outputs: Vec<Output>) -> Vec<String> {
        let shape = Shape {
            id: "msg_1".to_owned(),
            model: "m".to_owned(),
            warnings: Vec::new(),
            context: None,
        };
        let tool = Tool {
            name: "f".to_owned(),
            description: None,
            parameters: json!({}),
            at: String::new(),
        };
        let toolbox = Toolbox::new(vec![tool], ToolChoice::Auto, Calls::Several).expect("fine");
        let mut events = Events::new(shape, Written::new(&toolbox));
        let text: String = outputs
            .into_iter()
            .map(|output| events.tell(output))
            .collect();
        let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
        names.map(str::to_owned).collect()
    }

    fn frame(blocks: &[usize]) -> Vec<&'static str> {
        let mut names = vec!["message_start", "ping"];
        for n_deltas in blocks {
            names.push("content_block_start");
            names.extend(vec!["content_block_delta"; *n_deltas]);
            names.push("content_block_stop");
        }
        names.extend(["message_delta", "message_stop"]);
        names
    }

    #[test]
    fn events_come_in_the_order_that_clients_expect() {
        let reading = || Output::Stage(json!({ "stage": "reading", "done": 3, "total": 5 }));
        let text = |text: &str| Output::Text(text.to_owned(), Vec::new());
        let end = || Output::End("stop", Usage::default());
        let two = vec![reading(), reading(), text("a"), text("b"), end()];
        assert_eq!(events(two), frame(&[2]));
        let stopped = vec![text("a"), Output::Stopped("b".to_owned()), end()];
        assert_eq!(events(stopped), frame(&[1]));
        assert_eq!(events(vec![end()]), frame(&[0]));
        let call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>";
        let called = vec![text("a"), text(call), text("\n"), text(call), end()];
        assert_eq!(events(called), frame(&[1, 1, 1]));
    }
}
