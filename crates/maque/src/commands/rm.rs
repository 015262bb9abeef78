//! `maque rm NAME`: delete a model that is here.

use crate::commands::pull::failed;
use crate::exit::Exit;
use crate::say::Say;
use crate::settings::{ByteSize, ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use maque_hub::{ModelName, Store};

/// Delete a model that is here
#[derive(clap::Args)]
pub(crate) struct Rm {
    /// Model, as family:size
    model: ModelName,
}

impl Rm {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        let name = self.model.to_string();
        let n_bytes = store
            .remove(&self.model)
            .map_err(|error| failed(&name, error))?;
        let size = ByteSize(n_bytes).rounded();
        Talk::new(Audience::on_stderr(Audience::Log)).line(&Say::Removed { name, size });
        Ok(Exit::Complete)
    }
}
