//! `maque chat`: a conversation at the terminal.

use crate::answer::{Ending, Heard, Question};
use crate::conversation::Conversation;
use crate::exit::{Exit, Problem};
use crate::respondent::Respondent;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use rustyline::error::ReadlineError;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Hold a conversation at the terminal; /help shows its commands
#[derive(clap::Args)]
pub(crate) struct Chat {
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
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
            ("/save", path) if !path.trim().is_empty() => Line::Save(path.trim()),
            ("/new", "") => Line::New,
            ("/exit" | "/quit", "") => Line::Exit,
            ("/help" | "/save", "") => Line::Help,
            _ => Line::Say(line),
        }
    }
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
            let line = match editor.readline("> ") {
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
            Line::Save(path) => self.save(Path::new(path)),
            Line::Say(text) => return self.say(text),
        }
        Ok(())
    }

    fn save(&self, path: &Path) {
        if let Err(error) = std::fs::write(path, self.conversation.to_markdown()) {
            let problem = Problem::new(
                Exit::Failed,
                Say::CannotWrite {
                    path: path.display().to_string(),
                },
            );
            let _ = writeln!(std::io::stderr(), "{}", problem.because(error));
        }
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
            writeln!(std::io::stderr(), "{error:#}")?;
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
    }
}
