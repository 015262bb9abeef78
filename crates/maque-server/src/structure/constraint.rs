//! A compiled grammar at the engine's side: which tokens are allowed next.

use super::Onset;
use super::vocabulary::Tokens;
use llguidance::Matcher;
use llguidance::toktrie::SimpleVob;
use maque_engine::{Allowed, Constraint};
use std::sync::Arc;

/// A grammar and how far an answer is in it.
pub(super) struct Matching {
    matcher: Matcher,
    mask: SimpleVob,
}

impl Matching {
    /// At the grammar's beginning.
    pub(super) fn new(matcher: Matcher) -> Matching {
        Matching {
            matcher,
            mask: SimpleVob::new(),
        }
    }

    /// Goes on by `bytes`; false when they do not fit.
    fn take(&mut self, tokens: &Tokens, bytes: &[u8]) -> bool {
        let ids = tokens.trie().greedy_tokenize(bytes);
        let n_taken = self.matcher.try_consume_tokens(&ids);
        n_taken.is_ok_and(|n| n == ids.len()) && tokens.trie().decode_raw(&ids) == bytes
    }

    fn another(&self) -> Matching {
        Matching::new(self.matcher.deep_clone())
    }
}

impl std::fmt::Debug for Matching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matching")
            .field("stop_reason", &self.matcher.stop_reason())
            .finish()
    }
}

impl Constraint for Matching {
    fn allowed(&mut self) -> Allowed<'_> {
        match self.matcher.compute_mask() {
            Ok(mask) => {
                self.mask = mask;
                Allowed::Only(self.mask.as_slice())
            }
            Err(_) => Allowed::Unknown,
        }
    }

    fn accept(&mut self, id: u32) {
        let _ = self.matcher.consume_token(id); // a matcher that fails says so when it is asked for a mask
    }

    fn is_complete(&self) -> bool {
        self.matcher.is_stopped() && self.matcher.stop_reason().is_ok()
    }

    fn fork(&self) -> Box<dyn Constraint> {
        Box::new(self.another())
    }
}

/// A grammar that holds once the answer has said its trigger, and free text before.
pub(super) struct Triggered {
    tokens: Arc<Tokens>,
    trigger: &'static str,
    is_repeated: bool,
    fresh: Matching,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// Free text; its end, as far as it may be the trigger's beginning.
    Free(Vec<u8>),
    /// After the trigger.
    Within(Box<Matching>),
    /// After the grammar, where nothing may follow.
    Complete,
}

impl Triggered {
    /// Before the trigger; `None` for structures that hold from the start.
    pub(super) fn new(tokens: Arc<Tokens>, onset: Onset, fresh: Matching) -> Option<Triggered> {
        let (trigger, is_repeated) = match onset {
            Onset::Start => return None,
            Onset::After(trigger) => (trigger, true),
            Onset::OnceAfter(trigger) => (trigger, false),
        };
        Some(Triggered {
            tokens,
            trigger,
            is_repeated,
            fresh,
            phase: Phase::Free(Vec::new()),
        })
    }

    /// Looks for the trigger. What the same token says after it must fit the grammar, else it was none.
    fn look(&self, mut text: Vec<u8>) -> Phase {
        let trigger = self.trigger.as_bytes();
        while let Some(at) = text.windows(trigger.len()).position(|part| part == trigger) {
            text.drain(..at + trigger.len());
            let mut matching = self.fresh.another();
            if matching.take(&self.tokens, &text) {
                return Phase::Within(Box::new(matching));
            }
        }
        let n_gone = text.len().saturating_sub(trigger.len() - 1);
        text.drain(..n_gone);
        Phase::Free(text)
    }
}

impl std::fmt::Debug for Triggered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Triggered")
            .field("trigger", &self.trigger)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl Constraint for Triggered {
    fn allowed(&mut self) -> Allowed<'_> {
        match &mut self.phase {
            Phase::Within(matching) => matching.allowed(),
            Phase::Free(_) | Phase::Complete => Allowed::Anything,
        }
    }

    fn accept(&mut self, id: u32) {
        match std::mem::replace(&mut self.phase, Phase::Complete) {
            Phase::Free(mut text) => {
                text.extend_from_slice(self.tokens.bytes(id));
                self.phase = self.look(text);
            }
            Phase::Within(mut matching) => {
                matching.accept(id);
                self.phase = match (matching.is_complete(), self.is_repeated) {
                    (true, true) => Phase::Free(Vec::new()),
                    (true, false) => Phase::Complete,
                    (false, _) => Phase::Within(matching),
                };
            }
            Phase::Complete => {}
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.phase, Phase::Complete)
    }

    fn fork(&self) -> Box<dyn Constraint> {
        Box::new(Triggered {
            tokens: Arc::clone(&self.tokens),
            trigger: self.trigger,
            is_repeated: self.is_repeated,
            fresh: self.fresh.another(),
            phase: match &self.phase {
                Phase::Free(text) => Phase::Free(text.clone()),
                Phase::Within(matching) => Phase::Within(Box::new(matching.another())),
                Phase::Complete => Phase::Complete,
            },
        })
    }
}
