//! The weight files of a folder: one `model.safetensors`, or the shards that an index lists.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use super::header::Safetensors;
use super::json;
use crate::LoadError;
use crate::mmap::Mapping;
use crate::stored::TensorInfo;
use crate::weight_file::Part;
use crate::weights::WeightFiles;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
/// Largest index that is read.
const MAX_INDEX_BYTES: u64 = 16 << 20;
/// Most shards of a model.
const MAX_SHARDS: usize = 1024;

#[derive(Deserialize)]
struct Index<'a> {
    #[serde(borrow)]
    weight_map: BTreeMap<&'a str, &'a str>,
}

/// The weight files of a folder, mapped.
pub(super) struct Shards(Vec<(String, Mapping)>);

impl Shards {
    /// Maps all of them.
    pub(super) fn open(folder: &Path) -> Result<Shards, LoadError> {
        let names = match folder.join(SINGLE).exists() {
            true => vec![SINGLE.to_owned()],
            false => listed(folder)?,
        };
        let map = |name: String| Ok((name.clone(), Mapping::open(&folder.join(&name))?));
        Ok(Shards(
            names
                .into_iter()
                .map(map)
                .collect::<Result<_, LoadError>>()?,
        ))
    }

    /// The tensors of all files, sorted by name.
    pub(super) fn tensors(&self) -> Result<Vec<TensorInfo<'_>>, LoadError> {
        let mut all = Vec::new();
        for (name, map) in &self.0 {
            let mut tensors = Safetensors::parse(map, name)?.tensors;
            match all.is_empty() {
                true => all = tensors,
                false => all.append(&mut tensors),
            }
        }
        all.sort_unstable_by_key(|tensor| tensor.name);
        match all
            .windows(2)
            .find(|pair| matches!(pair, [a, b] if a.name == b.name))
        {
            Some([tensor, ..]) => {
                let field = format!("tensor {}", tensor.name);
                Err(LoadError::invalid(field, "in two files", "given once"))
            }
            _ => Ok(all),
        }
    }
}

impl WeightFiles for Shards {
    fn release(&self, bytes: &[u8]) {
        for (_, map) in &self.0 {
            map.release(bytes);
        }
    }

    fn part(&self, bytes: &[u8]) -> Option<Part> {
        self.0.iter().find_map(|(_, map)| map.part(bytes))
    }
}

/// The files that the index lists. What is in them is read from the files themselves.
fn listed(folder: &Path) -> Result<Vec<String>, LoadError> {
    let Some(bytes) = json::read(folder, INDEX, MAX_INDEX_BYTES)? else {
        return Err(LoadError::missing(format!("file {SINGLE} (or {INDEX})")));
    };
    let index: Index<'_> = json::parse(&bytes, INDEX)?;
    let mut names: Vec<&str> = index.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    let field = || format!("{INDEX}: weight_map");
    if MAX_SHARDS < names.len() {
        return Err(LoadError::invalid(
            field(),
            format!("of {} files", names.len()),
            "of at most 1024",
        ));
    }
    let plain = |name: &&str| {
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        name.ends_with(".safetensors") && !name.starts_with('.') && name.chars().all(letters)
    };
    match names.iter().find(|name| !plain(name)) {
        Some(name) => Err(LoadError::invalid(
            field(),
            name,
            "names of .safetensors files beside it",
        )),
        None => Ok(names.into_iter().map(str::to_owned).collect()),
    }
}
