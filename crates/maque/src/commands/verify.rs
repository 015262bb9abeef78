//! `maque verify NAME`: read a model again and compare its digest.

use crate::commands::pull::{failed, report};
use crate::exit::Exit;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use maque_hub::{ModelName, Store};

/// Read a model again and compare its SHA-256
#[derive(clap::Args)]
pub(crate) struct Verify {
    /// Model, as family:size
    model: ModelName,
}

impl Verify {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        let talk = Talk::new(Audience::on_stderr(Audience::Log));
        let name = self.model.to_string();
        let progress = |step| report(&talk, step, Say::Verifying { name: name.clone() });
        store
            .verify(&self.model, &progress)
            .map_err(|error| failed(&name, error))?;
        talk.hush();
        talk.line(&Say::Verified { name: name.clone() });
        Ok(Exit::Complete)
    }
}
