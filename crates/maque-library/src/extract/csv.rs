//! Tables in text: comma, semicolon or tab between the cells.

use super::table::Table;
use crate::extracted::{Builder, Extracted};
use crate::skipped::Reason;

/// The rows of a table.
pub(super) fn extract(text: &str) -> Result<Extracted, Reason> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let (mut builder, mut table) = (Builder::default(), Table::sheet(None));
    for (number, record) in (1..).zip(reader.records()) {
        let record = record.map_err(Reason::broken)?;
        table.row(
            &mut builder,
            number,
            record.iter().map(str::to_owned).collect(),
        );
    }
    Ok(builder.finish())
}

/// What the first line has most of.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| line.bytes().filter(|byte| byte == delimiter).count();
    let found = [b'\t', b';', b','].into_iter().max_by_key(count);
    found.unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::super::table::MAX_NAMES;
    use super::*;

    #[test]
    fn a_table_of_questions_is_recognised_and_its_answers_are_found() {
        let text = "编号;问题;答案\n1;怎么请假？;在 OA 里提交\n2;;没有问题\n3;年假几天？;\"十天；\n可结转\"\n";
        let extracted = extract(text).expect("a table");
        let found: Vec<(&str, &str, Option<u32>)> = extracted
            .questions
            .iter()
            .map(|row| {
                (
                    row.question.as_str(),
                    &extracted.text[row.answer.clone()],
                    row.place.row,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("怎么请假？", "在 OA 里提交", Some(2)),
                ("年假几天？", "十天；\n可结转", Some(4))
            ]
        );
        assert_eq!(extracted.blocks[1].context, "编号 | 问题 | 答案");
    }

    #[test]
    fn names_of_megabytes_are_not_kept_with_every_row() {
        let wide = "列名,".repeat(100_000);
        let extracted = extract(&format!("{wide}\n{wide}\n")).expect("a table");
        assert_eq!(extracted.blocks[1].context.chars().count(), MAX_NAMES);
        assert!(wide.len() < extracted.blocks[1].span.len());
    }

    #[test]
    fn other_tables_are_rows() {
        let extracted = extract("City,Hotel\nBeijing,500\n").expect("a table");
        assert_eq!(extracted.questions, []);
        assert_eq!(
            &extracted.text[extracted.blocks[1].span.clone()],
            "Beijing | 500"
        );
    }
}
