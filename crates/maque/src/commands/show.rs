//! `maque show NAME`: one model that is here.

use crate::commands::pull::failed;
use crate::exit::Exit;
use crate::settings::{ByteSize, ModelFlags, ServerFlags, Settings};
use maque_hub::{ModelName, Store};
use std::io::Write;

/// Show one model that is here
#[derive(clap::Args)]
pub(crate) struct Show {
    /// Model, as family:size
    model: ModelName,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        let entry = store
            .find(&self.model)
            .map_err(|error| failed(&self.model.to_string(), error))?;
        let mut stdout = std::io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", serde_json::to_string(&entry)?)?;
            return Ok(Exit::Complete);
        }
        writeln!(stdout, "name    {}", entry.name)?;
        writeln!(stdout, "path    {}", entry.path.display())?;
        writeln!(stdout, "size    {}", ByteSize(entry.n_bytes).rounded())?;
        writeln!(stdout, "sha256  {}", entry.sha256)?;
        Ok(Exit::Complete)
    }
}
