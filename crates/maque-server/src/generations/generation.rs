//! One answer of a conversation: heard from the engine, saved at least every second, shown to who watches.

use super::chunks::{Chunks, Said, counts};
use crate::limits::{SAVE_EVERY, UNWATCHED};
use crate::store::{Answer, Ended, Store, messages};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How often the end of an answer is tried to be saved (the disk may be full), and how long between two tries.
const TRIES: usize = 120;
const PAUSE: Duration = Duration::from_secs(5);

/// What there is of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) text: String,
    /// Bytes of the text that were there when it began.
    pub(crate) n_begun: usize,
    /// Where it is before its first text.
    pub(crate) stage: Option<Value>,
    /// How it ended: state, reason, statistics.
    pub(crate) end: Option<(String, String, Value)>,
}

/// What there is of an answer when the engine begins: nothing, or what is gone on with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun {
    pub(crate) text: String,
    pub(crate) stats: Value,
}

/// An answer under way.
pub(crate) struct Generation {
    person: i64,
    answer: Answer,
    /// Statistics of the part that it goes on from; null if it begins.
    before: Value,
    written: watch::Sender<Written>,
    stopped: Notify,
    why: Mutex<&'static str>,
}

/// What is counted while an answer is written.
struct Tally {
    start: Instant,
    first: Option<Instant>,
    finish: Option<String>,
    failed: Option<String>,
    usage: Value,
    warnings: Value,
    context: Value,
    seen: Instant,
}

impl Generation {
    pub(super) fn new(person: i64, answer: Answer, begun: Begun) -> Generation {
        let written = Written {
            n_begun: begun.text.len(),
            text: begun.text,
            ..Written::default()
        };
        Generation {
            person,
            answer,
            before: begun.stats,
            written: watch::Sender::new(written),
            stopped: Notify::new(),
            why: Mutex::new("stopped"),
        }
    }

    /// Whose it is.
    pub(crate) fn person(&self) -> i64 {
        self.person
    }

    /// Which message it is.
    pub(crate) fn answer(&self) -> Answer {
        self.answer
    }

    /// Follows it from its beginning; as long as somebody does, it is watched.
    pub(crate) fn follow(&self) -> watch::Receiver<Written> {
        self.written.subscribe()
    }

    /// Ends it; what was written stays.
    pub(crate) fn stop(&self, why: &'static str) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.stopped.notify_one();
    }

    /// Returns when it has ended and its end is saved.
    pub(crate) async fn ended(&self) {
        let mut follower = self.follow();
        let _ = follower.wait_for(|written| written.end.is_some()).await; // the sender is in `self`
    }

    /// Writes it to its end.
    pub(super) async fn write(&self, store: &Store, response: Response) {
        let mut chunks = Chunks::new(response.into_body());
        let mut tally = Tally::new();
        let mut saving = Saving::default();
        let mut clock = tokio::time::interval(SAVE_EVERY);
        let stopped = loop {
            tokio::select! {
                said = chunks.next() => match said {
                    Some(said) => said.into_iter().for_each(|said| self.hear(&mut tally, said)),
                    None => break None,
                },
                () = self.stopped.notified() => {
                    break Some(*self.why.lock().unwrap_or_else(PoisonError::into_inner));
                }
                _ = clock.tick() => {
                    saving.save(store, self.answer.id, &self.written.borrow().text);
                    if self.is_forgotten(&mut tally) {
                        break Some("unwatched");
                    }
                }
            }
        };
        drop(chunks); // which frees the engine's hands
        saving.wait().await;
        let (state, reason, stats) = tally.ended(stopped);
        let stats = continued(&self.before, stats);
        self.end(store, (state, reason, stats)).await;
    }

    fn hear(&self, tally: &mut Tally, said: Said) {
        match said {
            Said::Stage(stage) => self
                .written
                .send_modify(|written| written.stage = Some(stage)),
            Said::Text(text) => {
                tally.first.get_or_insert_with(Instant::now);
                self.written.send_modify(|written| written.text += &text);
            }
            Said::Finish(reason) => tally.finish = Some(reason),
            Said::Usage(usage) => tally.usage = usage,
            Said::Warnings(warnings) => tally.warnings = warnings,
            Said::Context(context) => tally.context = context,
            Said::Failed(message) => tally.failed = Some(message),
        }
    }

    /// Whether nobody has watched for too long.
    fn is_forgotten(&self, tally: &mut Tally) -> bool {
        if 0 < self.written.receiver_count() {
            tally.seen = Instant::now();
        }
        UNWATCHED <= tally.seen.elapsed()
    }

    /// Saves the end, and then tells it: who hears of it can rely on it.
    async fn end(&self, store: &Store, (state, reason, stats): (&'static str, String, Value)) {
        let ended = Ended {
            content: self.written.borrow().text.clone(),
            state,
            finish_reason: reason.clone(),
            stats: stats.clone(),
        };
        let id = self.answer.id;
        for _ in 0..TRIES {
            let ended = ended.clone();
            let saved = store.call(move |connection| messages::end(connection, id, &ended));
            match saved.await {
                Err(error) if reason != "shutdown" => {
                    let problem = json!({ "stage": "saving", "message": error.to_string() });
                    self.written
                        .send_modify(|written| written.stage = Some(problem));
                    tokio::time::sleep(PAUSE).await;
                }
                _ => break,
            }
        }
        let end = Some((state.to_owned(), reason, stats));
        self.written.send_modify(|written| written.end = end);
    }
}

impl Tally {
    fn new() -> Tally {
        let start = Instant::now();
        Tally {
            start,
            first: None,
            finish: None,
            failed: None,
            usage: Value::Null,
            warnings: Value::Null,
            context: Value::Null,
            seen: start,
        }
    }

    /// State, reason and statistics of an answer that was `stopped`, or ended by itself.
    fn ended(self, stopped: Option<&'static str>) -> (&'static str, String, Value) {
        let (state, reason) = match (stopped, self.finish, &self.failed) {
            (Some(why), _, _) => ("stopped", why.to_owned()),
            (None, Some(reason), None) => ("complete", reason),
            (None, _, _) => ("failed", "error".to_owned()),
        };
        let mut stats = match self.usage {
            Value::Null => json!({}),
            usage => counts(&usage),
        };
        let milliseconds = |end: Instant| end.duration_since(self.start).as_millis() as u64;
        stats["first_token_ms"] = json!(self.first.map(milliseconds));
        stats["duration_ms"] = json!(milliseconds(Instant::now()));
        if let Some(message) = self.failed {
            stats["error"] = json!(message);
        }
        if !self.warnings.is_null() {
            stats["warnings"] = self.warnings;
        }
        if !self.context.is_null() {
            stats["context"] = self.context;
        }
        (state, reason, stats)
    }
}

/// Statistics of an answer that went on from a part that had those `before`: its own first token, and both parts' sums.
fn continued(before: &Value, mut stats: Value) -> Value {
    if before.is_null() {
        return stats;
    }
    for sum in ["completion_tokens", "duration_ms"] {
        let [first, second] = [&before[sum], &stats[sum]].map(|part| part.as_u64().unwrap_or(0));
        stats[sum] = json!(first.saturating_add(second));
    }
    stats["first_token_ms"] = before["first_token_ms"].clone();
    stats
}

/// Saves in the background, one at a time: a slow disk must not stop the answer.
#[derive(Default)]
struct Saving {
    under_way: Option<JoinHandle<()>>,
    n_saved: usize,
}

impl Saving {
    /// Saves `text` if it grew and the save before has ended.
    fn save(&mut self, store: &Store, id: i64, text: &str) {
        let is_busy = self
            .under_way
            .as_ref()
            .is_some_and(|one| !one.is_finished());
        if is_busy || text.len() == self.n_saved {
            return;
        }
        self.n_saved = text.len();
        let (store, text) = (store.clone(), text.to_owned());
        self.under_way = Some(tokio::spawn(async move {
            // One that fails is made up for by the next.
            let _ = store
                .call(move |connection| messages::save(connection, id, &text))
                .await;
        }));
    }

    async fn wait(self) {
        if let Some(under_way) = self.under_way {
            let _ = under_way.await;
        }
    }
}
