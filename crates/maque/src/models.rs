//! From what `--model` says to a path on disk.

use crate::exit::{Exit, Problem};
use crate::settings::{DEFAULT_MODEL, FALLBACK_MODEL, Origin, Settings};
use crate::unavailable::unavailable;
use maque_hub::{HubError, ModelName, Progress, PullOptions, Store};
use std::path::{Path, PathBuf};

/// A model that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// A catalogue name, or the path as it was given.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// What two ways of naming one model have in common: the whole path of a file or folder, or the name.
pub(crate) fn identity(model: &str) -> String {
    let whole = std::fs::canonicalize(model).ok();
    let whole = whole.and_then(|path| path.into_os_string().into_string().ok());
    whole.unwrap_or_else(|| model.to_owned())
}

/// Refuses a model that is neither here nor to be had, before anything begins.
pub(crate) fn check(settings: &Settings) -> Result<(), Problem> {
    let known = |store: &Store, name: &ModelName| store.knows(name).map(|()| PathBuf::new());
    choose(settings, &known).map(drop)
}

/// The settings' model, which must be here already.
pub(crate) fn local(settings: &Settings) -> Result<Located, Problem> {
    choose(settings, &on_disk)
}

/// The settings' model, fetched if it is not here. `said` hears which model is being fetched.
pub(crate) fn obtain(
    settings: &Settings,
    progress: &dyn Fn(&str, Progress),
) -> Result<Located, Problem> {
    let options = PullOptions {
        hf_endpoint: settings.hf_endpoint.value.clone(),
        ..PullOptions::default()
    };
    choose(settings, &|store, name| {
        let text = name.to_string();
        store.pull(name, &options, &|step| progress(&text, step))
    })
}

type Way<'a> = &'a dyn Fn(&Store, &ModelName) -> Result<PathBuf, HubError>;

/// A path as it is; a name by `way`. Where nobody chose the model, the fallback is as good: what is here of the two is
/// taken without asking the network.
fn choose(settings: &Settings, way: Way<'_>) -> Result<Located, Problem> {
    let wanted = &settings.model.value;
    if Path::new(wanted).exists() {
        return Ok(Located {
            name: wanted.clone(),
            path: wanted.into(),
        });
    }
    let store = Store::open(&settings.home.value)
        .map_err(|error| unavailable(Exit::Unavailable, wanted, error))?;
    if settings.model.origin != Origin::Default {
        return named(&store, wanted, way);
    }
    let here = |name| named(&store, name, &on_disk);
    here(DEFAULT_MODEL)
        .or_else(|_| here(FALLBACK_MODEL))
        .or_else(|_| named(&store, DEFAULT_MODEL, way))
        .or_else(|first| named(&store, FALLBACK_MODEL, way).map_err(|_| first))
}

fn on_disk(store: &Store, name: &ModelName) -> Result<PathBuf, HubError> {
    store.find(name).map(|entry| entry.path)
}

fn named(store: &Store, name: &str, way: Way<'_>) -> Result<Located, Problem> {
    let path = name
        .parse()
        .and_then(|name| way(store, &name))
        .map_err(|error| unavailable(Exit::Unavailable, name, error))?;
    Ok(Located {
        name: name.to_owned(),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_however_its_path_is_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, "").expect("a file");
        let direct = identity(path.to_str().expect("a UTF-8 path"));
        let around = folder.path().join(".").join("model.gguf");
        assert_eq!(identity(around.to_str().expect("a UTF-8 path")), direct);
        assert_eq!(identity("qwen2.5:0.5b"), "qwen2.5:0.5b");
    }
}
