//! A response in events, each with its number.

use super::{Shape, status};
use crate::ask::{Telling, Written, event};
use crate::choice::Output;
use serde_json::{Value, json};

/// A response that is written event by event.
pub(super) struct Events {
    shape: Shape,
    written: Written,
    n_events: usize,
}

impl Events {
    pub(super) fn new(shape: Shape) -> Events {
        Events {
            shape,
            written: Written::new(),
            n_events: 0,
        }
    }

    fn event(&mut self, name: &str, mut data: Value) -> String {
        data["type"] = json!(name);
        data["sequence_number"] = json!(self.n_events);
        self.n_events += 1;
        event(name, &data)
    }

    /// An event about the one part of the one message.
    fn within(&mut self, name: &str, mut data: Value) -> String {
        data["item_id"] = json!(self.shape.item);
        data["output_index"] = json!(0);
        data["content_index"] = json!(0);
        self.event(name, data)
    }

    fn end(&mut self) -> String {
        let text = self.written.text.clone();
        let logprobs = self.shape.logprobs(&self.written);
        let part = self.shape.part(&text, &self.written);
        let item = self.shape.item(&self.written);
        let response = self.shape.response(&self.written);
        let last = format!("response.{}", status(&self.written).0);
        self.within(
            "response.output_text.done",
            json!({ "text": text, "logprobs": logprobs }),
        ) + &self.within("response.content_part.done", json!({ "part": part }))
            + &self.event(
                "response.output_item.done",
                json!({ "output_index": 0, "item": item }),
            )
            + &self.event(&last, json!({ "response": response }))
    }
}

impl Telling for Events {
    const CONTENT_TYPE: &'static str = "text/event-stream; charset=utf-8";

    fn begin(&mut self) -> String {
        let response = self.shape.response(&self.written);
        let item = self.shape.item(&self.written);
        let part = self.shape.part("", &self.written);
        self.event("response.created", json!({ "response": response.clone() }))
            + &self.event("response.in_progress", json!({ "response": response }))
            + &self.event(
                "response.output_item.added",
                json!({ "output_index": 0, "item": item }),
            )
            + &self.within("response.content_part.added", json!({ "part": part }))
    }

    fn tell(&mut self, output: Output) -> String {
        let n_tokens = self.written.tokens.len();
        self.written.hear(&output);
        match output {
            Output::Text(text, _) => {
                let logprobs = self.shape.logprobs(&self.written);
                let new = logprobs.as_array().into_iter().flatten().skip(n_tokens);
                let delta = json!({ "delta": text, "logprobs": new.collect::<Vec<_>>() });
                self.within("response.output_text.delta", delta)
            }
            Output::End(..) => self.end(),
            Output::Failed(error) => {
                let mut response = self.shape.response(&self.written);
                response["status"] = json!("failed");
                response["error"] = json!({ "code": "server_error", "message": error.message() });
                self.event("response.failed", json!({ "response": response }))
            }
            Output::Stage(_) | Output::Prompt(_) | Output::Stopped(_) => String::new(),
        }
    }
}
