//! `maque batch`: the same asked of every row of a table.

use crate::batch::{Job, Rows};
use crate::batch_problem::batch_problem;
use crate::exit::{Exit, Problem};
use crate::language::Language;
use crate::respondent::Respondent;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::signals;
use crate::talk::{Audience, Talk};
use clap::ValueEnum;
use maque_batch::{
    Begin, Format, Journal, Recipe, Sheet, Table, Work, find, requests, shelf, source,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How often a log hears how far a batch is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Ask the same of every row of a csv, xlsx or jsonl file, by a recipe or a prompt; OpenAI's batch files too
#[derive(clap::Args)]
pub(crate) struct Batch {
    /// Recipe: a name of --list, or a .toml file
    recipe: Option<String>,
    /// File of rows; the first row of a csv or xlsx names the columns
    rows: Option<PathBuf>,
    /// File for the answers: csv, xlsx, jsonl or md
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Prompt instead of a recipe, with {column} for a row's cell
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// List the recipes
    #[arg(long)]
    list: bool,
    /// Print a recipe, to be changed and used as a file
    #[arg(long, value_name = "RECIPE")]
    show: Option<String>,
    /// Language of the recipe [default: yours]
    #[arg(long, value_enum)]
    language: Option<RecipeLanguage>,
    /// Seed: the same one gives the same answers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How often a row is asked until it passes the recipe's checks
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    tries: u32,
    /// Rows under way at once
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=64))]
    at_once: u32,
    /// Begin anew, also where part of it is done
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    model: ModelFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum RecipeLanguage {
    Zh,
    En,
}

impl Batch {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        if self.list {
            return list(self.language()).map(|()| Exit::Complete);
        }
        if let Some(wanted) = &self.show {
            return show(wanted, self.language()).map(|()| Exit::Complete);
        }
        let settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let output = self
            .output
            .clone()
            .ok_or_else(|| Problem::usage(Say::BatchNoOutput))?;
        let (job, work) = self.job(&output)?;
        let begin = match self.restart {
            true => Begin::Anew,
            false => Begin::Resume,
        };
        let journal = Journal::open(&output, &work, begin).map_err(batch_problem)?;
        let mut run = Run::new(job, journal, output);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let exit = runtime.block_on(async {
            tokio::select! {
                exit = run.answer(&settings, self.at_once as usize) => exit,
                () = signals::asked_to_end() => Ok(Exit::Interrupted),
            }
        });
        runtime.shutdown_background();
        run.close(exit)
    }

    fn language(&self) -> &'static str {
        match (self.language, Language::of_user()) {
            (Some(RecipeLanguage::Zh), _) | (None, Language::Chinese) => "zh",
            (Some(RecipeLanguage::En), _) | (None, Language::English) => "en",
        }
    }

    /// What is to be done, and what tells it from other work.
    fn job(&self, output: &Path) -> Result<(Job, Work), Problem> {
        let format = Format::to_write(output).map_err(batch_problem)?;
        let (recipe, rows) = match (&self.prompt, &self.recipe, &self.rows) {
            (Some(prompt), Some(rows), None) => (Recipe::of_prompt(prompt), Path::new(rows)),
            (None, Some(recipe), Some(rows)) => (find(recipe, self.language()), rows.as_path()),
            (None, Some(file), None) if file.ends_with(".jsonl") => {
                return self.requests(Path::new(file), output, format);
            }
            _ => return Err(Problem::usage(Say::BatchNothing)),
        };
        let recipe = recipe.map_err(batch_problem)?;
        let sheet = Sheet::read(rows).map_err(batch_problem)?;
        let checked = recipe
            .check_columns(&sheet)
            .and_then(|()| sheet.check_fits(format));
        checked.map_err(batch_problem)?;
        let (seed, tries) = (self.seed, self.tries);
        let settings = format!("{seed} {tries} {:?}", self.model.model);
        let work = Work::of(&recipe, &settings, &sheet);
        let rows = Rows {
            recipe,
            sheet,
            seed,
            tries,
        };
        Ok((Job::Rows(Box::new(rows)), work))
    }

    fn requests(&self, path: &Path, output: &Path, format: Format) -> Result<(Job, Work), Problem> {
        let shown = |path: &Path| path.display().to_string();
        if format != Format::Jsonl {
            let path = shown(output);
            return Err(Problem::usage(Say::BatchOnlyJsonl { path }));
        }
        let text = maque_batch::text(path).map_err(batch_problem)?;
        let read = requests(&text).map_err(|error| {
            let (path, why) = (shown(path), error.to_string());
            Problem::usage(Say::BatchBroken { path, why })
        })?;
        let work = Work::new(&format!("{:?}", self.model.model), &text);
        Ok((Job::Requests(read), work))
    }
}

/// A batch under way.
struct Run {
    job: Arc<Job>,
    journal: Journal,
    output: PathBuf,
    talk: Arc<Talk>,
    start: Instant,
    n_before: usize,
    told: Instant,
}

impl Run {
    fn new(job: Job, journal: Journal, output: PathBuf) -> Run {
        let now = Instant::now();
        Run {
            job: Arc::new(job),
            n_before: journal.done().len(),
            journal,
            output,
            talk: Arc::new(Talk::new(Audience::on_stderr(Audience::Log))),
            start: now,
            told: now,
        }
    }

    /// Asks all rows that are not done, and writes the output.
    async fn answer(&mut self, settings: &Settings, n_at_once: usize) -> anyhow::Result<Exit> {
        let (n_done, total) = (self.n_before, self.job.n_rows());
        if 0 < n_done {
            let done = n_done;
            self.talk.line(&Say::BatchResumes { done, total });
        }
        if n_done < total {
            let respondent = Arc::new(Respondent::find(settings, &self.talk).await?);
            self.talk.hush();
            self.start = Instant::now();
            self.ask(&respondent, n_at_once).await?;
        }
        self.write()
    }

    async fn ask(&mut self, respondent: &Arc<Respondent>, n_at_once: usize) -> anyhow::Result<()> {
        let todo = |row: &usize| !self.journal.done().contains_key(row);
        let todo: Vec<usize> = (0..self.job.n_rows()).filter(todo).collect();
        let mut todo = todo.into_iter();
        let mut asked = JoinSet::new();
        loop {
            for row in todo.by_ref().take(n_at_once - asked.len()) {
                let (job, respondent) = (Arc::clone(&self.job), Arc::clone(respondent));
                asked.spawn(async move { job.answer(&respondent, row).await });
            }
            let Some(record) = asked.join_next().await else {
                return Ok(());
            };
            self.journal.append(record??).map_err(batch_problem)?;
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (done, total) = (self.journal.done().len(), self.job.n_rows());
        let elapsed = self.start.elapsed().as_secs_f64().max(1e-9);
        let rate = (done - self.n_before) as f64 / elapsed;
        let seconds = ((total - done) as f64 / rate).ceil() as u64;
        let left = match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
            (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
        };
        let say = Say::BatchProgress {
            done,
            total,
            rate,
            left,
        };
        if self.talk.audience() == Audience::Terminal {
            self.talk.rows(&say, done, total);
        } else if TELL_EVERY <= self.told.elapsed() || done == total {
            self.told = Instant::now();
            self.talk.line(&say);
        }
    }

    /// Writes the output; rows without an answer make the exit code say so.
    fn write(&self) -> anyhow::Result<Exit> {
        let done = self.journal.done();
        let sheet = match self.job.as_ref() {
            Job::Requests(_) => {
                let lines = done.values().map(|record| record.answer.clone());
                maque_batch::write_lines(&self.output, lines).map_err(batch_problem)?;
                None
            }
            Job::Rows(rows) => {
                let mark = Say::BatchMark.to_string();
                let (recipe, sheet) = (&rows.recipe, &rows.sheet);
                let table = Table {
                    recipe,
                    sheet,
                    mark: &mark,
                };
                Some(match Format::of(&self.output) {
                    Some(Format::Jsonl) => table.with_whole(|row| done.get(&row)),
                    _ => table.with(|row| done.get(&row)),
                })
            }
        };
        if let Some(sheet) = sheet {
            sheet.write(&self.output).map_err(batch_problem)?;
        }
        self.talk.hush();
        let (rows, path) = (done.len(), self.output.display().to_string());
        let marked = done.values().filter(|record| record.mark.is_some());
        let marked = marked.count();
        self.talk.line(&Say::BatchDone { rows, marked, path });
        let is_empty = done.values().any(|record| record.answer.is_null());
        Ok(match is_empty {
            true => Exit::Failed,
            false => Exit::Complete,
        })
    }

    /// Takes the journal away where the output has everything, else says where it is.
    fn close(self, exit: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        self.talk.hush();
        match &exit {
            Ok(Exit::Complete | Exit::Failed) => self.journal.finish().map_err(batch_problem)?,
            _ => self.talk.line(&Say::BatchStopped {
                path: self.journal.path().display().to_string(),
            }),
        }
        exit
    }
}

fn list(language: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for entry in shelf().iter().filter(|entry| entry.language == language) {
        let recipe = Recipe::parse(entry.name, entry.text).map_err(batch_problem)?;
        writeln!(out, "{}\t{}", entry.name, recipe.title)?;
        writeln!(out, "\t{}", recipe.about)?;
        for input in &recipe.inputs {
            writeln!(out, "\t{{{}}}\t{}", input.name, input.about)?;
        }
    }
    Ok(())
}

fn show(wanted: &str, language: &str) -> anyhow::Result<()> {
    let text = source(wanted, language).map_err(batch_problem)?;
    Ok(write!(std::io::stdout(), "{text}")?)
}
