//! The models on disk, as the server's administrators see and change them.

use crate::settings::Settings;
use maque_hub::{HubError, ModelName, PullOptions, Store};
use maque_server::{Model, Models, ModelsError, Progress};

/// The store in `MAQUE_HOME`.
pub(crate) struct Shelf {
    store: Store,
    options: PullOptions,
}

impl Shelf {
    pub(crate) fn open(settings: &Settings) -> Result<Shelf, HubError> {
        Ok(Shelf {
            store: Store::open(&settings.home.value)?,
            options: PullOptions {
                hf_endpoint: settings.hf_endpoint.value.clone(),
                ..PullOptions::default()
            },
        })
    }
}

impl Models for Shelf {
    fn list(&self) -> Result<Vec<Model>, ModelsError> {
        let here = self.store.list().map_err(why)?;
        let mut models: Vec<Model> = here
            .into_iter()
            .map(|entry| Model {
                name: entry.name,
                here: true,
                n_bytes: entry.n_bytes,
                sha256: Some(entry.sha256),
                source: Some(entry.source),
                ..Model::default()
            })
            .collect();
        for offer in self.store.catalogue() {
            let described = Model {
                description: offer.description,
                chinese: offer.chinese,
                license: offer.license,
                ..Model::default()
            };
            match models.iter_mut().find(|model| model.name == offer.name) {
                Some(model) => {
                    model.description = described.description;
                    model.chinese = described.chinese;
                    model.license = described.license;
                }
                None => models.push(Model {
                    name: offer.name,
                    n_bytes: offer.n_bytes,
                    ..described
                }),
            }
        }
        Ok(models)
    }

    fn knows(&self, name: &str) -> Result<(), ModelsError> {
        self.store.knows(&named(name)?).map_err(why)
    }

    fn pull(&self, name: &str, hear: &dyn Fn(Progress)) -> Result<(), ModelsError> {
        let heard = |step| hear(progress(step));
        let pulled = self.store.pull(&named(name)?, &self.options, &heard);
        pulled.map(drop).map_err(why)
    }

    fn verify(&self, name: &str, hear: &dyn Fn(Progress)) -> Result<(), ModelsError> {
        let heard = |step| hear(progress(step));
        self.store.verify(&named(name)?, &heard).map_err(why)
    }

    fn remove(&self, name: &str) -> Result<u64, ModelsError> {
        self.store.remove(&named(name)?).map_err(why)
    }
}

fn named(name: &str) -> Result<ModelName, ModelsError> {
    name.parse().map_err(why)
}

fn progress(step: maque_hub::Progress) -> Progress {
    match step {
        maque_hub::Progress::Source { name } => Progress::Source { name },
        maque_hub::Progress::Bytes { done, total } => Progress::Bytes { done, total },
    }
}

fn why(error: HubError) -> ModelsError {
    let message = error.to_string();
    match error {
        HubError::Name { .. } | HubError::Unknown { .. } | HubError::Absent { .. } => {
            ModelsError::Unknown(message)
        }
        HubError::Unreachable { .. } => ModelsError::Unreachable(message),
        HubError::Space { .. } => ModelsError::DiskFull(message),
        HubError::Damaged { .. } => ModelsError::Damaged(message),
        error => ModelsError::Failed(format!("{:#}", anyhow::Error::from(error))),
    }
}
