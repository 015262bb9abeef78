//! `maque import PATH NAME`: take a model of one's own into the store.

use crate::commands::pull::{failed, report};
use crate::exit::Exit;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use maque_hub::{ModelName, Store};
use std::io::Write;
use std::path::PathBuf;

/// Take a GGUF file or Hugging Face folder into the local store, under a name
#[derive(clap::Args)]
pub(crate) struct Import {
    /// GGUF file or Hugging Face folder
    path: PathBuf,
    /// Name to give it, as family:size
    model: ModelName,
}

impl Import {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        let talk = Talk::new(Audience::on_stderr(Audience::Log));
        let name = self.model.to_string();
        let progress = |step| report(&talk, step, Say::Importing { name: name.clone() });
        let path = store
            .import(&self.model, &self.path, &progress)
            .map_err(|error| failed(&name, error))?;
        talk.hush();
        writeln!(std::io::stdout(), "{}", path.display())?;
        Ok(Exit::Complete)
    }
}
