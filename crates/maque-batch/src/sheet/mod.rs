//! A table in memory, and the files that it comes from and goes to.

mod csv;
mod jsonl;
mod markdown;
mod results;
mod xlsx;

use crate::BatchError;
use crate::answer::shown;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

pub use results::Table;

/// Bytes of a file of rows at most.
const MAX_BYTES: u64 = 64 << 20;
/// Rows at most.
const MAX_ROWS: usize = 100_000;
/// Columns at most.
const MAX_COLUMNS: usize = 1000;
/// Endings of files that are read.
const READ: &str = "csv, xlsx, jsonl";
/// Endings of files that are written.
const WRITTEN: &str = "csv, xlsx, jsonl, md";

/// Rows of cells under names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The columns' names, each another.
    pub columns: Vec<String>,
    rows: Vec<Vec<Value>>, // each [columns.len()]
}

/// One row of a sheet.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Value],
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values; read with semicolons and tabs too.
    Csv,
    /// A workbook.
    Xlsx,
    /// An object a line.
    Jsonl,
    /// A table in Markdown; only written.
    Markdown,
}

impl Format {
    /// The kind that a file's ending says.
    pub fn of(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            "jsonl" => Some(Format::Jsonl),
            "md" => Some(Format::Markdown),
            _ => None,
        }
    }

    /// The kind of a file that is to be written.
    pub fn to_write(path: &Path) -> Result<Format, BatchError> {
        Format::of(path).ok_or_else(|| BatchError::Kind {
            path: path.to_owned(),
            known: WRITTEN,
        })
    }
}

impl Sheet {
    /// A table; a row that is short gets empty cells, one that is long loses those without a name.
    pub fn new(columns: Vec<String>, rows: Vec<Vec<Value>>) -> Sheet {
        let n_columns = columns.len();
        let mut sheet = Sheet {
            columns: Vec::with_capacity(n_columns),
            rows,
        };
        for column in columns {
            let column = sheet.free_name(&column);
            sheet.columns.push(column);
        }
        for row in &mut sheet.rows {
            row.resize(n_columns, Value::Null);
        }
        sheet
    }

    /// The rows of a file.
    pub fn read(path: &Path) -> Result<Sheet, BatchError> {
        let format = Format::of(path).filter(|format| *format != Format::Markdown);
        let format = format.ok_or_else(|| BatchError::Kind {
            path: path.to_owned(),
            known: READ,
        })?;
        let bytes = bytes(path)?;
        let broken = |why: String| BatchError::Broken {
            path: path.to_owned(),
            why,
        };
        let read = match format {
            Format::Csv => csv::read(&bytes),
            Format::Xlsx => xlsx::read(bytes),
            Format::Jsonl | Format::Markdown => jsonl::read(&bytes),
        };
        let sheet = read.map_err(broken)?;
        match sheet.rows.len() {
            0 => Err(BatchError::NoRows {
                path: path.to_owned(),
            }),
            n if MAX_ROWS < n => Err(BatchError::TooLarge {
                path: path.to_owned(),
                limit: format!("{MAX_ROWS} rows"),
            }),
            _ => Ok(sheet),
        }
    }

    /// Writes it to a file, which appears whole.
    pub fn write(&self, path: &Path) -> Result<(), BatchError> {
        let format = Format::to_write(path)?;
        let bytes = match format {
            Format::Csv => csv::write(self),
            Format::Xlsx => xlsx::write(self),
            Format::Jsonl => Ok(jsonl::write(self)),
            Format::Markdown => Ok(markdown::write(self).into_bytes()),
        };
        let failed = |source| BatchError::Write {
            path: path.to_owned(),
            source,
        };
        publish(path, &bytes.map_err(failed)?).map_err(failed)
    }

    /// That every cell fits into a file of this kind.
    pub fn check_fits(&self, format: Format) -> Result<(), BatchError> {
        if format != Format::Xlsx {
            return Ok(());
        }
        for (row, cells) in (1..).zip(&self.rows) {
            let long = cells
                .iter()
                .position(|cell| xlsx::MAX_CELL < shown(cell).encode_utf16().count());
            if let Some(column) = long {
                return Err(BatchError::LongCell {
                    row,
                    column: self.columns[column].clone(),
                });
            }
        }
        Ok(())
    }

    /// How many rows it has.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Row `index`, from 0.
    pub fn row(&self, index: usize) -> Row<'_> {
        Row {
            columns: &self.columns,
            cells: &self.rows[index],
        }
    }

    /// This name, or with a number behind it where there is such a column already.
    fn free_name(&self, name: &str) -> String {
        let name = match name.trim() {
            "" => "column",
            name => name,
        };
        let numbered = (2..).map(|n| format!("{name} {n}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| !self.columns.contains(name);
        names.find(is_free).expect("numbers do not end")
    }
}

impl Row<'_> {
    /// The cell of a column as text.
    pub fn text(&self, column: &str) -> Option<String> {
        let index = self.columns.iter().position(|name| name == column)?;
        Some(shown(&self.cells[index]))
    }
}

/// The bytes of a file of rows.
fn bytes(path: &Path) -> Result<Vec<u8>, BatchError> {
    let read = |source| BatchError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read)?;
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(read)?;
    if MAX_BYTES < bytes.len() as u64 {
        let limit = format!("{} MiB", MAX_BYTES >> 20);
        return Err(BatchError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// The text of a file of lines.
pub fn text(path: &Path) -> Result<String, BatchError> {
    decode(&bytes(path)?).map_err(|why| BatchError::Broken {
        path: path.to_owned(),
        why,
    })
}

/// Writes values, one a line, to a file that appears whole.
pub fn write_lines(path: &Path, lines: impl Iterator<Item = Value>) -> Result<(), BatchError> {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    publish(path, text.as_bytes()).map_err(|source| BatchError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Text in UTF-8, UTF-16 or an older encoding such as GBK.
fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some((encoding, n_mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return Ok(encoding
            .decode_without_bom_handling(&bytes[n_mark..])
            .0
            .into_owned());
    }
    if bytes.contains(&0) {
        return Err("it has bytes that no text has".to_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    Ok(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// Writes a temporary neighbour, and gives it the file's name when it is on the disk.
fn publish(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".maque-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests;
