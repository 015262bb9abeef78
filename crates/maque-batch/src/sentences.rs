//! The sentences of a text, as a quotation takes them.

/// Marks behind which a sentence ends, whatever follows.
const ENDS: [char; 8] = ['。', '！', '？', '；', '!', '?', ';', '…'];
/// What closes a sentence behind its mark.
const CLOSING: [char; 8] = ['”', '’', '」', '』', '）', ')', '"', '\''];
/// Words whose full stop ends no sentence.
const TITLES: [&str; 6] = ["Mr", "Mrs", "Ms", "Dr", "Prof", "St"];

/// The sentences, in order, without white space around them; a line ends one too.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let before = &text[start..at];
        if !ends(before, character, characters.peek().map(|(_, next)| *next)) {
            continue;
        }
        let is_mark = |next: char| ENDS.contains(&next) || CLOSING.contains(&next);
        while characters.next_if(|(_, next)| is_mark(*next)).is_some() {}
        let end = characters.peek().map_or(text.len(), |(at, _)| *at);
        found.push(text[start..end].trim());
        start = end;
    }
    found.push(text[start..].trim());
    found.retain(|sentence| sentence.contains(char::is_alphanumeric));
    found
}

/// Whether a sentence ends with this character, between what it has already and what follows.
fn ends(before: &str, character: char, next: Option<char>) -> bool {
    match character {
        '.' => {
            let is_last = next.is_none_or(|next| next.is_whitespace() || CLOSING.contains(&next));
            is_last && !is_title(before)
        }
        '\n' => true,
        mark => ENDS.contains(&mark),
    }
}

fn is_title(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next();
    word.is_some_and(|word| TITLES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_its_sentences() {
        for (text, want) in [
            (
                "春眠不觉晓，处处闻啼鸟。夜来风雨声！",
                vec!["春眠不觉晓，处处闻啼鸟。", "夜来风雨声！"],
            ),
            ("他说：“好。”然后走了", vec!["他说：“好。”", "然后走了"]),
            (
                "Mr. Dole pays 3.50 euros. Then?! Yes",
                vec!["Mr. Dole pays 3.50 euros.", "Then?!", "Yes"],
            ),
            ("one\r\n\n two\n", vec!["one", "two"]),
            (" …。\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(sentences(text), want, "{text}");
        }
    }
}
