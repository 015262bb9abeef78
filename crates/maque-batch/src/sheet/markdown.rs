//! A table in Markdown (GitHub's extension), for reading and for pasting.

use super::Sheet;
use crate::answer::shown;

pub(super) fn write(sheet: &Sheet) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(sheet.columns.iter().map(|name| escaped(name)).collect());
    text += &line(sheet.columns.iter().map(|_| "---".to_owned()).collect());
    for row in &sheet.rows {
        text += &line(row.iter().map(|cell| escaped(&shown(cell))).collect());
    }
    text
}

/// Text that stays within its cell.
fn escaped(text: &str) -> String {
    let text = text
        .trim()
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;");
    text.replace("\r\n", "<br>").replace(['\n', '\r'], "<br>")
}
