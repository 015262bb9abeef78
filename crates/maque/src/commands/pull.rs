//! `maque pull NAME`: fetch a model into the local store.

use crate::exit::{Exit, Problem};
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use crate::talk::{Audience, Talk};
use crate::unavailable::unavailable;
use maque_hub::{HubError, ModelName, Progress, PullOptions, Store};
use std::io::Write;

/// Fetch a model and print the path of its file; what is here already is not fetched again
#[derive(clap::Args)]
pub(crate) struct Pull {
    /// Model of the catalogue, as family:size
    model: ModelName,
}

impl Pull {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let store = Store::open(&settings.home.value)?;
        let talk = Talk::new(Audience::on_stderr(Audience::Log));
        let name = self.model.to_string();
        let options = PullOptions {
            hf_endpoint: settings.hf_endpoint.value,
            ..PullOptions::default()
        };
        let progress = |step| {
            report(
                &talk,
                step,
                Say::Downloading {
                    model: name.clone(),
                },
            )
        };
        let path = store
            .pull(&self.model, &options, &progress)
            .map_err(|error| failed(&name, error))?;
        talk.hush();
        writeln!(std::io::stdout(), "{}", path.display())?;
        Ok(Exit::Complete)
    }
}

/// Says a step of a pull, an import or a verification.
pub(crate) fn report(talk: &Talk, step: Progress, stage: Say) {
    match step {
        Progress::Source { name } => talk.once(&Say::From { source: name }),
        Progress::Bytes { done, total } => talk.bytes(stage, done, total),
    }
}

/// A model that could not be had: what is wrong with its name is the user's to mend.
pub(crate) fn failed(name: &str, error: HubError) -> Problem {
    let exit = match &error {
        HubError::Name { .. } | HubError::Unknown { .. } => Exit::Usage,
        _ => Exit::Unavailable,
    };
    unavailable(exit, name, error)
}
