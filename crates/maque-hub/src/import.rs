//! A model of the user's, copied into the store.

use crate::entry::{self, Entry, MANIFEST, Manifest};
use crate::slot::Slot;
use crate::{HubError, ModelName, durable, pull};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes copied at once.
const BLOCK: usize = 1 << 20;
/// The first bytes of a GGUF file.
const GGUF: &[u8; 4] = b"GGUF";

/// Copies a GGUF file or Hugging Face folder into its locked slot; `done` hears of (bytes copied, bytes in all).
pub(crate) fn import(
    slot: &Slot,
    name: &ModelName,
    path: &Path,
    done: &dyn Fn(u64, u64),
) -> Result<Entry, HubError> {
    let (file, parts) = contents(path)?;
    let sizes: Result<Vec<u64>, HubError> = parts.iter().map(|part| entry::size(part)).collect();
    let total = sizes?.iter().sum();
    slot.check_space(total)?;
    let coming = slot.path(".maque-import");
    durable::remove(&coming)?;
    let mut before = 0;
    if path.is_dir() {
        std::fs::create_dir(&coming).map_err(|source| HubError::io(&coming, source))?;
        for part in &parts {
            let to = coming.join(part.file_name().unwrap_or_default());
            before += copy(part, &to, &|n| done(before + n, total))?;
        }
        durable::sync_folder(&coming)?;
    } else {
        before = copy(path, &coming, &|n| done(n, total))?;
    }
    let sha256 = entry::digest(&coming, &mut |_| {})?;
    durable::remove(&slot.path(file))?;
    durable::rename(&coming, &slot.path(file))?;
    let manifest = Manifest {
        name: name.clone(),
        file: file.to_owned(),
        n_bytes: before,
        sha256,
        source: path.display().to_string(),
    };
    durable::write_json(&slot.path(MANIFEST), &manifest)?;
    pull::found(slot, &name.to_string())
}

/// The name in the store, and the files to copy.
fn contents(path: &Path) -> Result<(&'static str, Vec<PathBuf>), HubError> {
    let no_model = || HubError::NoModel {
        path: path.to_owned(),
    };
    let fail = |source| HubError::io(path, source);
    if !path.is_dir() {
        let mut magic = [0; 4];
        let mut file = File::open(path).map_err(fail)?;
        file.read_exact(&mut magic).map_err(|_| no_model())?;
        return match &magic == GGUF {
            true => Ok(("model.gguf", vec![path.to_owned()])),
            false => Err(no_model()),
        };
    }
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let mut parts: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.is_file() && is_of_a_model(file))
        .collect();
    parts.sort();
    let has = |end: &str| {
        parts
            .iter()
            .any(|part| part.to_string_lossy().ends_with(end))
    };
    match has("config.json") && has("tokenizer.json") && has(".safetensors") {
        true => Ok(("model", parts)),
        false => Err(no_model()),
    }
}

/// Files that a model is read from; pictures, code and other weights stay behind.
fn is_of_a_model(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("json" | "safetensors" | "jinja"))
}

fn copy(from: &Path, to: &Path, done: &dyn Fn(u64)) -> Result<u64, HubError> {
    let mut source = File::open(from).map_err(|error| HubError::io(from, error))?;
    let mut target = File::create(to).map_err(|error| HubError::io(to, error))?;
    let mut block = vec![0; BLOCK];
    let mut n_bytes = 0;
    loop {
        let n = source.read(&mut block);
        let n = n.map_err(|error| HubError::io(from, error))?;
        if n == 0 {
            break;
        }
        let written = target.write_all(&block[..n]);
        written.map_err(|error| HubError::io(to, error))?;
        n_bytes += n as u64;
        done(n_bytes);
    }
    target.sync_all().map_err(|error| HubError::io(to, error))?;
    Ok(n_bytes)
}
