//! `maque limits`: what a client may take of the server.

use crate::exit::Exit;
use crate::language::Language;
use std::io::Write;

/// Show every limit of the server: what a client may take of it
#[derive(clap::Args)]
pub(crate) struct Limits {}

impl Limits {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let mut stdout = std::io::stdout().lock();
        for limit in maque_server::limits() {
            let what = match Language::of_user() {
                Language::English => limit.english,
                Language::Chinese => limit.chinese,
            };
            writeln!(
                stdout,
                "{:28} {:>10}  {what}",
                limit.name.to_lowercase(),
                limit.value
            )?;
        }
        Ok(Exit::Complete)
    }
}
