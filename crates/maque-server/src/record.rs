//! The record of one request: its id, what it took, and the line that the log has of it. Never a prompt, an answer or a key.

use crate::clock::rfc3339;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use maque_engine::Usage;
use serde_json::json;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};
use tokio::task::JoinHandle;

/// Characters of a client's own request id at most.
const MAX_ID: usize = 128;

/// Whether requests are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestLog {
    /// They are not.
    #[default]
    Off,
    /// One line of JSON each on standard error: id, method, route, status, tokens, milliseconds.
    Stderr,
}

/// What is known of a request.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: HeaderValue,
    start: Instant,
    n_prompt: AtomicUsize,
    n_generated: AtomicUsize,
}

tokio::task_local! {
    /// The record of the request that this task answers.
    static RECORD: Arc<Record>;
}

/// The record of the request that this task answers, if any.
pub(crate) fn current() -> Option<Arc<Record>> {
    RECORD.try_with(Arc::clone).ok()
}

impl Record {
    /// With the id that the client sent, if it is a sound one, else with a new one.
    pub(crate) fn new(headers: &HeaderMap) -> Record {
        let is_sound = |id: &&HeaderValue| {
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
            (1..=MAX_ID).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
        };
        let given = headers.get("x-request-id").filter(is_sound).cloned();
        let random = || HeaderValue::from_str(&format!("req_{}", random())).ok();
        Record {
            id: given
                .or_else(random)
                .unwrap_or(HeaderValue::from_static("req_0")),
            start: Instant::now(),
            n_prompt: AtomicUsize::new(0),
            n_generated: AtomicUsize::new(0),
        }
    }

    /// Counts one of its answers.
    pub(crate) fn count(&self, usage: Usage) {
        self.n_prompt
            .fetch_add(usage.prompt_tokens, Ordering::Relaxed);
        self.n_generated
            .fetch_add(usage.completion_tokens, Ordering::Relaxed);
    }

    /// Answers a request under this record.
    pub(crate) async fn cover<T>(self: &Arc<Self>, answer: impl Future<Output = T>) -> T {
        RECORD.scope(Arc::clone(self), answer).await
    }
}

/// Goes on in a task of its own, under the record of this one.
pub(crate) fn spawn<T: Send + 'static>(
    answer: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    match current() {
        Some(record) => tokio::spawn(async move { record.cover(answer).await }),
        None => tokio::spawn(answer),
    }
}

/// Sixteen hexadecimal digits that no other answer has.
pub(crate) fn random() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// The line of a request in the log; it is written when its answer has been sent, or given up.
pub(crate) struct Line {
    pub(crate) record: Arc<Record>,
    pub(crate) method: Method,
    pub(crate) route: String,
    pub(crate) status: StatusCode,
}

impl Line {
    /// Writes it at the end of `response`.
    pub(crate) fn at_the_end_of(self, response: Response) -> Response {
        response.map(|inner| {
            let is_whole = inner.is_end_stream();
            Body::new(Logged {
                inner,
                line: self,
                is_whole,
            })
        })
    }
}

/// A body with a line that is written when it is dropped.
struct Logged {
    inner: Body,
    line: Line,
    is_whole: bool,
}

impl HttpBody for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let poll = Pin::new(&mut self.inner).poll_frame(context);
        self.is_whole |= matches!(poll, Poll::Ready(None)) || self.inner.is_end_stream();
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let line = &self.line;
        let record = &line.record;
        let shown = json!({
            "time": rfc3339(SystemTime::now()),
            "id": record.id.to_str().unwrap_or_default(),
            "method": line.method.as_str(),
            "route": line.route,
            "status": line.status.as_u16(),
            "whole": self.is_whole,
            "prompt_tokens": record.n_prompt.load(Ordering::Relaxed),
            "completion_tokens": record.n_generated.load(Ordering::Relaxed),
            "ms": record.start.elapsed().as_millis() as u64,
        });
        let _ = writeln!(std::io::stderr(), "{shown}"); // nobody may read it any more
    }
}
