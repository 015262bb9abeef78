//! `maque ask`, also called `qwen` and `mq`: one question, the answer on standard output.

use crate::answer::{Ending, Heard, Question, Usage};
use crate::conversation::Conversation;
use crate::exit::{Exit, Problem};
use crate::fence::{Search, Unfence};
use crate::output::Output;
use crate::reply::Reply;
use crate::respondent::Respondent;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use crate::{document, signals};
use serde_json::Value;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Bytes of a schema's file that are read; a larger one is refused in any case.
const MAX_SCHEMA: u64 = 1 << 20;

/// Ask one question; text on standard input is the document that it is about
#[derive(clap::Args)]
pub(crate) struct Ask {
    /// What to ask
    prompt: Vec<String>,
    /// Keep the whole answer, fences and all
    #[arg(long, conflicts_with = "code")]
    raw: bool,
    /// Keep the first code block only
    #[arg(long)]
    code: bool,
    /// Write the answer to a file, which appears when the answer is whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Seed: the same one gives the same answer
    #[arg(long)]
    seed: Option<u64>,
    /// Tokens to write at most
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// Sampling temperature; 0 always takes the likeliest token
    #[arg(long, value_name = "T", value_parser = temperature)]
    temperature: Option<f32>,
    /// JSON schema that the answer keeps to
    #[arg(long, value_name = "FILE")]
    json_schema: Option<PathBuf>,
    /// Continue the last conversation
    #[arg(short = 'c', long = "continue")]
    resume: bool,
    #[command(flatten)]
    model: ModelFlags,
}

/// An answer under way: where it goes, and what it came to.
struct Answering {
    output: Output,
    unfence: Option<Unfence>,
    talk: Arc<Talk>,
    text: String,
    ends_line: bool,
    ending: Option<Ending>,
    usage: Option<Usage>,
    start: Instant,
    first: Option<Instant>,
}

impl Ask {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let schema = self.json_schema.as_deref().map(schema).transpose()?;
        let document = document::from_stdin()?;
        let conversation = self.conversation(&settings, document.as_deref())?;
        let answering = Answering::new(
            Output::open(self.output.as_deref())?,
            self.unfence(document.is_some()),
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let exit = runtime.block_on(async {
            tokio::select! {
                exit = self.answer(&settings, conversation, schema, answering) => exit,
                () = signals::asked_to_end() => Ok(Exit::Interrupted),
            }
        });
        // A download or a load that nobody waits for any more must not keep the process.
        runtime.shutdown_background();
        exit
    }

    fn conversation(
        &self,
        settings: &Settings,
        document: Option<&str>,
    ) -> Result<Conversation, Problem> {
        let mut conversation = match self.resume {
            false => Conversation::default(),
            true => Conversation::last(&settings.home.value)
                .ok_or_else(|| Problem::usage(Say::NothingToContinue))?,
        };
        if let Some(system) = &self.system {
            conversation.set_system(system);
        }
        let asked = document::combine(&self.prompt.join(" "), document);
        let asked = asked.or_else(|| self.resume.then(|| Say::GoOn.to_string()));
        conversation.push("user", &asked.ok_or_else(|| Problem::usage(Say::NoPrompt))?);
        Ok(conversation)
    }

    fn unfence(&self, has_document: bool) -> Option<Unfence> {
        let is_piped = self.output.is_some() || !std::io::stdout().is_terminal();
        match (self.raw, self.code) {
            (true, _) => None,
            (_, true) => Some(Unfence::new(Search::Anywhere)),
            _ => (is_piped && has_document).then(|| Unfence::new(Search::NearTheStart)),
        }
    }

    async fn answer(
        &self,
        settings: &Settings,
        mut conversation: Conversation,
        schema: Option<Value>,
        mut answering: Answering,
    ) -> anyhow::Result<Exit> {
        let respondent = Respondent::find(settings, &answering.talk).await?;
        let question = Question {
            messages: conversation.messages.clone(),
            temperature: self.temperature,
            seed: self.seed,
            max_tokens: self.max_tokens,
            schema,
        };
        answering.start = Instant::now();
        answering.hear(respondent.ask(&question).await?).await?;
        conversation.push("assistant", &answering.text);
        let exit = answering.finish()?;
        // A conversation that cannot be kept is no reason to fail an answer that was given.
        let _ = conversation.keep(&settings.home.value);
        exit.map_err(anyhow::Error::from)
    }
}

impl Answering {
    fn new(output: Output, unfence: Option<Unfence>) -> Answering {
        Answering {
            output,
            unfence,
            talk: Arc::new(Talk::new(Audience::on_stderr(Audience::Nobody))),
            text: String::new(),
            ends_line: true,
            ending: None,
            usage: None,
            start: Instant::now(),
            first: None,
        }
    }

    /// Takes the answer in, to its end or to the end of the block that is wanted of it.
    async fn hear(&mut self, mut reply: Reply) -> anyhow::Result<()> {
        while let Some(heard) = reply.next().await? {
            match heard {
                Heard::Queued { position } => self.talk.stage(Say::Queued { position }),
                Heard::Reading { done, total } => {
                    self.talk.stage(Say::ReadingPrompt { done, total })
                }
                Heard::Text(text) => self.take(&text)?,
                Heard::Ended(ending) => self.ending = Some(ending),
                Heard::Usage(usage) => self.usage = Some(usage),
                Heard::Failed { message } => {
                    return Err(
                        Problem::new(Exit::Unavailable, Say::AnswerEnded { why: message }).into(),
                    );
                }
            }
            if self.unfence.as_ref().is_some_and(Unfence::is_done) {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, text: &str) -> std::io::Result<()> {
        self.first.get_or_insert_with(|| {
            self.talk.hush();
            Instant::now()
        });
        self.text.push_str(text);
        let shown = match &mut self.unfence {
            Some(unfence) => unfence.push(text),
            None => text.to_owned(),
        };
        self.show(&shown)
    }

    fn show(&mut self, text: &str) -> std::io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.ends_line = text.ends_with('\n');
        self.output.write(text)
    }

    /// Completes the output; an answer that is not whole is a problem with its own exit code.
    fn finish(mut self) -> anyhow::Result<Result<Exit, Problem>> {
        self.talk.hush();
        let is_code = self.unfence.as_ref().is_some_and(Unfence::is_done);
        let rest = self
            .unfence
            .as_mut()
            .map(Unfence::finish)
            .unwrap_or_default();
        self.show(&rest)?;
        if !self.ends_line {
            self.show("\n")?;
        }
        self.report(is_code);
        let n = self.usage.unwrap_or_default().n_answer;
        let exit = match self.ending {
            Some(Ending::Stop) => Ok(Exit::Complete),
            None if is_code => Ok(Exit::Complete),
            Some(Ending::Length) => Err(Problem::new(Exit::Cut, Say::AnswerCut { n })),
            Some(Ending::Repetition) => Err(Problem::new(Exit::Loop, Say::AnswerLoop)),
            Some(Ending::Other(why)) => {
                Err(Problem::new(Exit::Unavailable, Say::AnswerEnded { why }))
            }
            None => Err(Problem::new(Exit::Unavailable, Say::ServerLost)),
        };
        self.output.finish()?;
        Ok(exit)
    }

    fn report(&self, is_code: bool) {
        if is_code {
            self.talk.line(&Say::CodeOnly);
        }
        let (Some(usage), Some(first)) = (self.usage, self.first) else {
            return;
        };
        let writing = first.elapsed().as_secs_f64();
        self.talk.line(&Say::Statistics {
            n_prompt: usage.n_prompt,
            n_cached: usage.n_cached,
            n_answer: usage.n_answer,
            first: first.duration_since(self.start).as_secs_f64(),
            rate: usage.n_answer.saturating_sub(1) as f64 / writing.max(1e-9),
        });
    }
}

/// The JSON of a file; what is in it is for the one who answers to judge.
fn schema(path: &Path) -> Result<Value, Problem> {
    let name = || path.display().to_string();
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_SCHEMA).read_to_string(&mut text));
    read.map_err(|error| Problem::usage(Say::CannotRead { path: name() }).because(error))?;
    serde_json::from_str(&text)
        .map_err(|error| Problem::usage(Say::NotJson { path: name() }).because(error))
}

fn temperature(text: &str) -> Result<f32, String> {
    let value = text
        .parse()
        .ok()
        .filter(|value: &f32| (0.0..=2.0).contains(value));
    value.ok_or_else(|| "a number from 0 to 2".to_owned())
}
