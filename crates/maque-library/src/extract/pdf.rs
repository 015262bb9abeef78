//! PDF: the text of each page; a page is parted into paragraphs as plain text is.

use super::text::paragraphs;
use crate::extracted::{Builder, Extracted};
use crate::skipped::Reason;
use pdf_extract::{Document, OutputError, PlainTextOutput, output_doc_page};
use std::panic::{AssertUnwindSafe, catch_unwind};
use unicode_normalization::UnicodeNormalization;

/// The blocks of a document, with their pages. A page that cannot be read is left out if others can.
pub(super) fn extract(bytes: &[u8]) -> Result<Extracted, Reason> {
    let mut document = Document::load_mem(bytes).map_err(reason)?;
    if document.is_encrypted() {
        document.decrypt("").map_err(|_| Reason::Locked)?;
    }
    let (mut builder, mut broken) = (Builder::default(), None);
    for page in document.get_pages().into_keys() {
        let text = catch_unwind(AssertUnwindSafe(|| text(&document, page)));
        match text {
            Ok(Ok(text)) => paragraphs(&mut builder, &flowing(&plain(&text)), Some(page)),
            Ok(Err(error)) => broken = Some(Reason::broken(error)),
            Err(_) => broken = Some(Reason::broken("its reader gave up")),
        }
    }
    let extracted = builder.finish();
    match broken {
        Some(reason) if extracted.blocks.is_empty() => Err(reason),
        _ => Ok(extracted),
    }
}

fn text(document: &Document, page: u32) -> Result<String, OutputError> {
    let mut text = String::new();
    output_doc_page(document, &mut PlainTextOutput::new(&mut text), page)?;
    Ok(text)
}

/// Radicals that browsers write for the characters that look the same.
fn plain(text: &str) -> String {
    let is_radical = |letter: char| ('\u{2E80}'..='\u{2FDF}').contains(&letter);
    let plain = text.chars().map(|letter| match is_radical(letter) {
        true => std::iter::once(letter).nfkc().next().unwrap_or(letter),
        false => letter,
    });
    plain.collect()
}

/// A page's lines as paragraphs: a line that reaches the right margin goes on in the next one.
fn flowing(page: &str) -> String {
    let lines: Vec<&str> = page.lines().map(str::trim).collect();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let mut text = String::new();
    for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
        text += line;
        let goes_on = widest * 4 / 5 <= width(line) && !next.is_empty();
        match (goes_on, line.chars().next_back(), next.chars().next()) {
            (false, ..) => text += "\n\n",
            (true, Some(last), Some(first)) if '\u{2E80}' <= last && '\u{2E80}' <= first => {}
            (true, ..) => text.push(' '),
        }
    }
    text
}

/// How wide a line is, in Latin letters.
fn width(line: &str) -> usize {
    line.chars()
        .map(|letter| 1 + usize::from('\u{2E80}' <= letter))
        .sum()
}

fn reason(error: pdf_extract::Error) -> Reason {
    let text = error.to_string();
    match text.to_lowercase().contains("crypt") {
        true => Reason::Locked,
        false => Reason::broken(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_reach_the_margin_go_on() {
        let page = "\u{2F00}、资料分级\n离开座位必须锁屏，来历不明的 U 盘不得使用；公司 U 盘\n到服务台领取，记过处\n下一段。";
        assert_eq!(
            flowing(&plain(page)),
            "一、资料分级\n\n离开座位必须锁屏，来历不明的 U 盘不得使用；公司 U 盘到服务台领取，记过处\n\n下一段。\n\n"
        );
        assert_eq!(
            flowing("Speak to the\nombudsperson."),
            "Speak to the ombudsperson.\n\n"
        );
    }
}
