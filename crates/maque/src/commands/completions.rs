//! `maque completions SHELL`: completions on standard output.

use crate::exit::Exit;
use std::io::Write;

/// Print completions for a shell, to be put where the shell looks for them
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
    /// The name that they are for
    #[arg(long, value_enum, default_value_t = Name::Maque)]
    name: Name,
}

/// The names of the binary.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    Maque,
    Qwen,
    Mq,
}

impl Completions {
    /// `whole` is the command of the name `maque`, `ask` that of the others.
    pub(crate) fn run(self, whole: clap::Command, ask: clap::Command) -> anyhow::Result<Exit> {
        let (name, mut command) = match self.name {
            Name::Maque => ("maque", whole),
            Name::Qwen => ("qwen", ask),
            Name::Mq => ("mq", ask),
        };
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(Exit::Complete)
    }
}
