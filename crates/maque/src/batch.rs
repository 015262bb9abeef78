//! The rows of a batch, many at once: asked, checked, asked again, and marked where nothing helped.

use crate::answer::{Ending, Heard, Question};
use crate::conversation::turn;
use crate::exit::{Exit, Problem};
use crate::respondent::Respondent;
use crate::say::Say;
use maque_batch::{Recipe, Record, Request, Sheet, response};
use maque_model::Message;
use serde_json::Value;
use std::time::Duration;

/// How long a server that has too much to do is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a server may be busy with something else in turn.
const MAX_BUSY: u32 = 20;

/// How much warmer a row is sampled at each further try: at the first temperature another seed mostly gives the same answer.
const WARMER: f32 = 0.2;

/// Further tries are sampled no warmer than this: beyond it a small model writes nonsense.
const WARMEST: f32 = 1.0;

/// What is asked.
pub(crate) enum Job {
    /// A recipe, of each row.
    Rows(Box<Rows>),
    /// OpenAI's requests as they are.
    Requests(Vec<Request>),
}

/// A recipe and its rows.
pub(crate) struct Rows {
    pub(crate) recipe: Recipe,
    pub(crate) sheet: Sheet,
    /// Seed of the first try of the first row.
    pub(crate) seed: u64,
    /// How often a row is asked at most.
    pub(crate) tries: u32,
}

/// How long a server that refuses is asked again: as long as its queue is full, and a while where it is busy.
#[derive(Default)]
struct Patience {
    n_busy: u32,
}

impl Patience {
    /// Whether to ask again after this status.
    fn bears(&mut self, status: Option<u16>) -> bool {
        match status {
            Some(429) => true,
            Some(503) => {
                self.n_busy += 1;
                self.n_busy <= MAX_BUSY
            }
            _ => false,
        }
    }
}

/// What one try came to.
struct Tried {
    answer: Option<Value>,
    mark: Option<String>,
    /// How many of the answer's items are marked.
    n_marked: usize,
    /// Whether another seed may help.
    is_final: bool,
}

impl Job {
    /// How many rows there are.
    pub(crate) fn n_rows(&self) -> usize {
        match self {
            Job::Rows(rows) => rows.sheet.n_rows(),
            Job::Requests(requests) => requests.len(),
        }
    }

    /// Asks row `row` until its answer is good, or the tries are used up. An error concerns all rows.
    pub(crate) async fn answer(
        &self,
        respondent: &Respondent,
        row: usize,
    ) -> Result<Record, Problem> {
        match self {
            Job::Rows(rows) => rows.answer(respondent, row).await,
            Job::Requests(requests) => put(respondent, &requests[row], row).await,
        }
    }
}

impl Rows {
    async fn answer(&self, respondent: &Respondent, row: usize) -> Result<Record, Problem> {
        let mut record = Record {
            row,
            answer: Value::Null,
            mark: None,
            tries: 0,
        };
        let mut fewest = usize::MAX;
        while record.tries < self.tries {
            let tried = self.try_once(respondent, row, record.tries).await?;
            record.tries += 1;
            if tried.n_marked <= fewest {
                fewest = tried.n_marked;
                record.mark = tried.mark;
                record.answer = tried.answer.unwrap_or_default(); // one that is marked is better than none
            }
            if tried.is_final {
                break;
            }
        }
        Ok(record)
    }

    async fn try_once(
        &self,
        respondent: &Respondent,
        row: usize,
        n_before: u32,
    ) -> Result<Tried, Problem> {
        let question = self.question(row, n_before);
        let mut patience = Patience::default();
        loop {
            match hear(respondent, &question).await {
                Ok((text, ending)) => return Ok(self.judge(row, &text, ending)),
                Err(problem) if patience.bears(problem.refusal()) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(problem) if problem.exit() == Exit::TooLong => {
                    return Ok(Tried {
                        answer: None,
                        mark: Some(problem.to_string()),
                        n_marked: usize::MAX,
                        is_final: true,
                    });
                }
                Err(problem) => return Err(problem),
            }
        }
    }

    /// Each row and each try has a seed of its own, the same in every run.
    fn question(&self, row: usize, n_before: u32) -> Question {
        let row_seed = (row as u64).wrapping_mul(1 << 8);
        let seed = self.seed.wrapping_add(row_seed + u64::from(n_before)) % (1 << 53);
        Question {
            messages: self.messages(row),
            temperature: (self.recipe.temperature).map(|first| warmer(first, n_before)),
            seed: Some(seed),
            max_tokens: self.recipe.max_tokens,
            schema: self.recipe.schema(&self.sheet.row(row)),
            service_tier: Some("flex"),
            ..Question::default()
        }
    }

    /// What all rows have in common, then the row.
    fn messages(&self, row: usize) -> Vec<Message> {
        let recipe = &self.recipe;
        let system = recipe.system.as_deref().map(|text| turn("system", text));
        let examples = recipe
            .examples()
            .flat_map(|(asked, answer)| [turn("user", &asked), turn("assistant", &answer)]);
        let user = turn("user", &recipe.prompt(&self.sheet.row(row)));
        system.into_iter().chain(examples).chain([user]).collect()
    }

    fn judge(&self, row: usize, text: &str, ending: Ending) -> Tried {
        let answer = match ending {
            Ending::Stop => self.recipe.answer(text).map_err(|error| Say::MarkNoAnswer {
                why: error.to_string(),
            }),
            Ending::Length => Err(Say::MarkCut),
            Ending::Repetition => Err(Say::MarkLoop),
            Ending::Other(why) => Err(Say::MarkNoAnswer { why }),
        };
        match answer {
            Ok(answer) => {
                let marks = self.recipe.marks(&self.sheet.row(row), &answer);
                let mut marks = marks.into_iter().flatten().peekable();
                let mark = marks.peek().cloned();
                Tried {
                    is_final: mark.is_none(),
                    answer: Some(answer),
                    mark,
                    n_marked: marks.count(),
                }
            }
            Err(say) => Tried {
                answer: None,
                mark: Some(say.to_string()),
                n_marked: usize::MAX,
                is_final: false,
            },
        }
    }
}

/// The temperature of a try, after `n_before` others.
fn warmer(first: f32, n_before: u32) -> f32 {
    (first + WARMER * n_before as f32).min(first.max(WARMEST))
}

/// The whole answer, and how it ended.
async fn hear(respondent: &Respondent, question: &Question) -> Result<(String, Ending), Problem> {
    let mut reply = respondent.ask(question).await?;
    let (mut text, mut ending) = (String::new(), None);
    while let Some(heard) = reply.next().await? {
        match heard {
            Heard::Text(piece) => text.push_str(&piece),
            Heard::Ended(how) => ending = Some(how),
            Heard::Failed { message } => {
                let say = Say::AnswerEnded { why: message };
                return Err(Problem::new(Exit::Unavailable, say));
            }
            Heard::Queued { .. } | Heard::Reading { .. } | Heard::Usage(_) => {}
        }
    }
    match ending {
        Some(Ending::Other(why)) if why == "shutdown" => {
            Err(Problem::new(Exit::Unavailable, Say::ServerLost))
        }
        Some(ending) => Ok((text, ending)),
        None => Err(Problem::new(Exit::Unavailable, Say::ServerLost)),
    }
}

/// Puts one of OpenAI's requests; what the model's side refuses is that line's own error.
async fn put(respondent: &Respondent, request: &Request, row: usize) -> Result<Record, Problem> {
    let mut body = request.body.clone();
    if request.endpoint == maque_batch::Endpoint::Chat && body.get("service_tier").is_none() {
        body["service_tier"] = Value::from("flex");
    }
    let (mut tries, mut patience) = (0, Patience::default());
    let (status, answer) = loop {
        tries += 1;
        match respondent.put(request.endpoint, body.clone()).await? {
            (status, _) if patience.bears(Some(status)) => tokio::time::sleep(PAUSE).await,
            (status @ 500.., answer) => return Err(gone(status, &answer)),
            answered => break answered,
        }
    };
    let id = format!("{row:08}");
    let mark = (status != 200).then(|| format!("HTTP {status}"));
    Ok(Record {
        row,
        answer: response(&id, &request.custom_id, status, &answer),
        mark,
        tries,
    })
}

fn gone(status: u16, body: &Value) -> Problem {
    let message = body["error"]["message"].as_str().unwrap_or_default();
    let say = Say::ServerRefused { status };
    Problem::new(Exit::Unavailable, say).because(anyhow::Error::msg(message.to_owned()))
}
