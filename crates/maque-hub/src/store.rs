//! The folder of models: `models/FAMILY/SIZE/` in `MAQUE_HOME`, each with its file and a `manifest.json`.

use crate::catalogue::Catalogue;
use crate::entry::{self, Entry, MANIFEST};
use crate::pull::{self, PullOptions, Silent};
use crate::slot::Slot;
use crate::{HubError, ModelName, durable, import};
use std::path::{Path, PathBuf};

/// The models in a `MAQUE_HOME`.
#[derive(Debug)]
pub struct Store {
    models: PathBuf,
    catalogue: Catalogue,
    silent: Silent,
}

/// What is heard of a pull, an import or a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This source is being tried.
    Source {
        /// Its name for people.
        name: String,
    },
    /// Bytes are coming, or being read.
    Bytes {
        /// Bytes done, those of an earlier attempt included.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// A model of the catalogue.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The same in Chinese; empty where nobody has written it.
    pub chinese: String,
    /// Bytes to fetch; 0 where only its source knows.
    pub n_bytes: u64,
    /// Licence.
    pub license: String,
}

impl Store {
    /// The store in `home`; the folder is made when something is first kept.
    pub fn open(home: &Path) -> Result<Store, HubError> {
        Ok(Store {
            models: home.join("models"),
            catalogue: Catalogue::open(home)?,
            silent: Silent::default(),
        })
    }

    /// The models that can be pulled.
    pub fn catalogue(&self) -> Vec<Offer> {
        let models = self.catalogue.models().iter();
        let offers = models.map(|model| Offer {
            name: model.name.to_string(),
            description: model.description.clone(),
            chinese: model.chinese.clone(),
            n_bytes: model.n_bytes.unwrap_or(0),
            license: model.license.clone(),
        });
        offers.collect()
    }

    /// The models that are here, by name.
    pub fn list(&self) -> Result<Vec<Entry>, HubError> {
        let mut entries = Vec::new();
        for family in folders(&self.models)? {
            for size in folders(&family)? {
                entries.extend(Entry::read(&size));
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// One of them.
    pub fn find(&self, name: &ModelName) -> Result<Entry, HubError> {
        let absent = || HubError::Absent {
            name: name.to_string(),
        };
        Entry::read(&self.folder(name)).ok_or_else(absent)
    }

    /// Whether a model is here or may be fetched; the error says which names there are.
    pub fn knows(&self, name: &ModelName) -> Result<(), HubError> {
        let here = self.find(name).map(drop);
        here.or_else(|_| self.catalogue.find(name).map(drop))
    }

    /// Makes sure that a model is here and returns its file; a model that is here is not fetched again. While another
    /// process fetches it, this one waits.
    pub fn pull(
        &self,
        name: &ModelName,
        options: &PullOptions,
        progress: &dyn Fn(Progress),
    ) -> Result<PathBuf, HubError> {
        if let Ok(entry) = self.find(name) {
            return Ok(entry.path);
        }
        let model = self.catalogue.find(name)?;
        let total = model.n_bytes.unwrap_or(0);
        let slot = self.lock(name, &|done| progress(Progress::Bytes { done, total }))?;
        if let Ok(entry) = self.find(name) {
            return Ok(entry.path);
        }
        if let Some(entry) = pull::adopt(&slot, model)? {
            return Ok(entry.path);
        }
        pull::pull(&slot, model, options, &self.silent, progress).map(|entry| entry.path)
    }

    /// Takes a GGUF file or Hugging Face folder of the user's into the store under `name`.
    pub fn import(
        &self,
        name: &ModelName,
        path: &Path,
        progress: &dyn Fn(Progress),
    ) -> Result<PathBuf, HubError> {
        let slot = self.lock(name, &|_| {})?;
        if self.find(name).is_ok() {
            return Err(HubError::Taken {
                name: name.to_string(),
            });
        }
        let done = |done, total| progress(Progress::Bytes { done, total });
        import::import(&slot, name, path, &done).map(|entry| entry.path)
    }

    /// Reads a model's file and compares its SHA-256; an error names the file and the remedy.
    pub fn verify(&self, name: &ModelName, progress: &dyn Fn(Progress)) -> Result<(), HubError> {
        let entry = self.find(name)?;
        let total = entry.n_bytes;
        let found = entry::digest(&entry.path, &mut |done| {
            progress(Progress::Bytes { done, total })
        })?;
        if found.to_string() == entry.sha256 {
            return Ok(());
        }
        Err(HubError::Damaged {
            name: entry.name,
            path: entry.path,
            what: "SHA-256",
            expected: entry.sha256,
            found: found.to_string(),
        })
    }

    /// Deletes a model and returns the bytes that became free.
    pub fn remove(&self, name: &ModelName) -> Result<u64, HubError> {
        let folder = self.folder(name);
        if !folder.join(MANIFEST).exists() {
            return Err(HubError::Absent {
                name: name.to_string(),
            });
        }
        let slot = self.lock(name, &|_| {})?;
        let n_bytes = Entry::read(&folder).map_or(0, |entry| entry.n_bytes);
        durable::remove(&slot.path(MANIFEST))?; // from here on the model is absent
        durable::remove(&folder)?;
        Ok(n_bytes)
    }

    fn folder(&self, name: &ModelName) -> PathBuf {
        self.models.join(name.folder())
    }

    fn lock(&self, name: &ModelName, waiting: &dyn Fn(u64)) -> Result<Slot, HubError> {
        let slot = Slot::lock(self.folder(name), waiting)?;
        slot.tidy()?;
        Ok(slot)
    }
}

/// The folders in a folder; none where there is no such folder.
fn folders(path: &Path) -> Result<Vec<PathBuf>, HubError> {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let paths = entries.flatten().map(|entry| entry.path());
            Ok(paths.filter(|path| path.is_dir()).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(HubError::io(path, error)),
    }
}

#[cfg(test)]
mod tests;
