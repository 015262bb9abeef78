//! The header of a safetensors file (format: the safetensors README): names, shapes, byte ranges.
//!
//! As strict as the format: ranges follow one another without a gap, an overlap or a rest, names are
//! there once. Stricter: at most four dimensions, all of them at least 1, and no escapes in names.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use crate::LoadError;
use crate::stored::{Shape, TensorInfo};
use maque_kernels::Format;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Largest header that is read.
const MAX_HEADER_BYTES: u64 = 64 << 20;
/// Bytes of the shortest entry: `"":{"dtype":"F16","shape":[],"data_offsets":[0,2]},`
const MIN_ENTRY_BYTES: usize = 51;

/// The tensors of one file, all of them proven to lie inside it.
pub struct Safetensors<'a> {
    pub(super) tensors: Vec<TensorInfo<'a>>, // sorted by name
}

impl<'a> Safetensors<'a> {
    /// Reads the header of `bytes`; `file` is what errors call it.
    ///
    /// # Errors
    /// Names the first field that is wrong.
    pub fn parse(bytes: &'a [u8], file: &str) -> Result<Safetensors<'a>, LoadError> {
        let (header, data) = split(bytes, file)?;
        let Header(entries) = Header::parse(header).map_err(|source| LoadError::Json {
            file: format!("the header of {file}"),
            source,
        })?;
        let mut tensors = Vec::with_capacity(entries.len());
        for entry in entries {
            tensors.push(entry.check(file)?);
        }
        place(&mut tensors, data, file)?;
        tensors.sort_unstable_by_key(|tensor| tensor.name);
        let twice = tensors
            .windows(2)
            .find(|pair| matches!(pair, [a, b] if a.name == b.name));
        match twice {
            Some([tensor, ..]) => Err(LoadError::invalid(
                field("tensor", tensor.name, file),
                "there twice",
                "given once",
            )),
            _ => Ok(Safetensors { tensors }),
        }
    }

    /// All tensors, sorted by name.
    pub fn tensors(&self) -> &[TensorInfo<'a>] {
        &self.tensors
    }
}

/// The part of a tensor's entry, for errors.
fn field(part: &str, name: &str, file: &str) -> String {
    format!("{file}: {part} {name}")
}

/// Separates the JSON header from the data after it.
fn split<'a>(bytes: &'a [u8], file: &str) -> Result<(&'a [u8], &'a [u8]), LoadError> {
    let truncated = |part: &str| LoadError::Truncated {
        field: format!("{part} of {file}"),
        offset: bytes.len(),
    };
    let (length, rest) = bytes
        .split_first_chunk()
        .ok_or_else(|| truncated("the header length"))?;
    let length = u64::from_le_bytes(*length);
    if MAX_HEADER_BYTES < length {
        let field = format!("{file}: the header length");
        return Err(LoadError::invalid(field, length, "at most 67108864"));
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    rest.split_at_checked(length)
        .ok_or_else(|| truncated("the header"))
}

/// Gives each tensor its bytes; together they must be all of `data`.
fn place<'a>(tensors: &mut [TensorInfo<'a>], data: &'a [u8], file: &str) -> Result<(), LoadError> {
    tensors.sort_unstable_by_key(|tensor| tensor.offset);
    let mut rest = data;
    for tensor in tensors {
        let end = data.len().saturating_sub(rest.len());
        if tensor.offset != end as u64 {
            let expected = format!("{end}, where the tensor before it ends");
            return Err(LoadError::invalid(
                field("data_offsets of", tensor.name, file),
                tensor.offset,
                expected,
            ));
        }
        let n_bytes = tensor.shape.n_bytes(tensor.format).unwrap_or(usize::MAX);
        let taken = rest
            .split_at_checked(n_bytes)
            .ok_or_else(|| LoadError::Truncated {
                field: format!("tensor {} of {file}", tensor.name),
                offset: data.len(),
            })?;
        (tensor.bytes, rest) = taken;
    }
    match rest.len() {
        0 => Ok(()),
        n_bytes => Err(LoadError::invalid(
            format!("{file}: the data"),
            format!("{n_bytes} bytes longer than its tensors"),
            "exactly its tensors",
        )),
    }
}

/// The header, its `__metadata__` left out.
struct Header<'a>(Vec<Entry<'a>>);

impl<'a> Header<'a> {
    fn parse(header: &'a [u8]) -> serde_json::Result<Header<'a>> {
        let mut json = serde_json::Deserializer::from_slice(header);
        let entries = json.deserialize_map(Entries {
            n_bytes: header.len(),
        })?;
        json.end()?;
        Ok(Header(entries))
    }
}

/// Reads the header's object.
struct Entries {
    n_bytes: usize,
}

impl<'a> Visitor<'a> for Entries {
    type Value = Vec<Entry<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Vec<Entry<'a>>, A::Error> {
        let mut entries = Vec::new();
        let most = self
            .n_bytes
            .checked_div(MIN_ENTRY_BYTES)
            .unwrap_or(0)
            .saturating_add(1);
        entries.try_reserve_exact(most).map_err(A::Error::custom)?;
        while let Some(name) = map.next_key::<&str>()? {
            match name {
                "__metadata__" => drop(map.next_value::<IgnoredAny>()?),
                _ => entries.push(Entry {
                    name,
                    info: map.next_value()?,
                }),
            }
        }
        Ok(entries)
    }
}

/// One tensor's entry.
struct Entry<'a> {
    name: &'a str,
    info: Info<'a>,
}

/// What an entry says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Info<'a> {
    dtype: &'a str,
    shape: Shape,
    data_offsets: (u64, u64),
}

impl<'a> Entry<'a> {
    fn check(self, file: &str) -> Result<TensorInfo<'a>, LoadError> {
        let Entry {
            name,
            info:
                Info {
                    dtype,
                    shape,
                    data_offsets: (offset, end),
                },
        } = self;
        let format = match dtype {
            "F32" => Format::F32,
            "F16" => Format::F16,
            "BF16" => Format::BF16,
            _ => {
                return Err(LoadError::unsupported(
                    field("dtype of", name, file),
                    dtype,
                    "F32, F16, BF16",
                ));
            }
        };
        let n_bytes = shape
            .n_bytes(format)
            .filter(|n_bytes| *n_bytes != 0)
            .ok_or_else(|| {
                let expected = "sizes of at least 1 whose product can be counted";
                LoadError::invalid(
                    field("shape of", name, file),
                    format!("{shape:?}"),
                    expected,
                )
            })?;
        if end.checked_sub(offset) != Some(n_bytes as u64) {
            let found = format!("[{offset}, {end}]");
            let expected = format!("{n_bytes} bytes apart, as {dtype} {shape:?} needs");
            return Err(LoadError::invalid(
                field("data_offsets of", name, file),
                found,
                expected,
            ));
        }
        Ok(TensorInfo {
            name,
            format,
            shape,
            bytes: &[],
            offset,
        })
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_seq(Dims)
    }
}

/// Reads a shape.
struct Dims;

impl<'de> Visitor<'de> for Dims {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of at most four sizes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut shape = Shape::default();
        while let Some(dim) = seq.next_element()? {
            shape
                .push(dim)
                .ok_or_else(|| A::Error::custom("a shape of more than four dimensions"))?;
        }
        Ok(shape)
    }
}
