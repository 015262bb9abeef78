//! A table: its first row names the columns; a table of questions and answers is a list of frequent questions.

use crate::extracted::{Builder, FaqRow, Place};

/// Names of the column of questions, and of that of answers.
const QUESTION: &[&str] = &[
    "问题",
    "问",
    "常见问题",
    "提问",
    "question",
    "questions",
    "q",
];
const ANSWER: &[&str] = &["答案", "答", "回答", "解答", "answer", "answers", "a"];

/// Letters of columns' names that are kept with each row: a name of megabytes would be kept with every part of every row.
pub(super) const MAX_NAMES: usize = 2000;

/// A table on its way into a document, row by row.
pub(super) struct Table {
    sheet: Option<String>,
    is_numbered: bool,
    columns: Option<Columns>,
}

struct Columns {
    names: String,
    /// Which column asks, and which answers.
    faq: Option<(usize, usize)>,
}

impl Table {
    /// A sheet of a workbook, or a whole file of rows.
    pub(super) fn sheet(name: Option<String>) -> Table {
        Table {
            sheet: name,
            is_numbered: true,
            columns: None,
        }
    }

    /// A table within a text, whose rows have no numbers.
    pub(super) fn within() -> Table {
        Table {
            sheet: None,
            is_numbered: false,
            columns: None,
        }
    }

    /// Adds the row with this number. The first one that has several cells names the columns.
    pub(super) fn row(&mut self, builder: &mut Builder, number: u32, cells: Vec<String>) {
        let cells: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let place = Place {
            sheet: self.sheet.clone(),
            row: self.is_numbered.then_some(number),
            ..Place::default()
        };
        let filled = |cells: &[String]| -> Vec<String> {
            let filled = cells.iter().filter(|cell| !cell.is_empty());
            filled.cloned().collect()
        };
        let Some(columns) = &self.columns else {
            let names = filled(&cells);
            builder.row(&names, "", place);
            if 1 < names.len() {
                self.columns = Some(Columns {
                    names: named(&names),
                    faq: faq(&cells),
                });
            }
            return;
        };
        let spans = builder.row(&filled(&cells), &columns.names, place.clone());
        let Some((question, answer)) = columns.faq else {
            return;
        };
        let cell = |index: usize| cells.get(index).filter(|cell| !cell.is_empty());
        if let (Some(question), Some(_)) = (cell(question), cell(answer)) {
            let n_before = filled(&cells[..answer]).len();
            builder.question(FaqRow {
                question: question.clone(),
                answer: spans[n_before].clone(),
                place,
            });
        }
    }
}

/// What is kept of columns' names.
pub(super) fn named(columns: &[String]) -> String {
    columns.join(" | ").chars().take(MAX_NAMES).collect()
}

/// The columns of questions and answers, if these names have both.
pub(super) fn faq(names: &[String]) -> Option<(usize, usize)> {
    let find = |wanted: &[&str]| {
        names
            .iter()
            .position(|name| wanted.contains(&name.to_lowercase().as_str()))
    };
    Some((find(QUESTION)?, find(ANSWER)?))
}
