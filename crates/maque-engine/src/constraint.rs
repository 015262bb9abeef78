//! What may come next in a constrained answer: the seam to whoever knows its grammar.

/// Keeps one answer within a grammar over token ids. It is made outside, handed in with a request, and asked in turn: what is
/// allowed, which token was taken, whether that completed the answer. What it says depends on the tokens taken alone, so
/// that the same request keeps giving the same tokens.
///
/// Tokens that were proposed and then verified in one batch fit in too: each row is sampled within what is allowed after
/// the tokens before it, and only tokens that were taken are told.
pub trait Constraint: Send + std::fmt::Debug {
    /// What may come after the tokens taken so far.
    fn allowed(&mut self) -> Allowed<'_>;
    /// Takes a token that was allowed, never a stop token.
    fn accept(&mut self, id: u32);
    /// Whether nothing can follow: the answer ends without asking the model.
    fn is_complete(&self) -> bool;
    /// Another one that is where this one is.
    fn fork(&self) -> Box<dyn Constraint>;
}

/// Tokens that a constraint allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed<'a> {
    /// All of them.
    Anything,
    /// Those with a set bit: `id % 32` of word `id / 32`. A stop token's bit says whether the answer may end here.
    Only(&'a [u32]),
    /// The grammar has become too complex to go on: the answer ends with
    /// [`Finish::Constraint`](crate::Finish::Constraint).
    Unknown,
}

/// What may come next, to be looked at while the constraint is not asked.
#[derive(Clone, Debug, Default)]
pub(crate) enum Next {
    /// Any token.
    #[default]
    Anything,
    /// As in [`Allowed::Only`].
    Only(Vec<u32>),
    /// As in [`Allowed::Unknown`].
    Unknown,
}

impl Next {
    /// Asks a constraint.
    pub(crate) fn ask(&mut self, constraint: &mut dyn Constraint) {
        match (constraint.allowed(), &mut *self) {
            (Allowed::Only(new), Next::Only(words)) => {
                words.clear();
                words.extend_from_slice(new);
            }
            (Allowed::Only(new), next) => *next = Next::Only(new.to_vec()),
            (Allowed::Anything, next) => *next = Next::Anything,
            (Allowed::Unknown, next) => *next = Next::Unknown,
        }
    }

    /// The bits of what is allowed, if that is not everything.
    pub(crate) fn words(&self) -> Option<&[u32]> {
        match self {
            Next::Only(words) => Some(words),
            Next::Anything | Next::Unknown => None,
        }
    }
}

impl Clone for Box<dyn Constraint> {
    fn clone(&self) -> Self {
        self.fork()
    }
}

/// Makes every token impossible whose bit is not set.
pub(crate) fn forbid_others(logits: &mut [f32], words: &[u32]) {
    let n_known = logits.len().min(words.len() * 32);
    let (known, unknown) = logits.split_at_mut(n_known);
    unknown.fill(f32::NEG_INFINITY);
    for (logits, &word) in known.chunks_mut(32).zip(words) {
        match word {
            0 => logits.fill(f32::NEG_INFINITY),
            u32::MAX => {}
            _ => {
                for (bit, logit) in logits.iter_mut().enumerate() {
                    if word >> bit & 1 == 0 {
                        *logit = f32::NEG_INFINITY;
                    }
                }
            }
        }
    }
}

/// Whether the bit of `id` is set.
pub(crate) fn has(words: &[u32], id: u32) -> bool {
    let word = words.get(id as usize / 32);
    word.is_some_and(|word| word >> (id % 32) & 1 == 1)
}

/// The lowest id whose bit is set.
pub(crate) fn first(words: &[u32]) -> Option<u32> {
    let index = words.iter().position(|&word| word != 0)?;
    Some(index as u32 * 32 + words[index].trailing_zeros())
}

/// The id whose bit is set, if there is one only.
pub(crate) fn only(words: &[u32]) -> Option<u32> {
    let id = first(words)?;
    let index = id as usize / 32;
    let is_alone = words[index].is_power_of_two() && words[index + 1..].iter().all(|&w| w == 0);
    is_alone.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_read_alike_by_all(
            words in prop::collection::vec(prop_oneof![Just(0), Just(u32::MAX), any::<u32>(), (0..32_u32).prop_map(|bit| 1 << bit)], 0..4),
            n_vocab in 1..120_usize,
        ) {
            let mut logits = vec![1.0; n_vocab];
            forbid_others(&mut logits, &words);
            for (id, &logit) in (0..).zip(&logits) {
                prop_assert_eq!(logit == 1.0, has(&words, id));
            }
            let all: Vec<u32> = (0..words.len() as u32 * 32).filter(|&id| has(&words, id)).collect();
            prop_assert_eq!(first(&words), all.first().copied());
            prop_assert_eq!(only(&words), all.first().copied().filter(|_| all.len() == 1));
        }
    }
}
