//! `maque ask`, also called `qwen` and `mq`: one question, the answer on standard output.

use crate::answer::Question;
use crate::answering::{Answering, Told};
use crate::conversation::{self, Conversation};
use crate::conversion::Conversion;
use crate::document::{self, Document};
use crate::exit::{Exit, Problem};
use crate::fence::{Search, Unfence};
use crate::listening::{Answers, Listening};
use crate::output::Output;
use crate::respondent::Respondent;
use crate::rules::Rules;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use crate::turns::{self, Turn, Wording};
use crate::{personas, signals};
use serde_json::Value;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a schema's file that are read; a larger one is refused in any case.
const MAX_SCHEMA: u64 = 1 << 20;

/// Ask one question; text on standard input and files are what it is about
#[derive(clap::Args)]
pub(crate) struct Ask {
    /// What to ask, then the files that it is about
    #[arg(value_hint = clap::ValueHint::FilePath)]
    prompt: Vec<String>,
    /// File that the question is about (repeatable)
    #[arg(short, long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask the larger model of config.toml instead: what is asked leaves this machine
    #[arg(long, conflicts_with = "split")]
    escalate: bool,
    /// Keep the question on this machine, whatever rules are in config.toml
    #[arg(long, conflicts_with = "escalate")]
    no_escalate: bool,
    /// Work through an input that is too long in pieces, and join the answers
    #[arg(long, conflicts_with = "resume")]
    split: bool,
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
    /// Answer as a persona: one of the page's, or your own where a server is running
    #[arg(long, value_name = "NAME", conflicts_with = "system")]
    persona: Option<String>,
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

/// What is asked, before anybody answers.
struct Asked {
    conversation: Conversation,
    wording: Wording,
    documents: Vec<Document>,
    schema: Option<Value>,
}

impl Asked {
    /// All of it in one turn.
    fn turn(&self) -> Turn {
        turns::whole(&self.wording, &self.documents)
    }
}

impl Ask {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let talk = Arc::new(Talk::new(Audience::on_stderr(Audience::Nobody)));
        let asked = self.asked(&settings, &talk)?;
        let output = Output::open(self.output.as_deref())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let exit = runtime.block_on(async {
            tokio::select! {
                exit = self.answer(&settings, asked, &talk, output) => exit,
                () = signals::asked_to_end() => Ok(Exit::Interrupted),
            }
        });
        // A download or a load that nobody waits for any more must not keep the process.
        runtime.shutdown_background();
        exit
    }

    fn asked(&self, settings: &Settings, talk: &Talk) -> Result<Asked, Problem> {
        let schema = self.json_schema.as_deref().map(schema).transpose()?;
        let (request, named) = turns::question_and_files(&self.prompt)?;
        for path in &named {
            let path = path.display().to_string();
            talk.line(&Say::About { path });
        }
        let files: Vec<PathBuf> = self.files.iter().cloned().chain(named).collect();
        let documents = document::gather(&files)?;
        let mut conversation = match self.resume {
            false => Conversation::default(),
            true => Conversation::last(&settings.home.value)
                .ok_or_else(|| Problem::usage(Say::NothingToContinue))?,
        };
        if let Some(system) = &self.system {
            conversation.set_system(system);
        }
        if request.is_empty() && documents.is_empty() && !self.resume {
            return Err(Problem::usage(Say::NoPrompt));
        }
        let conversion = self.conversion(&request, &documents);
        Ok(Asked {
            conversation,
            wording: Wording {
                request,
                conversion,
            },
            documents,
            schema,
        })
    }

    async fn answer(
        &self,
        settings: &Settings,
        mut asked: Asked,
        talk: &Arc<Talk>,
        output: Output,
    ) -> anyhow::Result<Exit> {
        let respondent = match self.escalate {
            true => Respondent::elsewhere(settings)?,
            false => Respondent::find(settings, talk).await?,
        };
        if let Some(name) = &self.persona {
            let all = personas::all(respondent.server()).await;
            let persona = personas::named(&all, name)?;
            asked.conversation.set_system(&persona.prompt);
        }
        let mut answering = Answering::new(output, Arc::clone(talk));
        let end = match self.split {
            true => self.in_pieces(respondent, &asked, &mut answering).await?,
            false => {
                let told = self.whole(settings, &respondent, &mut asked, &mut answering);
                let told = told.await?;
                keep(settings, &asked, &told.text);
                told.end
            }
        };
        answering.finish()?;
        end.map_err(anyhow::Error::from)
    }

    /// The answer of the one who was found or, where the owner's rules say so, of the larger model.
    async fn whole(
        &self,
        settings: &Settings,
        respondent: &Respondent,
        asked: &mut Asked,
        answering: &mut Answering,
    ) -> anyhow::Result<Told> {
        let rules = self.rules(settings);
        let question = self.question(asked, &asked.turn());
        let rule = match rules.judge_questions() {
            true => rules.of_question(respondent.measure(&question.messages).await?.n_prompt),
            false => None,
        };
        if let Some(rule) = rule {
            let put = self.put_elsewhere(settings, asked, &rule, answering.talk());
            let listening = put.await?;
            return self.hear(listening, None, asked, answering).await;
        }
        if rules.judge_answers() {
            answering.hold();
        }
        let listening = put(respondent, &question, answering.talk()).await?;
        let begun = question.begun.as_deref();
        let told = self.hear(listening, begun, asked, answering).await?;
        let Some(rule) = self.rule_against(&told, &rules) else {
            return Ok(told);
        };
        let put = self.put_elsewhere(settings, asked, &rule, answering.talk());
        match put.await {
            Ok(listening) => {
                answering.begin_again()?;
                self.hear(listening, None, asked, answering).await
            }
            Err(problem) => {
                let why = problem.to_string();
                answering.talk().warn(&Say::RuleInVain { why });
                Ok(told)
            }
        }
    }

    /// The request about each piece of the documents: several answers are written at once, and shown in their order.
    async fn in_pieces(
        &self,
        respondent: Respondent,
        asked: &Asked,
        answering: &mut Answering,
    ) -> anyhow::Result<Result<Exit, Problem>> {
        let (conversation, documents) = (&asked.conversation, &asked.documents);
        let turns = turns::in_pieces(&respondent, conversation, &asked.wording, documents).await?;
        let questions = turns.iter().map(|turn| self.question(asked, turn));
        let answers = Answers::new(Arc::new(respondent), questions);
        let (mut end, n) = (Ok(Exit::Complete), turns.len());
        for ((turn, piece), listening) in turns.iter().zip(1..).zip(answers) {
            if 1 < n {
                answering.talk().line(&Say::Piece { piece, n });
            }
            let begun = turn.begun.as_deref();
            let told = self.hear(listening, begun, asked, answering).await?;
            if turn.ends_block && piece < n {
                answering.blank_line()?;
            }
            end = end.and(told.end);
        }
        Ok(end)
    }

    async fn hear(
        &self,
        listening: Listening,
        begun: Option<&str>,
        asked: &Asked,
        answering: &mut Answering,
    ) -> anyhow::Result<Told> {
        let unfence = self.unfence(begun, !asked.documents.is_empty());
        let begun = begun.unwrap_or_default();
        answering.hear(listening, begun, unfence).await
    }

    /// The rules that hold for this question: none where its own flags say who is asked.
    fn rules(&self, settings: &Settings) -> Rules {
        let table = settings.upstream.value.as_ref();
        let table = table.filter(|_| !self.escalate && !self.no_escalate);
        table.map(|table| table.when.clone()).unwrap_or_default()
    }

    /// The rule that an answer falls under; to be cut where the flags say so is no fault.
    fn rule_against(&self, told: &Told, rules: &Rules) -> Option<Say> {
        let exit = told.end.as_ref().err()?.exit();
        let is_wanted = exit == Exit::Cut && self.max_tokens.is_some();
        rules.of_answer(exit).filter(|_| !is_wanted)
    }

    /// Puts the question to the larger model, which need not know how to go on with what is begun.
    async fn put_elsewhere(
        &self,
        settings: &Settings,
        asked: &mut Asked,
        rule: &Say,
        talk: &Talk,
    ) -> Result<Listening, Problem> {
        talk.warn(rule);
        asked.wording.conversion = None;
        let larger = Respondent::elsewhere(settings)?;
        put(&larger, &self.question(asked, &asked.turn()), talk).await
    }

    /// The conversion that is wanted, where code alone is.
    fn conversion(&self, request: &str, documents: &[Document]) -> Option<Conversion> {
        let is_for_code = !self.raw && (self.code || self.is_piped());
        let is_here = !self.escalate; // a stranger need not know how to go on with what is begun
        let has_room = is_here && !documents.is_empty() && self.json_schema.is_none();
        (is_for_code && has_room).then(|| Conversion::wanted(request))?
    }

    fn question(&self, asked: &Asked, turn: &Turn) -> Question {
        let conversion = asked.wording.conversion;
        let mut messages = asked.wording.before(&asked.conversation);
        messages.push(conversation::turn("user", &turn.text));
        Question {
            messages,
            temperature: self.temperature.or(conversion.map(|_| 0.0)),
            repetition_penalty: conversion.map(|_| 1.0),
            seed: self.seed,
            max_tokens: self.max_tokens,
            schema: asked.schema.clone(),
            begun: turn.begun.clone(),
            service_tier: None,
        }
    }

    fn unfence(&self, begun: Option<&str>, has_document: bool) -> Option<Unfence> {
        match (self.raw, self.code) {
            (true, _) => None,
            (_, is_code) if is_code || begun.is_some() => Some(Unfence::new(Search::Anywhere)),
            _ => (self.is_piped() && has_document).then(|| Unfence::new(Search::NearTheStart)),
        }
    }

    fn is_piped(&self) -> bool {
        self.output.is_some() || !std::io::stdout().is_terminal()
    }
}

/// Asks; what is sent to another machine is said before it is sent, to whoever listens.
async fn put(
    respondent: &Respondent,
    question: &Question,
    talk: &Talk,
) -> Result<Listening, Problem> {
    if let Respondent::Elsewhere(upstream) = respondent {
        let texts = question.messages.iter().map(|one| one.content.chars());
        let n = texts.map(Iterator::count).sum();
        let host = upstream.host().to_owned();
        talk.warn(&Say::Leaving { n, host });
    }
    Ok(Listening::to(respondent.ask(question).await?))
}

/// Keeps a conversation for `-c`. One that cannot be kept is no reason to fail an answer that was given.
fn keep(settings: &Settings, asked: &Asked, answer: &str) {
    let mut conversation = asked.conversation.clone();
    conversation.push("user", &asked.turn().text);
    conversation.push("assistant", answer);
    let _ = conversation.keep(&settings.home.value);
}

/// The JSON of a file; what is in it is for the one who answers to judge.
fn schema(path: &Path) -> Result<Value, Problem> {
    let name = || path.display().to_string();
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_SCHEMA + 1).read_to_string(&mut text));
    let n_bytes =
        read.map_err(|error| Problem::usage(Say::CannotRead { path: name() }).because(error))?;
    if MAX_SCHEMA < n_bytes as u64 {
        let limit = format!("{} MiB", MAX_SCHEMA >> 20);
        return Err(Problem::usage(Say::SchemaTooLarge {
            path: name(),
            limit,
        }));
    }
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
