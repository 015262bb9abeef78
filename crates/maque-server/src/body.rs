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
async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
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
    use std::convert::Infallible;

    /// A body of `n` pieces of `size` bytes, one a `pause`.
    fn dribbling(n: usize, size: usize, pause: Duration) -> Body {
        Body::from_stream(futures_util::stream::unfold(0, move |i| async move {
            tokio::time::sleep(pause).await;
            (i < n).then(|| (Ok::<_, Infallible>(vec![b' '; size]), i + 1))
        }))
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.expect("a runtime").block_on(work)
    }

    #[test]
    fn a_body_may_be_slow_but_not_dribble() {
        let second = Duration::from_secs(1);
        let steady = run(read(dribbling(60, 2 * BODY_RATE, second)));
        assert_eq!(steady.expect("in time").len(), 120 * BODY_RATE);
        assert!(run(read(dribbling(60, 10, second))).is_err());
        assert!(run(read(dribbling(1, 10, 11 * second))).is_err());
    }

    #[test]
    fn a_body_that_is_too_large_ends_at_the_limit() {
        let large = dribbling(11, 1 << 20, Duration::from_millis(1));
        let error = run(read(large)).expect_err("too large");
        assert_eq!(error.body()["error"]["code"], "body_too_large");
    }
}
