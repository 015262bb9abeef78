//! A model folder to an [`Opened`] model.

use super::json::{self, Object};
use super::shards::Shards;
use super::{config, words};
use crate::LoadError;
use crate::model::{LoadOptions, Opened};
use crate::open::{WeightsToLoad, load};
use crate::stored::{Naming, Tensors};
use maque_kernels::Machine;
use std::path::Path;

const CONFIG: &str = "config.json";
/// Largest config.json: parsed, it takes up to 32 times as much memory.
const MAX_CONFIG_BYTES: u64 = 32 << 10;

/// Opens the model in `folder`.
pub(crate) fn open(
    folder: &Path,
    machine: &Machine,
    options: &LoadOptions<'_>,
) -> Result<Opened, LoadError> {
    let bytes = json::read_required(folder, CONFIG, MAX_CONFIG_BYTES)?;
    let fields = json::parse(&bytes, CONFIG)?;
    let config = config::config(Object {
        place: CONFIG,
        fields: &fields,
    })?;
    let n_vocab = config.n_vocab;
    let shards = Shards::open(folder)?;
    let list = shards.tensors()?;
    let mut tensors = Tensors::new(Naming::Transformers, &list);
    let weights = WeightsToLoad::find(&mut tensors, config)?;
    tensors.finish()?;
    let words = || words::read(folder, &bytes, n_vocab);
    load(weights, words, &shards, machine, options)
}
