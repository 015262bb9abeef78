//! A model on its way into the store: sources in their order, the whole digest, the final name.

use crate::catalogue::Model;
use crate::entry::{Entry, MANIFEST, Manifest};
use crate::error::SourceError;
use crate::part::Wanted;
use crate::slot::Slot;
use crate::source::Source;
use crate::store::Progress;
use crate::{HubError, digest::Digest, durable};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How to fetch.
#[derive(Clone, Debug, Default)]
pub struct PullOptions {
    /// Base address of the Hugging Face layout; `https://huggingface.co` if absent.
    pub hf_endpoint: Option<String>,
    /// Base address of the ModelScope layout; `https://modelscope.cn` if absent.
    pub modelscope_endpoint: Option<String>,
}

/// Servers that did not answer; nobody waits for them twice.
#[derive(Debug, Default)]
pub(crate) struct Silent(Mutex<HashSet<String>>);

impl Silent {
    fn knows(&self, host: Option<&str>) -> bool {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        host.is_some_and(|host| hosts.contains(host))
    }

    fn add(&self, host: Option<&str>) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.extend(host.map(str::to_owned));
    }
}

/// Brings a model into its locked slot from the first source that can.
pub(crate) fn pull(
    slot: &Slot,
    model: &Model,
    options: &PullOptions,
    silent: &Silent,
    progress: &dyn Fn(Progress),
) -> Result<Entry, HubError> {
    let mut reasons = Vec::new();
    for source in Source::all(model, options) {
        if silent.knows(source.host()) {
            reasons.push((source.to_string(), SourceError::Silent));
            continue;
        }
        progress(Progress::Source {
            name: source.to_string(),
        });
        match twice(slot, model, &source, progress) {
            Ok(entry) => return Ok(entry),
            Err(SourceError::Fatal(error)) => return Err(error),
            Err(error) => {
                if let SourceError::Network(_) = error {
                    silent.add(source.host());
                }
                reasons.push((source.to_string(), error));
            }
        }
    }
    Err(HubError::Unreachable {
        name: model.name.to_string(),
        reasons,
    })
}

/// Bytes that began with an earlier attempt and turn out wrong are fetched once more from the beginning.
fn twice(
    slot: &Slot,
    model: &Model,
    source: &Source<'_>,
    progress: &dyn Fn(Progress),
) -> Result<Entry, SourceError> {
    let is_resumed = slot.path("download.json").exists();
    match once(slot, model, source, progress) {
        Err(SourceError::Other(_) | SourceError::Declaration(_)) if is_resumed => {
            durable::remove(&slot.path("download.json"))?;
            once(slot, model, source, progress)
        }
        fetched => fetched,
    }
}

fn once(
    slot: &Slot,
    model: &Model,
    source: &Source<'_>,
    progress: &dyn Fn(Progress),
) -> Result<Entry, SourceError> {
    let bytes = |done, total| progress(Progress::Bytes { done, total });
    let mut part = source.fetch(slot, model, &bytes)?;
    part.publish(&slot.path(model.file.as_str()), &mut |_| {})?;
    Ok(describe(slot, model, part.wanted(), source.to_string())?)
}

/// A file that already has its final name was whole when it got it; what a killed pull left out is the manifest.
pub(crate) fn adopt(slot: &Slot, model: &Model) -> Result<Option<Entry>, HubError> {
    let path = slot.path(model.file.as_str());
    let Some(sha256) = model.sha256.filter(|_| path.exists()) else {
        return Ok(None);
    };
    if Digest::of_file(&path, &mut |_| {})? != sha256 {
        return Ok(None);
    }
    let n_bytes = crate::entry::size(&path)?;
    let wanted = Wanted { n_bytes, sha256 };
    describe(slot, model, wanted, "an earlier pull".to_owned()).map(Some)
}

fn describe(slot: &Slot, model: &Model, wanted: Wanted, source: String) -> Result<Entry, HubError> {
    let manifest = Manifest {
        name: model.name.clone(),
        file: model.file.as_str().to_owned(),
        n_bytes: wanted.n_bytes,
        sha256: wanted.sha256,
        source,
    };
    durable::write_json(&slot.path(MANIFEST), &manifest)?;
    found(slot, &model.name.to_string())
}

/// The entry that was just written.
pub(crate) fn found(slot: &Slot, name: &str) -> Result<Entry, HubError> {
    let absent = || HubError::Absent {
        name: name.to_owned(),
    };
    Entry::read(slot.folder()).ok_or_else(absent)
}
