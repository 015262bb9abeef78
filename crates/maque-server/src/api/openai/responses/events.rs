//! A response in events, each with its number.

use super::{Shape, status};
use crate::ask::{Telling, event, whole};
use crate::choice::{Choice, Output};
use crate::error::ApiError;
use crate::streamed::EVENTS;
use crate::tools::Piece;
use crate::written::{Content, Written};
use axum::Json;
use serde_json::{Value, json};

/// A response that is written event by event.
pub(super) struct Events {
    shape: Shape,
    written: Written,
    n_events: usize,
    /// Items that have begun; the last one may be open.
    n_items: usize,
    is_open: bool,
    /// Tokens whose logprobs were sent.
    n_tokens: usize,
}

impl Events {
    pub(super) fn new(shape: Shape, written: Written) -> Events {
        Events {
            shape,
            written,
            n_events: 0,
            n_items: 0,
            is_open: false,
            n_tokens: 0,
        }
    }

    /// The response in one piece.
    pub(super) async fn whole(self, choice: Choice) -> Result<Json<Value>, ApiError> {
        let written = whole(choice, self.written).await?;
        Ok(Json(self.shape.response(&written)))
    }

    fn event(&mut self, name: &str, mut data: Value) -> String {
        data["type"] = json!(name);
        data["sequence_number"] = json!(self.n_events);
        self.n_events += 1;
        event(name, &data)
    }

    /// An event about the item that is open.
    fn within(&mut self, name: &str, mut data: Value) -> String {
        let index = self.n_items - 1;
        data["item_id"] = self.shape.item(index, &self.written)["id"].clone();
        data["output_index"] = json!(index);
        self.event(name, data)
    }

    /// An event about the one part of the message that is open.
    fn of_part(&mut self, name: &str, mut data: Value) -> String {
        data["content_index"] = json!(0);
        self.within(name, data)
    }

    fn is_text(&self) -> bool {
        let last = self.n_items.checked_sub(1);
        let is_text = |last: usize| matches!(self.written.blocks[last].content, Content::Text(_));
        last.is_some_and(is_text)
    }

    fn piece(&mut self, piece: Piece) -> String {
        match piece {
            Piece::Text(text) => {
                let begin = match self.is_text() {
                    true => String::new(),
                    false => self.begin_item(),
                };
                let logprobs = self.shape.logprobs(&self.written.tokens[self.n_tokens..]);
                self.n_tokens = self.written.tokens.len();
                let delta = json!({ "delta": text, "logprobs": logprobs });
                begin + &self.of_part("response.output_text.delta", delta)
            }
            Piece::Call { .. } => self.begin_item(),
            Piece::Arguments { text, .. } => self.within(
                "response.function_call_arguments.delta",
                json!({ "delta": text }),
            ),
        }
    }

    /// Ends the item before, and begins the next.
    fn begin_item(&mut self) -> String {
        let end = self.end_item();
        let index = self.n_items;
        let item = self.shape.begun(index, &self.written);
        self.n_items += 1;
        self.is_open = true;
        let added = json!({ "output_index": index, "item": item });
        let begin = end + &self.event("response.output_item.added", added);
        match self.is_text() {
            true => {
                let part = json!({ "part": super::part("", json!([])) });
                begin + &self.of_part("response.content_part.added", part)
            }
            false => begin,
        }
    }

    fn end_item(&mut self) -> String {
        if !std::mem::replace(&mut self.is_open, false) {
            return String::new();
        }
        let index = self.n_items - 1;
        let item = self.shape.item(index, &self.written);
        let done = match &self.written.blocks[index].content {
            Content::Text(text) => {
                let part = item["content"][0].clone();
                let text = json!({ "text": text, "logprobs": part["logprobs"] });
                self.of_part("response.output_text.done", text)
                    + &self.of_part("response.content_part.done", json!({ "part": part }))
            }
            Content::Call { arguments, .. } => {
                let arguments = json!({ "arguments": arguments, "name": item["name"] });
                self.within("response.function_call_arguments.done", arguments)
            }
        };
        let item = json!({ "output_index": index, "item": item });
        done + &self.event("response.output_item.done", item)
    }

    fn end(&mut self) -> String {
        let empty = match self.n_items {
            0 => self.begin_item(),
            _ => String::new(),
        };
        let items = empty + &self.end_item();
        let response = self.shape.response(&self.written);
        let last = format!("response.{}", status(&self.written).0);
        items + &self.event(&last, json!({ "response": response }))
    }
}

impl Telling for Events {
    const CONTENT_TYPE: &'static str = EVENTS;

    fn begin(&mut self) -> String {
        let response = self.shape.response(&self.written);
        self.event("response.created", json!({ "response": response.clone() }))
            + &self.event("response.in_progress", json!({ "response": response }))
    }

    fn tell(&mut self, output: Output) -> String {
        if let Output::Failed(error) = &output {
            let mut response = self.shape.response(&self.written);
            response["status"] = json!("failed");
            response["error"] = json!({ "code": "server_error", "message": error.message() });
            return self.event("response.failed", json!({ "response": response }));
        }
        let pieces = self.written.hear(&output);
        let told: String = pieces.into_iter().map(|piece| self.piece(piece)).collect();
        match output {
            Output::End(..) => told + &self.end(),
            _ => told,
        }
    }
}
