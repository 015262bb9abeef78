//! The key/value section: distinct keys, typed values, and getters that name the key in their errors.

use super::Gguf;
use super::reader::Reader;
use super::value::{Array, Value};
use crate::LoadError;
use std::ops::RangeInclusive;

/// Length, one byte of key, type, one byte of value.
pub(super) const MIN_ENTRY_BYTES: usize = 14;
/// Longest key (the specification's 2^16 - 1).
const MAX_KEY_BYTES: usize = 65_535;

/// Reads `n_entries` entries and sorts them by key.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    n_entries: usize,
) -> Result<Vec<(&'a str, Value<'a>)>, LoadError> {
    let mut entries = Vec::new();
    let n_bytes = n_entries.saturating_mul(size_of::<(&str, Value<'_>)>());
    entries
        .try_reserve_exact(n_entries)
        .map_err(|_| LoadError::Memory {
            field: "the metadata".into(),
            n_bytes,
        })?;
    for index in 0..n_entries {
        let key = reader.string(&format_args!("the name of metadata entry {index}"))?;
        if key.is_empty() || MAX_KEY_BYTES < key.len() {
            let field = format!("the name of metadata entry {index}");
            return Err(LoadError::invalid(field, key, "1 to 65535 bytes long"));
        }
        let kind = reader.u32(&format_args!("the type of {key}"))?;
        entries.push((key, Value::read(reader, kind, &key)?));
    }
    entries.sort_unstable_by_key(|(key, _)| *key);
    match entries
        .windows(2)
        .find(|pair| matches!(pair, [(a, _), (b, _)] if a == b))
    {
        Some([(key, _), ..]) => Err(LoadError::invalid(*key, "there twice", "given once")),
        _ => Ok(entries),
    }
}

impl<'a> Gguf<'a> {
    /// A whole number (u32 or u64) within `range`.
    pub(crate) fn number(
        &self,
        key: &str,
        range: RangeInclusive<usize>,
    ) -> Result<usize, LoadError> {
        self.optional_number(key, range)?
            .ok_or_else(|| LoadError::missing(key))
    }

    /// The same, when the key is there.
    pub(crate) fn optional_number(
        &self,
        key: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, LoadError> {
        let expected = || format!("a u32 from {} to {}", range.start(), range.end());
        let number = match self.get(key) {
            None => return Ok(None),
            Some(Value::U32(number)) => u64::from(*number),
            Some(Value::U64(number)) => *number,
            Some(other) => return Err(LoadError::invalid(key, other.describe(), expected())),
        };
        match usize::try_from(number) {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(LoadError::invalid(key, number, expected())),
        }
    }

    /// A float (f32 or f64) within `range`.
    pub(crate) fn optional_float(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<f64>, LoadError> {
        let expected = || format!("an f32 from {:?} to {:?}", range.start(), range.end());
        let number = match self.get(key) {
            None => return Ok(None),
            Some(Value::F32(number)) => f64::from(*number),
            Some(Value::F64(number)) => *number,
            Some(other) => return Err(LoadError::invalid(key, other.describe(), expected())),
        };
        if !range.contains(&number) {
            return Err(LoadError::invalid(key, number, expected()));
        }
        Ok(Some(number))
    }

    /// Text.
    pub(crate) fn text(&self, key: &str) -> Result<&'a str, LoadError> {
        self.optional_text(key)?
            .ok_or_else(|| LoadError::missing(key))
    }

    /// Text, when the key is there.
    pub(crate) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, LoadError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(LoadError::invalid(key, other.describe(), "a string")),
        }
    }

    /// An array.
    pub(crate) fn array(&self, key: &str) -> Result<&Array<'a>, LoadError> {
        match self.get(key) {
            None => Err(LoadError::missing(key)),
            Some(Value::Array(array)) => Ok(array),
            Some(other) => Err(LoadError::invalid(key, other.describe(), "an array")),
        }
    }
}
