//! Tables in text: comma, semicolon or tab between the cells; the first row names the columns.

use super::{MAX_COLUMNS, Sheet, decode};
use crate::answer::shown;
use serde_json::Value;

/// Without it Excel takes UTF-8 for the system's own encoding.
const MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn read(bytes: &[u8]) -> Result<Sheet, String> {
    let text = decode(bytes)?;
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let columns = match records.next() {
        None => return Ok(Sheet::default()),
        Some(record) => record.map_err(|error| error.to_string())?,
    };
    if MAX_COLUMNS < columns.len() {
        return Err(format!("it has more than {MAX_COLUMNS} columns"));
    }
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            let cells = record.iter().take(columns.len());
            rows.push(cells.map(|cell| Value::String(cell.to_owned())).collect());
        }
    }
    Ok(Sheet::new(
        columns.iter().map(str::to_owned).collect(),
        rows,
    ))
}

/// What the first line has most of.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    let found = [b'\t', b';', b','].into_iter().max_by_key(count);
    found.unwrap_or(b',')
}

pub(super) fn write(sheet: &Sheet) -> std::io::Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(MARK.to_vec());
    writer.write_record(&sheet.columns)?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(shown))?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}
