//! Small JSON files of a model folder: read up to a size, and getters that name file and field.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::LoadError;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::RangeInclusive;
use std::path::Path;

/// Bytes of a file; `None` when there is no such file.
pub(super) fn read(
    folder: &Path,
    file: &str,
    max_bytes: u64,
) -> Result<Option<Vec<u8>>, LoadError> {
    let path = folder.join(file);
    let failed = |source| LoadError::Io {
        path: path.clone(),
        source,
    };
    let opened = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    if !opened.metadata().map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::other("it is no regular file")));
    }
    let mut bytes = Vec::new();
    opened
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    match bytes.len() as u64 <= max_bytes {
        true => Ok(Some(bytes)),
        false => Err(LoadError::invalid(
            file,
            format!("longer than {max_bytes} bytes"),
            "shorter",
        )),
    }
}

/// The same, of a file that must be there.
pub(super) fn read_required(
    folder: &Path,
    file: &str,
    max_bytes: u64,
) -> Result<Vec<u8>, LoadError> {
    read(folder, file, max_bytes)?.ok_or_else(|| LoadError::missing(format!("file {file}")))
}

/// Its content.
pub(super) fn parse<'a, T: serde::Deserialize<'a>>(
    bytes: &'a [u8],
    file: &str,
) -> Result<T, LoadError> {
    serde_json::from_slice(bytes).map_err(|source| LoadError::Json {
        file: file.into(),
        source,
    })
}

/// An object within a file.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    /// The file's name, and the path to the object within it.
    pub(super) place: &'a str,
    pub(super) fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// A field that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// The name of a field in errors.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}: {key}", self.place)
    }

    fn invalid(&self, key: &str, found: &Value, expected: impl Into<String>) -> LoadError {
        LoadError::invalid(self.name(key), found, expected)
    }

    /// A whole number within `range`.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<usize>,
    ) -> Result<usize, LoadError> {
        self.optional_number(key, range)?
            .ok_or_else(|| LoadError::missing(self.name(key)))
    }

    /// The same, when it is there.
    pub(super) fn optional_number(
        &self,
        key: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, LoadError> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let number = found
            .as_u64()
            .and_then(|number| usize::try_from(number).ok());
        let number = number.filter(|number| range.contains(number));
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        number
            .map(Some)
            .ok_or_else(|| self.invalid(key, found, expected()))
    }

    /// A number within `range`, when it is there.
    pub(super) fn optional_float(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<f64>, LoadError> {
        let Some(found) = self.get(key) else {
            return Ok(None);
        };
        let number = found.as_f64().filter(|number| range.contains(number));
        let expected = || format!("a number from {:?} to {:?}", range.start(), range.end());
        number
            .map(Some)
            .ok_or_else(|| self.invalid(key, found, expected()))
    }

    /// A number within `range`.
    pub(super) fn float(&self, key: &str, range: RangeInclusive<f64>) -> Result<f64, LoadError> {
        self.optional_float(key, range)?
            .ok_or_else(|| LoadError::missing(self.name(key)))
    }

    /// Text, when it is there.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, LoadError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(found) => Err(self.invalid(key, found, "a string")),
        }
    }

    /// True or false, when it is there.
    pub(super) fn optional_bool(&self, key: &str) -> Result<Option<bool>, LoadError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(found) => Err(self.invalid(key, found, "true or false")),
        }
    }

    /// An object, when it is there; `place` is what errors call it.
    pub(super) fn optional_object(
        &self,
        key: &str,
        place: &'a str,
    ) -> Result<Option<Object<'a>>, LoadError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Object { place, fields })),
            Some(found) => Err(self.invalid(key, found, "an object")),
        }
    }
}
