//! `maque chat`: a conversation at the terminal.

use crate::answer::{Ending, Heard, Question};
use crate::cause::told;
use crate::conversation::Conversation;
use crate::exit::{Exit, Problem};
use crate::output::cannot_write;
use crate::personas;
use crate::respondent::Respondent;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use rustyline::error::ReadlineError;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// What begins and ends a text of several lines.
const QUOTES: &str = "\"\"\"";

/// Hold a conversation at the terminal; /help shows its commands
#[derive(clap::Args)]
pub(crate) struct Chat {
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Answer as a persona: one of the page's, or your own where a server is running
    #[arg(long, value_name = "NAME", conflicts_with = "system")]
    persona: Option<String>,
    /// Seed: the same one gives the same answers
    #[arg(long)]
    seed: Option<u64>,
    /// Continue the last conversation
    #[arg(short = 'c', long = "continue")]
    resume: bool,
    #[command(flatten)]
    model: ModelFlags,
}

/// What a typed line is.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    Nothing,
    Say(&'a str),
    System(&'a str),
    Persona(&'a str),
    Undo,
    Retry,
    Save(&'a str),
    New,
    Exit,
    Help,
}

impl<'a> From<&'a str> for Line<'a> {
    fn from(line: &'a str) -> Line<'a> {
        let line = line.trim();
        match line.split_once(char::is_whitespace).unwrap_or((line, "")) {
            ("", _) => Line::Nothing,
            ("/system", text) => Line::System(text.trim()),
            ("/persona", name) => Line::Persona(name.trim()),
            ("/undo", "") => Line::Undo,
            ("/retry", "") => Line::Retry,
            ("/save", path) if !path.trim().is_empty() => Line::Save(path.trim()),
            ("/new", "") => Line::New,
            ("/exit" | "/quit", "") => Line::Exit,
            ("/help" | "/save", "") => Line::Help,
            (word, "") if is_command(word) => Line::Help, // a slip of the fingers
            _ => Line::Say(line),
        }
    }
}

/// Whether a word can only be a command: a path mostly has a second slash.
fn is_command(word: &str) -> bool {
    let name = word.strip_prefix('/').unwrap_or_default();
    !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase())
}

/// A conversation under way.
struct Session {
    settings: Settings,
    runtime: tokio::runtime::Runtime,
    respondent: Respondent,
    conversation: Conversation,
    talk: Arc<Talk>,
    seed: Option<u64>,
}

impl Chat {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&self.model, &ServerFlags::default())?;
        let mut session = self.session(settings)?;
        let mut editor = rustyline::DefaultEditor::new()?;
        let history = session.settings.home.value.join("history.txt");
        let _ = editor.load_history(&history); // none yet is fine
        loop {
            let line = match read(&mut editor) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted) => continue,
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(error.into()),
            };
            let _ = editor.add_history_entry(line.as_str());
            if Line::from(line.as_str()) == Line::Exit {
                break;
            }
            session.obey(Line::from(line.as_str()))?;
        }
        let _ = editor.save_history(&history); // a read-only home must not end a conversation with an error
        Ok(Exit::Complete)
    }

    fn session(self, settings: Settings) -> anyhow::Result<Session> {
        let mut conversation = match self.resume {
            false => Conversation::default(),
            true => Conversation::last(&settings.home.value)
                .ok_or_else(|| Problem::usage(Say::NothingToContinue))?,
        };
        if let Some(system) = &self.system {
            conversation.set_system(system);
        }
        let talk = Arc::new(Talk::new(Audience::on_stderr(Audience::Nobody)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let respondent = runtime.block_on(Respondent::find(&settings, &talk))?;
        talk.hush();
        if let Some(name) = &self.persona {
            let all = runtime.block_on(personas::all(respondent.server()));
            conversation.set_system(&personas::named(&all, name)?.prompt);
        }
        talk.line(&Say::ChatHelp);
        Ok(Session {
            settings,
            runtime,
            respondent,
            conversation,
            talk,
            seed: self.seed,
        })
    }
}

impl Session {
    fn obey(&mut self, line: Line<'_>) -> anyhow::Result<()> {
        match line {
            Line::Nothing | Line::Exit => {}
            Line::Help => self.talk.line(&Say::ChatHelp),
            Line::New => self.conversation = Conversation::default(),
            Line::System(text) => self.conversation.set_system(text),
            Line::Persona(name) => self.become_persona(name),
            Line::Undo => drop(self.conversation.take_last()),
            Line::Retry => return self.retry(),
            Line::Save(path) => self.save(Path::new(path)),
            Line::Say(text) => return self.say(text),
        }
        Ok(())
    }

    /// Takes a persona on; without a name it says which there are.
    fn become_persona(&mut self, name: &str) {
        let all = personas::all(self.respondent.server());
        let all = self.runtime.block_on(all);
        let names = || Say::Personas {
            names: personas::names(&all),
        };
        let said = match personas::named(&all, name) {
            _ if name.is_empty() => names().to_string(),
            Err(problem) => problem.to_string(),
            Ok(persona) => {
                self.conversation.set_system(&persona.prompt);
                let name = persona.name.clone();
                Say::PersonaTaken { name }.to_string()
            }
        };
        let _ = writeln!(std::io::stderr(), "{said}");
    }

    /// The last question once more, with another seed if one was chosen.
    fn retry(&mut self) -> anyhow::Result<()> {
        self.seed = self.seed.map(|seed| seed.wrapping_add(1));
        match self.conversation.take_last() {
            Some(text) => self.say(&text),
            None => Ok(()),
        }
    }

    fn save(&self, path: &Path) {
        let name = path.display().to_string();
        let said = match std::fs::write(path, self.conversation.to_markdown()) {
            Ok(()) => Say::ChatSaved { path: name }.to_string(),
            Err(error) => cannot_write(path, error).to_string(),
        };
        let _ = writeln!(std::io::stderr(), "{said}");
    }

    /// One turn. What goes wrong is said, and the conversation goes on.
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        let before = self.conversation.clone();
        self.conversation.push("user", text);
        let question = Question {
            messages: self.conversation.messages.clone(),
            seed: self.seed,
            ..Question::default()
        };
        let mut answer = String::new();
        let heard = self.runtime.block_on(async {
            tokio::select! {
                heard = hear(&self.respondent, &question, &self.talk, &mut answer) => heard,
                _ = tokio::signal::ctrl_c() => Ok(()), // what was written so far stays in the conversation
            }
        });
        self.talk.hush();
        writeln!(std::io::stdout())?;
        if let Err(error) = heard {
            writeln!(std::io::stderr(), "{}", told(error.as_ref()))?;
        }
        if answer.is_empty() {
            self.conversation = before;
            return Ok(());
        }
        self.conversation.push("assistant", &answer);
        let _ = self.conversation.keep(&self.settings.home.value);
        Ok(())
    }
}

/// A line; one that begins with three quotation marks goes on to the next three.
fn read(editor: &mut rustyline::DefaultEditor) -> Result<String, ReadlineError> {
    let line = editor.readline("> ")?;
    let Some(begun) = line.trim_start().strip_prefix(QUOTES) else {
        return Ok(line);
    };
    let mut text = begun.to_owned();
    while !text.trim_end().ends_with(QUOTES) {
        text.push('\n');
        text.push_str(&editor.readline("… ")?);
    }
    Ok(text.trim_end().trim_end_matches('"').to_owned())
}

async fn hear(
    respondent: &Respondent,
    question: &Question,
    talk: &Talk,
    answer: &mut String,
) -> anyhow::Result<()> {
    let mut reply = respondent.ask(question).await?;
    while let Some(heard) = reply.next().await? {
        match heard {
            Heard::Queued { position } => talk.stage(Say::Queued { position }),
            Heard::Reading { done, total } => talk.stage(Say::ReadingPrompt { done, total }),
            Heard::Text(text) => {
                talk.hush();
                answer.push_str(&text);
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()?;
            }
            Heard::Ended(Ending::Repetition) => talk.line(&Say::AnswerLoop),
            Heard::Ended(Ending::Length) => talk.line(&Say::AnswerFull),
            Heard::Ended(Ending::Other(why)) => talk.line(&Say::AnswerEnded { why }),
            Heard::Failed { message } => talk.line(&Say::AnswerEnded { why: message }),
            Heard::Ended(Ending::Stop) | Heard::Usage(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_talk() {
        assert_eq!(Line::from("  "), Line::Nothing);
        assert_eq!(Line::from("/system be short"), Line::System("be short"));
        assert_eq!(Line::from("/save a b.md"), Line::Save("a b.md"));
        assert_eq!(Line::from("/new"), Line::New);
        assert_eq!(
            Line::from("/usr/bin is a folder"),
            Line::Say("/usr/bin is a folder")
        );
        assert_eq!(Line::from("/exit"), Line::Exit);
        assert_eq!(Line::from("/save"), Line::Help);
        assert_eq!(Line::from("/perosna"), Line::Help);
        assert_eq!(Line::from("/"), Line::Say("/"));
        assert_eq!(Line::from("/persona  会议纪要 "), Line::Persona("会议纪要"));
        assert_eq!(Line::from("/retry"), Line::Retry);
        assert_eq!(Line::from("/undo it"), Line::Say("/undo it"));
    }
}
