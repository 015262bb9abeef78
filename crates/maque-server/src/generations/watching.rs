//! An answer for who watches it, in the events that OpenAI's clients read: what is there already, then what follows.
//! A watcher holds nothing but its place in the text, so a slow one costs nothing.

use super::Written;
use crate::ask::{KEEP_ALIVE, event};
use crate::store::Message;
use crate::streamed::{EVENTS, streamed};
use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::watch;

struct Watcher {
    written: watch::Receiver<Written>,
    head: Value,
    id: i64,
    n_sent: usize,
    stage: Option<Value>,
    has_begun: bool,
    has_ended: bool,
}

/// Follows an answer to its end: first `head` as event `maque.message`, then chunks.
pub(crate) fn watch(written: watch::Receiver<Written>, id: i64, head: Value) -> Response {
    let watcher = Watcher {
        written,
        head,
        id,
        n_sent: 0,
        stage: None,
        has_begun: false,
        has_ended: false,
    };
    streamed(EVENTS, watcher, |mut watcher| async move {
        Some((watcher.next().await?, watcher))
    })
}

/// An answer that has ended, as if it were being written: everything at once.
pub(crate) fn whole(message: &Message, head: Value) -> Response {
    let written = Written {
        text: message.content.clone(),
        n_begun: 0,
        stage: None,
        end: Some((
            message.state.clone(),
            message.finish_reason.clone().unwrap_or_default(),
            message.stats.clone(),
        )),
    };
    let (_, written) = watch::channel(written);
    watch(written, message.id, head)
}

impl Watcher {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.has_begun {
            self.has_begun = true;
            return Some(event("maque.message", &self.head).into());
        }
        while !self.has_ended {
            let news = self.news();
            if !news.is_empty() {
                return Some(news.into());
            }
            match tokio::time::timeout(KEEP_ALIVE, self.written.changed()).await {
                Err(_) => return Some(Bytes::from_static(b": waiting\n\n")),
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
            }
        }
        None
    }

    /// Events for what is new.
    fn news(&mut self) -> String {
        let written = self.written.borrow_and_update();
        let mut events = String::new();
        if written.text.len() == written.n_begun && written.stage != self.stage {
            self.stage.clone_from(&written.stage);
            events += &event("maque.stage", &json!(self.stage));
        }
        if self.n_sent < written.text.len() {
            events += &data(&chunk(
                self.id,
                &json!({ "content": written.text[self.n_sent..] }),
                None,
            ));
            self.n_sent = written.text.len();
        }
        if let Some((state, reason, stats)) = &written.end {
            let mut last = chunk(self.id, &json!({}), Some(reason));
            last["maque"] = json!({ "state": state, "stats": stats });
            events += &data(&last);
            events += "data: [DONE]\n\n";
            self.has_ended = true;
        }
        events
    }
}

fn chunk(id: i64, delta: &Value, finish_reason: Option<&String>) -> Value {
    json!({
        "id": format!("message-{id}"),
        "object": "chat.completion.chunk",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    })
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}
