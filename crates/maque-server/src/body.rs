//! Bodies of requests: of bounded size, in bounded time, JSON.

use crate::error::ApiError;
use crate::limits::{BODY_DEADLINE, BODY_GRACE, BODY_RATE, MAX_BODY};
use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// A body of JSON; serde_json bounds its depth.
pub(crate) async fn json(body: Body) -> Result<Value, ApiError> {
    let bytes = read(body).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::bad_request(&format!("the body is no JSON: {error}")))
}

/// All bytes, unless they are too many or come too slowly.
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    let mut stream = body.into_data_stream();
    loop {
        let piece = tokio::time::timeout_at(deadline(start, bytes.len()), stream.next()).await;
        match piece.map_err(|_| ApiError::too_slow())? {
            None => return Ok(bytes),
            Some(piece) => {
                let piece: Bytes =
                    piece.map_err(|_| ApiError::bad_request("the body broke off"))?;
                if MAX_BODY < bytes.len() + piece.len() {
                    return Err(ApiError::too_large(MAX_BODY));
                }
                bytes.extend_from_slice(&piece);
            }
        }
    }
}

/// By when the next piece must come after `n_bytes` did.
fn deadline(start: Instant, n_bytes: usize) -> Instant {
    let earned = Duration::from_secs((n_bytes / BODY_RATE) as u64);
    start + (BODY_GRACE + earned).min(BODY_DEADLINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_be_slow_but_not_dribble() {
        let start = Instant::now();
        let seconds = |n_bytes| (deadline(start, n_bytes) - start).as_secs();
        let [grace, whole] = [BODY_GRACE, BODY_DEADLINE].map(|limit| limit.as_secs());
        assert_eq!([seconds(0), seconds(BODY_RATE - 1)], [grace, grace]);
        assert_eq!(seconds(60 * BODY_RATE), grace + 60);
        assert_eq!(seconds(MAX_BODY), whole);
    }

    #[test]
    fn a_body_that_is_too_large_ends_at_the_limit() {
        let pieces = (0..20).map(|_| Ok::<_, std::convert::Infallible>(vec![b' '; 1 << 20]));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let read = runtime.expect("a runtime").block_on(read(body));
        let error = read.expect_err("too large");
        assert_eq!(error.body()["error"]["code"], "body_too_large");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_dribbles_is_let_go_when_it_is_behind() {
        for (n_bytes, seconds, code) in [
            (1, 10, "too_slow"),
            (BODY_RATE / 2, 20, "too_slow"),
            (BODY_RATE, 300, "too_slow"),
            (60 * BODY_RATE, 171, "body_too_large"),
        ] {
            let piece = move |_| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, std::convert::Infallible>(vec![b' '; n_bytes])
            };
            let pieces = futures_util::stream::iter(0..).then(piece);
            let start = Instant::now();
            let error = read(Body::from_stream(pieces)).await.expect_err("no end");
            assert_eq!(error.body()["error"]["code"], code);
            let elapsed = start.elapsed().as_secs();
            assert!(
                elapsed.abs_diff(seconds) <= 1,
                "{n_bytes} bytes a second: {elapsed} s"
            );
        }
    }
}
