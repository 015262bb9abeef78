//! The rows of a batch with what came of them.

use super::{Row, Sheet};
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
            let mark = record.and_then(|record| record.mark.clone());
            let answer = record.map_or(&Value::Null, |record| &record.answer);
            let asked = self.sheet.row(index);
            let items = self.recipe.items(answer);
            let marks = self.marks(&asked, answer, mark);
            for (item, mark) in items.iter().zip(marks) {
                let columns = self.recipe.columns.iter();
                let answered = columns.map(|column| self.recipe.cell(column, item, &asked));
                let row = cells.iter().cloned().chain(answered);
                filled.rows.push(row.chain([mark]).collect());
            }
        }
        filled
    }

    /// What each item of a row's answer is marked with: its own mark, or the row's where no item has one.
    fn marks(&self, row: &Row<'_>, answer: &Value, mark: Option<String>) -> Vec<Value> {
        let own = match mark {
            Some(_) if !answer.is_null() => self.recipe.marks(row, answer),
            _ => vec![None; self.recipe.items(answer).len()],
        };
        let is_of_all = own.iter().all(Option::is_none);
        let cell = |own: Option<String>| {
            let mark = own.or_else(|| mark.clone().filter(|_| is_of_all));
            mark.map_or(Value::Null, Value::String)
        };
        own.into_iter().map(cell).collect()
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
