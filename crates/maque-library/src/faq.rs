//! Frequent questions in memory: a question that is in a table is answered by the table, without searching.

use crate::index::{FaqRecord, PassageRecord};
use crate::words::essence;
use std::collections::HashMap;
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

    /// Up to `n` of them: first those that were asked most, then in the order of the tables.
    pub(crate) fn frequent(&self, asked: &Asked, n: usize) -> Vec<String> {
        let mut all: Vec<&FaqRecord> = self.records.iter().collect();
        all.sort_by_key(|record| std::cmp::Reverse(asked.count(&record.question)));
        all.into_iter()
            .take(n)
            .map(|record| record.question.clone())
            .collect()
    }
}

impl Asked {
    /// Counts a question.
    pub(crate) fn note(&self, question: &str) {
        *self.counts().entry(essence(question)).or_default() += 1;
    }

    fn count(&self, question: &str) -> u64 {
        self.counts().get(&essence(question)).copied().unwrap_or(0)
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
