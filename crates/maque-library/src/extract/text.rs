//! Plain text: its encoding is guessed; paragraphs are parted by empty lines or begin with a full-width space; a first line alone is the title, lines with numbers or
//! in capitals are headings.

use crate::extracted::{Builder, Extracted, Place};
use crate::skipped::Reason;
use std::borrow::Cow;

/// The text of bytes in UTF-8, UTF-16 or an older encoding such as GBK.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Reason> {
    if let Some((encoding, n_mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(&bytes[n_mark..]).0);
    }
    if bytes.contains(&0) {
        return Err(Reason::broken("it has bytes that no text has"));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.into());
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    Ok(encoding.decode_without_bom_handling(bytes).0)
}

/// The blocks of a text.
pub(super) fn extract(text: &str) -> Extracted {
    let mut builder = Builder::default();
    let (title, rest) = title(text);
    if let Some(title) = title {
        builder.heading_at(1, title, Place::default());
    }
    paragraphs(&mut builder, rest, None);
    builder.finish()
}

/// A text's title, where its first line stands alone and is no sentence, and what follows it.
fn title(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_alone = rest
        .lines()
        .next()
        .is_some_and(|next| next.trim().is_empty());
    match is_alone && can_be_heading(line.trim()) {
        true => (Some(line), rest),
        false => (None, text),
    }
}

/// Adds the paragraphs of `text`, which is on `page`.
pub(super) fn paragraphs(builder: &mut Builder, text: &str, page: Option<u32>) {
    let mut paragraph = String::new();
    let place = || Place {
        page,
        ..Place::default()
    };
    for line in text.lines().chain([""]) {
        let is_indented = line.starts_with('\u{3000}'); // as Chinese paragraphs begin
        let line = line.trim();
        let level = heading_level(line);
        if line.is_empty() || level.is_some() || is_indented {
            builder.paragraph_at(&std::mem::take(&mut paragraph), place());
        }
        match level {
            Some(level) => builder.heading_at(level, line, place()),
            None if line.is_empty() => {}
            None => {
                if !paragraph.is_empty() {
                    paragraph.push('\n');
                }
                paragraph += line;
            }
        }
    }
}

/// Whether a line is as long as headings are, and does not end like a sentence.
fn can_be_heading(line: &str) -> bool {
    let is_sentence = line.ends_with([
        '。', '；', '，', '.', ';', ',', '：', ':', '！', '？', '!', '?',
    ]);
    (3..=40).contains(&line.chars().count()) && !is_sentence
}

/// The level of a line that is a heading by its number (第三章, 一、, （二）, 3.1) or by its capitals.
fn heading_level(line: &str) -> Option<usize> {
    if !can_be_heading(line) {
        return None;
    }
    if is_in_capitals(line) {
        return Some(2);
    }
    let is_number = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| {
                "零一二三四五六七八九十百".contains(letter) || letter.is_ascii_digit()
            })
    };
    if let Some(rest) = line.strip_prefix('第') {
        let unit = |unit: &str| {
            let (number, _) = rest.split_once(unit)?;
            is_number(number.trim()).then_some(())
        };
        return unit("章").map(|()| 1).or(unit("节").map(|()| 2));
    }
    if let Some((number, _)) = line.split_once('、')
        && is_number(number)
        && !number.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return Some(2);
    }
    dotted_level(line)
}

/// Whether all letters of a line are capitals, as in DATES AND PRICE; a word of a few may be an abbreviation.
fn is_in_capitals(line: &str) -> bool {
    let is_capital = |letter: char| letter.is_ascii_uppercase() || " -–/&',".contains(letter);
    4 <= line.len() && line.chars().all(is_capital)
}

/// The level of `3.1 Carry-over`: one more than its dots.
fn dotted_level(line: &str) -> Option<usize> {
    let (number, title) = line.split_once(' ')?;
    let parts: Vec<&str> = number.trim_end_matches('.').split('.').collect();
    let is_number = |part: &&str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_title = title
        .trim_start()
        .chars()
        .next()
        .is_some_and(char::is_alphabetic);
    (number.contains('.') && parts.iter().all(is_number) && is_title && parts.len() <= 4)
        .then_some(parts.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_lines_are_headings_and_sentences_are_not() {
        for (line, level) in [
            ("第一章 总则", Some(1)),
            ("第二节 报销", Some(2)),
            ("一、适用范围", Some(2)),
            ("3.1 Carry-over of leave", Some(3)),
            ("2. Hours", Some(2)),
            ("一、适用范围。", None),
            ("第一天要带身份证", None),
            ("2026 was a good year", None),
            ("ARRIVAL AND PICK-UP", Some(2)),
            ("VPN", None),
            ("PIN 4711 AT THE DOOR", None),
            ("Arrival", None),
        ] {
            assert_eq!(heading_level(line), level, "{line}");
        }
    }

    #[test]
    fn older_encodings_are_read() {
        let sentence = "员工报销差旅费用，应当在出差结束后三十天之内提交单据。";
        let (gbk, ..) = encoding_rs::GBK.encode(sentence);
        assert_eq!(decode(&gbk).expect("GBK"), sentence);
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(sentence.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(decode(&utf16).expect("UTF-16"), sentence);
        assert!(decode(b"a\0b").is_err());
    }

    #[test]
    fn paragraphs_stand_under_their_headings() {
        let extracted =
            extract("第一章 休假\n\n年假十天。\n病假要有证明。\n\n第二章 报销\n三十天内提交。\n");
        let found: Vec<(&str, &str)> = extracted
            .blocks
            .iter()
            .map(|block| {
                (
                    &extracted.text[block.span.clone()],
                    block.place.headings[0].as_str(),
                )
            })
            .collect();
        assert_eq!(found[1], ("年假十天。\n病假要有证明。", "第一章 休假"));
        assert_eq!(found[3], ("三十天内提交。", "第二章 报销"));
    }

    #[test]
    fn a_first_line_alone_is_the_title() {
        assert_eq!(
            title("\n画室须知\r\n\n一、开放"),
            (Some("画室须知\r"), "\n一、开放")
        );
        for text in [
            "画室每天开放。\n\n周一休息。",
            "画室须知\n周一休息",
            "画室须知",
            "",
        ] {
            assert_eq!(title(text), (None, text));
        }
    }
}
