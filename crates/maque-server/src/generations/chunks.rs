//! What a streamed chat answer says, read back from its server-sent events.

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::{Value, json};

/// Something that an answer says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// It waits or is being read.
    Stage(Value),
    /// The next text.
    Text(String),
    /// Why it ended.
    Finish(String),
    /// Token counts.
    Usage(Value),
    /// Fields that had no effect.
    Warnings(Value),
    /// What of the conversation was read.
    Context(Value),
    /// It ended without being complete.
    Failed(String),
}

/// Reads the events of a body.
pub(super) struct Chunks {
    stream: BodyDataStream,
    bytes: Vec<u8>,
}

impl Chunks {
    pub(super) fn new(body: Body) -> Chunks {
        Chunks {
            stream: body.into_data_stream(),
            bytes: Vec::new(),
        }
    }

    /// What comes next; `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Vec<Said>> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.bytes.drain(..end + 2).collect();
                return Some(said(&String::from_utf8_lossy(&event)));
            }
            let piece = self.stream.next().await?.ok()?;
            self.bytes.extend_from_slice(&piece);
        }
    }
}

/// What one event says.
fn said(event: &str) -> Vec<Said> {
    let data = event.lines().find_map(|line| line.strip_prefix("data: "));
    let Some(Ok(chunk)) = data.map(serde_json::from_str::<Value>) else {
        return Vec::new(); // a comment, or [DONE]
    };
    if event.starts_with("event: maque.stage") {
        return vec![Said::Stage(chunk)];
    }
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let given = |value: &Value| (!value.is_null()).then(|| value.clone());
    let choice = &chunk["choices"][0];
    let all = [
        text(&choice["delta"]["content"]).map(Said::Text),
        text(&choice["finish_reason"]).map(Said::Finish),
        given(&chunk["usage"]).map(Said::Usage),
        given(&chunk["warnings"]).map(Said::Warnings),
        given(&chunk["context"]).map(Said::Context),
        text(&chunk["error"]["message"]).map(Said::Failed),
    ];
    all.into_iter().flatten().collect()
}

/// Usage as it is kept with a message.
pub(super) fn counts(usage: &Value) -> Value {
    json!({
        "prompt_tokens": usage["prompt_tokens"],
        "cached_tokens": usage["prompt_tokens_details"]["cached_tokens"],
        "completion_tokens": usage["completion_tokens"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = concat!(
            "event: maque.stage\ndata: {\"stage\":\"queued\"}\n\n: waiting\n\n",
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"春\"},\"finish_reason\":null}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        for n in [1, 2, 7, 1000] {
            let pieces: Vec<Vec<u8>> = text.as_bytes().chunks(n).map(<[u8]>::to_vec).collect();
            let pieces = pieces.into_iter().map(Ok::<_, std::convert::Infallible>);
            let mut chunks = Chunks::new(Body::from_stream(futures_util::stream::iter(pieces)));
            let mut heard = Vec::new();
            while let Some(said) = runtime.block_on(chunks.next()) {
                heard.extend(said);
            }
            let expected = [
                Said::Stage(json!({"stage": "queued"})),
                Said::Text("春".to_owned()),
                Said::Finish("stop".to_owned()),
            ];
            assert_eq!(heard, expected, "{n}");
        }
    }
}
