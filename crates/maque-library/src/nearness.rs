//! How near passages are in meaning, by vectors of words that somebody else gives: words that are used alike point alike.

use crate::index::Index;
use std::collections::{BTreeMap, HashMap, HashSet};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, Searcher, TERMINATED};

/// Passages that are compared; of a larger index the first so many.
const MAX_PASSAGES: usize = 20_000;
/// Words that are compared; of a larger index those of most passages.
const MAX_WORDS: usize = 20_000;
/// How much the means and the nearest words count beside BM25.
const MEANING: f32 = 0.5;

/// The vector of a word, of length 1; all 0 where nothing is known.
pub type VectorOf<'a> = &'a dyn Fn(&str) -> Vec<f32>;

/// What a state of the index looks like in vectors: at most about 25 MB for words of 900 elements.
pub(crate) struct Nearness {
    generation: u64,
    words: Vec<Word>,
    passages: Vec<Passage>,
}

/// A word of the index.
struct Word {
    vector: Vec<i8>, // in units of 1/127 of its largest element …
    unit: f32,       // … which are so long
    rarity: f32,
}

struct Passage {
    at: DocAddress,
    words: Vec<u32>, // indexes into `words`
    length: f32,     // of the sum of their vectors, weighted by rarity
}

impl Nearness {
    /// Looks at all words and passages.
    pub(crate) fn new(
        index: &Index,
        searcher: &Searcher,
        vector: VectorOf<'_>,
    ) -> tantivy::Result<Nearness> {
        let places = Places::read(index, searcher)?;
        let mut known: Vec<(String, Vec<u32>)> = places.words.into_iter().collect();
        known.sort_by_key(|(_, passages)| std::cmp::Reverse(passages.len())); // stable: then by letters
        known.truncate(MAX_WORDS);
        let mut passages: Vec<Passage> = places.at.into_iter().map(Passage::new).collect();
        let mut words = Vec::new();
        for (number, (word, of)) in known.into_iter().enumerate() {
            words.push(Word::new(&vector(&word), rarity(of.len(), passages.len())));
            for passage in of {
                passages[passage as usize].words.push(number as u32);
            }
        }
        for passage in &mut passages {
            passage.measure(&words);
        }
        Ok(Nearness {
            generation: searcher.generation().generation_id(),
            words,
            passages,
        })
    }

    /// Whether the index is still as it was.
    pub(crate) fn is_of(&self, searcher: &Searcher) -> bool {
        self.generation == searcher.generation().generation_id()
    }

    /// The passages of `among`, nearest to a question first: its words with their rarity. `found` are passages that have some of
    /// these words, with their BM25.
    pub(crate) fn order(
        &self,
        question: &BTreeMap<&str, f32>,
        found: &HashMap<DocAddress, f32>,
        among: &HashSet<DocAddress>,
        vector: VectorOf<'_>,
    ) -> Vec<(f32, DocAddress)> {
        let alike: Vec<Alike> = question
            .iter()
            .map(|(word, rarity)| Alike::new(&self.words, &vector(word), *rarity))
            .collect();
        let passages: Vec<&Passage> = self
            .passages
            .iter()
            .filter(|one| among.contains(&one.at))
            .collect();
        let by = |measure: &dyn Fn(&Passage) -> f32| {
            standardised(passages.iter().map(|one| measure(one)).collect())
        };
        let words = by(&|passage| found.get(&passage.at).copied().unwrap_or(0.0));
        let means = by(&|passage| self.mean(passage, &alike));
        let nearest = by(&|passage| nearest(passage, &alike));
        let mut order: Vec<(f32, DocAddress)> = (0..passages.len())
            .map(|at| {
                (
                    words[at] + MEANING * (means[at] + nearest[at]),
                    passages[at].at,
                )
            })
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order
    }

    /// The cosine of what the question and the passage mean on the whole, up to the question's length.
    fn mean(&self, passage: &Passage, alike: &[Alike]) -> f32 {
        let of = |word: &u32| {
            let word = *word as usize;
            let alike = alike.iter().map(|asked| asked.rarity * asked.to[word]);
            self.words[word].rarity * alike.sum::<f32>()
        };
        passage.words.iter().map(of).sum::<f32>() / passage.length
    }
}

/// A word of a question, and how alike it is to each word of the index.
struct Alike {
    rarity: f32,
    to: Vec<f32>,
}

impl Alike {
    fn new(words: &[Word], vector: &[f32], rarity: f32) -> Alike {
        let to = words.iter().map(|word| word.dot(vector)).collect();
        Alike { rarity, to }
    }
}

/// How alike the question's words are to the words of the passage that are nearest to them.
fn nearest(passage: &Passage, alike: &[Alike]) -> f32 {
    let of = |asked: &Alike| {
        let to = passage.words.iter().map(|word| asked.to[*word as usize]);
        asked.rarity * to.fold(0.0, f32::max)
    };
    alike.iter().map(of).sum()
}

impl Word {
    fn new(vector: &[f32], rarity: f32) -> Word {
        let largest = vector
            .iter()
            .fold(f32::MIN_POSITIVE, |max, x| x.abs().max(max));
        let unit = largest / 127.0;
        let vector = vector.iter().map(|x| (x / unit).round() as i8).collect();
        Word {
            vector,
            unit,
            rarity,
        }
    }

    fn dot(&self, other: &[f32]) -> f32 {
        let (own, _) = self.vector.as_chunks::<8>();
        let (other, _) = other.as_chunks::<8>();
        let mut lanes = [0.0_f32; 8];
        for (own, other) in own.iter().zip(other) {
            for ((lane, own), other) in lanes.iter_mut().zip(own).zip(other) {
                *lane += f32::from(*own) * other;
            }
        }
        lanes.iter().sum::<f32>() * self.unit
    }
}

impl Passage {
    fn new(at: DocAddress) -> Passage {
        Passage {
            at,
            words: Vec::new(),
            length: 1.0,
        }
    }

    fn measure(&mut self, words: &[Word]) {
        let mut sum: Vec<f32> = Vec::new();
        for word in self.words.iter().map(|word| &words[*word as usize]) {
            sum.resize(word.vector.len(), 0.0);
            let weight = word.rarity * word.unit;
            for (sum, x) in sum.iter_mut().zip(&word.vector) {
                *sum += weight * f32::from(*x);
            }
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        self.length = length.max(f32::MIN_POSITIVE);
    }
}

/// Which passages have which words, in them or above them; and where the passages are.
#[derive(Default)]
struct Places {
    words: BTreeMap<String, Vec<u32>>,
    at: Vec<DocAddress>,
    numbers: HashMap<DocAddress, u32>,
}

impl Places {
    fn read(index: &Index, searcher: &Searcher) -> tantivy::Result<Places> {
        let mut places = Places::default();
        for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
            for field in [index.fields.body, index.fields.above] {
                let inverted = segment.inverted_index(field)?;
                let mut terms = inverted.terms().stream()?;
                while let Some((word, term)) = terms.next() {
                    let word = String::from_utf8_lossy(word);
                    let mut postings =
                        inverted.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
                    while postings.doc() != TERMINATED {
                        if !segment.is_deleted(postings.doc()) {
                            places.note(&word, DocAddress::new(ordinal, postings.doc()));
                        }
                        postings.advance();
                    }
                }
            }
        }
        for passages in places.words.values_mut() {
            passages.sort_unstable();
            passages.dedup();
        }
        Ok(places)
    }

    fn note(&mut self, word: &str, at: DocAddress) {
        let known = self.numbers.get(&at).copied();
        if known.is_none() && self.at.len() == MAX_PASSAGES {
            return;
        }
        let number = known.unwrap_or_else(|| {
            self.at.push(at);
            let number = self.at.len() as u32 - 1;
            self.numbers.insert(at, number);
            number
        });
        match self.words.get_mut(word) {
            Some(passages) => passages.push(number),
            None => {
                self.words.insert(word.to_owned(), vec![number]);
            }
        }
    }
}

/// How rare a word of `n` of `n_all` passages is.
fn rarity(n: usize, n_all: usize) -> f32 {
    let (n, n_all) = (n as f32, n_all as f32);
    (1.0 + (n_all - n) / (n + 0.5)).ln()
}

/// Less their mean, in units of their spread.
fn standardised(mut values: Vec<f32>) -> Vec<f32> {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    let spread = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / n).sqrt();
    for x in &mut values {
        *x = (*x - mean) / spread.max(1e-9);
    }
    values
}
