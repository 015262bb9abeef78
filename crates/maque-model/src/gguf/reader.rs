//! A cursor over foreign bytes: every read is checked and names what it was reading.

use crate::LoadError;
use std::fmt::Display;

/// The unread part of a file.
pub(super) struct Reader<'a> {
    file: &'a [u8],
    rest: &'a [u8],
}

/// Defines a little-endian number getter.
macro_rules! number {
    ($name:ident) => {
        pub(super) fn $name(&mut self, field: &dyn Display) -> Result<$name, LoadError> {
            const N: usize = size_of::<$name>();
            match self.rest.split_first_chunk::<N>() {
                Some((bytes, rest)) => {
                    self.rest = rest;
                    Ok($name::from_le_bytes(*bytes))
                }
                None => Err(self.truncated(field)),
            }
        }
    };
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a [u8]) -> Reader<'a> {
        Reader { file, rest: file }
    }

    number!(u8);
    number!(u16);
    number!(u32);
    number!(u64);
    number!(i8);
    number!(i16);
    number!(i32);
    number!(i64);
    number!(f32);
    number!(f64);

    /// Bytes read so far.
    pub(super) fn offset(&self) -> usize {
        self.file.len().saturating_sub(self.rest.len())
    }

    /// The whole file.
    pub(super) fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize, field: &dyn Display) -> Result<&'a [u8], LoadError> {
        let (bytes, rest) = self
            .rest
            .split_at_checked(n)
            .ok_or_else(|| self.truncated(field))?;
        self.rest = rest;
        Ok(bytes)
    }

    /// A count of things of at least `min_bytes` each: it cannot exceed what the file has left, so
    /// it may be used as a capacity.
    pub(super) fn count(
        &mut self,
        field: &dyn Display,
        min_bytes: usize,
    ) -> Result<usize, LoadError> {
        let count = self.u64(field)?;
        let most = self.rest.len().checked_div(min_bytes).unwrap_or(0);
        match usize::try_from(count) {
            Ok(count) if count <= most => Ok(count),
            _ => {
                let expected = format!("at most {most}, which is what the file has room for");
                Err(LoadError::invalid(field.to_string(), count, expected))
            }
        }
    }

    /// A string with its length before it.
    pub(super) fn string(&mut self, field: &dyn Display) -> Result<&'a str, LoadError> {
        let n_bytes = self.count(field, 1)?;
        let bytes = self.take(n_bytes, field)?;
        std::str::from_utf8(bytes)
            .map_err(|error| LoadError::invalid(field.to_string(), error, "UTF-8 text"))
    }

    /// The error for a file that ends here.
    pub(super) fn truncated(&self, field: &dyn Display) -> LoadError {
        LoadError::Truncated {
            field: field.to_string(),
            offset: self.offset(),
        }
    }
}
