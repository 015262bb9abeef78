//! Questions to the nearest passages: BM25 over words, pairs of letters and headings, with words that mean the same; or near in
//! meaning, where the words are others.

use crate::index::{Index, PassageRecord};
use crate::nearness::{Nearness, VectorOf};
use crate::synonyms::{Meaning, meanings};
use crate::words::{pairs, words};
use std::collections::{BTreeMap, HashMap, HashSet};
use tantivy::collector::{DocSetCollector, TopDocs};
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Searcher, Term};

/// How much a word counts that the question does not say but means.
const MEANT: f32 = 0.5;
/// How much a word counts where it stands above a passage.
const ABOVE: f32 = 0.7;
/// How much a pair of letters counts.
const PAIR: f32 = 0.2;
/// Words of a question that are looked for.
const MAX_WORDS: usize = 64;
/// Passages of one document among those near in meaning.
const MAX_OF_DOCUMENT: usize = 2;
/// Passages with words of the question that are told from those without, where meaning counts.
const MAX_FOUND: usize = 1000;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The question, in its own words.
    pub question: &'a str,
    /// The folder to look in; `None` for all.
    pub folder: Option<&'a str>,
    /// How many passages are wanted.
    pub n: usize,
}

/// A passage that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The passage.
    pub found: PassageRecord,
    /// Its BM25, or its nearness in meaning; for ordering.
    pub score: f32,
    /// How much of the question's meaning is in it, from 0 to 1: words count as much as they are rare.
    pub coverage: f32,
}

/// What the question is made of.
struct Question {
    words: Vec<String>,
    meanings: Vec<Meaning>,
    weights: HashMap<String, f32>,
    pairs: HashMap<String, f32>,
}

impl Question {
    fn new(search: &Search<'_>) -> Question {
        let mut all = words(search.question);
        all.truncate(MAX_WORDS);
        let meanings = meanings(&all);
        let mut weights = HashMap::new();
        let mut weigh = |word: &String, weight: f32| {
            let known = weights.entry(word.clone()).or_insert(0.0);
            *known = weight.max(*known);
        };
        all.iter().for_each(|word| weigh(word, 1.0));
        for entry in meanings.iter().flat_map(|meaning| &meaning.others) {
            entry
                .iter()
                .for_each(|word| weigh(word, MEANT / entry.len() as f32));
        }
        let pairs = pairs(search.question).into_iter().take(MAX_WORDS);
        Question {
            words: all,
            meanings,
            weights,
            pairs: pairs.map(|pair| (pair, PAIR)).collect(),
        }
    }

    /// How much of it is in a text with these words.
    fn coverage(&self, text: &HashSet<String>, rarity: &HashMap<&str, f32>) -> f32 {
        let meant = |word: &String| {
            let said = self
                .meanings
                .iter()
                .filter(|meaning| meaning.said.contains(word));
            let mut others = said.flat_map(|meaning| &meaning.others);
            others.any(|entry| entry.iter().all(|word| text.contains(word)))
        };
        let (mut covered, mut all) = (0.0, 0.0);
        for word in self.words.iter().collect::<HashSet<_>>() {
            let rarity = rarity.get(word.as_str()).copied().unwrap_or(1.0);
            all += rarity;
            covered += match text.contains(word) {
                true => rarity,
                false if meant(word) => 0.8 * rarity,
                false => 0.0,
            };
        }
        if all == 0.0 { 0.0 } else { covered / all }
    }
}

/// The nearest passages of these folders, nearest first.
pub(crate) fn search(
    index: &Index,
    folders: &[String],
    search: &Search<'_>,
) -> tantivy::Result<Vec<Hit>> {
    let searcher = index.searcher();
    let question = Question::new(search);
    let found = found(index, &searcher, folders, &question, search.n)?;
    let hits = Hits::new(index, &searcher, &question)?;
    found.into_iter().map(|found| hits.hit(found)).collect()
}

/// The passages of these folders nearest in meaning, nearest first, two of each document at most. `nearness` is that of `searcher`.
pub(crate) fn near(
    index: &Index,
    searcher: &Searcher,
    folders: &[String],
    search: &Search<'_>,
    (nearness, vector): (&Nearness, VectorOf<'_>),
) -> tantivy::Result<Vec<Hit>> {
    let question = Question::new(search);
    let found = found(index, searcher, folders, &question, MAX_FOUND)?;
    let found: HashMap<DocAddress, f32> =
        found.into_iter().map(|(score, at)| (at, score)).collect();
    let among = searcher.search(&index.passages_of(folders), &DocSetCollector)?;
    let hits = Hits::new(index, searcher, &question)?;
    let words: BTreeMap<&str, f32> = hits.rarity.iter().map(|(word, n)| (*word, *n)).collect();
    let mut near: Vec<Hit> = Vec::new();
    for found in nearness.order(&words, &found, &among, vector) {
        if near.len() == search.n {
            break;
        }
        let hit = hits.hit(found)?;
        let of_it = near
            .iter()
            .filter(|other| other.found.document == hit.found.document);
        if of_it.count() < MAX_OF_DOCUMENT {
            near.push(hit);
        }
    }
    Ok(near)
}

/// The best passages by BM25.
fn found(
    index: &Index,
    searcher: &Searcher,
    folders: &[String],
    question: &Question,
    n: usize,
) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    if question.weights.is_empty() && question.pairs.is_empty() {
        return Ok(Vec::new());
    }
    searcher.search(
        &query(index, folders, question),
        &TopDocs::with_limit(n.max(1)).order_by_score(),
    )
}

/// Makes hits of addresses.
struct Hits<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    question: &'a Question,
    rarity: HashMap<&'a str, f32>,
}

impl<'a> Hits<'a> {
    fn new(
        index: &'a Index,
        searcher: &'a Searcher,
        question: &'a Question,
    ) -> tantivy::Result<Hits<'a>> {
        Ok(Hits {
            index,
            searcher,
            question,
            rarity: rarity(index, searcher, question)?,
        })
    }

    fn hit(&self, (score, at): (f32, DocAddress)) -> tantivy::Result<Hit> {
        let found = self.index.passage(self.searcher, at)?;
        let coverage = self.question.coverage(&words_of(&found), &self.rarity);
        Ok(Hit {
            found,
            score,
            coverage,
        })
    }
}

fn query(index: &Index, folders: &[String], question: &Question) -> BooleanQuery {
    let fields = &index.fields;
    let within = ConstScoreQuery::new(Box::new(index.passages_of(folders)), 0.0);
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(within))];
    let term = |field, text: &str, weight: f32| {
        let query = TermQuery::new(
            Term::from_field_text(field, text),
            IndexRecordOption::WithFreqs,
        );
        Box::new(BoostQuery::new(Box::new(query), weight)) as Box<dyn Query>
    };
    let mut wanted: Vec<Box<dyn Query>> = Vec::new();
    for (word, weight) in &question.weights {
        wanted.push(term(fields.body, word, *weight));
        wanted.push(term(fields.above, word, *weight * ABOVE));
    }
    wanted.extend(
        question
            .pairs
            .iter()
            .map(|(pair, weight)| term(fields.pairs, pair, *weight)),
    );
    clauses.push((Occur::Must, Box::new(BooleanQuery::union(wanted))));
    BooleanQuery::new(clauses)
}

/// How rare each of the question's words is.
fn rarity<'a>(
    index: &Index,
    searcher: &Searcher,
    question: &'a Question,
) -> tantivy::Result<HashMap<&'a str, f32>> {
    let n_docs = searcher.num_docs() as f32;
    let count = |field: Field, word: &str| searcher.doc_freq(&Term::from_field_text(field, word));
    let rarity = |word: &'a String| {
        let n = count(index.fields.body, word)?.max(count(index.fields.above, word)?) as f32;
        Ok((
            word.as_str(),
            (1.0 + (n_docs - n).max(0.0) / (n + 0.5)).ln(),
        ))
    };
    question.words.iter().map(rarity).collect()
}

/// The words of a passage and of what stands above it.
fn words_of(found: &PassageRecord) -> HashSet<String> {
    let above = crate::index::above(&found.document, &found.passage);
    words(&found.passage.text)
        .into_iter()
        .chain(words(&above))
        .collect()
}
