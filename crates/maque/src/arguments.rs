//! The command line: which command, under which name.

use crate::commands::bench::Bench;
use crate::exit::Exit;
use crate::language::Language;
use crate::say::Say;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;

/// Small language models on plain CPUs: a chat page, an OpenAI-compatible API, answers in pipes
#[derive(Parser)]
#[command(name = "maque", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Bench(Bench),
}

impl Arguments {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            None => Ok(Exit::Complete),
            Some(Command::Bench(bench)) => bench.run(),
        }
    }
}

/// Parses, or says what is wrong (or shows the help that was asked for) and returns how to exit.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Arguments, Exit> {
    Arguments::try_parse_from(arguments).map_err(|error| explain(&error))
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
