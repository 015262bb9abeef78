//! An answer on its way out, in one part or in several.

use crate::answer::{Ending, Heard, Usage};
use crate::exit::{Exit, Problem};
use crate::fence::Unfence;
use crate::listening::Listening;
use crate::output::Output;
use crate::say::Say;
use crate::talk::Talk;
use std::sync::Arc;
use std::time::Instant;

/// Where an answer goes.
pub(crate) struct Answering {
    output: Output,
    talk: Arc<Talk>,
    ends_line: bool,
}

/// One part of an answer under way, and what it came to.
struct Part {
    unfence: Option<Unfence>,
    text: String,
    ending: Option<Ending>,
    usage: Option<Usage>,
    asked: Instant,
    /// When its first text came, and its last.
    first: Option<Instant>,
    last: Option<Instant>,
    /// Whether the block that is wanted of it has ended.
    is_code: bool,
}

/// What was heard of one part.
pub(crate) struct Told {
    /// The model's own text, fences and all.
    pub(crate) text: String,
    /// Whether it is whole.
    pub(crate) end: Result<Exit, Problem>,
}

impl Answering {
    pub(crate) fn new(output: Output, talk: Arc<Talk>) -> Answering {
        Answering {
            output,
            talk,
            ends_line: true,
        }
    }

    /// Takes a part in, to its end or to the end of the block that is wanted of it. What it was begun with comes first.
    pub(crate) async fn hear(
        &mut self,
        mut listening: Listening,
        begun: &str,
        unfence: Option<Unfence>,
    ) -> anyhow::Result<Told> {
        let mut part = Part {
            unfence,
            text: String::new(),
            ending: None,
            usage: None,
            asked: listening.asked(),
            first: None,
            last: None,
            is_code: false,
        };
        while let Some((at, heard)) = listening.next().await? {
            match heard {
                Heard::Queued { position } => self.talk.stage(Say::Queued { position }),
                Heard::Reading { done, total } => {
                    self.talk.stage(Say::ReadingPrompt { done, total })
                }
                Heard::Text(text) => {
                    self.talk.hush();
                    let shown = match part.first {
                        None => part.take(&(begun.to_owned() + &text), at),
                        Some(_) => part.take(&text, at),
                    };
                    self.show(&shown)?;
                }
                Heard::Ended(ending) => part.ending = Some(ending),
                Heard::Usage(usage) => part.usage = Some(usage),
                Heard::Failed { message } => {
                    let why = Say::AnswerEnded { why: message };
                    return Err(Problem::new(Exit::Unavailable, why).into());
                }
            }
            if part.is_code {
                break;
            }
        }
        self.talk.hush();
        self.show(&part.rest())?;
        if !self.ends_line {
            self.show("\n")?;
        }
        part.report(&self.talk);
        Ok(part.told())
    }

    /// Keeps what cannot be taken back until the end, for an answer that another one may replace.
    pub(crate) fn hold(&mut self) {
        self.output.hold();
    }

    /// Lets go of what was answered so far, for another answer in its place; a person who has read it gets a blank line.
    pub(crate) fn begin_again(&mut self) -> std::io::Result<()> {
        self.ends_line = true;
        self.output.take_back()
    }

    /// A blank line before the next part.
    pub(crate) fn blank_line(&mut self) -> std::io::Result<()> {
        self.show("\n")
    }

    /// Who is told what goes on meanwhile.
    pub(crate) fn talk(&self) -> &Talk {
        &self.talk
    }

    /// Completes the output.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        self.output.finish()
    }

    fn show(&mut self, text: &str) -> std::io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.ends_line = text.ends_with('\n');
        self.output.write(text)
    }
}

impl Part {
    /// What is to be shown of `text`, which came at `at`.
    fn take(&mut self, text: &str, at: Instant) -> String {
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.text.push_str(text);
        let Some(unfence) = &mut self.unfence else {
            return text.to_owned();
        };
        let shown = unfence.push(text);
        self.is_code = unfence.is_done();
        shown
    }

    fn rest(&mut self) -> String {
        let unfence = self.unfence.as_mut();
        unfence.map(Unfence::finish).unwrap_or_default()
    }

    /// An answer that is not whole is a problem with its own exit code.
    fn told(self) -> Told {
        let n = self.usage.unwrap_or_default().n_answer;
        let end = match self.ending {
            Some(Ending::Stop) => Ok(Exit::Complete),
            None if self.is_code => Ok(Exit::Complete),
            Some(Ending::Length) => Err(Problem::new(Exit::Cut, Say::AnswerCut { n })),
            Some(Ending::Repetition) => Err(Problem::new(Exit::Loop, Say::AnswerLoop)),
            Some(Ending::Other(why)) => {
                Err(Problem::new(Exit::Unavailable, Say::AnswerEnded { why }))
            }
            None => Err(Problem::new(Exit::Unavailable, Say::ServerLost)),
        };
        let text = self.text;
        Told { text, end }
    }

    fn report(&self, talk: &Talk) {
        if self.is_code {
            talk.line(&Say::CodeOnly);
        }
        let (Some(usage), Some(first), Some(last)) = (self.usage, self.first, self.last) else {
            return;
        };
        let writing = last.duration_since(first).as_secs_f64();
        talk.line(&Say::Statistics {
            n_prompt: usage.n_prompt,
            n_cached: usage.n_cached,
            n_answer: usage.n_answer,
            first: first.duration_since(self.asked).as_secs_f64(),
            rate: usage.n_answer.saturating_sub(1) as f64 / writing.max(1e-9),
        });
    }
}
