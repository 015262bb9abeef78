//! Anthropic's API: messages of blocks, named events, `stop_reason` with the sequence.

pub(crate) mod messages;
mod turns;

use crate::Service;
use crate::ask::{Telling, Written, event};
use crate::choice::Output;
use crate::dialect::Dialect;
use crate::record::{self, random};
use maque_engine::Usage;
use serde_json::{Value, json};

/// How a message is written.
struct Shape {
    id: String,
    model: String,
    warnings: Vec<String>,
    context: Option<Value>,
}

impl Shape {
    fn new(service: &Service, warnings: Vec<String>, context: Option<Value>) -> Shape {
        Shape {
            id: format!("msg_{}", random()),
            model: service.name().to_owned(),
            warnings,
            context,
        }
    }

    /// A message with these blocks.
    fn message(&self, content: Value, written: &Written) -> Value {
        let mut message = json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason(written),
            "stop_sequence": written.stop,
            "usage": usage(written.usage),
        });
        self.add_notes(&mut message);
        message
    }

    fn add_notes(&self, message: &mut Value) {
        if !self.warnings.is_empty() {
            message["warnings"] = json!(self.warnings);
        }
        if let Some(context) = &self.context {
            message["context"] = context.clone();
        }
    }
}

/// Why it ended, in Anthropic's words; `repetition` is this server's own.
fn stop_reason(written: &Written) -> Value {
    match (written.reason, &written.stop) {
        (Some("stop"), Some(_)) => json!("stop_sequence"),
        (Some("stop"), None) => json!("end_turn"),
        (Some("length"), _) => json!("max_tokens"),
        (reason, _) => json!(reason),
    }
}

/// Input is what was evaluated; what was cached is counted beside it.
fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    })
}

/// A message in events: `message_start`, `content_block_start`, deltas, `content_block_stop`, `message_delta`, `message_stop`.
struct Events {
    shape: Shape,
    written: Written,
    has_begun: bool,
    request: String,
}

impl Events {
    fn new(shape: Shape) -> Events {
        let id = record::current().and_then(|record| Some(record.id.to_str().ok()?.to_owned()));
        Events {
            shape,
            written: Written::new(),
            has_begun: false,
            request: id.unwrap_or_default(),
        }
    }

    /// The first events, when it is known how much of the prompt was cached.
    fn begin(&mut self) -> String {
        if std::mem::replace(&mut self.has_begun, true) {
            return String::new();
        }
        let message = self.shape.message(json!([]), &self.written);
        let block = json!({ "type": "text", "text": "" });
        let start = json!({ "type": "content_block_start", "index": 0, "content_block": block });
        event(
            "message_start",
            &json!({ "type": "message_start", "message": message }),
        ) + &event("content_block_start", &start)
            + &event("ping", &json!({ "type": "ping" }))
    }

    fn end(&self) -> String {
        let stop = json!({ "type": "content_block_stop", "index": 0 });
        let delta = json!({ "stop_reason": stop_reason(&self.written), "stop_sequence": self.written.stop });
        let mut last =
            json!({ "type": "message_delta", "delta": delta, "usage": usage(self.written.usage) });
        self.shape.add_notes(&mut last);
        event("content_block_stop", &stop)
            + &event("message_delta", &last)
            + &event("message_stop", &json!({ "type": "message_stop" }))
    }
}

impl Telling for Events {
    const CONTENT_TYPE: &'static str = "text/event-stream; charset=utf-8";

    fn begin(&mut self) -> String {
        String::new()
    }

    fn tell(&mut self, output: Output) -> String {
        let is_end = matches!(output, Output::End(..));
        if !is_end {
            self.written.hear(&output); // the end's counts are not yet the start's
        }
        match output {
            Output::Stage(stage) if stage["stage"] == "reading" => Events::begin(self),
            Output::Text(text, _) if !text.is_empty() => {
                let delta = json!({ "type": "text_delta", "text": text });
                let delta = json!({ "type": "content_block_delta", "index": 0, "delta": delta });
                Events::begin(self) + &event("content_block_delta", &delta)
            }
            Output::End(..) => {
                let begin = Events::begin(self);
                self.written.hear(&output);
                begin + &self.end()
            }
            Output::Failed(error) => {
                event("error", &Dialect::Anthropic.body(&error, &self.request))
            }
            Output::Text(..) | Output::Stage(_) | Output::Prompt(_) | Output::Stopped(_) => {
                String::new()
            }
        }
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

    fn events(outputs: Vec<Output>) -> Vec<String> {
        let shape = Shape {
            id: "msg_1".to_owned(),
            model: "m".to_owned(),
            warnings: Vec::new(),
            context: None,
        };
        let mut events = Events::new(shape);
        let text: String = outputs
            .into_iter()
            .map(|output| events.tell(output))
            .collect();
        let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
        names.map(str::to_owned).collect()
    }

    #[test]
    fn events_come_in_the_order_that_clients_expect() {
        let reading = || Output::Stage(json!({ "stage": "reading", "done": 3, "total": 5 }));
        let text = |text: &str| Output::Text(text.to_owned(), Vec::new());
        let end = || Output::End("stop", Usage::default());
        let frame = |deltas: usize| {
            let mut names = vec!["message_start", "content_block_start", "ping"];
            names.extend(vec!["content_block_delta"; deltas]);
            names.extend(["content_block_stop", "message_delta", "message_stop"]);
            names
        };
        assert_eq!(
            events(vec![reading(), reading(), text("a"), text("b"), end()]),
            frame(2)
        );
        assert_eq!(
            events(vec![text("a"), Output::Stopped("b".to_owned()), end()]),
            frame(1)
        );
        assert_eq!(events(vec![end()]), frame(0));
    }

    #[test]
    fn ends_have_anthropics_names() {
        for (reason, stop, want) in [
            ("stop", None, "end_turn"),
            ("stop", Some("X"), "stop_sequence"),
            ("length", None, "max_tokens"),
            ("repetition", None, "repetition"),
        ] {
            let mut written = Written::new();
            written.reason = Some(reason);
            written.stop = stop.map(str::to_owned);
            assert_eq!(stop_reason(&written), want);
        }
    }
}
