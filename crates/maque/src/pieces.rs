//! A document in pieces that fit, cut where its author paused.

/// Where a text may be cut, the best first: before a paragraph or a function, after a blank line, after a line, after a
/// sentence, anywhere.
const BORDERS: [fn(&str, usize) -> bool; 5] =
    [is_outer_block, is_block, is_line, is_sentence, |_, _| true];

/// The pieces of `text`, each of which `fits`; together they are the text. A single character is not asked about.
pub(crate) async fn split<'a, E>(
    text: &'a str,
    mut fits: impl AsyncFnMut(&str) -> Result<bool, E>,
) -> Result<Vec<&'a str>, E> {
    let (mut pieces, mut rest) = (Vec::new(), vec![text]);
    while let Some(piece) = rest.pop() {
        match cut(piece) {
            Some(at) if !fits(piece).await? => rest.extend([&piece[at..], &piece[..at]]),
            _ => pieces.push(piece),
        }
    }
    Ok(pieces)
}

/// The best border in the middle half of `text`, near its middle; `None` if it is a single character.
fn cut(text: &str) -> Option<usize> {
    let (middle, quarter) = (text.len() / 2, text.len() / 4);
    let places = quarter.max(1)..(text.len() - quarter + 1).min(text.len());
    let near = |is_border: &fn(&str, usize) -> bool| {
        let is_place = |at: &usize| text.is_char_boundary(*at) && is_border(text, *at);
        let borders = places.clone().filter(is_place);
        borders.min_by_key(|at| at.abs_diff(middle))
    };
    BORDERS.iter().find_map(near)
}

fn is_outer_block(text: &str, at: usize) -> bool {
    is_block(text, at) && !text[at..].starts_with([' ', '\t', '\n', '\r', '}', ')', ']'])
}

fn is_block(text: &str, at: usize) -> bool {
    text[..at].ends_with("\n\n") || text[..at].ends_with("\r\n\r\n")
}

fn is_line(text: &str, at: usize) -> bool {
    text[..at].ends_with('\n')
}

fn is_sentence(text: &str, at: usize) -> bool {
    let is_spaced =
        text[..at].ends_with(". ") || text[..at].ends_with("? ") || text[..at].ends_with("! ");
    is_spaced || text[..at].ends_with(['。', '！', '？', '；'])
}

/// Whether a piece ends where a paragraph or a function does.
pub(crate) fn ends_block(piece: &str) -> bool {
    is_block(piece, piece.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    async fn by_bytes(text: &str, limit: usize) -> Vec<&str> {
        let fits = async |piece: &str| Ok::<_, Infallible>(piece.len() <= limit);
        let Ok(pieces) = split(text, fits).await;
        pieces
    }

    #[tokio::test]
    async fn functions_stay_whole() {
        let code = "fn a() {\n  one();\n\n  two();\n}\n\nfn b() {\n  three();\n\n  four();\n}\n";
        let pieces = by_bytes(code, 45).await;
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        assert!(pieces[1].starts_with("fn b"), "{pieces:?}");
        assert!(ends_block(pieces[0]));
    }

    #[tokio::test]
    async fn tables_are_cut_between_rows_and_prose_between_sentences() {
        let table = "id,name\n1,Tea\n2,Cup\n3,Pot\n4,Jar\n";
        for piece in by_bytes(table, 16).await {
            assert!(piece.ends_with('\n') && !ends_block(piece), "{piece:?}");
        }
        let prose = "春风拂面。花开满园！鸟儿在唱歌？是的。";
        for piece in by_bytes(prose, 30).await {
            assert!(piece.ends_with(['。', '！', '？']), "{piece:?}");
        }
    }

    #[tokio::test]
    async fn pieces_are_the_text_whatever_it_is() {
        for text in [
            "",
            "x",
            "麻雀",
            &"\n".repeat(50),
            &"长".repeat(99),
            &"a b. ".repeat(40),
        ] {
            let pieces = by_bytes(text, 7).await;
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| piece.len() <= 7), "{pieces:?}");
        }
    }
}
