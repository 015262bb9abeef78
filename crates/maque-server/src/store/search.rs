//! Search over titles and texts, in Chinese as in English: words of three letters and more through the trigram index,
//! shorter ones (春风 is two) by looking through the person's own texts, which are few.

use super::StoreError;
use super::conversations::{Summary, summary};
use crate::limits::MAX_SEARCH_WORDS;
use rusqlite::{Connection, ToSql, params_from_iter};
use serde::Serialize;

/// Characters shown on each side of a match.
const AROUND: usize = 40;

/// A conversation that was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Found {
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The newest message with all the words; none if only the title has them.
    pub(crate) message: Option<i64>,
    /// Its text around the first of them.
    pub(crate) excerpt: Option<String>,
}

/// A person's conversations of which the title or one message has all words of `query`, last changed first.
pub(crate) fn search(
    connection: &Connection,
    person: i64,
    query: &str,
    limit: usize,
) -> Result<Vec<Found>, StoreError> {
    let words: Vec<&str> = query.split_whitespace().take(MAX_SEARCH_WORDS).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let (sql, parameters) = sql(person, &words, limit);
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(parameters), |row| {
        let text: Option<String> = row.get(8)?;
        Ok(Found {
            summary: summary(row)?,
            message: row.get(7)?,
            excerpt: text.map(|text| excerpt(&text, &words)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The statement and its parameters: person, limit, then the words.
fn sql(person: i64, words: &[&str], limit: usize) -> (String, Vec<Box<dyn ToSql>>) {
    let mut parameters: Vec<Box<dyn ToSql>> = vec![Box::new(person), Box::new(limit)];
    let mut take = |value: String| {
        parameters.push(Box::new(value));
        parameters.len()
    };
    let phrases: Vec<String> = words
        .iter()
        .filter(|word| 3 <= word.chars().count())
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    let mut titles = vec!["person = ?1".to_owned()];
    let mut texts = vec!["person = ?1".to_owned()];
    if !phrases.is_empty() {
        let n = take(phrases.join(" AND "));
        texts.push(format!(
            "id IN (SELECT rowid FROM message_trigrams WHERE message_trigrams MATCH ?{n})"
        ));
    }
    for word in words {
        let n = take(pattern(word));
        titles.push(format!("title LIKE ?{n} ESCAPE '\\'"));
        if word.chars().count() < 3 {
            texts.push(format!("content LIKE ?{n} ESCAPE '\\'"));
        }
    }
    let sql = format!(
        "WITH hits (conversation, message) AS (SELECT conversation, max(id) FROM messages WHERE {} GROUP BY conversation)
         SELECT c.id, c.title, c.settings, c.active, c.touched, c.created_at, c.updated_at, m.id, m.content
         FROM conversations c LEFT JOIN hits ON hits.conversation = c.id LEFT JOIN messages m ON m.id = hits.message
         WHERE c.person = ?1 AND (m.id IS NOT NULL OR c.id IN (SELECT id FROM conversations WHERE {}))
         ORDER BY c.touched DESC LIMIT ?2",
        texts.join(" AND "),
        titles.join(" AND ")
    );
    (sql, parameters)
}

/// A LIKE pattern for a word anywhere.
fn pattern(word: &str) -> String {
    let escaped = word
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// The text around the first word that is found in it.
fn excerpt(text: &str, words: &[&str]) -> String {
    let letters: Vec<char> = text.chars().collect();
    let folded: Vec<char> = letters.iter().map(|&letter| fold(letter)).collect();
    let find = |word: &&str| {
        let word: Vec<char> = word.chars().map(fold).collect();
        folded.windows(word.len()).position(|part| part == word)
    };
    let at = words.iter().filter_map(find).min().unwrap_or(0);
    let (start, end) = (
        at.saturating_sub(AROUND),
        letters.len().min(at + 2 * AROUND),
    );
    let shown: String = letters[start..end].iter().collect();
    let before = if 0 < start { "…" } else { "" };
    let after = if end < letters.len() { "…" } else { "" };
    format!("{before}{}{after}", shown.replace(['\n', '\r'], " "))
}

/// A letter without its case.
fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}
