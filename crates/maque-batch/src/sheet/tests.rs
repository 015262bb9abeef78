//! Files to tables and back.

use super::*;
use crate::{Recipe, Record};
use serde_json::json;

fn sheet() -> Sheet {
    let columns = ["诗", "n", "note"].map(str::to_owned).to_vec();
    let rows = vec![
        vec![
            json!("床前明月光，\n疑是\"地上霜\""),
            json!(1),
            json!("a,b;c\td|e"),
        ],
        vec![json!("=1+1"), json!(2.5), Value::Null],
    ];
    Sheet::new(columns, rows)
}

/// A recipe whose answers are lists, with these lines.
fn quiz(lines: &str) -> Recipe {
    let head = r#"
        title = "Quiz"
        about = "."
        prompt = "{诗}"
        each = "items"
        inputs = [{ name = "诗", about = "." }]
        schema = { type = "object" }
    "#;
    Recipe::parse("quiz", &format!("{head}{lines}")).expect("a recipe")
}

#[test]
fn tables_come_back_as_they_were_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for ending in ["csv", "xlsx", "jsonl"] {
        let path = folder.path().join(format!("rows.{ending}"));
        sheet().write(&path).expect("written");
        let read = Sheet::read(&path).expect("read");
        let text = |sheet: &Sheet, row| {
            sheet
                .columns
                .iter()
                .map(|name| sheet.row(row).text(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(read.columns, sheet().columns, "{ending}");
        for row in 0..2 {
            assert_eq!(text(&read, row), text(&sheet(), row), "{ending}");
        }
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        3
    );
}

#[test]
fn markdown_cells_stay_in_their_place() {
    let text = markdown::write(&sheet());
    assert_eq!(text.lines().count(), 4);
    assert!(
        text.contains("a,b;c\td\\|e") && text.contains("光，<br>疑"),
        "{text}"
    );
}

#[test]
fn excel_in_china_writes_gbk() {
    let (bytes, ..) =
        encoding_rs::GBK.encode("句子;答案\n这个句子有毛病吗;\n\n他通过努力使成绩提高了;x;y\n");
    let read = csv::read(&bytes).expect("a table");
    assert_eq!(read.columns, ["句子", "答案"]);
    assert_eq!(
        read.rows,
        [
            [json!("这个句子有毛病吗"), json!("")],
            [json!("他通过努力使成绩提高了"), json!("x")]
        ]
    );
}

#[test]
fn columns_have_names_of_their_own() {
    let read = csv::read(b"a,,a,\n1,2,3,4\n").expect("a table");
    assert_eq!(read.columns, ["a", "column", "a 2", "column 2"]);
}

#[test]
fn wrong_files_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let error = Sheet::read(&path).expect_err(name).to_string();
        assert!(error.contains(name), "{error}");
        error
    };
    assert!(refused("a.jsonl", b"{}\n[1]\n").contains("line 2"));
    assert!(refused("b.csv", b"only,names\n").contains("no rows"));
    assert!(refused("c.xlsx", b"PK\x03\x04 not really").contains("no workbook"));
    assert!(refused("d.csv", b"a\0b").contains("no text"));
    refused("e.pdf", b"");
    refused("f.csv", b"");
}

#[test]
fn a_cell_far_away_takes_no_memory() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "a").expect("a cell");
    page.write_string(1_048_575, 0, "x").expect("a cell");
    let read = xlsx::read(book.save_to_buffer().expect("a workbook")).expect("a table");
    assert_eq!(read.rows, [[json!("x")]]);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet()
        .write_string(0, 16_383, "x")
        .expect("a cell");
    assert!(xlsx::read(book.save_to_buffer().expect("a workbook")).is_err());
}

#[test]
fn a_long_cell_is_refused_before_the_work() {
    let sheet = Sheet::new(vec!["t".into()], vec![vec![json!("a".repeat(40_000))]]);
    assert!(sheet.check_fits(Format::Csv).is_ok());
    let error = sheet
        .check_fits(Format::Xlsx)
        .expect_err("too long")
        .to_string();
    assert!(
        error.contains("row 1") && error.contains("\"t\""),
        "{error}"
    );
}

#[test]
fn answers_fill_columns_and_items_rows() {
    let recipe = quiz(
        r#"
        columns = [{ name = "note", text = "{q} ({诗})" }, { name = "level", field = "n" }]
    "#,
    );
    let sheet = sheet();
    let record = Record {
        row: 0,
        answer: json!({ "n": 3, "items": [{ "q": "one" }, { "q": "two" }] }),
        mark: Some("off".into()),
        tries: 3,
    };
    let table = Table {
        recipe: &recipe,
        sheet: &sheet,
        mark: "mark",
    };
    let filled = table.with(|index| (index == 0).then_some(&record));
    assert_eq!(
        filled.columns,
        ["诗", "n", "note", "note 2", "level", "mark"]
    );
    assert_eq!(filled.n_rows(), 3, "two items, and a row without an answer");
    let note = json!("two (床前明月光，\n疑是\"地上霜\")");
    assert_eq!(filled.rows[1][3..], [note, json!(3), json!("off")]);
    assert_eq!(filled.rows[2][3..], [Value::Null, Value::Null, Value::Null]);
    let whole = table.with_whole(|index| (index == 0).then_some(&record));
    assert_eq!(whole.rows[0][3], record.answer);
}

#[test]
fn each_item_has_its_own_mark() {
    let recipe = quiz(
        r#"
        columns = [{ name = "q", field = "q" }]
        checks = [{ field = "q", must = "say_something", says = "empty" }]
    "#,
    );
    let sheet = sheet();
    let table = Table {
        recipe: &recipe,
        sheet: &sheet,
        mark: "mark",
    };
    let marks = |answer: Value, mark: &str| {
        let record = Record {
            row: 0,
            answer,
            mark: Some(mark.to_owned()),
            tries: 3,
        };
        let filled = table.with(|index| (index == 0).then_some(&record));
        let marks = filled.rows.iter().map(|row| row[4].clone());
        marks.take(filled.n_rows() - 1).collect::<Vec<_>>()
    };
    let answer = json!({ "items": [{ "q": "one" }, { "q": "" }] });
    assert_eq!(marks(answer, "empty"), [Value::Null, json!("empty")]);
    assert_eq!(
        marks(Value::Null, "cut"),
        [json!("cut")],
        "not what the checks say of nothing"
    );
}
