//! The rows of a batch with what came of them.

use super::Sheet;
use crate::journal::Record;
use crate::recipe::Recipe;
use serde_json::Value;

/// A sheet on its way to one with answers.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// What was asked.
    pub recipe: &'a Recipe,
    /// Of which rows.
    pub sheet: &'a Sheet,
    /// The name of the column in which rows are marked.
    pub mark: &'a str,
}

impl Table<'_> {
    /// The rows with the answers' columns and the mark behind them. An answer with several items has a row for each.
    pub fn with<'r>(&self, record: impl Fn(usize) -> Option<&'r Record>) -> Sheet {
        let mut filled = Sheet {
            columns: self.sheet.columns.clone(),
            rows: Vec::new(),
        };
        let answers = self
            .recipe
            .columns
            .iter()
            .map(|column| column.name.as_str());
        for name in answers.chain([self.mark]) {
            let name = filled.free_name(name);
            filled.columns.push(name);
        }
        for (index, cells) in self.sheet.rows.iter().enumerate() {
            let record = record(index);
            let mark = record
                .and_then(|record| record.mark.clone())
                .map_or(Value::Null, Value::String);
            let answer = record.map_or(&Value::Null, |record| &record.answer);
            for item in self.recipe.items(answer) {
                let mut row = cells.clone();
                row.extend(
                    self.recipe
                        .columns
                        .iter()
                        .map(|column| item.cell(&column.field)),
                );
                row.push(mark.clone());
                filled.rows.push(row);
            }
        }
        filled
    }

    /// The rows with the whole answer in a column of its own, as objects keep it.
    pub fn with_whole<'r>(&self, record: impl Fn(usize) -> Option<&'r Record>) -> Sheet {
        let mut filled = self.sheet.clone();
        for name in ["answer", self.mark] {
            let name = filled.free_name(name);
            filled.columns.push(name);
        }
        for (index, row) in filled.rows.iter_mut().enumerate() {
            let record = record(index);
            row.push(record.map_or(Value::Null, |record| record.answer.clone()));
            row.push(
                record
                    .and_then(|record| record.mark.clone())
                    .map_or(Value::Null, Value::String),
            );
        }
        filled
    }
}
