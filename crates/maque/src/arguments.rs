//! The command line: which command, under which name.

use crate::commands::ask::Ask;
use crate::commands::batch::Batch;
use crate::commands::bench::Bench;
use crate::commands::chat::Chat;
use crate::commands::completions::Completions;
use crate::commands::config::Config;
use crate::commands::doctor::Doctor;
use crate::commands::import::Import;
use crate::commands::invite::Invite;
use crate::commands::library::{Library, LibraryReader};
use crate::commands::limits::Limits;
use crate::commands::list::List;
use crate::commands::man::Man;
use crate::commands::pull::Pull;
use crate::commands::rm::Rm;
use crate::commands::serve::Serve;
use crate::commands::show::Show;
use crate::commands::verify::Verify;
use crate::exit::Exit;
use crate::help;
use crate::language::Language;
use crate::say::Say;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

/// Small language models on plain CPUs: a chat page, an OpenAI-compatible API, answers in pipes
#[derive(Parser)]
#[command(name = "maque", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Serve(Serve),
    Ask(Ask),
    Chat(Chat),
    Batch(Batch),
    Pull(Pull),
    List(List),
    Show(Show),
    Rm(Rm),
    Verify(Verify),
    Import(Import),
    Bench(Bench),
    Doctor(Doctor),
    Invite(Invite),
    Library(Library),
    #[command(hide = true)]
    LibraryReader(LibraryReader),
    Limits(Limits),
    Config(Config),
    Completions(Completions),
    Man(Man),
}

/// Ask one question; text on standard input and files are what it is about
#[derive(Parser)]
#[command(version)]
struct AskArguments {
    #[command(flatten)]
    ask: Ask,
}

impl Arguments {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            None => Serve::opening().run(),
            Some(Command::Serve(serve)) => serve.run(),
            Some(Command::Ask(ask)) => ask.run(),
            Some(Command::Chat(chat)) => chat.run(),
            Some(Command::Batch(batch)) => batch.run(),
            Some(Command::Pull(pull)) => pull.run(),
            Some(Command::List(list)) => list.run(),
            Some(Command::Show(show)) => show.run(),
            Some(Command::Rm(rm)) => rm.run(),
            Some(Command::Verify(verify)) => verify.run(),
            Some(Command::Import(import)) => import.run(),
            Some(Command::Bench(bench)) => bench.run(),
            Some(Command::Doctor(doctor)) => doctor.run(),
            Some(Command::Invite(invite)) => invite.run(),
            Some(Command::Library(library)) => library.run(),
            Some(Command::LibraryReader(reader)) => Ok(reader.run()),
            Some(Command::Limits(limits)) => limits.run(),
            Some(Command::Config(config)) => config.run(),
            Some(Command::Completions(completions)) => {
                completions.run(Arguments::command(), AskArguments::command())
            }
            Some(Command::Man(man)) => man.run(Arguments::command()),
        }
    }
}

/// Parses, or says what is wrong (or shows the help that was asked for) and returns how to exit.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Arguments, Exit> {
    let arguments: Vec<OsString> = arguments.collect();
    let parsed = if is_ask(arguments.first()) {
        read(arguments).map(|AskArguments { ask }| Arguments {
            command: Some(Command::Ask(ask)),
        })
    } else {
        read(arguments)
    };
    parsed.map_err(|error| explain(&error))
}

/// Parses, with the help in the user's language.
fn read<A: Parser>(arguments: Vec<OsString>) -> Result<A, clap::Error> {
    let command = match Language::of_user() {
        Language::English => A::command(),
        Language::Chinese => help::in_chinese(A::command()),
    };
    A::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// Under the names `qwen` and `mq` the program is `maque ask`.
fn is_ask(program: Option<&OsString>) -> bool {
    let name = program.and_then(|program| Path::new(program).file_stem());
    name.is_some_and(|name| name == "qwen" || name == "mq")
}

fn explain(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Complete;
    }
    match Language::of_user() {
        Language::English => drop(error.print()),
        Language::Chinese => drop(writeln!(
            std::io::stderr(),
            "maque: {}；{}",
            sentence(error),
            Say::SeeHelp
        )),
    }
    Exit::Usage
}

/// The kinds of error that people meet, as a sentence.
fn sentence(error: &clap::Error) -> Say {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument => Say::ArgumentUnknown { argument },
        ErrorKind::InvalidSubcommand => Say::ArgumentUnknown {
            argument: context(ContextKind::InvalidSubcommand),
        },
        ErrorKind::MissingRequiredArgument => Say::ArgumentMissing { argument },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => Say::ArgumentWrong {
            argument,
            value: context(ContextKind::InvalidValue),
        },
        _ => Say::ArgumentsWrong,
    }
}
