//! Metadata values as the file types them.

use super::reader::Reader;
use crate::LoadError;
use std::fmt::Display;

/// Arrays within arrays, at most.
const MAX_NESTING: usize = 4;

/// A typed metadata value; text and arrays point into the file.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    String(&'a str),
    Array(Array<'a>),
    U64(u64),
    I64(i64),
    F64(f64),
}

/// An array, walked once when it was read, so its elements are known to lie inside the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<'a> {
    kind: u32,
    n_elements: usize,
    bytes: &'a [u8],
}

/// Number of the string type.
const STRING: u32 = 8;
/// Number of the array type.
const ARRAY: u32 = 9;
/// Names of the types, by number.
const KINDS: [&str; 13] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64",
];

impl<'a> Value<'a> {
    /// Reads a value of type number `kind`.
    pub(super) fn read(
        reader: &mut Reader<'a>,
        kind: u32,
        field: &dyn Display,
    ) -> Result<Value<'a>, LoadError> {
        Ok(match kind {
            0 => Value::U8(reader.u8(field)?),
            1 => Value::I8(reader.i8(field)?),
            2 => Value::U16(reader.u16(field)?),
            3 => Value::I16(reader.i16(field)?),
            4 => Value::U32(reader.u32(field)?),
            5 => Value::I32(reader.i32(field)?),
            6 => Value::F32(reader.f32(field)?),
            7 => Value::Bool(read_bool(reader, field)?),
            STRING => Value::String(reader.string(field)?),
            ARRAY => Value::Array(Array::read(reader, field, MAX_NESTING)?),
            10 => Value::U64(reader.u64(field)?),
            11 => Value::I64(reader.i64(field)?),
            12 => Value::F64(reader.f64(field)?),
            _ => return Err(unknown_kind(field, kind)),
        })
    }

    /// What it is, for error messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::U8(x) => format!("{x} (u8)"),
            Value::I8(x) => format!("{x} (i8)"),
            Value::U16(x) => format!("{x} (u16)"),
            Value::I16(x) => format!("{x} (i16)"),
            Value::U32(x) => format!("{x} (u32)"),
            Value::I32(x) => format!("{x} (i32)"),
            Value::F32(x) => format!("{x} (f32)"),
            Value::Bool(x) => format!("{x} (bool)"),
            Value::String(x) => format!("{x:?}"),
            Value::Array(x) => format!("an array of {} {}", x.n_elements, kind_name(x.kind)),
            Value::U64(x) => format!("{x} (u64)"),
            Value::I64(x) => format!("{x} (i64)"),
            Value::F64(x) => format!("{x} (f64)"),
        }
    }
}

impl<'a> Array<'a> {
    fn read(
        reader: &mut Reader<'a>,
        field: &dyn Display,
        nesting: usize,
    ) -> Result<Array<'a>, LoadError> {
        let Some(nesting) = nesting.checked_sub(1) else {
            return Err(LoadError::invalid(
                field.to_string(),
                "an array nested deeper",
                format!("nested at most {MAX_NESTING} deep"),
            ));
        };
        let kind = reader.u32(field)?;
        let n_elements = reader.count(
            field,
            min_bytes(kind).ok_or_else(|| unknown_kind(field, kind))?,
        )?;
        let start = reader.offset();
        match (kind, fixed_bytes(kind)) {
            (_, Some(size)) => {
                let n_bytes = n_elements
                    .checked_mul(size)
                    .ok_or_else(|| reader.truncated(field))?;
                reader.take(n_bytes, field)?;
            }
            (STRING, _) => skip_strings(reader, n_elements, field)?,
            _ => {
                for _ in 0..n_elements {
                    Array::read(reader, field, nesting)?;
                }
            }
        }
        let bytes = reader
            .file()
            .get(start..reader.offset())
            .unwrap_or_default();
        Ok(Array {
            kind,
            n_elements,
            bytes,
        })
    }

    /// Elements in it.
    pub fn len(&self) -> usize {
        self.n_elements
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.n_elements == 0
    }

    /// Its strings.
    ///
    /// # Errors
    /// When it holds something else.
    pub fn strings(
        &self,
        field: &'static str,
    ) -> Result<impl Iterator<Item = Result<&'a str, LoadError>> + use<'a>, LoadError> {
        self.expect_kind(STRING, field)?;
        let mut reader = Reader::new(self.bytes);
        Ok((0..self.n_elements).map(move |_| reader.string(&field)))
    }

    /// Its numbers, which must be of type i32 (as `tokenizer.ggml.token_type` is).
    ///
    /// # Errors
    /// When it holds something else.
    pub fn i32s(
        &self,
        field: &'static str,
    ) -> Result<impl Iterator<Item = i32> + use<'a>, LoadError> {
        self.expect_kind(5, field)?;
        let (chunks, _) = self.bytes.as_chunks::<4>();
        Ok(chunks.iter().map(|bytes| i32::from_le_bytes(*bytes)))
    }

    fn expect_kind(&self, kind: u32, field: &str) -> Result<(), LoadError> {
        if self.kind != kind {
            let found = format!("an array of {}", kind_name(self.kind));
            return Err(LoadError::invalid(
                field,
                found,
                format!("an array of {}", kind_name(kind)),
            ));
        }
        Ok(())
    }
}

fn skip_strings(
    reader: &mut Reader<'_>,
    n_elements: usize,
    field: &dyn Display,
) -> Result<(), LoadError> {
    for _ in 0..n_elements {
        let n_bytes = reader.count(field, 1)?;
        reader.take(n_bytes, field)?;
    }
    Ok(())
}

fn read_bool(reader: &mut Reader<'_>, field: &dyn Display) -> Result<bool, LoadError> {
    match reader.u8(field)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(LoadError::invalid(
            field.to_string(),
            other,
            "a boolean, 0 or 1",
        )),
    }
}

fn kind_name(kind: u32) -> &'static str {
    usize::try_from(kind)
        .ok()
        .and_then(|kind| KINDS.get(kind))
        .copied()
        .unwrap_or("unknown")
}

fn unknown_kind(field: &dyn Display, kind: u32) -> LoadError {
    LoadError::invalid(
        format!("the type of {field}"),
        kind,
        "a type number from 0 to 12",
    )
}

/// Bytes of an element whose size does not vary.
fn fixed_bytes(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// The fewest bytes that an element takes.
fn min_bytes(kind: u32) -> Option<usize> {
    match kind {
        STRING => Some(8),
        ARRAY => Some(12),
        _ => fixed_bytes(kind),
    }
}
