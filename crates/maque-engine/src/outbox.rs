//! The engine's end of a request's channel: events in order, never more than a reader takes.

use crate::{Event, Finish, Usage};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, OwnedPermit, Receiver, Sender};

/// Events that wait in the channel for the reader.
pub(crate) const CAPACITY: usize = 32;
/// How long nothing may be read before the request is ended.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Whether more can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Everything is in the channel.
    Open,
    /// Events wait for the reader: its sequence pauses.
    Full,
    /// They have waited too long.
    Stalled,
    /// The reader is gone.
    Gone,
}

/// Sends a request's events. The last one has its place in the channel from the start, so it always arrives; an outbox that is
/// dropped unfinished (the engine thread panicked) says [`Finish::Failed`].
#[derive(Debug)]
pub(crate) struct Outbox {
    events: Sender<Event>,
    last: Option<OwnedPermit<Event>>,
    pending: VecDeque<Event>, // what did not fit into the channel: at most one step's events
    finish: Option<Finish>,   // to be sent after `pending`
    usage: Usage,
    is_reader_awaited: Arc<AtomicBool>, // the reader is to wake the engine
    full_since: Option<Instant>,
}

impl Outbox {
    /// An outbox, the reader's end, and the flag by which the reader knows that it is awaited.
    pub(crate) fn new(prompt_tokens: usize) -> (Outbox, Receiver<Event>, Arc<AtomicBool>) {
        let (events, receiver) = mpsc::channel(CAPACITY + 1);
        let last = events.clone().try_reserve_owned().ok();
        let is_reader_awaited = Arc::new(AtomicBool::new(false));
        let outbox = Outbox {
            events,
            last,
            pending: VecDeque::new(),
            finish: None,
            usage: Usage {
                prompt_tokens,
                ..Usage::default()
            },
            is_reader_awaited: Arc::clone(&is_reader_awaited),
            full_since: None,
        };
        (outbox, receiver, is_reader_awaited)
    }

    /// Sends progress; left out when the reader is behind.
    pub(crate) fn inform(&mut self, event: Event) {
        if self.pending.is_empty() && CAPACITY / 2 < self.events.capacity() {
            self.push(event);
        }
    }

    /// Sends a token.
    pub(crate) fn push(&mut self, event: Event) {
        if matches!(event, Event::Token(_)) {
            self.usage.completion_tokens += 1;
        }
        self.pending.push_back(event);
        self.send();
    }

    /// Notes how much of the prompt was cached.
    pub(crate) fn set_cached(&mut self, n_tokens: usize) {
        self.usage.cached_tokens = n_tokens;
    }

    /// Ends the answer after what is still pending.
    pub(crate) fn finish(&mut self, finish: Finish) {
        self.finish.get_or_insert(finish);
        self.send();
    }

    /// Ends the answer now; what is still pending is lost.
    pub(crate) fn abort(&mut self, finish: Finish) {
        self.pending.clear();
        self.finish = Some(finish);
        self.send();
    }

    /// Whether the reader is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.events.is_closed()
    }

    /// Whether something still waits for the reader.
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty() && !self.is_gone()
    }

    /// Sends what fits, and says whether that is all.
    pub(crate) fn flush(&mut self, now: Instant) -> Flow {
        let n_before = self.pending.len();
        self.send();
        if !self.pending.is_empty() {
            self.is_reader_awaited.store(true, Ordering::SeqCst);
            self.send(); // what was read before the flag was up would wake nobody
        }
        if self.is_gone() {
            return Flow::Gone;
        }
        if self.pending.is_empty() {
            self.full_since = None;
            return Flow::Open;
        }
        if self.pending.len() < n_before {
            self.full_since = None;
        }
        let since = *self.full_since.get_or_insert(now);
        if PATIENCE <= now.duration_since(since) {
            Flow::Stalled
        } else {
            Flow::Full
        }
    }

    /// When a full outbox will count as stalled.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.full_since.map(|since| since + PATIENCE)
    }

    fn send(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            if let Err(error) = self.events.try_send(event) {
                self.pending.push_front(error.into_inner());
                return;
            }
        }
        if let Some(finish) = self.finish
            && let Some(last) = self.last.take()
        {
            last.send(Event::Finished {
                finish,
                usage: self.usage,
            });
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.abort(Finish::Failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenEvent;

    fn token(id: u32) -> Event {
        Event::Token(TokenEvent {
            id,
            logprob: None,
            top: Vec::new(),
        })
    }

    fn drain(receiver: &mut Receiver<Event>) -> Vec<Event> {
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    #[test]
    fn a_slow_reader_gets_everything_in_order_and_nothing_piles_up_in_the_channel() {
        let (mut outbox, mut receiver, is_awaited) = Outbox::new(3);
        let start = Instant::now();
        for id in 0..40 {
            outbox.push(token(id));
        }
        outbox.finish(Finish::Length);
        assert_eq!(outbox.flush(start), Flow::Full);
        assert!(is_awaited.load(Ordering::SeqCst));
        let mut events = drain(&mut receiver);
        assert_eq!(events.len(), CAPACITY);
        assert_eq!(outbox.flush(start), Flow::Open);
        events.extend(drain(&mut receiver));
        let usage = Usage {
            prompt_tokens: 3,
            cached_tokens: 0,
            completion_tokens: 40,
        };
        let want: Vec<_> = (0..40)
            .map(token)
            .chain([Event::Finished {
                finish: Finish::Length,
                usage,
            }])
            .collect();
        assert_eq!(events, want);
    }

    #[test]
    fn a_reader_that_takes_nothing_stalls_and_one_that_takes_something_does_not() {
        let (mut outbox, mut receiver, _) = Outbox::new(1);
        let start = Instant::now();
        for id in 0..CAPACITY as u32 + 3 {
            outbox.push(token(id));
        }
        assert_eq!(outbox.flush(start), Flow::Full);
        assert_eq!(outbox.deadline(), Some(start + PATIENCE));
        assert_eq!(outbox.flush(start + PATIENCE / 2), Flow::Full);
        receiver.try_recv().expect("the channel is full");
        assert_eq!(outbox.flush(start + PATIENCE), Flow::Full);
        assert_eq!(outbox.flush(start + PATIENCE * 2), Flow::Stalled);
        outbox.abort(Finish::Stalled);
        let events = drain(&mut receiver);
        assert_eq!(events.len(), CAPACITY + 1);
        assert!(matches!(
            events.last(),
            Some(Event::Finished {
                finish: Finish::Stalled,
                ..
            })
        ));
    }

    #[test]
    fn a_dropped_outbox_says_that_the_engine_failed() {
        let (outbox, mut receiver, _) = Outbox::new(1);
        drop(outbox);
        assert!(matches!(
            drain(&mut receiver)[..],
            [Event::Finished {
                finish: Finish::Failed,
                ..
            }]
        ));
    }

    #[test]
    fn a_finished_outbox_says_so_once() {
        let (mut outbox, mut receiver, _) = Outbox::new(1);
        outbox.finish(Finish::Stop);
        drop(outbox);
        assert!(matches!(
            drain(&mut receiver)[..],
            [Event::Finished {
                finish: Finish::Stop,
                ..
            }]
        ));
    }

    #[test]
    fn progress_is_left_out_when_the_reader_is_behind() {
        let (mut outbox, mut receiver, _) = Outbox::new(1);
        for position in 0..CAPACITY {
            outbox.inform(Event::Queued { position });
        }
        assert_eq!(drain(&mut receiver).len(), CAPACITY / 2);
        drop(receiver);
        assert_eq!(outbox.flush(Instant::now()), Flow::Gone);
    }
}
