//! The parser of calls at every border of the text.

use super::*;

/// What was found, the parts of a text and of arguments put together.
fn gather(pieces: impl IntoIterator<Item = Piece>) -> Vec<Piece> {
    let mut gathered: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (gathered.last_mut(), piece) {
            (Some(Piece::Text(all)), Piece::Text(text))
            | (Some(Piece::Arguments { text: all, .. }), Piece::Arguments { text, .. }) => {
                *all += &text;
            }
            (_, piece) => gathered.push(piece),
        }
    }
    gathered
}

fn parse<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<Piece> {
    let mut parser = CallParser::default();
    let mut pieces: Vec<Piece> = parts
        .into_iter()
        .flat_map(|part| parser.push(part))
        .collect();
    pieces.extend(parser.finish());
    gather(pieces)
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn call(index: usize, name: &str, arguments: &str) -> [Piece; 2] {
    let name = name.to_owned();
    let text = arguments.to_owned();
    [
        Piece::Call { index, name },
        Piece::Arguments { index, text },
    ]
}

/// However the text is cut into two or three parts, or into letters, the pieces are `want`.
#[track_caller]
fn check(whole: &str, want: &[Piece]) {
    assert_eq!(parse([whole]), want, "{whole:?}");
    let borders: Vec<usize> = (0..=whole.len())
        .filter(|i| whole.is_char_boundary(*i))
        .collect();
    for (n, &a) in borders.iter().enumerate() {
        for &b in &borders[n..] {
            let parts = [&whole[..a], &whole[a..b], &whole[b..]];
            assert_eq!(parse(parts), want, "{parts:?}");
        }
    }
    let letters = borders.windows(2).map(|pair| &whole[pair[0]..pair[1]]);
    assert_eq!(parse(letters), want, "{whole:?} by letters");
}

#[test]
fn a_call_is_found_at_every_split() {
    let arguments = r#"{"city": "上海 }\"", "n": [1, {"a": "</tool_call>"}]}"#;
    let json =
        format!("<tool_call>\n{{\"name\": \"get\", \"arguments\": {arguments}}}\n</tool_call>");
    check(&json, &call(0, "get", arguments));
    let mut want = vec![text("Let me see.")];
    want.extend(call(0, "get", arguments));
    check(&format!("Let me see.\n\n{json}"), &want);
}

#[test]
fn several_calls_have_no_text_between_them() {
    let one = "<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>";
    let two = "<tool_call>{\"name\":\"b\",\"arguments\":{\"x\":1}}</tool_call>";
    let want: Vec<Piece> = call(0, "a", "{}")
        .into_iter()
        .chain(call(1, "b", "{\"x\":1}"))
        .collect();
    check(&format!("{one}\n{two}"), &want);
    let want: Vec<Piece> = want.into_iter().chain([text(" Done.")]).collect();
    check(&format!("{one}{two} Done."), &want);
}

#[test]
fn plain_text_stays_as_it_is() {
    for plain in [
        "",
        "a < b",
        "<tool_cal",
        "a <tool> b\n",
        " \n ",
        "麻雀 </tool_call>",
    ] {
        let want: Vec<Piece> = (!plain.is_empty())
            .then(|| text(plain))
            .into_iter()
            .collect();
        check(plain, &want);
    }
}

#[test]
fn other_forms_of_a_call_are_read_when_they_are_whole() {
    for (inner, arguments) in [
        (r#"{"arguments": {"a": 1}, "name": "f"}"#, r#"{"a":1}"#),
        (r#"{"name": "f", "parameters": {"a": 1}}"#, r#"{"a":1}"#),
        (r#"{"name": "f", "arguments": "{\"a\": 1}"}"#, r#"{"a": 1}"#),
        (r#" {"name": "f"} "#, "{}"),
    ] {
        check(
            &format!("<tool_call>{inner}</tool_call>"),
            &call(0, "f", arguments),
        );
    }
}

#[test]
fn what_is_no_call_stays_text() {
    for broken in [
        "<tool_call>nonsense</tool_call>",
        "<tool_call>{\"name\": 7}</tool_call>",
        "<tool_call>\n{\"name\": \"f",
        "<tool_call>",
    ] {
        check(broken, &[text(broken)]);
    }
}

#[test]
fn a_call_that_is_cut_or_not_closed_is_still_one() {
    let begun = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1";
    check(begun, &call(0, "f", "{\"a\": [1"));
    for end in ["", "}", "}\n", "}\n</tool_"] {
        let cut = format!("<tool_call>\n{{\"name\": \"f\", \"arguments\": {{}}{end}");
        check(&cut, &call(0, "f", "{}"));
    }
    let mut want = call(0, "f", "{}").to_vec();
    want.push(text(" and so on"));
    check(
        "<tool_call>{\"name\": \"f\", \"arguments\": {}} and so on",
        &want,
    );
}

#[test]
fn text_is_not_held_back_longer_than_it_must() {
    let mut parser = CallParser::default();
    assert_eq!(parser.push("one two "), [text("one two")]);
    assert_eq!(parser.push("<"), []);
    assert_eq!(parser.push("b "), [text(" <b")]);
    assert_eq!(
        parser.push("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\""),
        {
            let [begin, _] = call(0, "f", "");
            vec![
                begin,
                Piece::Arguments {
                    index: 0,
                    text: "{\"a\"".to_owned(),
                },
            ]
        }
    );
    assert_eq!(parser.n_calls(), 1);
}
