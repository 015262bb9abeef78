//! Ids to text one at a time, never splitting a UTF-8 character.

use super::Tokenizer;

/// Turns ids into text one at a time, never splitting a UTF-8 character.
#[derive(Default)]
pub struct Detokenizer {
    pending: Vec<u8>,
}

impl Detokenizer {
    /// Text that became complete with `id` (may be empty).
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        self.push_bytes(tokenizer.bytes(id))
    }

    /// What is left at the end; incomplete bytes become U+FFFD.
    pub fn finish(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        text
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let n_kept = n_incomplete(&self.pending);
        let rest = self.pending.split_off(self.pending.len() - n_kept);
        let text = self.finish();
        self.pending = rest;
        text
    }
}

/// Bytes at the end that may still become a character.
fn n_incomplete(bytes: &[u8]) -> usize {
    match bytes.utf8_chunks().last() {
        Some(chunk) if !chunk.invalid().is_empty() => match std::str::from_utf8(chunk.invalid()) {
            Err(error) if error.error_len().is_none() => chunk.invalid().len(),
            _ => 0,
        },
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Detokenizer;

    fn pieces(bytes: &[u8], n: usize) -> String {
        let mut detokenizer = Detokenizer::default();
        let mut text: String = bytes
            .chunks(n)
            .map(|part| detokenizer.push_bytes(part))
            .collect();
        text.push_str(&detokenizer.finish());
        text
    }

    #[test]
    fn any_split_gives_the_whole_text() {
        let odd: &[&[u8]] = &[
            "麻雀虽小，五脏俱全 🐦‍⬛ é".as_bytes(),
            b"a\xff\xe9\xba",
            b"\xe9\xba\xe9\xba\xbb",
            b"\xf0\x9f\x90\xf0\x9f\x90\xa6\xc0\x80",
            b"",
        ];
        for bytes in odd {
            for n in 1..=5 {
                assert_eq!(
                    pieces(bytes, n),
                    String::from_utf8_lossy(bytes),
                    "{bytes:?} by {n}"
                );
            }
        }
    }

    #[test]
    fn complete_text_is_not_held_back() {
        let mut detokenizer = Detokenizer::default();
        assert_eq!(detokenizer.push_bytes("a麻".as_bytes()), "a麻");
        assert_eq!(detokenizer.push_bytes(&[0xE9, 0xBA]), "");
        assert_eq!(detokenizer.push_bytes(b"\xbb!"), "麻!");
        assert_eq!(detokenizer.finish(), "");
    }
}
