//! `maque completions SHELL`: completions on standard output.

use crate::exit::Exit;
use std::io::Write;

/// Print completions for a shell, to be put where the shell looks for them
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(self, command: &mut clap::Command) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "maque", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(Exit::Complete)
    }
}
