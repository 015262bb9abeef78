//! Words of offices that mean much the same, in Chinese and English; the table is a text that can be read and mended.

use crate::words::words;
use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("synonyms.txt")));

/// Lines of words that mean the same.
struct Table {
    lines: Vec<Vec<Entry>>,
    /// Lines that have an entry beginning with a word.
    by_first: HashMap<String, Vec<(usize, usize)>>,
}

/// One of a line: the words that it is made of.
type Entry = Vec<String>;

/// Words of a question, and what else could stand for them.
#[derive(Debug, PartialEq)]
pub(crate) struct Meaning {
    /// The words of the question.
    pub(crate) said: Entry,
    /// What means the same; each is one or several words.
    pub(crate) others: Vec<Entry>,
}

/// What else a question could have said.
pub(crate) fn meanings(question: &[String]) -> Vec<Meaning> {
    let table = &*TABLE;
    let has = |word: &String| question.contains(word);
    let lines = question
        .iter()
        .flat_map(|word| table.by_first.get(word).into_iter().flatten());
    let said = lines.filter(|(line, entry)| table.lines[*line][*entry].iter().all(has));
    said.map(|(line, said)| {
        let others = table.lines[*line]
            .iter()
            .enumerate()
            .filter(|(at, _)| at != said);
        Meaning {
            said: table.lines[*line][*said].clone(),
            others: others.map(|(_, entry)| entry.clone()).collect(),
        }
    })
    .collect()
}

impl Table {
    fn read(text: &str) -> Table {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let entry = |entry: &str| words(&entry.replace('_', " "));
        let lines: Vec<Vec<Entry>> = lines
            .map(|line| {
                line.split_whitespace()
                    .map(entry)
                    .filter(|entry| !entry.is_empty())
                    .collect()
            })
            .collect();
        let mut by_first: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (line, entries) in lines.iter().enumerate() {
            for (at, entry) in entries.iter().enumerate() {
                by_first
                    .entry(entry[0].clone())
                    .or_default()
                    .push((line, at));
            }
        }
        Table { lines, by_first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_found_across_languages() {
        let found = meanings(&words("How do I get my travel expenses reimbursed?"));
        let all: Vec<String> = found
            .into_iter()
            .flat_map(|meaning| meaning.others)
            .flatten()
            .collect();
        assert!(all.contains(&"报销".to_owned()), "{all:?}");
    }
}
