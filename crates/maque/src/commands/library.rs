//! `maque library`: folders of documents, and questions to them.

use crate::exit::{Exit, Problem};
use crate::librarian::Librarian;
use crate::respondent::{running, running_any};
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::shown::{shown, shown_line};
use crate::talk::{Audience, Talk};
use crate::{commands::serve::tell, signals, start};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often a library that is reading is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// Answer from folders of documents, with quotations: add a folder, then ask
#[derive(Args)]
pub(crate) struct Library {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Take a folder into the library; what changes in it is read again
    Add {
        /// Folder on this machine
        folder: PathBuf,
    },
    /// Let a folder go; no file is touched
    Remove {
        /// Folder: its path, its name or its id
        folder: String,
    },
    /// List the folders of the library
    List,
    /// Show how far the library is, and each file that was skipped
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Ask the library; the answer quotes its sources
    Ask {
        /// What to ask
        #[arg(required = true)]
        question: Vec<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        model: ModelFlags,
    },
}

impl Library {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let none = ModelFlags::default();
        let model = match &self.action {
            Action::Ask { model, .. } => model,
            _ => &none,
        };
        let settings = Settings::resolve(model, &ServerFlags::default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let exit = runtime.block_on(async {
            tokio::select! {
                exit = self.act(&settings) => exit,
                () = signals::asked_to_end() => Ok(Exit::Interrupted),
            }
        });
        runtime.shutdown_background();
        exit
    }

    async fn act(self, settings: &Settings) -> anyhow::Result<Exit> {
        let talk = Arc::new(Talk::new(Audience::on_stderr(Audience::Nobody)));
        let server = match &self.action {
            Action::Ask { .. } => running(settings, &talk).await,
            _ => running_any(settings, &talk).await, // its library is this home's, whatever answers from it
        };
        let librarian = Librarian::of(server, &settings.home.value)?;
        match self.action {
            Action::Add { folder } => add(&librarian, &folder, &talk).await?,
            Action::Remove { folder } => remove(&librarian, &folder, &talk).await?,
            Action::List => list(&settled(&librarian, &talk).await?)?,
            Action::Status { json: true } => print(&librarian.status().await?)?,
            Action::Status { json: false } => show(&settled(&librarian, &talk).await?, |_| true)?,
            Action::Ask { question, json, .. } => {
                let answer = ask(&librarian, &question.join(" "), settings, &talk).await?;
                match json {
                    true => print(&answer)?,
                    false => tell_answer(&answer)?,
                }
            }
        }
        Ok(Exit::Complete)
    }
}

async fn add(librarian: &Librarian, folder: &Path, talk: &Talk) -> anyhow::Result<()> {
    let path = std::path::absolute(folder)?;
    if !path.is_dir() {
        let path = folder.display().to_string();
        return Err(Problem::new(Exit::Failed, Say::LibraryNoFolder { path }).into());
    }
    let id = librarian.add(&path).await?;
    let status = settled(librarian, talk).await?;
    show(&status, |folder| folder == id)?;
    Ok(())
}

async fn remove(librarian: &Librarian, wanted: &str, talk: &Talk) -> anyhow::Result<()> {
    let status = librarian.status().await?;
    let path = std::path::absolute(wanted)?.to_string_lossy().into_owned();
    let is_wanted = |folder: &&Value| {
        folder["id"] == *wanted || folder["name"] == *wanted || folder["path"] == *path
    };
    let folder = folders(&status).find(is_wanted);
    let unknown = || {
        Problem::usage(Say::LibraryUnknown {
            folder: wanted.to_owned(),
        })
    };
    let folder = folder.ok_or_else(unknown)?;
    librarian.remove(text(&folder["id"])).await?;
    settled(librarian, talk).await?;
    talk.line(&Say::LibraryRemoved {
        name: text(&folder["name"]).to_owned(),
    });
    Ok(())
}

async fn ask(
    librarian: &Librarian,
    question: &str,
    settings: &Settings,
    talk: &Arc<Talk>,
) -> anyhow::Result<Value> {
    let status = match librarian {
        Librarian::Server(_) => librarian.status().await?, // it answers from what it has read by now
        Librarian::Here(_) => settled(librarian, talk).await?,
    };
    if folders(&status).next().is_none() {
        return Err(Problem::usage(Say::LibraryEmpty).into());
    }
    if status["state"] == "indexing" {
        talk.line(&reading(&status));
    }
    let service = match librarian {
        Librarian::Server(_) => None,
        Librarian::Here(library) if library.faq(question, None).is_some() => None, // needs no model
        Librarian::Here(_) => {
            let (settings, talk) = (settings.clone(), Arc::clone(talk));
            let load = move || {
                start::start(&settings, &|stage| {
                    tell(&talk, &stage, &settings.model.value)
                })
            };
            Some(tokio::task::spawn_blocking(load).await??.service)
        }
    };
    let answer = librarian.ask(question, service).await;
    talk.hush();
    answer
}

/// What the library says when it has read everything.
async fn settled(librarian: &Librarian, talk: &Talk) -> anyhow::Result<Value> {
    loop {
        let status = librarian.status().await?;
        if status["state"] != "indexing" {
            talk.hush();
            return Ok(status);
        }
        talk.stage(reading(&status));
        tokio::time::sleep(PAUSE).await;
    }
}

/// How far a library is that is reading.
fn reading(status: &Value) -> Say {
    let sum = |name: &str| folders(status).map(|folder| count(&folder[name])).sum();
    Say::LibraryReading {
        done: sum("done"),
        total: sum("total"),
    }
}

fn list(status: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for folder in folders(status) {
        let path = folder["path"].as_str().unwrap_or(text(&folder["name"]));
        let path = shown_line(path);
        writeln!(
            out,
            "{}\t{}\t{path}",
            text(&folder["id"]),
            count(&folder["documents"])
        )?;
    }
    Ok(())
}

/// Tells of the folders whose ids are wanted, and of the files skipped in them.
fn show(status: &Value, is_wanted: impl Fn(&str) -> bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if folders(status).next().is_none() {
        writeln!(out, "{}", Say::LibraryEmpty)?;
    }
    for folder in folders(status).filter(|folder| is_wanted(text(&folder["id"]))) {
        writeln!(out, "{}", summary(folder))?;
        if let Some(error) = folder["error"].as_str() {
            writeln!(out, "  {error}")?;
        }
        let skipped = status["skipped"].as_array().into_iter().flatten();
        let mut more = count(&folder["skipped"]);
        for one in skipped.filter(|one| one["folder"] == folder["id"]) {
            writeln!(out, "{}", skipped_line(one))?;
            more = more.saturating_sub(1);
        }
        if 0 < more {
            writeln!(out, "  {}", Say::SkippedMore { more })?;
        }
    }
    Ok(())
}

fn print(value: &Value) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{value}")
}

/// The answer with its quotations; where there is none, what is nearest.
fn tell_answer(answer: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", shown(text(&answer["answer"])))?;
    for quotation in answer["quotations"].as_array().into_iter().flatten() {
        writeln!(out, "\n[{}] {}", quotation["index"], place(quotation))?;
        writeln!(
            out,
            "    {}",
            shown(text(&quotation["text"])).replace('\n', "\n    ")
        )?;
    }
    let passages = answer["passages"]
        .as_array()
        .filter(|_| answer["outcome"] == "not_found");
    for (index, passage) in passages.into_iter().flatten().take(3).enumerate() {
        if index == 0 {
            writeln!(out, "\n{}", Say::LibraryNearest)?;
        }
        writeln!(out, "- {}", place(passage))?;
        if let Some(marked) = passage["marked"]["text"].as_str() {
            writeln!(out, "    {}", shown(marked).replace('\n', "\n    "))?;
        }
    }
    Ok(())
}

/// Where something stands, for people.
fn place(of: &Value) -> String {
    let place = &of["place"];
    let mut parts = vec![text(&of["document"]["file"]).to_owned()];
    parts.extend(
        place["headings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|heading| text(heading).to_owned()),
    );
    parts.extend(
        place["page"]
            .as_u64()
            .map(|page| Say::LibraryPage { page }.to_string()),
    );
    parts.extend(
        place["row"]
            .as_u64()
            .map(|row| Say::LibraryRow { row }.to_string()),
    );
    shown_line(&parts.join(" › "))
}

fn summary(folder: &Value) -> Say {
    Say::LibraryFolder {
        name: shown_line(text(&folder["name"])),
        documents: count(&folder["documents"]),
        passages: count(&folder["passages"]),
        questions: count(&folder["questions"]),
        skipped: count(&folder["skipped"]),
    }
}

/// A file that was skipped, and why, in the user's language.
fn skipped_line(one: &Value) -> String {
    let why = match text(&one["code"]) {
        "type" => Say::SkippedType,
        "link" => Say::SkippedLink,
        "not_a_file" => Say::SkippedNotAFile,
        "too_large" => Say::SkippedTooLarge,
        "name" => Say::SkippedName,
        "too_deep" => Say::SkippedTooDeep,
        "too_many" => Say::SkippedTooMany,
        "io" => Say::SkippedIo,
        "locked" => Say::SkippedLocked,
        "empty" => Say::SkippedEmpty,
        "too_much_text" => Say::SkippedTooMuchText,
        "too_slow" => Say::SkippedTooSlow,
        "fatal" => Say::SkippedFatal,
        _ => Say::SkippedBroken,
    };
    format!("  {}: {why}", shown_line(text(&one["file"])))
}

fn folders(status: &Value) -> impl Iterator<Item = &Value> {
    status["folders"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Read a document of this kind from standard input within limits; the library starts it
#[derive(Args)]
pub(crate) struct LibraryReader {
    /// Kind of document
    kind: String,
    /// Seconds of processor time that it may take
    seconds: u64,
}

impl LibraryReader {
    pub(crate) fn run(self) -> Exit {
        match maque_library::child(&self.kind, self.seconds) {
            true => Exit::Complete,
            false => Exit::Failed,
        }
    }
}
