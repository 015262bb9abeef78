//! An answer as it comes in: the response's stream, understood.

use crate::answer::Heard;
use crate::exit::{Exit, Problem};
use crate::say::Say;
use crate::sse::SseReader;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Limited};
use hyper::Response;
use hyper::body::{Body, Bytes};
use serde_json::Value;
use std::collections::VecDeque;

/// Errors are small.
const MAX_ERROR: usize = 1 << 20;

/// A stream of what is heard. Dropping it cancels the answer.
pub(crate) struct Reply {
    body: UnsyncBoxBody<Bytes, anyhow::Error>,
    reader: SseReader,
    heard: VecDeque<Heard>,
}

impl Reply {
    /// Takes a response's stream, or says why it was refused.
    pub(crate) async fn new<B>(response: Response<B>) -> Result<Reply, Problem>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let status = response.status().as_u16();
        let body = response
            .into_body()
            .map_err(|error| anyhow::Error::from_boxed(error.into()));
        if status != 200 {
            let body = Limited::new(body, MAX_ERROR)
                .collect()
                .await
                .map(|body| body.to_bytes());
            return Err(refusal(status, &body.unwrap_or_default()));
        }
        Ok(Reply {
            body: body.boxed_unsync(),
            reader: SseReader::default(),
            heard: VecDeque::new(),
        })
    }

    /// The next thing heard; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Heard>, Problem> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(Some(heard));
            }
            let Some(frame) = self.body.frame().await else {
                return Ok(None);
            };
            let frame = frame
                .map_err(|error| Problem::new(Exit::Unavailable, Say::ServerLost).because(error))?;
            if let Some(bytes) = frame.data_ref() {
                let events = self.reader.push(bytes);
                self.heard.extend(events.iter().flat_map(Heard::from_event));
            }
        }
    }
}

/// The problem that an error answer in OpenAI's shape tells of.
pub(crate) fn refusal(status: u16, body: &[u8]) -> Problem {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &body["error"];
    let message = || anyhow::Error::msg(error["message"].as_str().unwrap_or_default().to_owned());
    let count = |name: &str| error[name].as_u64().map(|n| n as usize);
    if error["code"] == "context_length_exceeded" {
        return match (count("n_prompt"), count("context")) {
            (Some(n_prompt), Some(context)) => {
                Problem::new(Exit::TooLong, Say::InputTooLong { n_prompt, context })
            }
            _ => Problem::new(Exit::TooLong, Say::ServerRefused { status }).because(message()),
        };
    }
    let exit = if matches!(status, 400 | 404 | 422) {
        Exit::Usage
    } else {
        Exit::Unavailable
    };
    Problem::new(exit, Say::ServerRefused { status }).because(message())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Ending;
    use crate::exit;
    use http_body_util::Full;

    fn response(status: u16, body: &'static str) -> Response<Full<Bytes>> {
        Response::builder()
            .status(status)
            .body(Full::from(body))
            .expect("a response")
    }

    fn refused(status: u16, body: &'static str) -> (Exit, String) {
        let problem = refusal(status, body.as_bytes());
        let text = problem.to_string();
        (exit::of(&problem.into()), text)
    }

    #[tokio::test]
    async fn a_stream_is_heard_to_its_end() {
        let body = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let mut reply = Reply::new(response(200, body)).await.expect("a stream");
        let mut all = Vec::new();
        while let Some(heard) = reply.next().await.expect("no loss") {
            all.push(heard);
        }
        assert_eq!(
            all,
            [Heard::Text("a".to_owned()), Heard::Ended(Ending::Stop)]
        );
    }

    #[test]
    fn refusals_choose_the_exit_code() {
        let (exit, text) = refused(
            400,
            r#"{"error":{"code":"context_length_exceeded","n_prompt":9,"context":8,"message":"x"}}"#,
        );
        assert!(
            exit == Exit::TooLong && text.contains('9') && text.contains('8'),
            "{text}"
        );
        assert_eq!(
            refused(400, r#"{"error":{"message":"seed is negative"}}"#).0,
            Exit::Usage
        );
        let (exit, text) = refused(503, r#"{"error":{"message":"the queue is full"}}"#);
        assert!(
            exit == Exit::Unavailable && text.contains("the queue is full"),
            "{text}"
        );
        assert_eq!(refused(500, "not JSON").0, Exit::Unavailable);
    }
}
