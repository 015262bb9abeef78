//! Words of strangers, as a terminal may show them: what is in a file or its name gives the terminal no orders.

/// The text with its control characters written out; line breaks and tabs stay.
pub(crate) fn shown(text: &str) -> String {
    let is_order = |letter: char| {
        let turns = matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        turns || (letter.is_control() && letter != '\n' && letter != '\t')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_order(letter) {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// The same on one line.
pub(crate) fn shown_line(text: &str) -> String {
    shown(text).replace('\n', "\\n").replace('\t', "\\t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_terminal_no_orders() {
        assert_eq!(
            shown_line("a\u{1b}[31m\u{7}\n\u{202e}x.pdf"),
            "a\\u{1b}[31m\\u{7}\\n\\u{202e}x.pdf"
        );
        assert_eq!(shown("一\n\t二\r"), "一\n\t二\\u{d}");
    }
}
