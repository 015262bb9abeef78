//! GGUF files, versions 2 and 3 (specification: ggml's docs/gguf.md): header, metadata, tensor list.
//!
//! Nothing is copied: strings and arrays point into the file. Every number is checked before it is
//! used, so that any bytes give either a [`Gguf`] or a [`LoadError`] naming the field.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

pub(crate) mod config;
mod metadata;
mod reader;
mod tensors;
mod value;

use crate::LoadError;
use crate::stored::TensorInfo;
use reader::Reader;
use std::ops::RangeInclusive;
pub use value::{Array, Value};

/// Alignment of tensor data when a file gives none.
const DEFAULT_ALIGNMENT: u32 = 32;
/// Alignments allowed; powers of two only.
const ALIGNMENTS: RangeInclusive<u32> = 8..=1 << 20;

/// A parsed header: metadata and the list of tensors, all within the file.
pub struct Gguf<'a> {
    entries: Vec<(&'a str, Value<'a>)>, // sorted by key
    tensors: Vec<TensorInfo<'a>>,       // sorted by name
}

impl<'a> Gguf<'a> {
    /// Reads the header of `file`, proving that every tensor lies inside it and overlaps no other.
    ///
    /// # Errors
    /// Names the first field that is wrong.
    pub fn parse(file: &'a [u8]) -> Result<Gguf<'a>, LoadError> {
        let mut reader = Reader::new(file);
        let (n_tensors, n_entries) = read_preamble(&mut reader)?;
        let entries = metadata::read(&mut reader, n_entries)?;
        let mut gguf = Gguf {
            entries,
            tensors: Vec::new(),
        };
        let alignment = gguf.alignment()?;
        gguf.tensors = tensors::read(&mut reader, n_tensors, alignment)?;
        Ok(gguf)
    }

    /// All metadata, sorted by key.
    pub fn entries(&self) -> &[(&'a str, Value<'a>)] {
        &self.entries
    }

    /// All tensors, sorted by name.
    pub fn tensors(&self) -> &[TensorInfo<'a>] {
        &self.tensors
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        let found = self
            .entries
            .binary_search_by(|(other, _)| (*other).cmp(key));
        self.entries.get(found.ok()?).map(|(_, value)| value)
    }

    fn alignment(&self) -> Result<usize, LoadError> {
        const KEY: &str = "general.alignment";
        let alignment = match self.get(KEY) {
            None => DEFAULT_ALIGNMENT,
            Some(Value::U32(alignment)) => *alignment,
            Some(other) => return Err(LoadError::invalid(KEY, other.describe(), "a u32")),
        };
        if !alignment.is_power_of_two() || !ALIGNMENTS.contains(&alignment) {
            return Err(LoadError::invalid(
                KEY,
                alignment,
                "a power of two from 8 to 1048576",
            ));
        }
        Ok(alignment as usize)
    }
}

/// Magic, version and the two counts.
fn read_preamble(reader: &mut Reader<'_>) -> Result<(usize, usize), LoadError> {
    let magic = reader.take(4, &"the magic number")?;
    if magic != b"GGUF" {
        let start = String::from_utf8_lossy(magic).into_owned();
        return Err(LoadError::NotAModel {
            what: "the file".into(),
            start,
        });
    }
    let version = reader.u32(&"the version")?;
    if !(2..=3).contains(&version) {
        let big_endian = (2..=3).contains(&version.swap_bytes());
        let found = if big_endian {
            "big-endian".into()
        } else {
            version.to_string()
        };
        return Err(LoadError::unsupported(
            "the GGUF version",
            found,
            "2 and 3, little-endian",
        ));
    }
    let n_tensors = reader.count(&"the tensor count", tensors::MIN_INFO_BYTES)?;
    let n_entries = reader.count(&"the metadata count", metadata::MIN_ENTRY_BYTES)?;
    Ok((n_tensors, n_entries))
}
