//! Line breaks within a sentence: texts that were written for a fixed width have them.

use std::collections::HashSet;

/// Columns that the longest line of such a text has at least.
const LEAST_WIDTH: usize = 40;
/// Columns that may stay free because what comes next did not fit, where words have no ends: two letters, and two that a first line is indented by.
const FREE: usize = 8;

/// The places, in bytes, of the line breaks of a text that stand within a sentence.
pub(crate) fn within_sentences(text: &str) -> HashSet<usize> {
    let longest = text.lines().map(width).max().unwrap_or(0);
    let mut breaks = HashSet::new();
    let mut at = 0;
    for (line, next) in text.lines().zip(text.lines().skip(1)) {
        at += line.len();
        at += usize::from(text[at..].starts_with('\r'));
        if goes_on(line.trim(), next.trim_start(), longest) {
            breaks.insert(at);
        }
        at += 1;
    }
    breaks
}

/// Whether a sentence goes on from one line to the next: this one begins as no sentence does, or did not fit where the other ends.
fn goes_on(line: &str, next: &str, longest: usize) -> bool {
    let Some(first) = next.chars().next() else {
        return false;
    };
    if first.is_lowercase() {
        return true;
    }
    let word = next.split(char::is_whitespace).next().unwrap_or_default();
    let needed = match first.is_ascii() {
        true => 1 + width(word),
        false => FREE.min(width(next)),
    };
    LEAST_WIDTH <= longest
        && longest < width(line) + needed
        && !line.ends_with(ENDINGS)
        && !is_item(word)
}

/// What sentences and titles of lists end with.
const ENDINGS: [char; 8] = ['。', '！', '？', '：', '.', '!', '?', ':'];

/// Whether a word is what items of a list begin with: a mark, or a number.
fn is_item(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')', '、', '）']);
    let is_numbered = number.len() < word.len() && number.chars().all(char::is_numeric);
    is_numbered || word.starts_with(['-', '*', '•', '·', '#', '|', '>'])
}

/// Columns of a line on a terminal.
fn width(line: &str) -> usize {
    let columns = |letter: char| if letter < '\u{2E80}' { 1 } else { 2 };
    line.trim_end().chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_within: &[bool]) {
        let found = within_sentences(text);
        let breaks = text.match_indices('\n').map(|(at, _)| found.contains(&at));
        assert_eq!(breaks.collect::<Vec<bool>>(), is_within, "{text}");
    }

    #[test]
    fn a_sentence_goes_on_where_its_next_word_did_not_fit() {
        check(
            "电动自行车一律停在北墙车棚，车棚有十二个插座，电\n池不得带进楼内，更不得在楼道或者值班室里面充电。\n发现一次通报\n第二次上报",
            &[true, false, false],
        );
        check(
            "The keys of the old building are kept by Mr\nSmith at the desk. Whoever needs them signs.\nShort line\nAnother\r\nand so on",
            &[true, false, false, true],
        );
    }

    #[test]
    fn items_of_lists_are_lines_of_their_own() {
        check("苹果\n香蕉\n梨子", &[false, false]);
        check(
            "- brushes and colours for the whole class\n- paper in three sizes for the smaller\n2. paints",
            &[false, false],
        );
        check("", &[]);
    }
}
