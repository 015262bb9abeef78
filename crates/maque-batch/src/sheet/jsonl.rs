//! Lines of JSON objects; a table's columns are the keys in the order in which they first come.

use super::{MAX_COLUMNS, Sheet, decode};
use serde_json::{Map, Value};
use std::collections::HashMap;

pub(super) fn read(bytes: &[u8]) -> Result<Sheet, String> {
    let text = decode(bytes)?;
    let mut columns: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = Vec::new();
    for (number, line) in (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let object: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| format!("line {number} is no JSON object: {error}"))?;
        let mut row = vec![Value::Null; columns.len()];
        for (key, value) in object {
            let place = *places.entry(key).or_insert_with_key(|key| {
                columns.push(key.clone());
                columns.len() - 1
            });
            if MAX_COLUMNS <= place {
                return Err(format!("it has more than {MAX_COLUMNS} different keys"));
            }
            row.resize(row.len().max(place + 1), Value::Null);
            row[place] = value;
        }
        rows.push(row);
    }
    Ok(Sheet::new(columns, rows))
}

pub(super) fn write(sheet: &Sheet) -> Vec<u8> {
    let mut text = String::new();
    for row in &sheet.rows {
        let object: Map<String, Value> = sheet
            .columns
            .iter()
            .cloned()
            .zip(row.iter().cloned())
            .collect();
        text += &Value::Object(object).to_string();
        text.push('\n');
    }
    text.into_bytes()
}
