//! Workbooks: the first sheet that a person sees; its first row names the columns.

use super::{MAX_COLUMNS, MAX_ROWS, Sheet};
use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError as WriteError};
use serde_json::Value;
use std::io::{Cursor, Error};

/// UTF-16 units of a cell at most; Excel's own limit.
pub(super) const MAX_CELL: usize = 32_767;
/// Widths of columns, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=60;
/// Rows that a column's width is taken from.
const MEASURED: usize = 100;

pub(super) fn read(bytes: Vec<u8>) -> Result<Sheet, String> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(why)?;
    let mut sheets = workbook.sheets_metadata().iter();
    let first = sheets.find(|sheet| sheet.visible == SheetVisible::Visible);
    let Some(name) = first.map(|sheet| sheet.name.clone()) else {
        return Ok(Sheet::default());
    };
    // Cell by cell: a range would be as large as the farthest cell says.
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(why)?;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut last = None;
    while let Some(cell) = cells.next_cell().map_err(why)? {
        let (row, column) = cell.get_position();
        let value = value(cell.get_value());
        if value.is_null() {
            continue;
        }
        if last != Some(row) {
            last = Some(row);
            rows.push(Vec::new()); // rows without cells are left out
        }
        let column = column as usize;
        if MAX_COLUMNS <= column || MAX_ROWS < rows.len() {
            return Err(format!(
                "it has more than {MAX_COLUMNS} columns or {MAX_ROWS} rows"
            ));
        }
        if let Some(cells) = rows.last_mut() {
            cells.resize(cells.len().max(column + 1), Value::Null);
            cells[column] = value;
        }
    }
    let mut rows = rows.into_iter();
    let columns = rows.next().unwrap_or_default();
    Ok(Sheet::new(
        columns.iter().map(crate::answer::shown).collect(),
        rows.collect(),
    ))
}

/// A cell's value; an empty text is none.
fn value(cell: &DataRef<'_>) -> Value {
    match cell {
        DataRef::Empty | DataRef::Error(_) => Value::Null,
        DataRef::Int(number) => (*number).into(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            (*number as i64).into()
        }
        DataRef::Float(number) => (*number).into(),
        DataRef::Bool(flag) => (*flag).into(),
        DataRef::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, ..) = date.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year}-{month:02}-{day:02}").into(),
                _ => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}").into(),
            }
        }
        DataRef::DateTime(date) => date.as_f64().into(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) | DataRef::String(text) => {
            text_value(text)
        }
        DataRef::SharedString(text) => text_value(text),
    }
}

fn text_value(text: &str) -> Value {
    match text.trim().is_empty() {
        true => Value::Null,
        false => Value::String(text.to_owned()),
    }
}

fn why(error: XlsxError) -> String {
    match error {
        XlsxError::Password => "it is locked with a password; save it without one".to_owned(),
        error => format!("it is no workbook: {error}"),
    }
}

pub(super) fn write(sheet: &Sheet) -> std::io::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet(), sheet).map_err(Error::other)?;
    workbook.save_to_buffer().map_err(Error::other)
}

/// Names in bold that stay in sight, cells that show all their lines.
fn fill(page: &mut Worksheet, sheet: &Sheet) -> Result<(), WriteError> {
    let bold = Format::new()
        .set_bold()
        .set_align(FormatAlign::Top)
        .set_text_wrap();
    let plain = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    for (column, name) in (0..).zip(&sheet.columns) {
        page.write_string_with_format(0, column, name, &bold)?;
        page.set_column_width(column, width(sheet, column.into()) as f64)?;
    }
    for (row, cells) in (1..).zip(&sheet.rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Value::Null => continue,
                Value::Bool(flag) => page.write_boolean_with_format(row, column, *flag, &plain)?,
                Value::Number(number) => page.write_number_with_format(
                    row,
                    column,
                    number.as_f64().unwrap_or(f64::NAN),
                    &plain,
                )?,
                _ => {
                    page.write_string_with_format(row, column, crate::answer::shown(cell), &plain)?
                }
            };
        }
    }
    page.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Wide enough for most lines; a Chinese character is two wide.
fn width(sheet: &Sheet, column: usize) -> usize {
    let cells = sheet
        .rows
        .iter()
        .take(MEASURED)
        .map(|row| crate::answer::shown(&row[column]));
    let lines = cells
        .chain([sheet.columns[column].clone()])
        .flat_map(|text| {
            let widths = text.lines().map(|line| {
                line.chars()
                    .map(|c| 1 + usize::from('\u{2e80}' <= c))
                    .sum::<usize>()
            });
            widths.collect::<Vec<_>>()
        });
    (lines.max().unwrap_or(0) + 2).clamp(*WIDTHS.start(), *WIDTHS.end())
}
