//! The larger model's stream, read as what a stranger sends and told in this API's own words.

use super::{UPSTREAM, sentence};
use crate::ask::KEEP_ALIVE;
use crate::clock::unix;
use crate::error::ApiError;
use crate::limits::{MAX_UPSTREAM_ANSWER, MAX_UPSTREAM_LINE, UPSTREAM_SILENCE};
use crate::record::random;
use crate::streamed::{EVENTS, streamed};
use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::header::HeaderValue;
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime};

/// Parts of a choice that are passed on.
const CHOICE: [&str; 3] = ["index", "delta", "finish_reason"];

/// A stream under way. Dropping it closes the connection.
pub(super) struct Relay {
    body: Body,
    key: Option<HeaderValue>,
    bytes: Vec<u8>,
    n_bytes: usize,
    silence: Duration,
    head: Value,
    with_usage: bool,
    warnings: Vec<String>,
    has_finished: bool,
    is_over: bool,
}

impl Relay {
    pub(super) fn new(
        body: Body,
        key: Option<HeaderValue>,
        with_usage: bool,
        warnings: Vec<String>,
    ) -> Relay {
        let created = unix(SystemTime::now());
        let id = format!("chatcmpl-{}", random());
        let object = "chat.completion.chunk";
        Relay {
            body,
            key,
            bytes: Vec::new(),
            n_bytes: 0,
            silence: Duration::ZERO,
            head: json!({ "id": id, "object": object, "created": created, "model": UPSTREAM }),
            with_usage,
            warnings,
            has_finished: false,
            is_over: false,
        }
    }

    /// The response that tells it on.
    pub(super) fn begin(self) -> Result<Response<Body>, ApiError> {
        Ok(streamed(EVENTS, self, |mut relay| async move {
            Some((relay.next().await?, relay))
        }))
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        while !self.is_over {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                match self.line(String::from_utf8_lossy(&line).trim_end()) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            if let Some(event) = self.read().await {
                return Some(event);
            }
        }
        None
    }

    /// Reads on; an event where there is something to say of that.
    async fn read(&mut self) -> Option<String> {
        let Ok(frame) = tokio::time::timeout(KEEP_ALIVE, self.body.frame()).await else {
            self.silence += KEEP_ALIVE;
            return match self.silence < UPSTREAM_SILENCE {
                true => Some(": waiting\n\n".to_owned()),
                false => Some(self.fail("it went silent in the middle of its answer")),
            };
        };
        self.silence = Duration::ZERO;
        match frame {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default(); // trailers say nothing
                self.n_bytes += data.len();
                self.bytes.extend_from_slice(&data);
            }
            Some(Err(_)) => return Some(self.fail("its answer broke off")),
            None if self.has_finished => return Some(self.close()),
            None => return Some(self.fail("its answer broke off")),
        }
        let is_line = self.bytes.contains(&b'\n');
        match MAX_UPSTREAM_ANSWER < self.n_bytes
            || (!is_line && MAX_UPSTREAM_LINE < self.bytes.len())
        {
            true => Some(self.fail("its answer is too large")),
            false => None,
        }
    }

    /// What a line of the stream comes to.
    fn line(&mut self, line: &str) -> Option<String> {
        let data = line.strip_prefix("data:")?.trim_start();
        if data == "[DONE]" {
            return Some(match self.has_finished {
                true => self.close(),
                false => self.fail("its answer broke off"),
            });
        }
        let Ok(chunk) = serde_json::from_str::<Value>(data) else {
            return Some(self.fail("its answer is no JSON"));
        };
        if let Some(message) = chunk["error"]["message"].as_str() {
            let message = sentence(message, self.key.as_ref());
            return Some(self.fail(&message));
        }
        let Some(choices) = chunk["choices"].as_array() else {
            return Some(self.fail("its answer is no chat completion"));
        };
        let choices: Vec<Value> = choices.iter().map(choice).collect();
        self.has_finished |= choices.iter().any(|one| one["finish_reason"].is_string());
        let usage = chunk.get("usage").filter(|usage| usage.is_object());
        let usage = usage.filter(|_| self.with_usage);
        (!choices.is_empty() || usage.is_some()).then(|| self.event(choices, usage))
    }

    fn event(&self, choices: Vec<Value>, usage: Option<&Value>) -> String {
        let mut told = self.head.clone();
        told["choices"] = Value::Array(choices);
        if let Some(usage) = usage {
            told["usage"] = usage.clone();
        }
        format!("data: {told}\n\n")
    }

    fn close(&mut self) -> String {
        self.is_over = true;
        let mut notes = String::new();
        if !self.warnings.is_empty() {
            let mut told = self.head.clone();
            told["choices"] = json!([]);
            told["warnings"] = json!(self.warnings);
            notes = format!("data: {told}\n\n");
        }
        notes + "data: [DONE]\n\n"
    }

    fn fail(&mut self, why: &str) -> String {
        self.is_over = true;
        format!("data: {}\n\n", ApiError::upstream(why).body())
    }
}

/// The parts of a choice that this API has.
fn choice(choice: &Value) -> Value {
    let parts = CHOICE.iter().filter_map(|name| {
        let value = choice.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    Value::Object(parts.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use tokio::time::Instant;

    const EVENT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";

    fn relay(frames: Vec<Vec<u8>>) -> Relay {
        let frames = frames.into_iter().map(Ok::<_, std::convert::Infallible>);
        let frames = futures_util::stream::iter(frames).chain(futures_util::stream::pending());
        let key = HeaderValue::from_static("Bearer secret-1");
        Relay::new(Body::from_stream(frames), Some(key), false, Vec::new())
    }

    #[tokio::test]
    async fn an_error_in_the_middle_never_shows_the_key() {
        let event = "data: {\"error\":{\"message\":\"secret-1 has no credit\"}}\n";
        let told = relay(vec![event.into()]).next().await.expect("an event");
        assert!(told.contains("[key] has no credit"), "{told}");
    }

    #[tokio::test]
    async fn a_long_line_in_many_pieces_is_counted_once() {
        let line = EVENT.replace("\"a\"", &format!("{:?}", "x".repeat(MAX_UPSTREAM_LINE / 2)));
        let pieces = line.as_bytes().chunks(1 << 10).map(<[u8]>::to_vec);
        let mut relay = relay(pieces.collect());
        let event = relay.next().await.expect("an event");
        assert!(event.contains("xxx"), "{event}");
        assert_eq!(relay.n_bytes, line.len());
    }

    #[tokio::test]
    async fn an_answer_without_end_is_too_large() {
        let line = EVENT.replace("\"a\"", &format!("{:?}", "x".repeat(MAX_UPSTREAM_LINE / 2)));
        let n = MAX_UPSTREAM_ANSWER / line.len() + 1;
        let mut relay = relay(vec![line.into_bytes(); n]);
        let mut last = String::new();
        for _ in 0..n {
            last = relay.next().await.expect("an event");
        }
        assert!(last.contains("its answer is too large"));
        assert_eq!(relay.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_in_the_middle_ends_in_an_error_within_its_limit() {
        let mut relay = relay(vec![EVENT.into()]);
        assert!(relay.next().await.expect("an event").contains("\"a\""));
        let begin = Instant::now();
        let mut events = Vec::new();
        while let Some(event) = relay.next().await {
            events.push(event);
        }
        let error = events.pop().expect("an error");
        assert!(error.contains("it went silent in the middle of its answer"));
        assert!(events.iter().all(|event| event == ": waiting\n\n"));
        assert!(begin.elapsed() - UPSTREAM_SILENCE < Duration::from_secs(1));
    }
}
