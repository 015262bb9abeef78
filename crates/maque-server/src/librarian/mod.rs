//! Questions to a library, answered: by a table of frequent questions, or by the model from the nearest passages, never by
//! anything that no document says.

mod likelihood;
mod marking;
mod shape;
mod telling;
mod writing;

pub(crate) use shape::{document, folder, status};
pub(crate) use telling::{Teller, stream};

use crate::Service;
use crate::error::ApiError;
use crate::field::{Field, Kind};
use crate::fields::Fields;
use crate::identity::Role;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use maque_engine::Usage;
use maque_library::{
    FaqHit, Hit, Library, LibraryError, NO_FOLDER, Quotation, Search, Status, answers,
    asks_whether, closest, contradict, echoes, fits, is_chinese_text, support, unsupported,
};
use serde_json::{Value, json};
use std::time::Instant;
use writing::Told;

/// Characters of a question.
const MAX_QUESTION: usize = 2000;
/// Rows of a question.
pub(crate) const ASK: &[Field] = &[
    Field::new("question", Kind::Text),
    Field::new("folder", Kind::Text),
    Field::new("stream", Kind::Flag),
    Field::new("max_tokens", Kind::Integer(1, 1024)),
    Field::new("seed", Kind::Integer(0, u64::MAX as i128)),
];
/// Passages that are looked at.
const N_HITS: usize = 40;
/// Passages near in meaning that the model compares.
const N_COMPARED: usize = 20;
/// Passages that are shown.
const N_SHOWN: usize = 5;
/// Passages that the model reads.
const N_READ: usize = 3;
/// Passages in which a sentence is marked where nothing answers.
const N_MARKED: usize = 3;
/// Sentences that are quoted.
const N_QUOTED: usize = 3;
/// So much of a question must be in a passage that the passage can answer it. Chosen on one half of `tests/library`:
/// none of its questions without an answer has more.
const ENOUGH: f32 = 0.52;
/// With so much of it there, a model that finds nothing is wrong.
const CERTAIN: f32 = 0.75;

/// The outcome of a question that no document answers.
const NOT_FOUND: &str = "not_found";

/// A question to a library.
pub(crate) struct Inquiry {
    pub(crate) library: Option<Library>,
    /// The model, or why it is not there yet.
    pub(crate) service: Result<Service, ApiError>,
    pub(crate) question: String,
    pub(crate) folder: Option<String>,
    pub(crate) max_tokens: usize,
    pub(crate) seed: u64,
    pub(crate) warnings: Vec<String>,
    pub(crate) start: Instant,
}

/// How far a library is, as `GET /v1/library/status` tells its owner.
pub fn library_status(status: &Status) -> Value {
    shape::status(status, Role::Admin)
}

/// The answer to the body of a `POST /v1/library/ask`, without a socket; without a model, frequent questions only.
pub async fn ask_library(
    library: Library,
    service: Option<Service>,
    body: Value,
) -> Response<Body> {
    let none = || ApiError::not_ready("no model was loaded");
    match Inquiry::read(body, Some(library), service.ok_or_else(none)) {
        Ok((inquiry, _)) => match inquiry.answer(&Teller::silent()).await {
            Ok(answer) => axum::Json(answer).into_response(),
            Err(error) => error.into_response(),
        },
        Err(error) => error.into_response(),
    }
}

/// An answer, who wrote it, and what it is from.
type Answer = (String, &'static str, Vec<Quotation>);

/// What came of it.
#[derive(Default)]
pub(crate) struct Found {
    outcome: &'static str,
    answer: String,
    /// Who wrote the answer.
    source: &'static str,
    quotations: Vec<Quotation>,
    hits: Vec<Hit>,
    /// Sentences of these that the question is likeliest about, where nothing answers it.
    marked: Vec<Hit>,
    search_ms: u128,
    usage: Usage,
}

impl Found {
    /// Counts what was read for it beside the answer.
    fn note(&mut self, read: &Usage) {
        self.usage.prompt_tokens += read.prompt_tokens;
        self.usage.cached_tokens += read.cached_tokens;
    }
}

impl Inquiry {
    /// Reads a question, and whether its answer is wanted in events.
    pub(crate) fn read(
        body: Value,
        library: Option<Library>,
        service: Result<Service, ApiError>,
    ) -> Result<(Inquiry, bool), ApiError> {
        let start = Instant::now();
        let (mut fields, warnings) = Fields::checked(body, "", &[ASK])?;
        let question = fields
            .text("question")?
            .unwrap_or_default()
            .trim()
            .to_owned();
        if question.is_empty() || MAX_QUESTION < question.chars().count() {
            let must = format!("must be a text of 1 to {MAX_QUESTION} characters");
            return Err(ApiError::field("question", &must));
        }
        let inquiry = Inquiry {
            library,
            service,
            question,
            folder: fields.text("folder")?,
            max_tokens: fields.take_count("max_tokens").unwrap_or(256),
            seed: fields.take_integer("seed").unwrap_or(0) as u64,
            warnings,
            start,
        };
        Ok((inquiry, fields.flag("stream")?))
    }

    /// Answers it; `teller` hears how far it is.
    pub(crate) async fn answer(self, teller: &Teller) -> Result<Value, ApiError> {
        let mut found = self.find(teller).await?;
        if found.outcome == NOT_FOUND
            && let (Some(library), Ok(service)) = (&self.library, &self.service)
        {
            self.compare(library, service, &mut found, teller).await?;
            self.mark(service, &mut found).await?;
        }
        Ok(shape::answer(&self, &found))
    }

    async fn find(&self, teller: &Teller) -> Result<Found, ApiError> {
        let Some(library) = &self.library else {
            return Ok(self.nothing(Found::default()));
        };
        if let Some(hit) = library.faq(&self.question, self.folder.as_deref()) {
            return Ok(self.table_answer(library, hit, teller).await);
        }
        teller.stage("searching").await;
        let mut found = Found {
            hits: self.search(library)?,
            ..Found::default()
        };
        found.search_ms = self.start.elapsed().as_millis();
        teller
            .tell("maque.passages", shape::passages(library, &found))
            .await;
        if best(&found.hits) < ENOUGH && !self.is_said(&found.hits) {
            return Ok(self.nothing(found));
        }
        self.write(library, found, teller).await
    }

    /// The answer that a table has.
    async fn table_answer(&self, library: &Library, hit: FaqHit, teller: &Teller) -> Found {
        let quotation = Quotation::find(&hit.answer, &hit.answer.passage.text);
        let quotations: Vec<Quotation> = quotation.into_iter().collect();
        self.tell_quotations(library, &quotations, teller).await;
        Found {
            outcome: "faq",
            answer: hit.answer.passage.text.clone(),
            source: "faq",
            quotations,
            search_ms: self.start.elapsed().as_millis(),
            ..Found::default()
        }
    }

    fn search(&self, library: &Library) -> Result<Vec<Hit>, ApiError> {
        let wanted = Search {
            question: &self.question,
            folder: self.folder.as_deref(),
            n: N_HITS,
        };
        crate::prompt::aside(|| library.search(&wanted)).map_err(ApiError::from)
    }

    /// Finds what says it in other words: passages near in meaning, those first that the model finds likeliest to be asked for so.
    async fn compare(
        &self,
        library: &Library,
        service: &Service,
        found: &mut Found,
        teller: &Teller,
    ) -> Result<(), ApiError> {
        teller.stage("comparing").await;
        let wanted = Search {
            question: &self.question,
            folder: self.folder.as_deref(),
            n: N_COMPARED,
        };
        let mut near =
            crate::prompt::aside(|| library.near(&wanted, &|word| service.vector(word)))?;
        // What has the question's words is compared too, as the farthest: a large library is not looked at whole.
        let farthest = near.last().map_or(0.0, |hit| hit.score);
        for mut hit in found.hits.drain(..).take(N_READ) {
            if near.iter().all(|other| other.found != hit.found) {
                hit.score = farthest;
                near.push(hit);
            }
        }
        let (hits, read) = likelihood::order(service, &self.question, near).await?;
        found.hits = hits;
        found.note(&read);
        teller
            .tell("maque.passages", shape::passages(library, found))
            .await;
        Ok(())
    }

    /// Marks in the passages that are shown first the sentence that the question is likeliest about.
    async fn mark(&self, service: &Service, found: &mut Found) -> Result<(), ApiError> {
        let shown = shape::shown(&found.hits).take(N_MARKED);
        for hit in shown.cloned().collect::<Vec<Hit>>() {
            let (marked, read) = marking::likeliest(service, &self.question, &hit).await?;
            found.marked.extend(marked);
            found.note(&read);
        }
        Ok(())
    }

    /// Lets the model answer from the passages, and keeps of it what they say. Whether something is so they say themselves: a small
    /// model's yes and no are wrong too often.
    async fn write(
        &self,
        library: &Library,
        mut found: Found,
        teller: &Teller,
    ) -> Result<Found, ApiError> {
        let service = self.service.as_ref().map_err(Clone::clone)?;
        let read = nearest(&found.hits);
        let is_open = !asks_whether(&self.question);
        let told = writing::answer(service, self, &read, teller, is_open).await?;
        found.usage = told.usage;
        let is_refusal = writing::is_refusal(&told.text);
        let is_nothing = match is_refusal {
            true => best(&found.hits) < CERTAIN,
            false => echoes(&self.question, &told.text),
        };
        if is_nothing {
            return Ok(self.nothing(found));
        }
        let own = (is_open && !is_refusal)
            .then(|| self.supported(told, &read))
            .flatten();
        let ways = own.into_iter().chain(self.quoted(&read));
        let answers = |quotation: &Quotation| answers(&self.question, quotation);
        let Some(way) = ways.into_iter().find(|way| way.2.iter().any(answers)) else {
            return Ok(self.nothing(found));
        };
        (found.answer, found.source, found.quotations) = way;
        found.outcome = "answered";
        self.tell_quotations(library, &found.quotations, teller)
            .await;
        Ok(found)
    }

    /// Whether a sentence of the nearest passages says what is asked.
    fn is_said(&self, hits: &[Hit]) -> bool {
        let closest = closest(&self.question, &nearest(hits));
        closest.is_some_and(|quotation| answers(&self.question, &quotation))
    }

    /// The model's answer with the sentences that say the same; nothing if it has figures that they have not, lacks the one
    /// that was asked for, denies what they do not (or the other way round), or is where something stands.
    fn supported(&self, told: Told, read: &[Hit]) -> Option<Answer> {
        let quotations = support(&self.question, &told.text, read, N_QUOTED);
        let mut sources: Vec<&str> = vec![&self.question];
        for quotation in &quotations {
            sources.push(&quotation.text);
            sources.push(&quotation.passage.context);
            sources.extend(quotation.passage.place.headings.iter().map(String::as_str));
        }
        let is_denied = |quotation: &Quotation| contradict(&quotation.text, &told.text);
        let is_heading = told.text.contains(writing::BETWEEN_HEADINGS);
        let is_whole = fits(&self.question, &told.text, "")
            && unsupported(&told.text, &sources).is_empty()
            && !is_heading
            && !quotations.iter().any(is_denied);
        let marks: String = (1..=quotations.len())
            .map(|index| format!("[{index}]"))
            .collect();
        is_whole.then(|| (format!("{}{marks}", told.text), "model", quotations))
    }

    /// The sentence nearest to the question as the answer.
    fn quoted(&self, read: &[Hit]) -> Option<Answer> {
        let quotation = closest(&self.question, read)?;
        Some((
            format!("{}[1]", quotation.text),
            "quotation",
            vec![quotation],
        ))
    }

    fn nothing(&self, found: Found) -> Found {
        let answer = match is_chinese_text(&self.question) {
            true => "资料里没有找到确定的答案。",
            false => "No certain answer was found in the documents.",
        };
        Found {
            outcome: NOT_FOUND,
            source: "none",
            answer: answer.to_owned(),
            quotations: Vec::new(),
            ..found
        }
    }

    async fn tell_quotations(&self, library: &Library, quotations: &[Quotation], teller: &Teller) {
        for (index, quotation) in (1..).zip(quotations) {
            teller
                .tell(
                    "maque.quotation",
                    shape::quotation(library, index, quotation),
                )
                .await;
        }
    }
}

/// How much of the question the nearest passages have at best.
fn best(hits: &[Hit]) -> f32 {
    hits.iter()
        .take(N_SHOWN)
        .map(|hit| hit.coverage)
        .fold(0.0, f32::max)
}

/// What the model reads: the nearest passages, the one that has most of the question always among them.
fn nearest(hits: &[Hit]) -> Vec<Hit> {
    let mut read: Vec<Hit> = hits.iter().take(N_READ).cloned().collect();
    let fullest = hits
        .iter()
        .take(N_SHOWN)
        .max_by(|a, b| a.coverage.total_cmp(&b.coverage));
    if let Some(fullest) = fullest
        && read.iter().all(|hit| hit.coverage < fullest.coverage)
    {
        read.pop();
        read.push(fullest.clone());
    }
    read
}

impl From<LibraryError> for ApiError {
    fn from(error: LibraryError) -> ApiError {
        match error {
            LibraryError::NoFolder => ApiError::field("path", NO_FOLDER),
            LibraryError::Overlaps(_) => ApiError::conflict(&error.to_string()),
            _ => ApiError::library_failed(&error),
        }
    }
}

/// The body of an event or an answer that has usage.
fn usage(usage: &Usage) -> Value {
    let (prompt, completion) = (usage.prompt_tokens, usage.completion_tokens);
    json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
}
