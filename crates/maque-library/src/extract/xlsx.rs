//! Workbooks: sheets of rows, hidden ones apart.

use super::table::Table;
use crate::extracted::{Builder, Extracted};
use crate::skipped::Reason;
use calamine::{Data, Reader, SheetVisible, Xlsx, XlsxError};
use std::io::Cursor;

/// The rows of every sheet that a person sees.
pub(super) fn extract(bytes: &[u8]) -> Result<Extracted, Reason> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(reason)?;
    let sheets = workbook.sheets_metadata().to_vec();
    let mut builder = Builder::default();
    for sheet in sheets
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
    {
        let range = workbook.worksheet_range(&sheet.name).map_err(reason)?;
        let first = range.start().map_or(0, |(row, _)| row) + 1;
        builder.heading(1, &sheet.name);
        let mut table = Table::sheet(Some(sheet.name.clone()));
        for (number, row) in (first..).zip(range.rows()) {
            table.row(&mut builder, number, row.iter().map(shown).collect());
        }
    }
    Ok(builder.finish())
}

/// A cell as it is shown.
fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, ..) = date.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year}-{month:02}-{day:02}"),
                _ => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        Data::Error(_) => String::new(),
        _ => cell.to_string(),
    }
}

fn reason(error: XlsxError) -> Reason {
    match error {
        XlsxError::Password => Reason::Locked,
        error => Reason::broken(error),
    }
}
