//! How far a question is, told as server-sent events while it is answered.

use super::Inquiry;
use crate::ask::{KEEP_ALIVE, event};
use crate::streamed::{EVENTS, streamed};
use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Events that wait for their reader.
const N_WAITING: usize = 32;

/// Who hears how far a question is; nobody, if the answer is wanted whole.
pub(crate) struct Teller(Option<Sender<String>>);

impl Teller {
    /// Nobody hears.
    pub(crate) fn silent() -> Teller {
        Teller(None)
    }

    /// Tells an event.
    pub(crate) async fn tell(&self, name: &str, data: Value) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(event(name, &data)).await; // a reader who went away is noticed by `stream`
        }
    }

    /// Tells a stage.
    pub(crate) async fn stage(&self, stage: &str) {
        self.tell("maque.stage", json!({ "stage": stage })).await;
    }
}

/// Answers in events. Dropping the response ends the answer.
pub(crate) fn stream(inquiry: Inquiry) -> Response<Body> {
    let (sender, receiver) = channel(N_WAITING);
    let gone = sender.clone();
    tokio::spawn(async move {
        let teller = Teller(Some(sender));
        let answer = async {
            match inquiry.answer(&teller).await {
                Ok(answer) => teller.tell("maque.answer", answer).await,
                Err(error) => teller.tell("error", error.body()).await,
            }
        };
        tokio::select! {
            () = answer => {}
            () = gone.closed() => {}
        }
    });
    streamed(EVENTS, receiver, next)
}

async fn next(mut receiver: Receiver<String>) -> Option<(String, Receiver<String>)> {
    let text = match tokio::time::timeout(KEEP_ALIVE, receiver.recv()).await {
        Ok(text) => text?,
        Err(_) => ": waiting\n\n".to_owned(),
    };
    Some((text, receiver))
}
