//! Responses whose bytes come bit by bit.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::future::Future;

/// The type of server-sent events (WHATWG HTML, 9.2).
pub(crate) const EVENTS: &str = "text/event-stream; charset=utf-8";

/// A response of what `next` makes of `state`, again and again until that is nothing. Nobody keeps it on the way.
pub(crate) fn streamed<S, B, F>(
    content_type: &'static str,
    state: S,
    next: impl Fn(S) -> F + Send + 'static,
) -> Response
where
    S: Send + 'static,
    B: Into<Bytes>,
    F: Future<Output = Option<(B, S)>> + Send + 'static,
{
    let bytes = futures_util::stream::unfold(state, move |state| {
        let told = next(state);
        async move {
            let (bytes, state) = told.await?;
            Some((Ok::<Bytes, Infallible>(bytes.into()), state))
        }
    });
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}
