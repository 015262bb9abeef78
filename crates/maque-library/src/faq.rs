//! Frequent questions in memory: a question that is in a table is answered by the table, without searching.

use crate::index::{FaqRecord, PassageRecord};
use crate::words::essence;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

/// All frequent questions.
#[derive(Default)]
pub(crate) struct Faq {
    records: Vec<FaqRecord>,
    by_essence: HashMap<String, Vec<usize>>,
}

/// How often each was asked since the start, by its essence.
#[derive(Default)]
pub(crate) struct Asked(Mutex<HashMap<String, u64>>);

/// A question that is in a table.
#[derive(Clone, Debug)]
pub struct FaqHit {
    /// The question, as the table has it.
    pub question: String,
    /// Its answer.
    pub answer: PassageRecord,
}

impl Faq {
    /// All of these.
    pub(crate) fn new(records: Vec<FaqRecord>) -> Faq {
        let mut by_essence: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate() {
            by_essence
                .entry(essence(&record.question))
                .or_default()
                .push(at);
        }
        Faq {
            records,
            by_essence,
        }
    }

    /// The answer to a question that a table has.
    pub(crate) fn find(&self, question: &str, folder: Option<&str>) -> Option<FaqHit> {
        let known = self.by_essence.get(&essence(question))?;
        let is_within = |at: &&usize| {
            folder.is_none_or(|folder| self.records[**at].answer.document.folder == folder)
        };
        let record = &self.records[*known.iter().find(is_within)?];
        Some(FaqHit {
            question: record.question.clone(),
            answer: record.answer.clone(),
        })
    }

    /// Up to `n` of them, each once: first those that were asked most, then in the order of the tables.
    pub(crate) fn frequent(&self, asked: &Asked, n: usize) -> Vec<String> {
        let place = |essence: &String| self.by_essence.get(essence)?.first().copied();
        let mut most: Vec<(Reverse<u64>, usize)> = asked
            .counts()
            .iter()
            .filter_map(|(essence, count)| Some((Reverse(*count), place(essence)?)))
            .collect();
        most.sort_unstable();
        let all = most.into_iter().map(|(_, at)| at);
        let mut shown = HashSet::new();
        all.chain(0..self.records.len())
            .map(|at| &self.records[at].question)
            .filter(|question| shown.insert(essence(question)))
            .take(n)
            .cloned()
            .collect()
    }
}

impl Asked {
    /// Counts a question.
    pub(crate) fn note(&self, question: &str) {
        *self.counts().entry(essence(question)).or_default() += 1;
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
